"""What the register can be narrowed to and sorted by, each said once as an SQL expression.

The list, its count, its export and the numbers on the home page all use these, so that a number
always equals the list behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, not_

from app.grades.models import StandingInterval
from app.portal.domain import B_OR_BETTER, UNGRADED, soon_until
from app.registry.domain import PlantState
from app.registry.models import EnterpriseRecord, PlantIndustry, PlantRecord, PlantSearch
from app.registry.queries import exists_on
from app.registry.search import search_term
from app.rulebook.queries import catalogue, rulebook_on

STATES: Mapping[str, str] = MappingProxyType(
    {**{state.value: state.value for state in PlantState}, "unknown": "未填"}
)
"""Id → words of 生产状态 as the register can be narrowed to it."""

LIVES: Mapping[str, str] = MappingProxyType({"closed": "已关闭", "all": "全部（含已关闭）"})
"""Id → words of 存续情况; without it the register shows the plants that exist on the day."""

SORTS = ("name", "uscc", "county", "town", "industry", "grade", "standing", "permit", "state")
_LAST_DAY = date(9999, 12, 31)
_AFTER_ALL = 999


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


def search_conditions(wanted: RegisterFilter) -> list[ColumnElement[bool]]:
    """Every word typed stands in a name, an initial, a code or a permit number of the plant."""
    words = [search_term(word) for word in wanted.search.split()]
    return [PlantSearch.text.contains(word, autoescape=True) for word in words if word]


def plant_conditions(wanted: RegisterFilter) -> list[ColumnElement[bool]]:
    """What is asked of the plant itself: whether it exists, place, permit, production."""
    found: list[ColumnElement[bool]] = []
    if wanted.life != "all":
        exists = exists_on(wanted.on)
        found.append(not_(exists) if wanted.life == "closed" else exists)
    if wanted.county:
        found.append(PlantRecord.county == wanted.county)
    if wanted.town:
        found.append(PlantRecord.town == wanted.town)
    if wanted.officer:
        found.append(PlantRecord.officer == wanted.officer)
    if wanted.permit:
        found.append(permit_conditions(wanted.on)[wanted.permit])
    if wanted.state:
        found.append(PlantRecord.state == ("" if wanted.state == "unknown" else wanted.state))
    return found


def industry_conditions(wanted: RegisterFilter) -> list[ColumnElement[bool]]:
    """The main industry, with all of its sub-types."""
    return [PlantIndustry.industry == wanted.industry] if wanted.industry else []


def grade_conditions(wanted: RegisterFilter) -> list[ColumnElement[bool]]:
    """What is asked of the standing on the day."""
    found: list[ColumnElement[bool]] = []
    if wanted.grade == UNGRADED:
        found.append(StandingInterval.grade.is_(None))
    elif wanted.grade == B_OR_BETTER:
        floor = rulebook_on(wanted.on).grade_order.rank("B-")
        found.append(StandingInterval.grade_rank <= floor)
    elif wanted.grade:
        found.append(StandingInterval.grade == wanted.grade)
    if wanted.standing:
        found.append(standing_conditions(wanted.on)[wanted.standing])
    return found


def standing_conditions(on: date) -> dict[str, ColumnElement[bool]]:
    """Per id of :data:`app.portal.domain.STANDINGS`, which intervals it means on the day."""
    banned = StandingInterval.banned_until.is_not(None)
    lowered = func.coalesce(StandingInterval.basis, "") == "finding"
    return {
        "blocked": StandingInterval.blocked.is_(True),
        "banned": banned,
        "ban-ending": and_(banned, StandingInterval.banned_until <= soon_until(on)),
        "lowered": lowered,
        "clear": and_(StandingInterval.blocked.is_(False), not_(banned), not_(lowered)),
        "unverified": StandingInterval.verified.is_(False),
    }


def permit_conditions(on: date) -> dict[str, ColumnElement[bool]]:
    """Per id of :data:`app.portal.domain.PERMITS`, which plants it means on the day."""
    until = PlantRecord.permit_until
    return {
        "soon": and_(until >= on, until <= soon_until(on)),
        "expired": until < on,
        "valid": until > soon_until(on),
        "undated": until.is_(None),
    }


def sort_keys(sort: str) -> tuple[ColumnElement[Any], ...]:
    """What the rows are sorted by, the last two making the order complete; none is ever null."""
    places = {
        industry.id: place
        for place, industry in enumerate(
            sorted(catalogue().industries, key=lambda it: (it.number or _AFTER_ALL, it.id))
        )
    }
    firsts: dict[str, ColumnElement[Any]] = {
        "uscc": EnterpriseRecord.uscc.expression,
        "county": PlantRecord.county.expression,
        "town": PlantRecord.town.expression,
        "industry": func.coalesce(case(places, value=PlantIndustry.industry), _AFTER_ALL),
        "grade": StandingInterval.grade_rank.expression,
        "standing": case(
            (StandingInterval.banned_until.is_not(None), 0),
            (StandingInterval.basis == "finding", 1),
            (StandingInterval.blocked.is_(True), 2),
            (StandingInterval.grade.is_(None), 3),
            else_=4,
        ),
        "permit": func.coalesce(PlantRecord.permit_until, literal(_LAST_DAY)),
        "state": case(
            {state.value: place for place, state in enumerate(PlantState)},
            value=PlantRecord.state,
            else_=_AFTER_ALL,
        ),
    }
    last = (PlantSearch.sort_key.expression, PlantRecord.plant_id.expression)
    return (firsts[sort], *last) if sort in firsts else last
