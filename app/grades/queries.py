"""Reading grade facts and standings (等级与状态)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from app.grades.domain import (
    GradeRecord,
    Interval,
    JudgedFinding,
    PlantFacts,
    Standing,
    StandingRules,
    standing_on,
)
from app.grades.models import GradeRow, ProjectionState, StandingInterval
from app.kernel.database import db, known_at
from app.kernel.facts import in_parts
from app.registry.models import ShownDay
from app.registry.queries import IndustryOfPlant, industries_of, owners_of
from app.rulebook.domain import LowestGrade
from app.rulebook.queries import (
    catalogue,
    flag,
    is_supposing,
    parameter_history,
    rulebook_on,
    schemes,
    text,
    whole,
)
from app.supervision.domain import ViolationKind
from app.supervision.queries import Against, facts_against

END_OF_TIME = date(9999, 12, 31)
"""Stored as the end of an open interval."""


RULE_SETTINGS = (
    "grade.order",
    "block.other_kinds",
    "violation_year_basis",
    "violations.window_months",
    "false_material.ban_years",
)
"""What a standing is derived by, beside the rulebook in force."""


@dataclass(frozen=True, slots=True)
class RulePeriod:
    """A stretch of days with the same settings; ``until_on`` None: still running."""

    from_on: date
    until_on: date | None
    rules: StandingRules


def standing_rules(on: date, known: datetime | None = None) -> StandingRules:
    """The settings that standings depend on, as in force on the day and known at the moment."""
    others = flag("block.other_kinds", on, known=known)
    acted = text("violation_year_basis", on, known=known) == "acted"
    return StandingRules(
        order=rulebook_on(on, known=known).grade_order,
        blocking_kinds=frozenset(kind for kind in ViolationKind if kind.bars or others),
        year_basis="acted" if acted else "decided",
        window_months=whole("violations.window_months", on, known=known),
        ban_years=whole("false_material.ban_years", on, known=known),
    )


def rule_periods(known: datetime | None = None) -> tuple[RulePeriod, ...]:
    """All days there are, cut where one of the settings changes: old values rule old days."""
    starts = {date.min}
    for parameter_id in RULE_SETTINGS:
        starts.update(entry.from_on or date.min for entry in parameter_history(parameter_id, known))
    days = sorted(starts)
    ends = [*days[1:], None]
    return tuple(
        RulePeriod(start, end, standing_rules(start, known))
        for start, end in zip(days, ends, strict=True)
    )


def settings_fingerprint(known: datetime | None = None) -> str:
    """A hash of everything standings are derived by: settings by period, catalogue, schemes."""
    parts = [repr((it.from_on, sorted(it.rules.order.ranks.items()), it.rules.year_basis,
                   sorted(it.rules.blocking_kinds), it.rules.window_months, it.rules.ban_years))
             for it in rule_periods(known)]  # fmt: skip
    parts += [repr(entry) for entry in catalogue(known).industries]
    parts += [repr(scheme) for scheme in schemes()]
    parts += [repr(entry) for entry in parameter_history("rulebook_in_force", known)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def projection_fingerprint() -> str | None:
    """The fingerprint the intervals were last built with; None before the first time."""
    return db.session.execute(select(ProjectionState.fingerprint)).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class _Owner:
    enterprise_id: int
    county: str
    main: IndustryOfPlant | None


_NOTHING = Against()


def facts_of(plant_ids: Sequence[int], moment: datetime | None = None) -> dict[int, PlantFacts]:
    """Every fact that bears on each plant, as known at ``moment`` (None: now).

    A finding is judged by the scheme of the plant's main industry under the rulebook in force in
    the plant's county on 认定日期 (PLAN-FALSE).
    """
    owners = _owners(plant_ids, moment)
    records = _records(plant_ids, moment)
    against = facts_against(owners, {it.enterprise_id for it in owners.values()}, moment)
    result: dict[int, PlantFacts] = {}
    for plant_id, owner in owners.items():
        own = against.by_plant.get(plant_id, _NOTHING)
        shared = against.by_enterprise.get(owner.enterprise_id, _NOTHING)
        result[plant_id] = PlantFacts(
            records=tuple(records.get(plant_id, ())),
            violations=(*own.violations, *shared.violations),
            findings=tuple(
                JudgedFinding(finding, _lowest(owner, finding.found_on, moment))
                for finding in (*own.findings, *shared.findings)
            ),
        )
    return result


def _owners(plant_ids: Sequence[int], moment: datetime | None) -> dict[int, _Owner]:
    industries = industries_of(plant_ids, moment)
    return {
        plant_id: _Owner(
            enterprise_id,
            county,
            next((item for item in industries.get(plant_id, ()) if item.is_main), None),
        )
        for plant_id, (enterprise_id, county) in owners_of(plant_ids, moment).items()
    }


def _lowest(owner: _Owner, found_on: date, moment: datetime | None) -> LowestGrade:
    rulebook = rulebook_on(found_on, owner.county, moment)
    if owner.main is None:
        return LowestGrade("D", rulebook.id, verified=False)
    industry = catalogue(moment).by_id(owner.main.industry)
    return rulebook.lowest_grade(industry, owner.main.subtype or None)


def _records(plant_ids: Sequence[int], moment: datetime | None) -> dict[int, list[GradeRecord]]:
    found: dict[int, list[GradeRecord]] = {}
    for part in in_parts(sorted(set(plant_ids))):
        rows = db.session.execute(
            select(
                GradeRow.plant_id,
                GradeRow.id,
                GradeRow.rulebook,
                GradeRow.grade,
                GradeRow.effective_on,
                GradeRow.expires_on,
                GradeRow.source,
                GradeRow.document,
            ).where(GradeRow.plant_id.in_(part), known_at(GradeRow, moment))
        )
        for row in rows:
            found.setdefault(row[0], []).append(GradeRecord(*row[1:]))
    return found


def standings_on(
    plant_ids: Sequence[int], on: date, moment: datetime | None = None
) -> dict[int, Standing]:
    """The standing of each plant on a day.

    As known now it is read from the intervals; as known at an earlier moment, or while an edit of
    规则库 is tried out, it is computed from the facts. Both give the same answers (a test proves
    it).
    """
    if moment is not None or is_supposing():
        rules = standing_rules(on, moment)
        return {
            plant_id: standing_on(facts, on, rules)
            for plant_id, facts in facts_of(plant_ids, moment).items()
        }
    found: dict[int, Standing] = {}
    for part in in_parts(sorted(set(plant_ids))):
        for row in db.session.execute(
            select(*INTERVAL_COLUMNS).where(
                StandingInterval.plant_id.in_(part),
                StandingInterval.from_on <= on,
                StandingInterval.until_on > on,
            )
        ):
            found[row[0]] = read_interval(row[1:])
    return found


def intervals_of(plant_ids: Sequence[int]) -> dict[int, tuple[Interval, ...]]:
    """The whole life of each plant as the projection has it, from the first day on."""
    found: dict[int, list[Interval]] = {}
    for part in in_parts(sorted(set(plant_ids))):
        query = (
            select(StandingInterval.from_on, StandingInterval.until_on, *INTERVAL_COLUMNS)
            .where(StandingInterval.plant_id.in_(part))
            .order_by(StandingInterval.plant_id, StandingInterval.from_on)
        )
        for from_on, until_on, plant_id, *values in db.session.execute(query):
            ends = None if until_on == END_OF_TIME else until_on
            found.setdefault(plant_id, []).append(Interval(from_on, ends, read_interval(values)))
    return {plant_id: tuple(items) for plant_id, items in found.items()}


INTERVAL_COLUMNS = (
    StandingInterval.plant_id,
    StandingInterval.grade,
    StandingInterval.rulebook,
    StandingInterval.basis,
    StandingInterval.basis_id,
    StandingInterval.verified,
    StandingInterval.blocked,
    StandingInterval.blocking,
    StandingInterval.banned_until,
    StandingInterval.violations_36m,
    StandingInterval.held_since,
)


def read_interval(values: Sequence[Any]) -> Standing:
    """A row of the projection (INTERVAL_COLUMNS but the plant) as the Standing it came from."""
    grade, rulebook, basis, basis_id, verified, blocked, blocking, banned, count, since = values
    ids = tuple(map(int, filter(None, blocking.split(",")))) if blocking else ()
    return Standing(grade, rulebook, basis, basis_id, verified, blocked, ids, banned, count, since)


BANNED, LOWERED, BLOCKED, UNGRADED_PLACE, CLEAR = range(5)
"""What a standing is sorted by: the first that is so."""

IS_LOWERED: ColumnElement[bool] = func.coalesce(StandingInterval.basis, "") == "finding"
STANDING_PLACE: ColumnElement[int] = case(
    (StandingInterval.banned_until.is_not(None), BANNED),
    (IS_LOWERED, LOWERED),
    (StandingInterval.blocked.is_(True), BLOCKED),
    (StandingInterval.grade.is_(None), UNGRADED_PLACE),
    else_=CLEAR,
)


def shown_day() -> date:
    """The day whose standings the rows of the register list keep."""
    return db.session.execute(select(ShownDay.day)).scalar_one()
