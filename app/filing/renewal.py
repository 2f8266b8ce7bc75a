"""年度更新 (PLAN-RENEW): who must renew, until when, how far each one is, and when to remind.

Pure. Whoever held A, B (B- included) or 引领性 last year hands its material in anew this year. The
plan names neither a month nor what follows when nobody does: a bureau sets the window (申报期) or a
last day, and what is late is told, never done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.filing.admission import Unknown, Window, is_barred
from app.filing.domain import Kind
from app.rulebook.domain import Grade, GradeOrder, with_grade

CLAUSE = "PLAN-RENEW"
SOON_DAYS = 30
"""How many days ahead a last day counts as soon, on a page."""
UNSTATED = "逾期未提交的，等级如何处理，方案未规定。"
NO_LAST_DAY = "方案没有规定截止日，本局也没有设定。"


class Progress(StrEnum):
    """How far a plant is with this year's renewal (办理情况)."""

    NONE = "none"
    WORKING = "working"
    DONE = "done"

    @property
    def words(self) -> str:
        """As people call it."""
        return {"none": "未办理", "working": "填报中", "done": "已提交"}[self.value]


@dataclass(frozen=True, slots=True)
class RenewalRules:
    """The settings of one year in one county, as they read on a day."""

    year: int
    held_on: date
    """The day of last year on which the grade is looked at (renewal.held_day)."""
    grades: tuple[Grade, ...]
    """Who held one of these must renew."""
    counted_years: tuple[int, ...]
    """A filing for one of these years counts (renewal.interval_years)."""
    counted_kinds: tuple[Kind, ...]
    """A filing of one of these kinds counts (renewal.counts)."""
    due_on: date | None
    """The last day; None: 未规定 and not set."""
    opens_on: date | None = None
    """The first day of the window; None: no window is set."""
    effect: str | None = None
    """What the bureau set for those that are late, in words; None: 未规定."""

    @property
    def due_words(self) -> str:
        """By when, in a sentence's words."""
        return NO_LAST_DAY if self.due_on is None else f"{self.due_on}（含当日）以前"

    @property
    def consequence(self) -> str:
        """What follows when nothing is handed in, in the words of the law."""
        if self.effect is None:
            return UNSTATED
        return f"{UNSTATED}本局设定为：{self.effect}。"


def day_of_year(month_day: str, year: int) -> date:
    """A day that is set as month and day (月-日), in a year."""
    month, day = map(int, month_day.split("-"))
    return date(year, month, day)


def held_day(month_day: str, year: int) -> date:
    """The day of last year by which 上一年度已获评 is judged, for a renewal of ``year``."""
    return day_of_year(month_day, year - 1)


def last_day(windows: Iterable[Window], month_day: str | None, year: int) -> date | None:
    """The last day for a renewal of the year: of its last window, else the one that is set.

    A last day on a weekend stays where it is: the bureau names a day, no period is counted.
    """
    until = [it.until_on for it in windows if it.kind is Kind.RENEWAL and it.year == year]
    if until:
        return max(until)
    return None if month_day is None else day_of_year(month_day, year)


def first_day(windows: Iterable[Window], year: int) -> date | None:
    """The first day of the year's windows; None: none is set."""
    from_on = [it.from_on for it in windows if it.kind is Kind.RENEWAL and it.year == year]
    return min(from_on, default=None)


def counted_years(year: int, interval: int) -> tuple[int, ...]:
    """The years whose filings count: with an interval of one year, the year alone."""
    return tuple(range(year - max(interval, 1) + 1, year + 1))


def counted_kinds(choice: str) -> tuple[Kind, ...]:
    """Which kinds of filing count as the renewal (renewal.counts).

    Every kind hands in the whole self-assessment, materials and commitment of the year, and a plant
    has one filing under way: an upgrade need not be followed by a renewal of the lower grade.
    """
    return (Kind.RENEWAL,) if choice == "renewal" else tuple(Kind)


