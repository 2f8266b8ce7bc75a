"""What the register can be narrowed to and sorted by, each said once as an SQL expression.

The list, its count, its export and the numbers on the home page all use these, so that a number
always equals the list behind it. They ask of the one row that each plant has in ``plant_search``;
only the standing of a day that is not the shown one comes from the intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, UnaryExpression, and_, not_, or_
from sqlalchemy.sql.operators import custom_op

from app.grades.models import StandingInterval
from app.grades.queries import BANNED, IS_LOWERED, LOWERED, STANDING_PLACE, UNGRADED_PLACE
from app.kernel.database import db
from app.portal.domain import B_OR_BETTER, UNGRADED, soon_until
from app.registry.domain import PlantState
from app.registry.models import PlantSearch
from app.registry.search import LAST_DAY, industry_place, search_term, state_place
from app.rulebook.queries import catalogue, rulebook_on

STATES: Mapping[str, str] = MappingProxyType(
    {**{state.value: state.value for state in PlantState}, "unknown": "未填"}
)
"""Id → words of 生产状态 as the register can be narrowed to it."""

LIVES: Mapping[str, str] = MappingProxyType({"closed": "已关闭", "all": "全部（含已关闭）"})
"""Id → words of 存续情况; without it the register shows the plants that exist on the day."""

SORTS = ("name", "uscc", "county", "town", "industry", "grade", "standing", "permit", "state")


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """Which plants, on which day, in which order; empty texts mean all.

    ``after`` and ``before`` name the plant that a page begins after or ends before.
    """

    on: date
    search: str = ""
    county: str = ""
    town: str = ""
    industry: str = ""
    grade: str = ""
    standing: str = ""
    permit: str = ""
    state: str = ""
    officer: str = ""
    life: str = ""
    sort: str = "name"
    falling: bool = False
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class StandingColumns:
    """Where the standing of the day is read: beside the plant, or from the intervals."""

    grade: ColumnElement[Any]
    grade_rank: ColumnElement[Any]
    place: ColumnElement[Any]
    blocked: ColumnElement[Any]
    banned_until: ColumnElement[Any]
    lowered: ColumnElement[bool]
    verified: ColumnElement[Any]


SHOWN = StandingColumns(
    PlantSearch.grade.expression,
    PlantSearch.grade_rank.expression,
    PlantSearch.standing_place.expression,
    PlantSearch.blocked.expression,
    PlantSearch.banned_until.expression,
    PlantSearch.lowered.is_(True),
    PlantSearch.verified.expression,
)
"""Of the shown day."""

OF_INTERVALS = StandingColumns(
    StandingInterval.grade.expression,
    StandingInterval.grade_rank.expression,
    STANDING_PLACE,
    StandingInterval.blocked.expression,
    StandingInterval.banned_until.expression,
    IS_LOWERED,
    StandingInterval.verified.expression,
)
"""Of any day, where the intervals of that day are joined."""


def on_the_day(plant_id: ColumnElement[Any], on: date | BindParameter[date]) -> ColumnElement[bool]:
    """The interval of a plant that holds on the day."""
    return and_(
        StandingInterval.plant_id == plant_id,
        StandingInterval.from_on <= on,
        StandingInterval.until_on > on,
    )


Conditions = dict[str, ColumnElement[bool]]
"""Index (``ix_plant_search_by_…``) that serves it, or another name → condition."""


def beside_the_index(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same, but SQLite looks for no index to answer it; PostgreSQL chooses by its statistics.

    SQLite keeps no statistics here, so who knows how many plants a list has says which index to
    walk by taking the others out of its sight.
    """
    if db.engine.dialect.name != "sqlite":
        return expression
    return UnaryExpression(expression.self_group(), operator=custom_op("+"), type_=expression.type)


def searched_words(wanted: RegisterFilter) -> tuple[str, ...]:
    """The words typed, folded as the text of the plants is."""
    return tuple(filter(None, map(search_term, wanted.search.split())))


