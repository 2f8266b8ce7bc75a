"""The list of renewals as a file (年度更新名单), and the printed notice (催报通知)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib import resources
from typing import Any

from app.filing import renewal
from app.filing.exports import MEDIA_TYPES
from app.filing.queries.papers import bureau_of
from app.filing.queries.renewal_rules import YearRules
from app.filing.queries.renewals import PARTS, RenewalFilter, RenewalLine
from app.filing.renewal import CLAUSE, Progress, RenewalRules
from app.filing.settings import contact_of
from app.kernel import clock, papers
from app.kernel.spreadsheets import Column, SheetLayout, write_csv, write_xlsx
from app.rulebook.domain import GradeOrder, with_grade
from app.rulebook.queries import all_rulebooks, clause

__all__ = ["MEDIA_TYPES", "TITLE", "Notice", "notices_of", "notices_pdf", "remarks", "sheet_file"]

TITLE = "年度更新名单"
COLUMNS = (
    Column("企业名称", 30),
    Column("统一社会信用代码", 21, "code"),
    Column("厂区编号", 9, "code"),
    Column("厂区名称", 14),
    Column("区县", 9),
    Column("上年等级", 9),
    Column("现等级", 9),
    Column("办理情况", 16),
    Column("最迟提交日", 12, "date"),
    Column("提交时间", 18),
    Column("以何种申报", 12),
    Column("备注", 44),
    Column("依据条款", 12),
)


def remarks(line: RenewalLine, rules: RenewalRules, order: GradeOrder) -> list[str]:
    """What to know of a plant beside its state: lowered since, barred, handed in otherwise."""
    found = [
        renewal.lowered_words(line.held, line.present, order),
        renewal.hindrance(line.banned_until, blocked=line.blocked, year=rules.year),
        "" if line.held_verified else "上年等级未核实",
        line.unfit,
    ]
    return [it for it in found if it]


def sheet_file(
    lines: Sequence[RenewalLine],
    wanted: RenewalFilter,
    rules: YearRules,
    conditions: Sequence[str],
    counties: Mapping[str, str],
    order: GradeOrder,
    form: str,
) -> io.BytesIO:
    """The file (``xlsx`` or ``csv``) of these lines."""
    cells = [_cells(it, rules.of(it.county), wanted.on, counties, order) for it in lines]
    general = rules.for_all(counties)
    basis = clause(CLAUSE)
    narrowed = "；".join(conditions) or "无"
    count = f"{PARTS[wanted.part]} {len(cells)} 个厂区"
    own_days = "".join(f"；{name}：{words}" for name, words in rules.own_days(counties))
    held = f"上年等级为 {general.held_on} 持有的等级。截止日：{general.due_words}{own_days}。"
    notes = (
        f"{wanted.year} 年度，截至 {wanted.on}，{count}。条件：{narrowed}。",
        f"依据：{CLAUSE}，{_status(basis.rulebook)}，{basis.citation}。{basis.summary}",
        held + general.consequence,
    )
    content = io.BytesIO()
    if form == "csv":
        header = tuple(column.header for column in COLUMNS)
        content.write(write_csv([(TITLE,), *((note,) for note in notes), header, *cells]))
    else:
        write_xlsx(content, [SheetLayout(TITLE, COLUMNS, cells, titles=(TITLE,), notes=notes)])
    content.seek(0)
    return content


def _status(rulebook_id: str | None) -> str:
    """The status of a document, as every paper tells it."""
    found = next((it for it in all_rulebooks() if it.id == rulebook_id), None)
    return f"《{found.title}》（{found.status}）" if found else ""


def _cells(
    line: RenewalLine,
    rules: RenewalRules,
    on: date,
    counties: Mapping[str, str],
    order: GradeOrder,
) -> tuple[Any, ...]:
    state = renewal.tag(line.sent_on, rules.due_on, on, has_begun=line.begun_at is not None)
    return (
        line.enterprise, line.uscc, line.number, line.name,
        counties.get(line.county, line.county), line.held, line.present or "未定级", state[1],
        rules.due_on, clock.shown(line.sent_at) if line.sent_at else "",
        line.sent_kind.words if line.sent_kind else "",
        "；".join(remarks(line, rules, order)), CLAUSE,
    )  # fmt: skip


# --- The notice -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: to an enterprise, from the bureau of one county."""

    title: str
    bureau: str
    enterprise: str
    opening: str
    rows: tuple[tuple[str, str, str, str], ...]
    points: tuple[tuple[str, str], ...]
    day: str
    foot: str


