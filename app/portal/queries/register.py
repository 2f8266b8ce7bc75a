"""The register list (企业台账): searched, narrowed, sorted and paged in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    distinct,
    func,
    select,
    true,
)
from sqlalchemy.orm import QueryableAttribute

from app.grades.models import StandingInterval
from app.grades.waiting import require_current
from app.kernel import kept
from app.kernel.authority import Scope
from app.kernel.database import among, db, known_at, run
from app.portal.domain import soon_until
from app.portal.queries import following
from app.portal.queries.conditions import (
    RegisterFilter,
    on_the_day,
    permit_conditions,
    standing_conditions,
)
from app.portal.queries.meanwhile import as_derived
from app.portal.queries.register_statements import FEW, PAGE_SIZE, Asked, visible
from app.registry.models import EnterpriseRecord, PlantIndustry, PlantRecord, PlantSearch

LIST_COLUMNS = (
    PlantRecord.plant_id,
    EnterpriseRecord.name,
    PlantRecord.number,
    PlantRecord.name,
    EnterpriseRecord.uscc,
    PlantRecord.county,
    PlantRecord.town,
    PlantIndustry.industry,
    PlantIndustry.subtype,
    StandingInterval.grade,
    StandingInterval.verified,
    StandingInterval.basis,
    StandingInterval.blocked,
    StandingInterval.banned_until,
    PlantRecord.permit_category,
    PlantRecord.permit_until,
    PlantRecord.state,
    PlantRecord.closed_on,
    PlantRecord.officer,
)
_GRADE_AT = [column.key for column in LIST_COLUMNS].index("grade")
EXPORT_COLUMNS = (
    *LIST_COLUMNS,
    EnterpriseRecord.former_name,
    StandingInterval.rulebook,
    StandingInterval.violations_36m,
    StandingInterval.held_since,
    PlantRecord.permit_number,
    PlantRecord.livelihood,
)
"""What an export carries; names and telephone numbers of people stay in the system."""


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """Rows of one page (:data:`LIST_COLUMNS`), and how many plants and enterprises in all."""

    rows: list[tuple[Any, ...]]
    plants: int
    enterprises: int
    has_previous: bool
    has_next: bool


def list_register(wanted: RegisterFilter, scope: Scope) -> RegisterPage:
    """One page of the register as the person may see it, and the count of the whole list."""
    asked = Asked.of(wanted, scope)
    plants, enterprises = count_register(asked)
    start = asked.position()
    backwards = start is not None and wanted.before is not None
    falling = wanted.falling is not backwards
    places = [row[0] for row in run(asked.page(start, falling=falling, few=plants <= FEW))]
    lines = run(_LINES, {"plants": places, "on": wanted.on}) if places else ()
    said = {row[0]: tuple(row) for row in lines}
    found = as_derived([said[it] for it in places if it in said], _GRADE_AT, wanted.on)
    more, rows = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    return RegisterPage(
        rows,
        plants,
        enterprises,
        has_previous=more if backwards else start is not None,
        has_next=backwards or more,
    )


def export_register(wanted: RegisterFilter, scope: Scope) -> list[tuple[Any, ...]]:
    """Every row of the same list in the same order (:data:`EXPORT_COLUMNS`)."""
    require_current()
    asked = Asked.of(wanted, scope)
    order = [it.desc() if wanted.falling else it.asc() for it in asked.keys]
    query = _columns(EXPORT_COLUMNS, wanted.on, PlantSearch.__table__)
    query = replace(asked, joins_intervals=False).narrow(query, asked.fewest)  # joined already
    return [tuple(row) for row in db.session.execute(query.order_by(*order))]


def count_register(asked: Asked) -> tuple[int, int]:
    """How many plants the list has, and how many enterprises they belong to."""
    wanted, scope = asked.wanted, asked.scope
    whole = replace(wanted, sort="name", falling=False, after=None, before=None)

    def find() -> tuple[int, int]:
        owner = PlantSearch.enterprise_id.expression
        counted = select(func.count(), func.count(distinct(owner))).select_from(PlantSearch)
        plants, enterprises = tuple(run(asked.for_counting(counted)).one())
        return plants, enterprises

    return kept.answer(("register counted", whole, scope), find, following.of_list(whole))


def count_by_grade(on: date, scope: Scope) -> list[tuple[str | None, int]]:
    """How many plants have each grade on the day, best first, 未定级 (None) last."""
    require_current()

    def find() -> list[tuple[str | None, int]]:
        asked = Asked.of(RegisterFilter(on, sort="grade"), scope)
        of = asked.standing
        query = (
            asked.narrow(select(of.grade, func.count()), None)
            .group_by(of.grade_rank, of.grade)
            .order_by(of.grade_rank, of.grade)
        )
        return [(grade, number) for grade, number in db.session.execute(query)]

    return kept.answer(("register by grade", on, scope), find, following.of_standings(on))


def count_conditions(on: date, scope: Scope) -> dict[str, int]:
    """How many plants the register shows for each standing, and whose permit ends or has ended."""
    require_current()

    def find() -> dict[str, int]:
        asked = Asked.of(RegisterFilter(on, sort="standing"), scope)
        ending = {name: it for name, it in permit_conditions(on).items() if name in _ENDING}
        found: dict[str, int] = {}
        # Each from the index that has it all; together they would be asked of the whole rows.
        for conditions, within_index in (
            (standing_conditions(on, asked.standing), true()),
            (ending, PlantSearch.permit_until <= soon_until(on)),
        ):
            each = (case((it, 1), else_=0) for it in conditions.values())
            sums = [func.coalesce(func.sum(it), 0) for it in each]
            numbers = run(asked.narrow(select(*sums), None).where(within_index)).one()
            found |= {name: int(n) for name, n in zip(conditions, numbers, strict=True)}
        return found

    return kept.answer(("register by condition", on, scope), find, following.of_standings(on))


_ENDING = frozenset({"soon", "expired"})


def list_towns(scope: Scope, county: str = "") -> list[tuple[str, str]]:
    """The towns (镇街) that occur in the register or in one county, each with its county (区县)."""
    query = (
        select(PlantSearch.county, PlantSearch.town)
        .where(visible(scope), *_of_county(county), PlantSearch.town != "")
        .distinct()
        .order_by(PlantSearch.county, PlantSearch.town)
    )
    return kept.answer(
        ("register towns", scope, county),
        lambda: [(it[0], it[1]) for it in db.session.execute(query)],
        following.TOWNS,
    )


def list_officers(scope: Scope, county: str = "") -> list[str]:
    """The people in charge (经办人) that occur in the register, or in one county."""
    query = (
        select(PlantSearch.officer)
        .where(visible(scope), *_of_county(county), PlantSearch.officer != "")
        .distinct()
        .order_by(PlantSearch.officer)
    )
    return kept.answer(
        ("register officers", scope, county),
        lambda: list(db.session.execute(query).scalars()),
        following.OFFICERS,
    )


def _of_county(county: str) -> list[ColumnElement[bool]]:
    return [PlantSearch.county == county] if county else []


def _columns(
    columns: Sequence[QueryableAttribute[Any]], on: date | BindParameter[date], rows: FromClause
) -> Select[*tuple[Any, ...]]:
    """What the list says of the plants of ``rows``, told by the facts and intervals themselves.

    A plant whose main industry is not recorded stays in the list.
    """
    return (
        select(*columns)
        .select_from(rows)
        .join(
            PlantRecord,
            and_(PlantRecord.plant_id == rows.c.plant_id, known_at(PlantRecord, None)),
        )
        .join(
            EnterpriseRecord,
            and_(
                EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id,
                known_at(EnterpriseRecord, None),
            ),
        )
        .join(StandingInterval, on_the_day(rows.c.plant_id, on))
        .outerjoin(
            PlantIndustry,
            and_(
                PlantIndustry.plant_id == rows.c.plant_id,
                PlantIndustry.role == "主要",
                known_at(PlantIndustry, None),
            ),
        )
    )


_LINES = _columns(
    LIST_COLUMNS,
    bindparam("on"),
    select(PlantSearch.plant_id).where(PlantSearch.plant_id.in_(among("plants"))).subquery("page"),
)
"""What the list says of the plants of a page, in no order; made once, not for each page."""
