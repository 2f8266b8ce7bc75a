"""What a plant's grade is on a day (等级), and what stands against the plant (状态).

A standing is derived from decided facts and never recorded itself. The whole of it:

* The grade record that started last decides (`latest_started`). It replaces every earlier one
  for good: when it ends, the plant is ungraded, and no older record comes back.
* A finding of false material stands above every record (`Effect`). From 认定日期 the grade is
  the lowest of the scheme, until a record starts after the last day of that finding's ban.
* Everything is seen from one day: what was withdrawn by then has never been, not even for the
  days before its withdrawal. Seen from an earlier day it still counts.

`standing_on` answers for one day. `intervals` cuts the plant's life at every day on which an
answer can change; both look up the same course of grades (`grade_course`), so they agree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, TypeAlias

from app.kernel.periods import day_after, first_day_outside
from app.rulebook.domain import Grade, GradeOrder, LowestGrade
from app.supervision.domain import (
    Finding,
    Violation,
    ViolationKind,
    YearBasis,
    ban_last_day,
    blocks_on,
    counts_in_window,
    filing_possible_again,
    is_withdrawn_on,
    year_day,
)

Basis: TypeAlias = Literal["record", "finding"]
"""What the grade rests on: a grade record or a finding of false material."""


# --- What is known of a plant ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GradeRecord:
    """等级记录: a grade that was given; ids grow in the order of recording."""

    id: int
    rulebook: str
    grade: Grade
    effective_on: date
    """生效日期."""
    expires_on: date | None = None
    """失效日期: the first day the grade no longer holds."""
    source: str = ""
    """来源: 核定, 复核, 降级 or 历史."""
    document: str = ""
    """文号."""


@dataclass(frozen=True, slots=True)
class JudgedFinding:
    """A finding with the lowest grade of the scheme of the plant's main industry.

    The scheme is that of the rulebook in force on 认定日期.
    """

    finding: Finding
    lowest: LowestGrade


@dataclass(frozen=True, slots=True)
class PlantFacts:
    """Every fact that bears on one plant, as known at one time, those of its enterprise included.

    The order inside the three tuples means nothing.
    """

    records: tuple[GradeRecord, ...] = ()
    violations: tuple[Violation, ...] = ()
    findings: tuple[JudgedFinding, ...] = ()


@dataclass(frozen=True, slots=True)
class StandingRules:
    """The settings that a standing depends on."""

    order: GradeOrder
    """The order of grades (本局设定)."""
    blocking_kinds: frozenset[ViolationKind]
    """The kinds of violation that count under PLAN-BLOCK."""
    year_basis: YearBasis = "decided"
    window_months: int = 36
    ban_years: int = 1


# --- What follows from it -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """A plant's grade and what stands against it on one day, as seen from that day."""

    grade: Grade | None
    """None: 未定级."""
    rulebook: str | None
    """The rulebook that gave the grade."""
    basis: Basis | None
    basis_id: int | None
    """Id of the grade record or of the finding."""
    verified: bool
    """False where a finding gives the lowest grade of a scheme that is 未核实."""
    blocked: bool
    """Whether a violation of the year bars filing for B or above (PLAN-BLOCK)."""
    blocking: tuple[int, ...]
    """Ids of those violations, earlier decision first."""
    banned_until: date | None
    """The latest last day of the bans that run on the day (PLAN-FALSE)."""
    violations_36m: int
    """PLAN-BLOCK violations decided in the last 36 months."""
    held_since: date | None
    """Since when the grade has without a break been at least what it is; None: 未定级."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The standing on every day from `from_on` up to, not including, `until_on` (None: open)."""

    from_on: date
    until_on: date | None
    standing: Standing


def standing_on(facts: PlantFacts, on: date, rules: StandingRules) -> Standing:
    """The plant's standing on a day, as seen from that day."""
    facts = in_order(facts)
    effects = effects_seen_from(facts, on, rules)
    return _standing(facts, effects, grade_course(facts.records, effects, rules.order), on, rules)