_HOW = (
    "登录重点行业绩效分级管理系统（{address}），在“申报”中选“年度更新”，逐个厂区核对自评和佐证材料，由本企业签署人"
    "签署后提交；申请更高等级的，选“升级申报”。不能上网办理的，可以向{office}领取离线填报包，或者提交"
    "签名盖章的纸质材料由窗口代录。企业对材料的真实性负责。"
)


def notices_of(
    lines: Sequence[RenewalLine],
    rules: YearRules,
    on: date,
    order: GradeOrder,
    address: str,
) -> list[Notice]:
    """A notice for each enterprise and county, in the order of the list.

    ``address`` is where enterprises sign in.

    Whoever has handed in gets none, nor who cannot file: banned, or its grades are not known.
    """
    found: dict[tuple[int, str], list[RenewalLine]] = {}
    for it in lines:
        if it.progress is not Progress.DONE and it.may_file:
            found.setdefault((it.enterprise_id, it.county), []).append(it)
    return [
        _notice(own, rules.of(county), on, bureau_of(county), order, _how(county, address))
        for (_, county), own in found.items()
    ]


def _how(county: str, address: str) -> str:
    """What to do and whom to ask, in the county's words."""
    contact = contact_of([county])
    return _HOW.format(address=address, office=f"本局（{contact}）" if contact else "本局")


def _notice(
    lines: Sequence[RenewalLine], rules: RenewalRules, on: date, bureau: str, order: GradeOrder,
    how: str,
) -> Notice:  # fmt: skip
    basis = clause(CLAUSE)
    year = rules.year
    window = f"{year} 年年度更新的申报期自 {_day(rules.opens_on)}起。" if rules.opens_on else ""
    special = [
        f"{it.number} {it.name}：{'；'.join(said)}。"
        for it in lines
        if (said := remarks(it, rules, order))
    ]
    points = [
        ("期限", f"{window}{_by_when(rules, on)}"),
        ("办理", how),
        ("逾期", rules.consequence),
    ]
    if special:
        points.append(("注意", "".join(special)))
    return Notice(
        title=f"关于提交 {year} 年度绩效分级更新材料的通知",
        bureau=bureau,
        enterprise=lines[0].enterprise,
        opening=(
            f"根据{_status(basis.rulebook)}{basis.citation.removeprefix('方案')}，"
            f"{basis.summary.split('。')[0]}。截至 {_day(on)}，你单位下列厂区尚未提交"
            f" {year} 年度更新材料："
        ),
        rows=tuple(
            (it.number, it.name, with_grade("", it.held).strip(), it.progress.words)
            for it in lines
        ),
        points=tuple(points),
        day=_day(clock.today()),
        foot=f"依据 {CLAUSE}。本通知由系统按 {on} 的登记情况生成，是否已经提交以系统回执为准。",
    )  # fmt: skip


def _by_when(rules: RenewalRules, on: date) -> str:
    due_on = rules.due_on
    if due_on is None:
        return f"{rules.due_words}请尽早提交。"
    if renewal.is_overdue(None, due_on, on):
        return f"截止日 {_day(due_on)}已过，请尽快提交。"
    return f"请于 {_day(due_on)}以前提交，当日仍可以提交，遇休息日不顺延。"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def notices_pdf(notices: Sequence[Notice]) -> bytes:
    """The notices as one PDF, each on a page of its own."""
    source = (resources.files("app.filing") / "data" / "renewal.typ").read_bytes()
    return papers.pdf(source, {"notices": [asdict(it) for it in notices]})
