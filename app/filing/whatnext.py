"""What an enterprise has to do next (下一步): one sentence per plant and per filing.

Pure. What may be filed says `prospects`; which renewal a plant owes says `renewal_due`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.filing.domain import Kind, State, Way
from app.filing.prospects import Prospects
from app.filing.queries import Filing, Unconfirmed


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


def next_of_filing(
    filing: Filing,
    *,
    open_rows: int,
    unconfirmed: Unconfirmed,
    stopping: int | None,
    may_sign: bool = False,
    may_enter: bool = True,
    bar: str = "",
) -> Next:
    """What comes next in a filing that has begun; ``may_enter``: for who makes the entries.

    ``stopping`` is how many checks stop it; None: the checks were not asked, and it does not matter
    whether the person signs. ``bar``: why it may not be submitted at all, whatever is entered.
    """
    is_window = filing.way is Way.WINDOW
    match filing.state:
        case State.DRAFT | State.CORRECTING if is_window and not may_enter:
            return Next("neutral", "区县窗口正在依据盖章的纸质材料代录，提交后会告知本单位。")
        case State.DRAFT | State.CORRECTING if bar:
            before = "已退回补正，但" if filing.state is State.CORRECTING else ""
            return Next("late", f"{before}现在不能提交：{bar}", endpoint="filing.checks_page",
                        act="查看检查结果")  # fmt: skip
        case State.CORRECTING:
            return Next("late", "已退回补正，请按告知的内容修改后重新提交。",
                        endpoint="filing.assess_page", act="修改申报")  # fmt: skip
        case State.DRAFT if open_rows:
            carried = f"，{unconfirmed.total} 项待确认" if unconfirmed.total else ""
            return Next("soon", f"正在填报，还有 {open_rows} 项未填完{carried}。",
                        endpoint="filing.assess_page", act="继续填报")  # fmt: skip
        case State.DRAFT if unconfirmed.total:
            which = f"由上次申报带入或要求有变化的 {unconfirmed.total} 项"
            what = f"各项指标都有内容，其中{which}尚未确认。"
            where = "assess_page" if unconfirmed.rows else "checks_page"
            return Next("soon", f"{what}请逐项核对后确认或修改。",
                        endpoint=f"filing.{where}", act="去确认")  # fmt: skip
        case State.DRAFT:
            return _of_whole_draft(stopping, is_window=is_window, may_sign=may_sign)
        case State.SUBMITTED:
            return Next("done", "已提交，等待区县审核。审核开始前，签署人可以撤回。")
        case State.CLOSED:
            return Next("done", "已办结。")
        case _:
            return Next("neutral", f"{filing.state.words}，不再办理。需要的，请另行申报。")


def _of_whole_draft(stopping: int | None, *, is_window: bool, may_sign: bool) -> Next:
    """What comes next where every row is filled in."""
    if stopping is None:
        return Next("soon", "各项指标已填完，请查看检查结果；没有须改正的，即可提交。",
                    endpoint="filing.checks_page", act="查看检查结果")  # fmt: skip
    if stopping:
        return Next("soon", f"已填完，检查中还有 {stopping} 项须改正或说明。",
                    endpoint="filing.checks_page", act="查看检查结果")  # fmt: skip
    if is_window:
        return Next("soon", "已填完并通过检查，请对照纸质材料核对后提交。",
                    endpoint="filing.submit_page", act="去核对提交")  # fmt: skip
    if may_sign:
        return Next("soon", "已填完并通过检查，请签署承诺书后提交。",
                    endpoint="filing.submit_page", act="去签署提交")  # fmt: skip
    return Next("soon", "已填完并通过检查，请通知本企业签署人登录签署提交。",
                endpoint="filing.submit_page", act="核对提交内容")  # fmt: skip


def next_of_plant(found: Prospects, office: str = "") -> Next:
    """What comes next for a plant that has no filing under way and owes no renewal.

    Nothing is suggested that the verdict would refuse. ``office``: whom to ask, with telephone.
    """
    standing = found.standing
    if standing.banned_until is not None:
        again = standing.banned_until + timedelta(days=1)
        return Next(
            "late",
            f"在禁止申报期内，不得申报任何等级；{again} 起可以申报。",
            due=standing.banned_until,
            due_words=("neutral", "禁止申报期最后一天"),
        )
    hindered = hindrance(found, office)
    if hindered:
        return Next("soon", hindered)
    return _of_ungraded(found) if standing.grade is None else _of_graded(found)


def hindrance(found: Prospects, office: str = "") -> str:
    """What others have to put right before anything can be filed for the plant; empty: nothing."""
    situation = found.situation
    if situation.running is not None and situation.running.is_others:
        return found.why_not(Kind.FIRST)
    if not situation.has_main_industry:
        asked = office or "所在区县生态环境分局"
        return f"台账没有登记本厂区的主要行业，不能申报。请联系{asked}登记行业。"
    return situation.unknown.words(office) if situation.unknown else ""


def _of_ungraded(found: Prospects) -> Next:
    if found.targets(Kind.FIRST):
        return Next("neutral", "还没有等级，可以首次申报。", no_due="申报由企业自愿，没有期限。",
                    endpoint="filing.new_filing", act="首次申报")  # fmt: skip
    return Next("neutral", f"还没有等级。{found.why_not(Kind.FIRST)}")


def _of_graded(found: Prospects) -> Next:
    nothing_due = "现在没有必须办理的申报"
    if not found.better:
        return Next("neutral", f"{nothing_due}，已是本行业可以申报的最高等级。")
    if found.targets(Kind.UPGRADE):
        return Next("neutral", f"{nothing_due}；要提高等级的，可以升级申报。",
                    endpoint="filing.new_filing", act="开始申报")  # fmt: skip
    why = found.why_not(Kind.UPGRADE)
    if found.standing.blocked and any(found.targets(kind) for kind in Kind):
        return Next("neutral", f"{nothing_due}。{why}", endpoint="filing.new_filing",
                    act="查看可以申报的等级")  # fmt: skip
    return Next("neutral", f"{nothing_due}。{why}")
