"""Rules that hold on screen hold on import: each stands once and is asked by both."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.grades.domain import Effect, GradeRecord, PlantFacts, StandingRules, standing_on
from app.grades.life import intervals
from app.grades.rules import Ban, ban_faults, dates_fault, scheme_faults, voided_records
from app.kernel.authority import EVERYTHING, Scope
from app.rulebook.domain import GradeOrder, LowestGrade
from app.rulebook.queries import catalogue, rulebook
from app.supervision.domain import PLAN_BLOCK_KINDS, Violation, ViolationKind
from app.supervision.rules import finding_faults, reaches_all, violation_faults

ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))
RULES = StandingRules(ORDER, PLAN_BLOCK_KINDS)
DAY = date(2025, 6, 30)
ONE = timedelta(1)
LOWEST = LowestGrade("D", "shaoxing-2023", verified=True)
EFFECT = Effect(1, LOWEST, DAY, date(2026, 6, 30), None)


def record(grade: str, start: date, end: date | None = None) -> GradeRecord:
    return GradeRecord(1, "shaoxing-2023", grade, start, end)


@pytest.mark.parametrize(("step", "is_fault"), [(-1, False), (0, False), (1, True)])
def test_the_act_is_not_later_than_the_decision(step: int, is_fault: bool) -> None:
    found = list(violation_faults(DAY + step * ONE, DAY, None))
    assert [field for field, _ in found] == ["acted_on"] * is_fault


@pytest.mark.parametrize(("step", "is_fault"), [(-1, True), (0, False), (1, False)])
def test_a_withdrawal_is_not_earlier_than_the_decision(step: int, is_fault: bool) -> None:
    on = DAY + step * ONE
    assert bool(list(violation_faults(None, DAY, on))) is is_fault
    assert bool(list(finding_faults(DAY, on))) is is_fault


@pytest.mark.parametrize(("step", "is_fault"), [(-1, True), (0, True), (1, False)])
def test_a_grade_does_not_end_on_or_before_its_start(step: int, is_fault: bool) -> None:
    assert (dates_fault(DAY, DAY + step * ONE) is not None) is is_fault


@pytest.mark.parametrize(
    ("start", "is_fault"),
    [
        (DAY - ONE, False),
        (DAY, True),
        (date(2026, 6, 30), True),
        (date(2026, 7, 1), False),
    ],
)
def test_only_the_lowest_grade_may_start_inside_a_ban(start: date, is_fault: bool) -> None:
    """PLAN-FALSE: the day before, the first and last day, the day after."""
    bans = [Ban(EFFECT, "")]
    assert bool(list(ban_faults(record("B", start), bans, ORDER))) is is_fault
    assert not list(ban_faults(record("D", start), bans, ORDER))
    assert not list(ban_faults(record("非引领性", start), bans, ORDER))


@pytest.mark.parametrize(
    ("held", "is_voided"),
    [
        (record("B", date(2024, 1, 1)), True),
        (record("D", date(2024, 1, 1)), False),
        (record("B", date(2024, 1, 1), DAY), False),
        (record("B", date(2024, 1, 1), DAY + ONE), True),
        (record("A", date(2026, 6, 30)), True),
        (record("A", date(2026, 7, 1)), False),
    ],
)
def test_a_finding_names_the_grades_that_it_voids(held: GradeRecord, is_voided: bool) -> None:
    """PLAN-FALSE."""
    assert list(voided_records([held], EFFECT, ORDER)) == [held] * is_voided


def test_a_grade_belongs_to_a_scheme_of_one_of_the_industries() -> None:
    """PLAN-GRADES: B- wherever B; 历史 is kept with a warning; another grade is a fault."""
    book = rulebook("shaoxing-2023", DAY)
    foundry = catalogue().match("铸造").industry
    assert foundry is not None
    graded = book.scheme(foundry)
    assert graded is not None
    outside = next(grade for grade in book.grades if not graded.admits(grade))
    of = [(foundry, None)]
    assert not list(scheme_faults("B-", book, of, source="核定"))
    assert [fault for fault, _ in scheme_faults(outside, book, of, source="核定")] == [True]
    assert [fault for fault, _ in scheme_faults(outside, book, of, source="历史")] == [False]
    assert [fault for fault, _ in scheme_faults("B", book, [], source="核定")] == [False]
    assert not list(scheme_faults("B", book, [], source="核定", is_complete=False))
    assert [fault for fault, _ in scheme_faults("甲", book, of, source="历史")] == [True]


def test_what_holds_for_an_enterprise_is_for_who_reaches_all_its_plants() -> None:
    own = Scope(frozenset({"330602"}))
    assert reaches_all(own, ["330602", "330602"])
    assert not reaches_all(own, ["330602", "330603"])
    assert reaches_all(EVERYTHING, ["330602", "330603"])


# --- 其他 marked by the head ------------------------------------------------------------------


def other(reason: str) -> Violation:
    return Violation(1, ViolationKind.OTHER, None, date(2025, 3, 1), "罚1", barring_reason=reason)


@pytest.mark.parametrize(
    ("on", "blocked"),
    [
        (date(2025, 2, 28), False),
        (date(2025, 3, 1), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
    ],
)
def test_a_marked_other_violation_bars_in_its_year(on: date, blocked: bool) -> None:
    """PLAN-BLOCK, 等: the head may mark one with a reason."""
    standing = standing_on(PlantFacts(violations=(other("情节严重"),)), on, RULES)
    assert standing.blocked is blocked


def test_an_unmarked_one_does_not_and_none_counts_in_36_months() -> None:
    for reason in ("", "情节严重"):
        facts = PlantFacts(violations=(other(reason),))
        assert standing_on(facts, DAY, RULES).violations_36m == 0
        assert standing_on(facts, DAY, RULES).blocked is bool(reason)
        for it in intervals(facts, RULES):
            assert it.standing == standing_on(facts, it.from_on, RULES)