def intervals(facts: PlantFacts, rules: StandingRules) -> tuple[Interval, ...]:
    """The plant's whole life, cut wherever its standing changes; equal to `standing_on` each day.

    From `date.min` on, without gaps, the last one open; neighbours always differ.
    """
    facts = in_order(facts)
    effects = effects_seen_from(facts, date.min, rules)
    course = grade_course(facts.records, effects, rules.order)
    withdrawals = {judged.finding.withdrawn_on for judged in facts.findings}
    changes: list[tuple[date, Standing]] = []
    for day in change_days(facts, rules):
        if day in withdrawals:
            effects = effects_seen_from(facts, day, rules)
            course = grade_course(facts.records, effects, rules.order)
        standing = _standing(facts, effects, course, day, rules)
        if not changes or changes[-1][1] != standing:
            changes.append((day, standing))
    ends = [*(day for day, _ in changes[1:]), None]
    return tuple(Interval(day, end, it) for (day, it), end in zip(changes, ends, strict=True))


def in_order(facts: PlantFacts) -> PlantFacts:
    """The same facts, records by 生效日期 and violations by 决定日期, then as recorded."""
    return replace(
        facts,
        records=tuple(sorted(facts.records, key=lambda it: (it.effective_on, it.id))),
        violations=tuple(sorted(facts.violations, key=lambda it: (it.decided_on, it.id))),
    )


def change_days(facts: PlantFacts, rules: StandingRules) -> tuple[date, ...]:
    """Every day on which the standing can change, in order, beginning with `date.min`.

    Between two of them it cannot; on one of them it need not.
    """
    days = {date.min}
    for record in facts.records:
        days |= _known(record.effective_on, record.expires_on)
    for finding in (judged.finding for judged in facts.findings):
        ban_over = filing_possible_again(finding.found_on, rules.ban_years)
        days |= _known(finding.found_on, ban_over, finding.withdrawn_on)
    for violation in facts.violations:
        if violation.is_marked or violation.kind in rules.blocking_kinds:
            year = year_day(violation, rules.year_basis).year
            year_over = day_after(date(year, 12, 31))
            forgotten = first_day_outside(violation.decided_on, months=rules.window_months)
            days |= _known(violation.decided_on, violation.withdrawn_on)
            days |= {date(year, 1, 1), year_over, forgotten}
    return tuple(sorted(days))


def _known(*days: date | None) -> set[date]:
    return {day for day in days if day is not None}


# --- Grade records --------------------------------------------------------------------------


def latest_started(records: Sequence[GradeRecord], on: date) -> GradeRecord | None:
    """The record that decides on the day: the latest 生效日期; on a tie the one recorded later.

    Whether it has ended meanwhile does not matter: no older record takes its place.
    The records stand in order (`in_order`).
    """
    started = bisect_right(records, on, key=lambda record: record.effective_on)
    return records[started - 1] if started else None


def has_ended(record: GradeRecord, on: date) -> bool:
    """Whether the record's grade no longer holds on the day (失效日期 ≤ 当日)."""
    return record.expires_on is not None and record.expires_on <= on


# --- Findings of false material (PLAN-FALSE) ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What one finding does to the plant (虚假材料的后果), judged by itself (PLAN-FALSE).

    The ban and the lowest grade begin together on 认定日期. The ban ends by itself. The lowest
    grade does not: it stands until a grade record starts after the ban.
    """

    id: int
    lowest: LowestGrade
    found_on: date
    ban_last_day: date
    lifted_on: date | None
    """The first day that a record started after the ban holds; None: none is on record."""

    def stands_on(self, on: date) -> bool:
        """Whether the finding makes the grade the lowest one on the day."""
        return self.found_on <= on and (self.lifted_on is None or on < self.lifted_on)

    def bans_on(self, on: date) -> bool:
        """Whether its ban on filing runs on the day, first and last day included."""
        return self.found_on <= on <= self.ban_last_day


def effects_seen_from(facts: PlantFacts, seen_from: date, rules: StandingRules) -> list[Effect]:
    """The effects of all findings that, seen from the day, have not been withdrawn.

    The facts stand in order (`in_order`).
    """
    return [
        _effect(judged, facts.records, rules)
        for judged in facts.findings
        if not is_withdrawn_on(judged.finding, seen_from)
    ]


def _effect(judged: JudgedFinding, records: Sequence[GradeRecord], rules: StandingRules) -> Effect:
    finding = judged.finding
    last_day = ban_last_day(finding.found_on, rules.ban_years)
    first_after = bisect_right(records, last_day, key=lambda record: record.effective_on)
    lifted_on = records[first_after].effective_on if first_after < len(records) else None
    return Effect(finding.id, judged.lowest, finding.found_on, last_day, lifted_on)


def starts_inside_ban(record: GradeRecord, effect: Effect) -> bool:
    """Whether a record starts inside a finding's ban; such a record never takes over."""
    return effect.bans_on(record.effective_on)


