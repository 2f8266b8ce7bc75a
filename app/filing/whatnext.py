"""What an enterprise has to do next, and by when (下一步): one sentence per plant and per filing.

Pure. What bars a plant comes from its standing; who must renew from what it held last year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.filing.admission import Window
from app.filing.domain import Kind, State, Way
from app.filing.queries import Filing
from app.grades.domain import Standing
from app.rulebook.domain import Grade, with_grade

SOON_DAYS = 30
"""How many days ahead a due day counts as soon."""


@dataclass(frozen=True, slots=True)
class Next:
    """What to do next: how urgent (neutral, soon, late, done), the sentence, by when, the way."""

    kind: str
    what: str
    due: date | None = None
    due_words: tuple[str, str] | None = None
    no_due: str = ""
    endpoint: str = ""
    act: str = ""


def due_in(due: date, today: date) -> tuple[str, str]:
    """How far away a due day is, as a tag."""
    left = (due - today).days
    if left < 0:
        return "late", f"已逾期 {-left} 天"
    if left <= SOON_DAYS:
        return "soon", f"还有 {left} 天" if left else "今天到期"
    return "neutral", f"还有 {left} 天"


def next_of_filing(
    filing: Filing, *, open_rows: int, stopping: int, may_sign: bool, may_enter: bool = True
) -> Next:
    """What comes next in a filing that has begun; ``may_enter``: for who makes the entries."""
    is_window = filing.way is Way.WINDOW
    match filing.state:
        case State.DRAFT | State.CORRECTING if is_window and not may_enter:
            return Next("neutral", "区县窗口正在依据盖章的纸质材料代录，提交后会告知本单位。")
        case State.CORRECTING:
            return Next("late", "已退回补正，请按告知的内容修改后重新提交。",
                        endpoint="filing.assess_page", act="修改申报")  # fmt: skip
        case State.DRAFT if open_rows:
            return Next("soon", f"正在填报，还有 {open_rows} 项未填完。",
                        endpoint="filing.assess_page", act="继续填报")  # fmt: skip
        case State.DRAFT if stopping:
            return Next("soon", f"已填完，检查中还有 {stopping} 项须改正或说明。",
                        endpoint="filing.checks_page", act="查看检查结果")  # fmt: skip
        case State.DRAFT if is_window:
            return Next("soon", "已填完并通过检查，请对照纸质材料核对后提交。",
                        endpoint="filing.submit_page", act="去核对提交")  # fmt: skip
        case State.DRAFT if may_sign:
            return Next("soon", "已填完并通过检查，请签署承诺书后提交。",
                        endpoint="filing.submit_page", act="去签署提交")  # fmt: skip
        case State.DRAFT:
            return Next("soon", "已填完并通过检查，请通知本企业签署人登录签署提交。",
                        endpoint="filing.submit_page", act="核对提交内容")  # fmt: skip
        case State.SUBMITTED:
            return Next("done", "已提交，等待区县审核。审核开始前，签署人可以撤回。")
        case State.CLOSED:
            return Next("done", "已办结。")
        case _:
            return Next("neutral", f"{filing.state.words}，不再办理。需要的，请另行申报。")


def next_of_plant(
    standing: Standing,
    held: Grade | None,
    renews: Sequence[Grade],
    windows: Sequence[Window],
    due_day: date | None,
    today: date,
) -> Next:
    """What comes next for a plant without a running filing.

    ``held`` is what it held last year and has not renewed yet; ``windows`` those of this year.
    """
    if standing.banned_until is not None:
        again = standing.banned_until + timedelta(days=1)
        return Next(
            "late",
            f"在禁止申报期内，不得申报任何等级；{again} 起可以申报。",
            due=standing.banned_until,
            due_words=("neutral", "禁止申报期最后一天"),
        )
    if held is not None and held in renews:
        return _renewal(held, windows, due_day, today)
    if standing.grade is None:
        return Next("neutral", "还没有等级，可以首次申报。", no_due="申报由企业自愿，没有期限。",
                    endpoint="filing.new_filing", act="首次申报")  # fmt: skip
    if standing.blocked:
        return Next("neutral", "现在没有必须办理的申报。", endpoint="filing.new_filing",
                    act="查看可以申报的等级")  # fmt: skip
    return Next("neutral", "现在没有必须办理的申报；要提高等级的，可以升级申报。",
                endpoint="filing.new_filing", act="开始申报")  # fmt: skip


def _renewal(held: Grade, windows: Sequence[Window], due_day: date | None, today: date) -> Next:
    what = f"{with_grade('上一年度为', held)}，{today.year} 年须作年度更新。"
    mine = [it for it in windows if it.kind is Kind.RENEWAL]
    last = max((it.until_on for it in mine), default=due_day)
    if last is None:
        return Next("soon", what, no_due="今年的申报期和截止日期没有设定。",
                    endpoint="filing.new_filing", act="办理年度更新")  # fmt: skip
    words = due_in(last, today)
    first = min((it.from_on for it in mine), default=today)
    if first > today:
        return Next("neutral", f"{what}申报期 {first} 开始。", due=last, due_words=words)
    return Next("soon" if words[0] == "neutral" else words[0], what, due=last, due_words=words,
                endpoint="filing.new_filing", act="办理年度更新")  # fmt: skip
