"""The register list (企业台账): searched, narrowed, sorted and paged in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, distinct, func, literal, select, tuple_

from app.grades.models import StandingInterval
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.portal.queries.conditions import (
    RegisterFilter,
    grade_conditions,
    industry_conditions,
    permit_conditions,
    plant_conditions,
    search_conditions,
    sort_keys,
    standing_conditions,
)
from app.registry.models import EnterpriseRecord, PlantIndustry, PlantRecord, PlantSearch

PAGE_SIZE = 50

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
    keys = sort_keys(wanted.sort)
    start = _position(wanted, scope, keys)
    backwards = start is not None and wanted.before is not None
    falling = wanted.falling is not backwards
    query = _all_tables(select(*LIST_COLUMNS), wanted, scope)
    if start is not None:
        here, there = tuple_(*keys), tuple_(*start)
        query = query.where(here < there if falling else here > there)
    query = query.order_by(*(key.desc() if falling else key.asc() for key in keys))
    found = [tuple(row) for row in db.session.execute(query.limit(PAGE_SIZE + 1))]
    more, rows = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if backwards:
        rows.reverse()
    plants, enterprises = count_register(wanted, scope)
    return RegisterPage(
        rows,
        plants,
        enterprises,
        has_previous=more if backwards else start is not None,
        has_next=backwards or more,
    )


def export_register(wanted: RegisterFilter, scope: Scope) -> list[tuple[Any, ...]]:
    """Every row of the same list in the same order (:data:`EXPORT_COLUMNS`)."""
    order = [key.desc() if wanted.falling else key.asc() for key in sort_keys(wanted.sort)]
    query = _all_tables(select(*EXPORT_COLUMNS), wanted, scope).order_by(*order)
    return [tuple(row) for row in db.session.execute(query)]


def count_register(wanted: RegisterFilter, scope: Scope) -> tuple[int, int]:
    """How many plants the list has, and how many enterprises they belong to.

    Only the tables that a condition asks for are joined: counting costs more than showing a page.
    """
    query = _plants(
        select(func.count(), func.count(distinct(PlantRecord.enterprise_id))), wanted, scope
    )
    if search := search_conditions(wanted):
        query = _with_search(query).where(*search)
    if standing := grade_conditions(wanted):
        query = _with_standing(query, wanted.on).where(*standing)
    if industry := industry_conditions(wanted):
        query = _with_industry(query).where(*industry)
    plants, enterprises = db.session.execute(query).one()
    return plants, enterprises


def count_by_grade(on: date, scope: Scope) -> list[tuple[str | None, int]]:
    """How many plants have each grade on the day, best first, 未定级 (None) last."""
    query = _plants(select(StandingInterval.grade, func.count()), RegisterFilter(on), scope)
    query = (
        _with_standing(query, on)
        .group_by(StandingInterval.grade, StandingInterval.grade_rank)
        .order_by(StandingInterval.grade_rank, StandingInterval.grade)
    )
    return [(grade, number) for grade, number in db.session.execute(query)]


def count_conditions(on: date, scope: Scope) -> dict[str, int]:
    """How many plants the register shows for each standing and each state of the permit."""
    conditions = {**standing_conditions(on), **permit_conditions(on)}
    columns = [func.coalesce(func.sum(case((it, 1), else_=0)), 0) for it in conditions.values()]
    query = _with_standing(_plants(select(*columns), RegisterFilter(on), scope), on)
    numbers = db.session.execute(query).one()
    return {name: int(number) for name, number in zip(conditions, numbers, strict=True)}


def list_towns(scope: Scope) -> list[tuple[str, str]]:
    """The towns (镇街) that occur in the register, each with its county (区县)."""
    query = (
        select(PlantRecord.county, PlantRecord.town)
        .where(known_at(PlantRecord, None), _visible(scope), PlantRecord.town != "")
        .distinct()
        .order_by(PlantRecord.county, PlantRecord.town)
    )
    return [(county, town) for county, town in db.session.execute(query)]


def list_officers(scope: Scope) -> list[str]:
    """The people in charge (经办人) that occur in the register."""
    query = (
        select(PlantRecord.officer)
        .where(known_at(PlantRecord, None), _visible(scope), PlantRecord.officer != "")
        .distinct()
        .order_by(PlantRecord.officer)
    )
    return list(db.session.execute(query).scalars())


def _visible(scope: Scope) -> ColumnElement[bool]:
    return within(scope, PlantRecord.county, PlantRecord.enterprise_id)


def _position(
    wanted: RegisterFilter, scope: Scope, keys: tuple[ColumnElement[Any], ...]
) -> list[ColumnElement[Any]] | None:
    """Where the plant that the page starts from stands in the order; None: from the beginning."""
    plant_id = wanted.after if wanted.before is None else wanted.before
    if plant_id is None:
        return None
    anywhere = RegisterFilter(wanted.on, life="all")
    query = _all_tables(select(*keys), anywhere, scope).where(PlantRecord.plant_id == plant_id)
    row = db.session.execute(query).first()
    if row is None:
        return None
    return [literal(value, key.type) for value, key in zip(row, keys, strict=True)]


def _all_tables(
    query: Select[*tuple[Any, ...]], wanted: RegisterFilter, scope: Scope
) -> Select[*tuple[Any, ...]]:
    query = _plants(query, wanted, scope).join(
        EnterpriseRecord,
        and_(
            EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id,
            known_at(EnterpriseRecord, None),
        ),
    )
    query = _with_industry(_with_standing(_with_search(query), wanted.on))
    return query.where(
        *search_conditions(wanted), *grade_conditions(wanted), *industry_conditions(wanted)
    )


def _plants(
    query: Select[*tuple[Any, ...]], wanted: RegisterFilter, scope: Scope
) -> Select[*tuple[Any, ...]]:
    return query.select_from(PlantRecord).where(
        known_at(PlantRecord, None), _visible(scope), *plant_conditions(wanted)
    )


def _with_search(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return query.join(PlantSearch, PlantSearch.plant_id == PlantRecord.plant_id)


def _with_standing(query: Select[*tuple[Any, ...]], on: date) -> Select[*tuple[Any, ...]]:
    return query.join(
        StandingInterval,
        and_(
            StandingInterval.plant_id == PlantRecord.plant_id,
            StandingInterval.from_on <= on,
            StandingInterval.until_on > on,
        ),
    )


def _with_industry(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """A plant whose main industry is not recorded stays in the list."""
    return query.outerjoin(
        PlantIndustry,
        and_(
            PlantIndustry.plant_id == PlantRecord.plant_id,
            PlantIndustry.role == "主要",
            known_at(PlantIndustry, None),
        ),
    )