def is_barred(record: GradeRecord, effect: Effect, order: GradeOrder) -> bool:
    """Whether the record must not be made: inside a ban only the lowest grade can be given."""
    lowest = effect.lowest.grade
    return starts_inside_ban(record, effect) and not order.at_least(lowest, record.grade)


def _deciding(standing: Sequence[Effect], order: GradeOrder) -> Effect:
    """Of several findings that stand: the worst grade; on a tie the one found, recorded later."""
    return max(standing, key=lambda it: (order.rank(it.lowest.grade), it.found_on, it.id))


# --- The grade through time -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """A grade and what it rests on; all None and verified for an ungraded plant."""

    grade: Grade | None = None
    rulebook: str | None = None
    basis: Basis | None = None
    basis_id: int | None = None
    verified: bool = True


UNGRADED = Decision()


@dataclass(frozen=True, slots=True)
class Step:
    """From this day until the next step the grade rests on this decision."""

    from_on: date
    decision: Decision
    held_since: date | None


def grade_course(
    records: Sequence[GradeRecord], effects: Sequence[Effect], order: GradeOrder
) -> tuple[Step, ...]:
    """The grade through the plant's whole life, beginning with `date.min`.

    `effects` are those seen from one day; the course tells the days up to that day.
    """
    course: list[Step] = []
    for day in _days_of_decision(records, effects):
        decision = _decision(records, effects, day, order)
        course.append(Step(day, decision, _held_since(course, day, decision, order)))
    return tuple(course)


def _days_of_decision(records: Sequence[GradeRecord], effects: Sequence[Effect]) -> list[date]:
    days = {date.min}
    days.update(record.effective_on for record in records)
    days.update(record.expires_on for record in records if record.expires_on is not None)
    days.update(effect.found_on for effect in effects)
    return sorted(days)


def _decision(
    records: Sequence[GradeRecord], effects: Sequence[Effect], on: date, order: GradeOrder
) -> Decision:
    """The grade of one day: a finding that stands, else the record that started last."""
    if standing := [effect for effect in effects if effect.stands_on(on)]:
        effect = _deciding(standing, order)
        lowest = effect.lowest
        return Decision(lowest.grade, lowest.rulebook, "finding", effect.id, lowest.verified)
    record = latest_started(records, on)
    if record is None or has_ended(record, on):
        return UNGRADED
    return Decision(record.grade, record.rulebook, "record", record.id)


def _held_since(
    before: Sequence[Step], from_on: date, decision: Decision, order: GradeOrder
) -> date | None:
    """The first day of the unbroken stretch in which the grade was at least this one."""
    if decision.grade is None:
        return None
    since = from_on
    for step in reversed(before):
        if not order.at_least(step.decision.grade, decision.grade):
            break
        since = step.from_on
    return since


# --- One day --------------------------------------------------------------------------------


def _standing(
    facts: PlantFacts,
    effects: Sequence[Effect],
    course: Sequence[Step],
    on: date,
    rules: StandingRules,
) -> Standing:
    step = course[bisect_right(course, on, key=lambda step: step.from_on) - 1]
    blocking = tuple(
        violation.id
        for violation in facts.violations
        if blocks_on(violation, on, rules.blocking_kinds, rules.year_basis)
    )
    in_window = [
        violation
        for violation in facts.violations
        if counts_in_window(violation, on, rules.blocking_kinds, rules.window_months)
    ]
    return Standing(
        grade=step.decision.grade,
        rulebook=step.decision.rulebook,
        basis=step.decision.basis,
        basis_id=step.decision.basis_id,
        verified=step.decision.verified,
        blocked=bool(blocking),
        blocking=blocking,
        banned_until=max((it.ban_last_day for it in effects if it.bans_on(on)), default=None),
        violations_36m=len(in_window),
        held_since=step.held_since,
    )