def renewing_grades(
    stated: Sequence[Grade], grades: Iterable[Grade], order: GradeOrder
) -> tuple[Grade, ...]:
    """The grades that the clause names, and what is better than all of them (A+); best first."""
    found = (it for it in grades if is_barred(it, stated, order))
    return tuple(sorted(found, key=order.rank))


def must_renew(
    held: Grade | None, closed_on: date | None, on: date, grades: Sequence[Grade]
) -> bool:
    """Whether a plant is called upon: by last year's grade alone, as long as it exists.

    A grade lost, lowered or given since then changes nothing; a plant without one on the day, or
    closed by now, is not called upon.
    """
    return held in grades and (closed_on is None or closed_on > on)


def progress(sent_on: date | None, *, has_begun: bool) -> Progress:
    """How far it is: what was withdrawn or given up is not counted by who asks."""
    if sent_on is not None:
        return Progress.DONE
    return Progress.WORKING if has_begun else Progress.NONE


def is_overdue(sent_on: date | None, due_on: date | None, on: date) -> bool:
    """Whether nothing was handed in although the last day is over."""
    return sent_on is None and due_on is not None and on > due_on


def was_late(sent_on: date | None, due_on: date | None) -> bool:
    """Whether it was handed in after the last day."""
    return sent_on is not None and due_on is not None and sent_on > due_on


def tag(sent_on: date | None, due_on: date | None, on: date, *, has_begun: bool) -> tuple[str, str]:
    """The state as a tag: kind and words."""
    found = progress(sent_on, has_begun=has_begun)
    if found is Progress.DONE:
        return "done", "已提交（逾期）" if was_late(sent_on, due_on) else found.words
    if is_overdue(sent_on, due_on, on):
        return "late", f"{found.words}，已逾期"
    return ("soon" if found is Progress.WORKING else "neutral"), found.words


def left_words(due_on: date | None, on: date) -> tuple[str, str]:
    """How far away the last day is, as a tag."""
    if due_on is None:
        return "neutral", "没有期限"
    left = (due_on - on).days
    if left < 0:
        return "late", f"已逾期 {-left} 天"
    words = f"还有 {left} 天" if left else "今天到期"
    return ("soon" if left <= SOON_DAYS else "neutral"), words


def hindrance(banned_until: date | None, *, blocked: bool, year: int) -> str:
    """What keeps the plant from filing as it held; empty: nothing."""
    if banned_until is not None:
        return f"禁止申报期内，到 {banned_until}（含）为止不得申报任何等级"
    if blocked:
        return f"有限制申报的违法行为，{year} 年不得申报 B 级（含引领性）及以上"
    return ""


def unfit_words(missing: Unknown) -> str:
    """What has to be entered before the plant can file."""
    found = [f"行业“{it}”没有等级方案（未核实）" for it in missing.schemes]
    found += [f"行业“{it}”没有登记子类" for it in missing.subtypes]
    return f"{'，'.join(found)}，登记以前不能申报" if found else ""


def lowered_words(held: Grade, present: Grade | None, order: GradeOrder) -> str:
    """What to know where the grade is no longer that of last year; empty: it is the same."""
    if present == held:
        return ""
    if present is None:
        return "现在没有等级"
    now = with_grade("现为", present)
    if order.rank(present) > order.rank(held):
        return f"{now}，更新不高于现等级"
    return now


# --- Reminders ------------------------------------------------------------------------------


def reminder_due(on: date, due_on: date | None, ahead: Sequence[int]) -> int | None:
    """Which reminder is due on the day, as days ahead; None: none, or the last day is over.

    Of several that are due the nearest is sent: after an outage nobody gets two at once.
    """
    if due_on is None or on > due_on:
        return None
    reached = [days for days in ahead if days >= 0 and due_on - timedelta(days=days) <= on]
    return min(reached, default=None)


def call(plant: str, held: Grade, rules: RenewalRules) -> str:
    """The sentence by which a plant is called upon."""
    held_words = with_grade(f"{rules.held_on} 为", held)
    by = "" if rules.due_on is None else f"请在 {rules.due_on}（含当日）以前提交。"
    return f"{plant} {held_words}，{rules.year} 年须更新评级材料并重新提交。{by}"
