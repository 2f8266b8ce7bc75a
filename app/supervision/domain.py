"""Decided facts against an enterprise (监管事实): violations, false-material findings, their bans.

Each fact speaks for itself here; what several of them together make of a plant's grade is told
in `app.grades.domain`. One rule holds for all of them: a fact withdrawn on or before the day we
look from is, seen from that day, as if it had never been. Seen from an earlier day it counts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import MAXYEAR, date
from enum import StrEnum
from typing import Literal, TypeAlias

from app.kernel.periods import day_after, first_day_outside, last_day_of

__all__ = [
    "PLAN_BLOCK_KINDS",
    "Days",
    "Finding",
    "Violation",
    "ViolationKind",
    "YearBasis",
    "ban_last_day",
    "ban_runs_on",
    "blocking_days",
    "blocks_on",
    "counted_days",
    "counts_in_window",
    "filing_possible_again",
    "is_found_on",
    "is_withdrawn_on",
    "year_day",
]

YearBasis: TypeAlias = Literal["decided", "acted"]
"""Which date places a violation in its year: 决定日期 or 行为日期 (violation_year_basis)."""


class ViolationKind(StrEnum):
    """类型 of a violation, in the words of the ledger."""

    NO_EIA = "未依法环评"
    NO_PERMIT = "未取得排污许可证"
    OVER_LIMIT = "超许可浓度或总量"
    EVASION = "逃避监管排放"
    NO_MONITORING = "未按规定安装使用自动监测"
    OTHER = "其他"

    @property
    def bars(self) -> bool:
        """Whether PLAN-BLOCK itself names the kind; 其他 bars only if the bureau so sets."""
        return self is not ViolationKind.OTHER


PLAN_BLOCK_KINDS = frozenset(kind for kind in ViolationKind if kind.bars)
"""The five kinds that PLAN-BLOCK names."""


@dataclass(frozen=True, slots=True)
class Violation:
    """违法行为: a decided violation that counts for a plant, its own or enterprise-wide."""

    id: int
    kind: ViolationKind
    acted_on: date | None
    """行为日期, None where it was not recorded."""
    decided_on: date
    """决定日期."""
    document: str
    """决定文号."""
    withdrawn_on: date | None = None
    """撤销日期."""
    enterprise_wide: bool = False
    """Recorded without a plant number: it counts for every plant of the enterprise."""
    barring_reason: str = ""
    """Why the head of the bureau holds that this 其他 violation bars (本局设定); empty: not so."""

    @property
    def is_marked(self) -> bool:
        """Whether the head marked it as barring under the 等 of PLAN-BLOCK."""
        return bool(self.barring_reason)


@dataclass(frozen=True, slots=True)
class Finding:
    """虚假材料认定: facts hidden or false material given in a filing (PLAN-FALSE)."""

    id: int
    found_on: date
    """认定日期."""
    document: str
    """认定文号."""
    withdrawn_on: date | None = None
    """撤销日期."""
    enterprise_wide: bool = False
    """Recorded without a plant number: it counts for every plant of the enterprise."""
    note: str = ""
    """说明."""


def is_withdrawn_on(fact: Violation | Finding, on: date) -> bool:
    """Whether the fact, seen from the day, is as if it had never been (撤销)."""
    return fact.withdrawn_on is not None and fact.withdrawn_on <= on


def is_found_on(finding: Finding, on: date) -> bool:
    """Whether the finding has been made by the day and, seen from it, not been withdrawn."""
    return finding.found_on <= on and not is_withdrawn_on(finding, on)


def ban_last_day(found_on: date, years: int = 1) -> date:
    """The last day, inclusive, of the ban on filing (禁止申报期) that a finding begins, PLAN-FALSE.

    The corresponding day one year later, 28 February for 29 February; never moved to a work day.
    """
    return last_day_of(found_on, years=years)


def filing_possible_again(found_on: date, years: int = 1) -> date:
    """The day after the ban: the first day on which the plant may file again (PLAN-FALSE)."""
    return day_after(ban_last_day(found_on, years))


def ban_runs_on(finding: Finding, on: date, years: int = 1) -> bool:
    """Whether the finding's ban runs on the day: from 认定日期 to its last day, both included."""
    return is_found_on(finding, on) and on <= ban_last_day(finding.found_on, years)


def year_day(violation: Violation, basis: YearBasis) -> date:
    """The day that places a violation in its year; an unrecorded 行为日期 gives 决定日期."""
    if basis == "acted" and violation.acted_on is not None:
        return violation.acted_on
    return violation.decided_on


Days: TypeAlias = tuple[date, date | None]
"""From the first day up to, not including, the second (None: without end)."""


def blocking_days(
    violation: Violation, kinds: Collection[ViolationKind], basis: YearBasis
) -> Days | None:
    """The days on which the violation bars filing for B or above (当年不得申报, PLAN-BLOCK).

    Those of its calendar year from its decision on, until it is withdrawn; None: there are none,
    as for one that is neither of a barring kind nor marked as barring by the head.
    """
    if not (violation.is_marked or violation.kind in kinds):
        return None
    year = year_day(violation, basis).year
    first = max(violation.decided_on, date(year, 1, 1))
    return _until_withdrawn(violation, first, date(year + 1, 1, 1) if year < MAXYEAR else None)


def counted_days(
    violation: Violation, kinds: Collection[ViolationKind], months: int
) -> Days | None:
    """The days in whose last so many months, the day itself included, the violation was decided.

    The day so many months back is not: D − months < 决定日期 ≤ D. None: there are none. Only the
    kinds count: a mark of the head bars filing in its year and says nothing of the order of lists,
    so that a marked 其他 counts here only where the setting block.other_kinds makes its kind one of
    them.
    """
    if violation.kind not in kinds:
        return None
    outside = first_day_outside(violation.decided_on, months=months)
    return _until_withdrawn(violation, violation.decided_on, outside)


def _until_withdrawn(violation: Violation, first: date, until: date | None) -> Days | None:
    withdrawn_on = violation.withdrawn_on
    if withdrawn_on is not None and (until is None or withdrawn_on < until):
        until = withdrawn_on
    return (first, until) if until is None or first < until else None


def blocks_on(
    violation: Violation, on: date, kinds: Collection[ViolationKind], basis: YearBasis
) -> bool:
    """Whether the violation bars filing for B or above on the day (当年不得申报, PLAN-BLOCK)."""
    return _is_among(on, blocking_days(violation, kinds, basis))


def counts_in_window(
    violation: Violation, on: date, kinds: Collection[ViolationKind], months: int
) -> bool:
    """Whether the violation counts among those of the last so many months on the day."""
    return _is_among(on, counted_days(violation, kinds, months))


def _is_among(on: date, days: Days | None) -> bool:
    return days is not None and days[0] <= on and (days[1] is None or on < days[1])
