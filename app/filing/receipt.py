"""回执: what was received and when, and what happens next and by when (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from app.filing.commitment import grade_words
from app.filing.record import Json, kind_words, shown_moment, shown_size, way_words
from app.kernel.papers import breakable
from app.kernel.periods import last_day_of, moved_to_workday
from app.kernel.workdays import CalendarMissing, WorkCalendar

TITLE = "绩效分级申报回执"
WORKDAYS = "工作日"
"""The choice of review.day_kind that counts work days."""


@dataclass(frozen=True, slots=True)
class CountyReview:
    """How long the county may take, as the filing's rulebook of the day of submission has it."""

    days: int | None
    """None: neither the rulebook nor the bureau says."""
    day_kind: str
    """日 or 工作日 (review.day_kind)."""
    kind_set_by_bureau: bool
    """The kind of day is 本局设定: the rulebook writes 日 and no more."""
    site_visit: bool
    """Whether the target grade is checked on site (review.site_visit_grades)."""
    notice_days: int | None = None
    """Days within which all that is to be corrected is told; None: 未规定."""
    rulebook: str = "方案"
    """Whose words these are, as people call it."""
    is_plan: bool = True
    """Whether the rulebook is the one that has the county pass the filing on (PLAN-COUNTY)."""
    days_set_by_bureau: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """Every part by its name, as its template reads it."""

    title: str
    number: str
    bureau: str
    addressee: str
    opening: str
    head: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    files: tuple[tuple[str, str, str, str], ...]
    day: str
    sha256: str

    def values(self) -> dict[str, Any]:
        """As a template reads it."""
        return asdict(self)


def due_day(received: date, review: CountyReview, calendar: WorkCalendar) -> date | None:
    """The last day for the county's review (PLAN-COUNTY); None while nothing says how long.

    A natural period that ends on a day off ends on the next work day (民法典第二百零三条). Where
    the calendar of the year is not loaded the bare day is told.
    """
    if review.days is None:
        return None
    try:
        if review.day_kind == WORKDAYS:
            return calendar.add_workdays(received, review.days)
        return moved_to_workday(last_day_of(received, days=review.days), calendar)
    except CalendarMissing:
        return last_day_of(received, days=review.days)


def next_steps(
    received: date, review: CountyReview, calendar: WorkCalendar, bureau: str
) -> tuple[str, ...]:
    """What happens next and by when, in sentences; what nothing prescribes says so."""
    told = f"{review.notice_days} 日内（本局设定）" if review.notice_days else "（期限未规定）"
    correct = f"材料不齐全或者不符合形式要求的，一次性告知需要补正的全部内容{told}"
    again = "；补正后重新提交的，期限重新起算" if review.is_plan else ""
    steps = [_reviewed(received, review, calendar, bureau), f"{correct}{again}。"]
    if review.site_visit:
        steps.append("申报该等级须接受现场核查，请安排熟悉情况的人员配合。")
    steps.append("受理前需要更改的，可以撤回后重新提交；是否需要补正，请在系统的待办中查看。")
    return tuple(steps)


def _reviewed(
    received: date, review: CountyReview, calendar: WorkCalendar, bureau: str
) -> str:  # fmt: skip
    checked = "审查材料的真实性、完整性和规范性"
    if review.is_plan:
        checked += "，并将审查结果和材料报市生态环境局"
    due = due_day(received, review, calendar)
    if due is None:
        return f"{bureau}{checked}，办理期限{review.rulebook}未规定。"
    is_work = review.day_kind == WORKDAYS
    marks = []
    if review.days_set_by_bureau:
        marks.append(f"{review.rulebook}未规定期限，本局设定为 {review.days} 日")
    if review.kind_set_by_bureau:
        counted = f"按{WORKDAYS if is_work else '自然日'}计算，本局设定"
        written = "" if review.days_set_by_bureau else f"{review.rulebook}写作“日”，"
        marks.append(written + counted)
    how = f"（{'；'.join(marks)}）" if marks else ""
    within = f"自收到之日起 {review.days} {WORKDAYS if is_work else '日'}内"
    return f"{bureau}{within}{checked}，最迟 {_day(due)}{how}。"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def receipt_of(content: Json, sha256: str, *, bureau: str, steps: Sequence[str]) -> Receipt:
    """The receipt of a submission, from the content that is frozen."""
    plant, files = content["plant"], content["evidence"]
    name = f"{plant['number']} {plant['name']}".strip()
    moment = shown_moment(content["submitted_at"])
    total = shown_size(sum(it["size"] for it in files))
    overall = content["overall"]
    return Receipt(
        title=TITLE,
        number=content["receipt"],
        bureau=bureau,
        addressee=plant["enterprise"],
        opening=f"你单位{name}的 {content['year']} 年度绩效分级申报已于 {moment} 提交，现已收到。",
        head=(
            ("回执编号", f"{content['receipt']}　第 {content['number']} 版"),
            ("企业", f"{plant['enterprise']}　{plant['uscc']}"),
            ("厂区", name),
            ("申报", f"{content['year']} 年度　{kind_words(content)}"),
            ("申报等级", grade_words(content["target"])),
            ("自评等级", grade_words(overall) if overall else "未定"),
            ("签署和提交", f"{content['commitment']['signed_by']}　{moment}"),
            ("填报方式", way_words(content)),
            (
                "收到的材料",
                f"自评表 {len(content['tables'])} 张，佐证材料 {len(files)} 个文件，{total}",
            ),
        ),
        steps=tuple(steps),
        files=tuple(
            (str(it["no"]), breakable(it["name"]), shown_size(it["size"]), it["sha256"])
            for it in files
        ),
        day=_day(date.fromisoformat(moment[:10])),
        sha256=sha256,
    )
