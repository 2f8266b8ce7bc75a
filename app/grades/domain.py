"""What a plant's grade is on a day (等级), and what stands against the plant (状态).

A standing is derived from decided facts and never recorded itself. The whole of it:

* The grade record that started last decides (`latest_started`). It replaces every earlier one
  for good: when it ends, the plant is ungraded, and no older record comes back.
* A finding of false material stands above every record (`Effect`). From 认定日期 the grade is
  the lowest of the scheme, until a record starts after the last day of that finding's ban.
* Everything is seen from one day: what was withdrawn by then has never been, not even for the
  days before its withdrawal. Seen from an earlier day it still counts.

`standing_on` answers for one day; `app.grades.life` asks the same for every day there is.

What a country has millions of is a NamedTuple: as unchangeable as a frozen dataclass, and made in
a quarter of the time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter, itemgetter
from typing import Any, Literal, NamedTuple, TypeAlias

from app.rulebook.domain import Grade, GradeOrder, LowestGrade
from app.supervision.domain import (
    Finding,
    Violation,
    ViolationKind,
    YearBasis,
    ban_last_day,
    blocks_on,
    counts_in_window,
    is_withdrawn_on,
)

Basis: TypeAlias = Literal["record", "finding"]
"""What the grade rests on: a grade record or a finding of false material."""


# --- What is known of a plant ---------------------------------------------------------------


class GradeRecord(NamedTuple):
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


class PlantFacts(NamedTuple):
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


class Standing(NamedTuple):
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

    @property
    def blocking_count(self) -> int:
        """How many violations of the year bar filing."""
        return len(self.blocking)


class Interval(NamedTuple):
    """The standing on every day from `from_on` up to, not including, `until_on` (None: open)."""

    from_on: date
    until_on: date | None
    standing: Standing


def standing_on(facts: PlantFacts, on: date, rules: StandingRules) -> Standing:
    """The plant's standing on a day, as seen from that day."""
    facts = in_order(facts)
    effects = effects_seen_from(facts, on, rules)
    return _standing(facts, effects, grade_course(facts.records, effects, rules.order), on, rules)


def in_order(facts: PlantFacts) -> PlantFacts:
    """The same facts, records by 生效日期 and violations by 决定日期, then as recorded."""
    records, violations, findings = facts
    if len(records) > 1:
        records = tuple(sorted(records, key=_BY_START))
    if len(violations) > 1:
        violations = tuple(sorted(violations, key=_BY_DECISION))
    return PlantFacts(records, violations, findings)


_BY_START = attrgetter("effective_on", "id")
_BY_DECISION = attrgetter("decided_on", "id")


# --- Grade records --------------------------------------------------------------------------


def latest_started(records: Sequence[GradeRecord], on: date) -> GradeRecord | None:
    """The record that decides on the day: the latest 生效日期; on a tie the one recorded later.

    Whether it has ended meanwhile does not matter: no older record takes its place.
    The records stand in order (`in_order`).
    """
    started = bisect_right(records, on, key=lambda record: record.effective_on)
    return records[started - 1] if started else None


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


class Decision(NamedTuple):
    """A grade and what it rests on; all None and verified for an ungraded plant."""

    grade: Grade | None = None
    rulebook: str | None = None
    basis: Basis | None = None
    basis_id: int | None = None
    verified: bool = True


UNGRADED = Decision()


class Step(NamedTuple):
    """From this day until the next step the grade rests on this decision."""

    from_on: date
    decision: Decision
    held_since: date | None


