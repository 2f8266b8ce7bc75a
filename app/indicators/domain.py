"""指标表 against answers: which grade a table reaches, a plant; and what is lacking.

The rows that hold the plant back decide its grade (短板原则, PLAN-SHORTBOARD). What a table is made
of stands in :mod:`app.indicators.criteria`, what is entered in :mod:`app.indicators.answers`, how a
row is judged in :mod:`app.indicators.rows`; their names are to be had here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.indicators.answers import (
    AIR_OXYGEN,
    Answer,
    Measured,
    OxygenOfAir,
    at_reference,
    shown,
)
from app.indicators.criteria import (
    Below,
    Cell,
    Clause,
    Clauses,
    Criterion,
    Evidence,
    IndicatorTable,
    Limit,
    Limits,
    Quantity,
    Row,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
    choosable,
)
from app.indicators.rows import Check, RowResult, State, check, judge_row
from app.rulebook.domain import Grade, GradeOrder

__all__ = [
    "AIR_OXYGEN",
    "Answer",
    "Below",
    "Cell",
    "Check",
    "Clause",
    "Clauses",
    "Criterion",
    "Evidence",
    "IndicatorTable",
    "Lift",
    "Limit",
    "Limits",
    "Measured",
    "Outcome",
    "OxygenOfAir",
    "Quantity",
    "Row",
    "RowResult",
    "SameAsAbove",
    "Share",
    "State",
    "Unverified",
    "YesNo",
    "at_reference",
    "check",
    "choosable",
    "crossing",
    "judge_row",
    "next_grade",
    "short_board",
    "shown",
    "way_to",
]

# --- The grade of the table, and of the plant -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table's rows come to together (短板原则, PLAN-SHORTBOARD)."""

    grade: Grade | None
    """The lowest of the rows that apply; None: none can be said yet."""
    holding: tuple[RowResult, ...]
    """The rows at that grade: they hold the plant back."""
    open: tuple[RowResult, ...]
    """The rows still without an answer."""

    @property
    def at_best(self) -> Grade | None:
        """What can still be reached, as far as rows have been answered: that of the lowest."""
        return self.holding[0].grade if self.holding else None


def short_board(results: Iterable[RowResult], grades: Sequence[Grade]) -> Outcome:
    """The lowest grade of all rows that apply; rows marked 不涉及 do not count.

    While a row is open nothing is certain, so the outcome has no grade; with no row that applies
    there is none either.
    """
    found = [it for it in results if it.state != "not-applicable"]
    unanswered = tuple(it for it in found if it.grade is None)
    places = [grades.index(it.grade) for it in found if it.grade is not None]
    if not places:
        return Outcome(None, (), unanswered)
    lowest = grades[max(places)]
    holding = tuple(it for it in found if it.grade == lowest)
    return Outcome(None if unanswered else lowest, holding, unanswered)


@dataclass(frozen=True, slots=True)
class Lift:
    """One row that must rise to reach a grade, and what it lacks."""

    row: Row
    from_grade: Grade | None
    lacking: tuple[str, ...]


def way_to(
    target: Grade, results: Iterable[RowResult], grades: Sequence[Grade]
) -> tuple[Lift, ...]:
    """The smallest set of rows to lift for the table to reach a grade; empty: it does.

    Since every row must reach it, this set is the only smallest one.
    """
    reach = grades.index(target)
    return tuple(
        Lift(it.row, it.grade, it.lacking.get(target, ()))
        for it in results
        if it.state != "not-applicable" and (it.grade is None or grades.index(it.grade) > reach)
    )


def next_grade(grade: Grade | None, grades: Sequence[Grade]) -> Grade | None:
    """The next better grade of the scheme; None from the best one, the lowest from none."""
    if grade is None:
        return grades[-1]
    place = grades.index(grade)
    return grades[place - 1] if place else None


def crossing(grades: Iterable[Grade | None], order: GradeOrder) -> Grade | None:
    """交叉级别 of several industries: the lowest by the configured order (PLAN-CROSS)."""
    found = list(grades)
    return order.worst(found) if found and None not in found else None
