"""Reading grade facts and standings (等级与状态)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func, select

from app.grades.domain import (
    GradeRecord,
    Interval,
    JudgedFinding,
    PlantFacts,
    Standing,
    standing_on,
)
from app.grades.life import through_periods
from app.grades.models import GradeRow, ProjectionRebuild, ProjectionState, StandingInterval
from app.grades.settings import rule_periods, settings_fingerprint, standing_rules
from app.kernel import driver_rows, kept
from app.kernel.database import AsKnown, among, db, known_at, run
from app.kernel.facts import in_parts
from app.registry.models import ShownDay
from app.registry.queries import IndustryOfPlant, industries_of, owners_of
from app.rulebook.domain import LowestGrade
from app.rulebook.queries import catalogue, is_supposing, rulebook_on
from app.supervision.domain import Finding
from app.supervision.queries import Against, facts_against, facts_against_between

END_OF_TIME = date(9999, 12, 31)
"""Stored as the end of an open interval."""


def projection_fingerprint() -> str | None:
    """The fingerprint the intervals were last built with; None before the first time.

    While they are being rebuilt, what is being changed is not known in it.
    """
    built, _ = _state()
    return built


_STATE = select(
    select(ProjectionState.fingerprint).scalar_subquery(),
    select(ProjectionRebuild.fingerprint).scalar_subquery(),
)


def _state() -> tuple[str | None, str | None]:
    row: Any = kept.once("standings_state", lambda: tuple(run(_STATE).one()))
    return row[0], row[1]


def is_current() -> bool:
    """Whether the intervals are those of the present settings, all of them.

    Where they are not, standings are derived from the facts. Before the first rebuild of all, each
    plant's are kept by every fact from its first on.
    """
    if is_supposing():
        return False
    built, rebuilding = _state()
    return rebuilding is None and (built is None or built == settings_fingerprint())


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild of all intervals that has not come to its end."""

    begun_at: datetime
    went_on_at: datetime
    done: int
    total: int

    @property
    def told(self) -> str:
        """How far it is, in words."""
        return f"已推算 {self.done} 个厂区，共 {self.total} 个"


def rebuild_under_way() -> Rebuild | None:
    """How far the rebuild of all intervals is; None when none is under way."""
    row = db.session.execute(
        select(
            ProjectionRebuild.begun_at,
            ProjectionRebuild.went_on_at,
            ProjectionRebuild.done,
            ProjectionRebuild.total,
        )
    ).first()
    return Rebuild(*row) if row else None


_NOTHING = Against()


def facts_of(plant_ids: Iterable[int], moment: datetime | None = None) -> dict[int, PlantFacts]:
    """Every fact that bears on each plant, as known at ``moment`` (None: now).

    A finding is judged by the scheme of the plant's main industry under the rulebook in force in
    the plant's county on 认定日期 (PLAN-FALSE).
    """
    owners = owners_of(plant_ids, moment)
    records: dict[int, list[GradeRecord]] = {}
    for part in in_parts(sorted(owners)):
        for row in _RECORDS.rows(moment, plants=part):
            records.setdefault(row[0], []).append(GradeRecord(*row[1:]))
    named = facts_against(owners, {enterprise for enterprise, _ in owners.values()}, moment)
    against: dict[int, Against] = {}
    for plant_id, (enterprise_id, _) in owners.items():
        own = named.by_plant.get(plant_id, _NOTHING)
        whole = named.by_enterprise.get(enterprise_id, _NOTHING)
        against[plant_id] = Against(
            own.violations + whole.violations, own.findings + whole.findings
        )
    return _put_together(owners, records, against, moment)


def facts_between(first: int, last: int, plant_ids: Sequence[int]) -> dict[int, PlantFacts]:
    """The same, as known now, of plants that are all there are from ``first`` to ``last``.

    Read as ranges, since a whole register is read through so; and of a grade record only what a
    standing rests on, neither 来源 nor 文号.
    """
    records: dict[int, list[GradeRecord]] = {}
    days = driver_rows.days_read()
    for plant_id, i, rulebook, grade, effective_on, expires_on in driver_rows.fetched(
        _RECORDS_BETWEEN, {"first": first, "last": last}
    ):
        record = GradeRecord(i, rulebook, grade, days[effective_on], days[expires_on])
        records.setdefault(plant_id, []).append(record)
    against = facts_against_between(first, last)
    return _put_together(plant_ids, records, against, None)


_GRADE = (
    GradeRow.plant_id,
    GradeRow.id,
    GradeRow.rulebook,
    GradeRow.grade,
    GradeRow.effective_on,
    GradeRow.expires_on,
)
_RECORDS = AsKnown(
    GradeRow,
    select(*_GRADE, GradeRow.source, GradeRow.document).where(
        GradeRow.plant_id.in_(among("plants"))
    ),
)
_RECORDS_BETWEEN = select(*_GRADE).where(
    GradeRow.plant_id.between(bindparam("first"), bindparam("last")), known_at(GradeRow, None)
)


def _put_together(
    plant_ids: Iterable[int],
    records: Mapping[int, Sequence[GradeRecord]],
    against: Mapping[int, Against],
    moment: datetime | None,
) -> dict[int, PlantFacts]:
    judged = _judged({i: it.findings for i, it in against.items() if it.findings}, moment)
    return {
        plant_id: PlantFacts(
            tuple(records.get(plant_id, ())),
            tuple(against.get(plant_id, _NOTHING).violations),
            judged.get(plant_id, ()),
        )
        for plant_id in plant_ids
    }


def _judged(
    findings: Mapping[int, Sequence[Finding]], moment: datetime | None
) -> dict[int, tuple[JudgedFinding, ...]]:
    """Findings by plant, each with the lowest grade that it gives there; few plants have any."""
    if not findings:
        return {}
    owners = owners_of(findings, moment)
    industries = industries_of(sorted(findings), moment)
    return {
        plant_id: tuple(
            JudgedFinding(
                it, _lowest(industries.get(plant_id, ()), owners[plant_id][1], it.found_on, moment)
            )
            for it in found
        )
        for plant_id, found in findings.items()
    }


def _lowest(
    industries: Iterable[IndustryOfPlant], county: str, found_on: date, moment: datetime | None
) -> LowestGrade:
    rulebook = rulebook_on(found_on, county, moment)
    main = next((it for it in industries if it.is_main), None)
    if main is None:
        return LowestGrade("D", rulebook.id, verified=False)
    industry = catalogue(moment).by_id(main.industry)
    return rulebook.lowest_grade(industry, main.subtype or None)


def standings_on(
    plant_ids: Sequence[int], on: date, moment: datetime | None = None
) -> dict[int, Standing]:
    """The standing of each plant on a day.

    As known now it is read from the intervals; as known at an earlier moment, while an edit of
    规则库 is tried out, or while the intervals are being rebuilt, it is computed from the facts.
    Both give the same answers (a test proves it).
    """
    if moment is not None or not is_current():
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
    """The whole life of each plant, from the first day on, each day by the settings of its day."""
    if not is_current():
        periods = rule_periods()
        return {
            plant_id: tuple(interval for interval, _ in through_periods(known, periods))
            for plant_id, known in facts_of(plant_ids).items()
        }
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
    day: date = kept.once("shown_day", lambda: run(_SHOWN_DAY).scalar_one())
    return day


_SHOWN_DAY = select(ShownDay.day)