def grade_course(
    records: Sequence[GradeRecord], effects: Sequence[Effect], order: GradeOrder
) -> list[Step]:
    """The grade through the plant's whole life, beginning with `date.min`.

    `effects` are those seen from one day; the course tells the days up to that day. The records
    stand in order (`in_order`).
    """
    course: list[Step] = []
    unbroken: list[tuple[int, date]] = []
    """Ranks, each worse than the next, and since when the grade has been at least so good."""
    for day, decision in _decisions(records, effects, order):
        since = None
        if decision.grade is None:
            unbroken.clear()
        else:
            since, rank = day, order.rank(decision.grade)
            while unbroken and unbroken[-1][0] <= rank:
                since = unbroken.pop()[1]
            unbroken.append((rank, since))
        course.append(Step(day, decision, since))
    return course


def _decisions(
    records: Sequence[GradeRecord], effects: Sequence[Effect], order: GradeOrder
) -> Iterable[tuple[date, Decision]]:
    """What decides from each day on: a finding that stands, else the record that started last."""
    by_record = _decided_by_record(records)
    return _with_findings(list(by_record), effects, order) if effects else by_record


def _with_findings(
    by_record: Sequence[tuple[date, Decision]], effects: Sequence[Effect], order: GradeOrder
) -> Iterator[tuple[date, Decision]]:
    for day in sorted({day for day, _ in by_record} | {effect.found_on for effect in effects}):
        if standing := [effect for effect in effects if effect.stands_on(day)]:
            its = _deciding(standing, order)
            lowest = its.lowest
            yield day, Decision(lowest.grade, lowest.rulebook, "finding", its.id, lowest.verified)
        else:
            yield day, held_on(by_record, day)[1]


def _decided_by_record(records: Sequence[GradeRecord]) -> Iterator[tuple[date, Decision]]:
    """A record decides from its start until the next one's; if it ends before, nothing does."""
    yield date.min, UNGRADED
    for n, record in enumerate(records, 1):
        replaced_on = records[n].effective_on if n < len(records) else None
        starts_on, ends_on = record.effective_on, record.expires_on
        if starts_on == replaced_on:
            continue
        if ends_on is not None and ends_on <= starts_on:
            yield starts_on, UNGRADED
            continue
        yield starts_on, Decision(record.grade, record.rulebook, "record", record.id)
        if ends_on is not None and (replaced_on is None or ends_on < replaced_on):
            yield ends_on, UNGRADED


Course: TypeAlias = Sequence[Any]
"""What holds from each day on until the next: tuples in order, the first of `date.min`."""


def held_on(course: Course, on: date) -> Any:
    """The tuple of a course that holds on the day."""
    return course[bisect_right(course, on, key=itemgetter(0)) - 1]


# --- One day --------------------------------------------------------------------------------


def _standing(
    facts: PlantFacts,
    effects: Sequence[Effect],
    course: Sequence[Step],
    on: date,
    rules: StandingRules,
) -> Standing:
    blocking = tuple(it.id for it in facts.violations if blocks(it, on, rules))
    in_window = [it for it in facts.violations if counts(it, on, rules)]
    return put_together(held_on(course, on), blocking, len(in_window), banned_until(effects, on))


def put_together(
    step: Step, blocking: tuple[int, ...], counted: int, banned: date | None
) -> Standing:
    """The standing from its parts."""
    grade, rulebook, basis, basis_id, verified = step.decision
    return Standing(
        grade, rulebook, basis, basis_id, verified,
        bool(blocking), blocking, banned, counted, step.held_since,
    )  # fmt: skip


def blocks(violation: Violation, on: date, rules: StandingRules) -> bool:
    """Whether the violation bars filing on the day (PLAN-BLOCK)."""
    return blocks_on(violation, on, rules.blocking_kinds, rules.year_basis)


def counts(violation: Violation, on: date, rules: StandingRules) -> bool:
    """Whether the violation counts among those of the last months on the day."""
    return counts_in_window(violation, on, rules.blocking_kinds, rules.window_months)


def banned_until(effects: Sequence[Effect], on: date) -> date | None:
    """The latest last day of the bans that run on the day (PLAN-FALSE)."""
    return max((it.ban_last_day for it in effects if it.bans_on(on)), default=None)
