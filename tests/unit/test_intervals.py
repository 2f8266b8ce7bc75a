"""A plant's life in intervals (区间) equals the standing of each day, and both equal the contract.

The oracle below is written from the contract's text alone and knows no course, no steps and no
turns: it looks at one day, and for `held_since` at every day before it.
"""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.grades.domain import (
    GradeRecord,
    JudgedFinding,
    PlantFacts,
    Standing,
    StandingRules,
    standing_on,
)
from app.grades.life import intervals
from app.rulebook.domain import GradeOrder, LowestGrade
from app.supervision.domain import PLAN_BLOCK_KINDS, Finding, Violation, ViolationKind

BEST_TO_WORST = ["A+", "A", "引领性", "B", "B-", "C", "D", "非引领性"]
RANK = {grade: min(n, 6) for n, grade in enumerate(BEST_TO_WORST)} | {None: 7}
ORDER = GradeOrder.from_tiers(["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"])
DAY = timedelta(days=1)
START, END = date(2023, 11, 1), date(2025, 6, 30)


# --- The oracle: the contract read aloud, one day at a time ---------------------------------


def one_year_later(day: date) -> date:
    lost = day.month == 2 and day.day == 29 and not isleap(day.year + 1)
    return date(day.year + 1, 2, 28) if lost else date(day.year + 1, day.month, day.day)


def earlier_by_36_months(day: date) -> date:
    lost = day.month == 2 and day.day == 29 and not isleap(day.year - 3)
    return date(day.year - 3, 2, 28) if lost else date(day.year - 3, day.month, day.day)


def still_there(withdrawn_on: date | None, seen_from: date) -> bool:
    return withdrawn_on is None or seen_from < withdrawn_on


def naive_grade(facts: PlantFacts, day: date, seen_from: date) -> tuple[object, ...]:
    """(grade, rulebook, basis, id, verified) of a day, as seen from a later or the same day."""
    decides: tuple[object, ...] = (None, None, None, None, True)
    latest = None
    for record in facts.records:
        if record.effective_on <= day and (
            latest is None
            or record.effective_on > latest.effective_on
            or (record.effective_on == latest.effective_on and record.id > latest.id)
        ):
            latest = record
    if latest is not None and (latest.expires_on is None or day < latest.expires_on):
        decides = (latest.grade, latest.rulebook, "record", latest.id, True)
    worst = None
    for judged in facts.findings:
        finding, lowest = judged.finding, judged.lowest
        if finding.found_on > day or not still_there(finding.withdrawn_on, seen_from):
            continue
        over = one_year_later(finding.found_on)
        if any(over < record.effective_on <= day for record in facts.records):
            continue
        weight = (RANK[lowest.grade], finding.found_on, finding.id)
        if worst is None or weight > worst:
            worst = weight
            decides = (lowest.grade, lowest.rulebook, "finding", finding.id, lowest.verified)
    return decides


def naive_held_since(facts: PlantFacts, on: date) -> date | None:
    grade = naive_grade(facts, on, on)[0]
    if grade is None:
        return None
    day = on
    while RANK[naive_grade(facts, day - DAY, on)[0]] <= RANK[grade]:  # type: ignore[index]
        day -= DAY
    return day


def naive_standing(facts: PlantFacts, on: date, rules: StandingRules) -> Standing:
    grade, rulebook, basis, basis_id, verified = naive_grade(facts, on, on)
    known = [
        it
        for it in facts.violations
        if it.kind in rules.blocking_kinds
        and it.decided_on <= on
        and still_there(it.withdrawn_on, on)
    ]
    blocking = []
    for it in sorted(known, key=lambda it: (it.decided_on, it.id)):
        by_act = rules.year_basis == "acted" and it.acted_on is not None
        if (it.acted_on if by_act else it.decided_on).year == on.year:  # type: ignore[union-attr]
            blocking.append(it.id)
    bans = [
        one_year_later(it.finding.found_on)
        for it in facts.findings
        if still_there(it.finding.withdrawn_on, on)
        and it.finding.found_on <= on <= one_year_later(it.finding.found_on)
    ]
    return Standing(
        grade=grade,  # type: ignore[arg-type]
        rulebook=rulebook,  # type: ignore[arg-type]
        basis=basis,  # type: ignore[arg-type]
        basis_id=basis_id,  # type: ignore[arg-type]
        verified=bool(verified),
        blocked=len(blocking) > 0,
        blocking=tuple(blocking),
        banned_until=sorted(bans)[-1] if bans else None,
        violations_36m=len([it for it in known if earlier_by_36_months(on) < it.decided_on]),
        held_since=naive_held_since(facts, on),
    )


# --- Random histories -----------------------------------------------------------------------

EDGES = [
    date(2023, 12, 31), date(2024, 1, 1), date(2024, 2, 28), date(2024, 2, 29),
    date(2024, 3, 1), date(2024, 12, 31), date(2025, 1, 1), date(2025, 2, 27),
    date(2025, 2, 28), date(2025, 3, 1), date(2025, 3, 2),
]  # fmt: skip
days = st.one_of(st.sampled_from(EDGES), st.dates(START, END))
lengths = st.none() | st.integers(0, 500).map(lambda n: timedelta(days=n))
grades = st.sampled_from(BEST_TO_WORST)


def after(day: date, length: timedelta | None) -> date | None:
    return None if length is None else day + length


