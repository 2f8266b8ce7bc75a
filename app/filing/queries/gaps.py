"""What filings need and is not on record (申报所缺), by industry, for the plants in reach.

Without a scheme (等级方案), or the sub-type (子类) by which schemes differ, nobody can file;
without a table (指标表) grades are chosen dimension by dimension, each with a reason. Whoever looks
after the plants sees here how many wait, and goes on to where it is entered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select

from app.filing.queries.situation import lacks_subtype
from app.filing.queries.tables import Wanted, ruling_versions
from app.kernel import kept
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.registry.models import PlantIndustry, PlantSearch
from app.rulebook.queries import rulebook_on


class Lacking(StrEnum):
    """What is missing, the worst first."""

    SCHEME = "等级方案"
    SUBTYPE = "子类"
    TABLE = "指标表"


@dataclass(frozen=True, slots=True)
class Gap:
    """An industry or sub-type for which something is missing."""

    industry: str
    label: str
    lacking: Lacking
    plants: int
    """The plants in reach that have it as main or reference industry."""


def gaps_of(scope: Scope, on: date) -> tuple[Gap, ...]:
    """The gaps that concern plants in reach: the worst first, then where most plants wait.

    Two statements however many plants there are, and none while nothing was recorded since.
    """
    return kept.answer(("filing gaps", scope, on), lambda: _found(scope, on))


def _found(scope: Scope, on: date) -> tuple[Gap, ...]:
    rows = _industries(scope, on)
    rules = {county: rulebook_on(on, county) for _, _, county, _ in rows}
    wanted = {
        (industry, subtype, county): Wanted(rules[county].id, industry, subtype)
        for industry, subtype, county, _ in rows
    }
    ruling = ruling_versions(wanted.values(), on)
    counted: Counter[tuple[str, str, Lacking]] = Counter()
    for industry, subtype, county, number in rows:
        own = rules[county]
        known = own.catalogue.by_id(industry)
        label = known.label(subtype or None, own.on)
        lacking = None
        if own.scheme(known, subtype or None) is None:
            is_unnamed = lacks_subtype(known, subtype, own)
            lacking = Lacking.SUBTYPE if is_unnamed else Lacking.SCHEME
        elif wanted[industry, subtype, county] not in ruling:
            lacking = Lacking.TABLE
        if lacking is not None:
            counted[industry, label, lacking] += number
    found = (Gap(*which, number) for which, number in counted.items())
    order = list(Lacking)
    return tuple(sorted(found, key=lambda it: (order.index(it.lacking), -it.plants, it.label)))


def _industries(scope: Scope, on: date) -> list[tuple[str, str, str, int]]:
    """Industry, sub-type and county with the number of plants that exist on the day."""
    query = (
        select(PlantIndustry.industry, PlantIndustry.subtype, PlantSearch.county, func.count())
        .join(PlantSearch, PlantSearch.plant_id == PlantIndustry.plant_id)
        .where(
            known_at(PlantIndustry, None),
            within(scope, PlantSearch.county),
            or_(PlantSearch.closed_on.is_(None), PlantSearch.closed_on > on),
        )
        .group_by(PlantIndustry.industry, PlantIndustry.subtype, PlantSearch.county)
    )
    rows: Iterable[Any] = db.session.execute(query)
    return [(industry, subtype, county, number) for industry, subtype, county, number in rows]
