"""A plant's whole life in intervals (区间): its standing on every day, from the first to the last.

Equal to `app.grades.domain.standing_on` on each of them. What a standing is put together from is
followed from turn to turn, and at each turn the fact that turns there is asked what `standing_on`
asks of every fact on every day. So each fact is looked at a few times, however many there are.

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
    StandingRules,
    Step,
    banned_until,
    blocks,
    counts,
    effects_seen_from,
    grade_course,
    held_on,
    in_order,
    put_together,
)
from app.kernel.periods import day_after, first_day_outside
from app.supervision.domain import Violation, year_day

BEFORE_ALL_FACTS = put_together(Step(date.min, UNGRADED, None), (), 0, None)


def intervals(facts: PlantFacts, rules: StandingRules) -> tuple[Interval, ...]:
    """The plant's whole life, cut wherever its standing changes; equal to `standing_on` each day.

    From `date.min` on, without gaps, the last one open; neighbours always differ.
    """
    facts = in_order(facts)
    life: list[Interval] = []
    since, held = date.min, BEFORE_ALL_FACTS
    for day, (_, step, ban), (_, blocking, counted) in _together(
        _grade_and_ban_through_time(facts, rules),
        _violations_through_time(facts.violations, rules),
    ):
        standing = put_together(step, blocking, counted, ban)
        if standing != held:
            if since < day:
                life.append(Interval(since, day, held))
            since, held = day, standing
    return (*life, Interval(since, None, held))


@dataclass(frozen=True, slots=True)
class RulePeriod:
    """A stretch of days with the same settings; ``until_on`` None: still running."""

    from_on: date
    until_on: date | None
    rules: StandingRules


def through_periods(
    facts: PlantFacts, periods: Iterable[RulePeriod]
) -> Iterator[tuple[Interval, RulePeriod]]:
    """The plant's life where settings changed: each period's intervals, cut to its days."""
    for period in periods:
        if period.from_on == date.min and period.until_on is None:
            for it in intervals(facts, period.rules):
                yield it, period
            return
        for from_on, until_on, standing in intervals(facts, period.rules):
            start = max(from_on, period.from_on)
            end = min((day for day in (until_on, period.until_on) if day), default=None)
            if end is None or start < end:
                yield Interval(start, end, standing), period


def _together(one: Course, other: Course) -> Iterator[tuple[date, Any, Any]]:
    """Every day on which either course turns, with what both hold from it on."""
    if len(other) == 1:  # most plants have no violation
        for turn in one:
            yield turn[0], turn, other[0]
        return
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


NOTHING_AGAINST: Course = ((date.min, (), 0),)


def _violations_through_time(violations: Sequence[Violation], rules: StandingRules) -> Course:
    """(day, ids of those that block, how many count), earlier decision first."""
    if not violations:
        return NOTHING_AGAINST
    turning: dict[date, list[int]] = {date.min: []}
    for n, violation in enumerate(violations):
        for day in _turns(violation, rules):
            turning.setdefault(day, []).append(n)
    turns, blocking, counted = [], set[int](), set[int]()
    for day in sorted(turning):
        for n in turning[day]:
            _keep(blocking, n, blocks(violations[n], day, rules))
            _keep(counted, n, counts(violations[n], day, rules))
        turns.append((day, tuple(violations[n].id for n in sorted(blocking)), len(counted)))
    return turns


def _turns(violation: Violation, rules: StandingRules) -> Iterator[date]:
    """Every day on which what the violation does can change."""
    if not violation.is_marked and violation.kind not in rules.blocking_kinds:
        return
    year = year_day(violation, rules.year_basis).year
    yield from (violation.decided_on, date(year, 1, 1), day_after(date(year, 12, 31)))
    yield first_day_outside(violation.decided_on, months=rules.window_months)
    if violation.withdrawn_on is not None:
        yield violation.withdrawn_on


def _keep(among: set[int], n: int, holds: bool) -> None:
    if holds:
        among.add(n)
    else:
        among.discard(n)