@st.composite
def histories(draw: st.DrawFn) -> PlantFacts:
    ids = iter(draw(st.permutations(range(1, 16))))
    records = [
        GradeRecord(
            next(ids),
            draw(st.sampled_from(["shaoxing-2023", "national-2026"])),
            draw(grades),
            day,
            after(day, length),
        )
        for day, length in draw(st.lists(st.tuples(days, lengths), max_size=5))
    ]
    violations = [
        Violation(
            next(ids),
            draw(st.sampled_from(ViolationKind)),
            after(day - timedelta(days=300), draw(lengths)),
            day,
            "绍环罚〔2024〕1号",
            after(day, length),
        )
        for day, length in draw(st.lists(st.tuples(days, lengths), max_size=4))
    ]
    findings = [
        JudgedFinding(
            Finding(next(ids), day, "绍市环认〔2024〕1号", after(day, length)),
            LowestGrade(
                draw(st.sampled_from(["D", "非引领性", "C"])), "shaoxing-2023", draw(st.booleans())
            ),
        )
        for day, length in draw(st.lists(st.tuples(days, lengths), max_size=3))
    ]
    return PlantFacts(tuple(records), tuple(violations), tuple(findings))


all_rules = st.builds(
    StandingRules,
    order=st.just(ORDER),
    blocking_kinds=st.sampled_from([PLAN_BLOCK_KINDS, frozenset(ViolationKind)]),
    year_basis=st.sampled_from(["decided", "acted"]),
)


def days_worth_looking_at(facts: PlantFacts, rules: StandingRules) -> set[date]:
    """Every day on or beside which something may change, and one a month in between."""
    turning = [
        *(it.from_on for it in intervals(facts, rules)[1:]),
        *(day for fact in facts.records for day in (fact.effective_on, fact.expires_on) if day),
        *(day for fact in facts.violations for day in (fact.decided_on, fact.withdrawn_on) if day),
        *(date(2024 + n // 12, n % 12 + 1, 15) for n in range(-2, 60)),
    ]
    return {day + step for day in turning for step in (-DAY, timedelta(), DAY)}


@settings(max_examples=150, deadline=None)
@given(histories(), all_rules)
@example(PlantFacts(), StandingRules(ORDER, PLAN_BLOCK_KINDS))
@example(
    PlantFacts(
        (
            GradeRecord(1, "shaoxing-2023", "B", date(2024, 1, 1)),
            GradeRecord(2, "shaoxing-2023", "A+", date(2024, 6, 1), date(2024, 6, 1)),
        ),
        (Violation(3, ViolationKind.NO_EIA, None, date(2024, 6, 1), "绍环罚〔2024〕1号"),),
    ),
    StandingRules(ORDER, PLAN_BLOCK_KINDS),
)
def test_the_interval_of_a_day_holds_the_standing_of_that_day(
    facts: PlantFacts, rules: StandingRules
) -> None:
    life = iter(intervals(facts, rules))
    interval = next(life)
    for day in sorted(days_worth_looking_at(facts, rules)):
        while interval.until_on is not None and interval.until_on <= day:
            interval = next(life)
        assert interval.standing == standing_on(facts, day, rules), day


@settings(max_examples=60, deadline=None)
@given(histories(), all_rules, st.data())
def test_the_standing_of_a_day_is_what_the_contract_says(
    facts: PlantFacts, rules: StandingRules, data: st.DataObject
) -> None:
    looked_at = sorted(days_worth_looking_at(facts, rules))
    for day in data.draw(st.lists(st.sampled_from(looked_at), min_size=10, max_size=25)):
        assert standing_on(facts, day, rules) == naive_standing(facts, day, rules), day


@settings(max_examples=15, deadline=None)
@given(histories(), all_rules)
def test_within_an_interval_nothing_changes(facts: PlantFacts, rules: StandingRules) -> None:
    """Day by day, the contract's answer changes on the first days of intervals alone."""
    named = {it.from_on for it in intervals(facts, rules)}
    before = naive_standing(facts, START - DAY, rules)
    for n in range((date(2025, 12, 31) - START).days):
        day = START + n * DAY
        now = naive_standing(facts, day, rules)
        assert now == before or day in named, day
        before = now


@given(histories(), all_rules)
def test_intervals_cover_every_day_once_and_neighbours_differ(
    facts: PlantFacts, rules: StandingRules
) -> None:
    life = intervals(facts, rules)
    assert life[0].from_on == date.min
    assert life[-1].until_on is None
    for earlier, later in pairwise(life):
        assert earlier.until_on == later.from_on
        assert earlier.from_on < later.from_on
        assert earlier.standing != later.standing


@given(histories(), all_rules, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_handed_over_means_nothing(
    facts: PlantFacts, rules: StandingRules, random: Random
) -> None:
    mixed = PlantFacts(
        tuple(random.sample(facts.records, len(facts.records))),
        tuple(random.sample(facts.violations, len(facts.violations))),
        tuple(random.sample(facts.findings, len(facts.findings))),
    )
    assert intervals(mixed, rules) == intervals(facts, rules)


def test_the_first_and_the_last_day_of_the_calendar_have_a_standing() -> None:
    lowest = LowestGrade("D", "shaoxing-2023", verified=True)
    facts = PlantFacts(
        (GradeRecord(1, "shaoxing-2023", "B", date(2024, 1, 1), date.max),),
        (Violation(2, ViolationKind.NO_EIA, None, date.max, "绍环罚〔9999〕1号"),),
        (JudgedFinding(Finding(3, date.max, "绍市环认〔9999〕1号"), lowest),),
    )
    rules = StandingRules(ORDER, PLAN_BLOCK_KINDS)
    assert standing_on(facts, date.min, rules).grade is None
    assert standing_on(facts, date.max, rules).grade == "D"
    assert intervals(facts, rules)[-1].standing == standing_on(facts, date.max, rules)