def search_conditions(wanted: RegisterFilter) -> list[ColumnElement[bool]]:
    """Every word typed stands in a name, an initial, a code or a permit number of the plant."""
    return [PlantSearch.text.contains(it, autoescape=True) for it in searched_words(wanted)]


def plant_conditions(wanted: RegisterFilter) -> Conditions:
    """What is asked of the plant itself; first what leaves the fewest."""
    found: Conditions = {}
    if wanted.county:
        found["county"] = PlantSearch.county == wanted.county
    if wanted.town:
        found["town"] = PlantSearch.town == wanted.town
    if wanted.industry:
        numbers = {it.id: it.number for it in catalogue().industries}
        found["industry"] = PlantSearch.industry_place == industry_place(wanted.industry, numbers)
    if wanted.officer:
        found["officer"] = PlantSearch.officer == wanted.officer
    if wanted.permit:
        found["permit"] = permit_conditions(wanted.on)[wanted.permit]
    if wanted.state:
        state = "" if wanted.state == "unknown" else wanted.state
        found["state"] = PlantSearch.state_place == state_place(state)
    if wanted.life != "all":
        exists = or_(PlantSearch.closed_on.is_(None), PlantSearch.closed_on > wanted.on)
        found["life"] = not_(exists) if wanted.life == "closed" else exists
    return found


def grade_conditions(wanted: RegisterFilter, of: StandingColumns) -> Conditions:
    """What is asked of the standing on the day."""
    found: Conditions = {}
    if wanted.standing:
        found["standing"] = standing_conditions(wanted.on, of)[wanted.standing]
    if wanted.grade == B_OR_BETTER:
        floor = rulebook_on(wanted.on).grade_order.rank("B-")
        found["grade"] = of.grade_rank <= floor
    elif wanted.grade:
        grade = None if wanted.grade == UNGRADED else wanted.grade
        rank = rulebook_on(wanted.on).grade_order.rank(grade)
        is_it = of.grade.is_(None) if grade is None else of.grade == grade
        found["grade"] = and_(of.grade_rank == rank, is_it)
    return found


def standing_conditions(on: date, of: StandingColumns) -> dict[str, ColumnElement[bool]]:
    """Per id of :data:`app.portal.domain.STANDINGS`, which plants it means on the day."""
    banned = of.place == BANNED
    return {
        "blocked": and_(of.place < UNGRADED_PLACE, of.blocked.is_(True)),
        "banned": banned,
        "ban-ending": and_(banned, of.banned_until <= soon_until(on)),
        "lowered": and_(of.place <= LOWERED, of.lowered),
        "clear": of.place >= UNGRADED_PLACE,
        "unverified": of.verified.is_(False),
    }


def permit_conditions(on: date) -> dict[str, ColumnElement[bool]]:
    """Per id of :data:`app.portal.domain.PERMITS`, which plants it means on the day."""
    until, soon = PlantSearch.permit_until, soon_until(on)
    return {
        "soon": and_(until >= on, until <= soon),
        "expired": until < on,
        "valid": and_(until > soon, until < LAST_DAY),
        "undated": until == LAST_DAY,
    }


def sort_keys(sort: str, of: StandingColumns) -> tuple[ColumnElement[Any], ...]:
    """What the rows are sorted by, the last two making the order complete; none is ever null."""
    firsts: dict[str, ColumnElement[Any]] = {
        "uscc": PlantSearch.uscc.expression,
        "county": PlantSearch.county.expression,
        "town": PlantSearch.town.expression,
        "industry": PlantSearch.industry_place.expression,
        "grade": of.grade_rank,
        "standing": of.place,
        "permit": PlantSearch.permit_until.expression,
        "state": PlantSearch.state_place.expression,
    }
    last = (PlantSearch.sort_key.expression, PlantSearch.plant_id.expression)
    return (firsts[sort], *last) if sort in firsts else last
