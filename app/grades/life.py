"""A plant's whole life in intervals (区间): its standing on every day, from the first to the last.

Equal to `app.grades.domain.standing_on` on each of them. What a standing is put together from is
followed from turn to turn: of a violation the days on which it bars and counts, which `standing_on`
asks for its one day. So each fact is looked at a few times, however many there are.

A withdrawn finding (虚假材料认定) rewrites the grades of the days before its withdrawal, and for it
alone the course of grades is told anew; a plant has few of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.grades.domain import (
    UNGRADED,
    Course,
    Interval,
    PlantFacts,
    Standing,
    StandingRules,
    Step,
    banned_until,
    effects_seen_from,
    grade_course,
    held_on,
    in_order,
    put_together,
)
from app.kernel.periods import day_after
from app.supervision.domain import Violation, blocking_days, counted_days

BEFORE_ALL_FACTS = put_together(Step(date.min, UNGRADED, None), (), 0, None)


def intervals(facts: PlantFacts, rules: StandingRules) -> tuple[Interval, ...]:
    """The plant's whole life, cut wherever its standing changes; equal to `standing_on` each day.

    From `date.min` on, without gaps, the last one open; neighbours always differ.
    """
    facts = in_order(facts)
    life: list[Interval] = []
    since, held = date.min, BEFORE_ALL_FACTS
    for day, standing in _standings_through_time(facts, rules):
        if standing != held:
            if since < day:
                life.append(Interval(since, day, held))
            since, held = day, standing
    return (*life, Interval(since, None, held))


def _standings_through_time(
    facts: PlantFacts, rules: StandingRules
) -> Iterable[tuple[date, Standing]]:
    """The standing from each day on which something turns."""
    if not (facts.violations or facts.findings):  # most plants: nothing but their grade turns
        course = grade_course(facts.records, (), rules.order)
        return [(step.from_on, put_together(step, (), 0, None)) for step in course]
    grades = _grade_and_ban_through_time(facts, rules)
    against = _violations_through_time(facts.violations, rules)
    return [
        (day, put_together(step, blocking, counted, ban))
        for day, (_, step, ban), (_, blocking, counted) in _together(grades, against)
    ]


@dataclass(frozen=True, slots=True)
class RulePeriod:
    """A stretch of days with the same settings; ``until_on`` None: still running."""

    from_on: date
    until_on: date | None
    rules: StandingRules


def through_periods(
    facts: PlantFacts, periods: Sequence[RulePeriod]
) -> Iterable[tuple[Interval, RulePeriod]]:
    """The plant's life where settings changed: each period's intervals, cut to its days.

    Neighbours differ here as well, in the standing or in the order of grades it is judged by, so
    that a change of settings leaves the life of a plant that it does not concern as it was.
    """
    if len(periods) == 1:
        (period,) = periods
        return [(interval, period) for interval in intervals(facts, period.rules)]
    return _joined(_cut_to_periods(facts, periods))


def _cut_to_periods(
    facts: PlantFacts, periods: Iterable[RulePeriod]
) -> Iterator[tuple[Interval, RulePeriod]]:
    for period in periods:
        for from_on, until_on, standing in intervals(facts, period.rules):
            start = max(from_on, period.from_on)
            end = min((day for day in (until_on, period.until_on) if day), default=None)
            if end is None or start < end:
                yield Interval(start, end, standing), period


def _joined(
    pieces: Iterable[tuple[Interval, RulePeriod]],
) -> Iterator[tuple[Interval, RulePeriod]]:
    """The pieces of a life, those that follow one another and say the same made one."""
    held: tuple[Interval, RulePeriod] | None = None
    for piece, period in pieces:
        if held is None:
            held = piece, period
        elif piece.standing == held[0].standing and period.rules.order == held[1].rules.order:
            held = Interval(held[0].from_on, piece.until_on, piece.standing), held[1]
        else:
            yield held
            held = piece, period
    if held is not None:
        yield held


def _together(one: Course, other: Course) -> Iterator[tuple[date, Any, Any]]:
    """Every day on which either course turns, with what both hold from it on."""
    a = b = 0
    for day in sorted({turn[0] for turn in one} | {turn[0] for turn in other}):
        a += a + 1 < len(one) and one[a + 1][0] == day
        b += b + 1 < len(other) and other[b + 1][0] == day
        yield day, one[a], other[b]


def _grade_and_ban_through_time(facts: PlantFacts, rules: StandingRules) -> Course:
    """(day, step of the grade, latest last day of a ban), each as seen from its own day."""
    if not facts.findings:
        return [(step.from_on, step, None) for step in grade_course(facts.records, (), rules.order)]
    turns: list[tuple[date, Step, date | None]] = []
    withdrawals = {it.finding.withdrawn_on for it in facts.findings if it.finding.withdrawn_on}
    views: list[date] = [date.min, *sorted(withdrawals)]
    for seen_from, until in zip(views, [*views[1:], None], strict=True):
        effects = effects_seen_from(facts, seen_from, rules)
        course = grade_course(facts.records, effects, rules.order)
        days = {seen_from, *(step.from_on for step in course)}
        days.update(day_after(effect.ban_last_day) for effect in effects)
        turns += [
            (day, held_on(course, day), banned_until(effects, day))
            for day in sorted(days)
            if seen_from <= day and (until is None or day < until)
        ]
    return turns


def _violations_through_time(violations: Sequence[Violation], rules: StandingRules) -> Course:
    """(day, ids of those that block, how many count), earlier decision first."""
    blocking, counted = set[int](), set[int]()
    turning: dict[date, list[tuple[set[int], int]]] = {date.min: []}
    """By day, which begin or end to be among those that block, or that count."""
    for n, violation in enumerate(violations):
        for among, days in (
            (blocking, blocking_days(violation, rules.blocking_kinds, rules.year_basis)),
            (counted, counted_days(violation, rules.blocking_kinds, rules.window_months)),
        ):
            for day in days or ():
                if day is not None:
                    turning.setdefault(day, []).append((among, n))
    turns = []
    for day in sorted(turning):
        for among, n in turning[day]:
            among ^= {n}
        turns.append((day, tuple(violations[n].id for n in sorted(blocking)), len(counted)))
    return turns
