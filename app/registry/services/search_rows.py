"""Keeping the row by which a plant is found, narrowed and sorted (台账列表行) as facts have it.

It is made once in a transaction, at its end, when the industries and standings are known as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias, cast

from sqlalchemy import Table, bindparam, delete, select, update

from app.kernel import bulk, facts
from app.kernel.database import db
from app.kernel.transaction import listing_changed, touch
from app.registry.models import EnterpriseRecord, PlantIndustry, PlantRecord, PlantSearch
from app.registry.search import (
    LAST_DAY,
    NO_INDUSTRY,
    industry_place,
    search_text,
    sort_key,
    state_place,
)
from app.registry.search_index import replace_grams
from app.registry.topics import ROWS, of_column
from app.rulebook.queries import catalogue

_TABLE = cast("Table", PlantSearch.__table__)


StandingsOf: TypeAlias = Callable[[Sequence[int]], Mapping[int, Mapping[str, Any]]]
"""What the rows of these plants say of the standing on the shown day, as far as it is known."""

_standings: StandingsOf = lambda _plants: {}  # noqa: E731


def follow_listing(standings: StandingsOf) -> None:
    """Make the rows again at the end of each transaction that changes what they say.

    ``standings`` is how grades (a later stage) tells what the row of a new plant begins with.
    """
    global _standings  # noqa: PLW0603 - set once when the app is put together
    _standings = standings
    listing_changed.subscribe(refresh_search)


def refresh_search(plant_ids: Iterable[int]) -> None:
    """Make the rows that these plants are found by again.

    They say what is said now, and the names that plants and their owners bore before; of the
    standing they keep what they had.
    """
    for part in facts.in_parts(sorted(set(plant_ids))):
        rows = _rows(part)
        before = {it["plant_id"]: it for it in _held(part)}
        gone = [it for it in before if it not in rows]
        if gone:
            db.session.execute(delete(_TABLE).where(_TABLE.c.plant_id.in_(gone)))
        differing = {
            it: names
            for it, row in rows.items()
            if it in before and (names := [name for name in row if row[name] != before[it][name]])
        }
        if differing:
            changed = [{"of": it, **rows[it]} for it in differing]
            db.session.connection().execute(_BY_PLANT, changed)
        new = [rows[it] for it in rows if it not in before]
        _enter(new)
        touch(*({ROWS} if gone or new else ()), *map(of_column, chain(*differing.values())))
        texts = {it: row["text"] for it, row in before.items()}
        replace_grams(texts, {it: row["text"] for it, row in rows.items()})


def _held(part: Sequence[int]) -> list[Mapping[str, Any]]:
    """The rows as they stand, but for the standing."""
    query = select(*(_TABLE.c[name] for name in OF_FACTS)).where(_TABLE.c.plant_id.in_(part))
    return [dict(it) for it in db.session.execute(query).mappings()]


OF_FACTS = (
    "plant_id", "text", "sort_key", "enterprise_id", "uscc", "county", "town", "officer",
    "industry_place", "permit_until", "state_place", "closed_on",
)  # fmt: skip


def _enter(new: Sequence[dict[str, Any]]) -> None:
    """Enter rows of new plants, with their standing or, where there is none yet, without."""
    known = _standings([row["plant_id"] for row in new]) if new else {}
    bulk.insert_rows(
        PlantSearch, [{**row, **known[row["plant_id"]]} for row in new if row["plant_id"] in known]
    )
    bulk.insert_rows(PlantSearch, [row for row in new if row["plant_id"] not in known])


def refresh_industries(plant_ids: Iterable[int]) -> None:
    """Follow the main industries of these plants, as far as they have a row already."""
    for part in facts.in_parts(sorted(set(plant_ids))):
        query = select(_TABLE.c.plant_id, _TABLE.c.industry_place)
        held = db.session.execute(query.where(_TABLE.c.plant_id.in_(part))).all()
        places = _industry_places(part) if held else {}
        rows = [
            {"of": it, "industry_place": places.get(it, NO_INDUSTRY)}
            for it, place in held
            if place != places.get(it, NO_INDUSTRY)
        ]
        if rows:
            db.session.connection().execute(_BY_PLANT, rows)
            touch(of_column("industry_place"))


def refresh_industry_places() -> None:
    """Follow the catalogue where it numbers an industry otherwise than the rows do."""
    numbers = {it.id: it.number for it in catalogue().industries}
    for held in db.session.execute(select(_TABLE.c.industry_place).distinct()).scalars().all():
        place = held if held == NO_INDUSTRY else industry_place(held.split(" ")[1], numbers)
        if place != held:
            of_it = update(_TABLE).where(_TABLE.c.industry_place == held)
            db.session.connection().execute(of_it.values(industry_place=place))
            touch(of_column("industry_place"))


_BY_PLANT = update(_TABLE).where(_TABLE.c.plant_id == bindparam("of"))


def _rows(part: Sequence[int]) -> dict[int, dict[str, Any]]:
    former, places = _former_names(part), _industry_places(part)
    found = db.session.execute(
        select(
            PlantRecord.plant_id,
            EnterpriseRecord.name,
            EnterpriseRecord.former_name,
            PlantRecord.name,
            EnterpriseRecord.uscc,
            PlantRecord.permit_number,
            PlantRecord.number,
            PlantRecord.enterprise_id,
            PlantRecord.county,
            PlantRecord.town,
            PlantRecord.officer,
            PlantRecord.permit_until,
            PlantRecord.state,
            PlantRecord.closed_on,
        )
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .where(
            PlantRecord.plant_id.in_(part),
            PlantRecord.annulled_at.is_(None),
            EnterpriseRecord.annulled_at.is_(None),
        )
    )
    return {
        plant_id: {
            "plant_id": plant_id,
            "text": search_text(
                name, former_name, plant_name, uscc, permit, former.get(plant_id, ())
            ),
            "sort_key": sort_key(name, number),
            "enterprise_id": enterprise_id,
            "uscc": uscc,
            "county": county,
            "town": town,
            "officer": officer,
            "industry_place": places.get(plant_id, NO_INDUSTRY),
            "permit_until": permit_until or LAST_DAY,
            "state_place": state_place(state),
            "closed_on": closed_on,
        }
        for plant_id, name, former_name, plant_name, uscc, permit, number, enterprise_id, county,
            town, officer, permit_until, state, closed_on in found
    }  # fmt: skip


def _industry_places(part: Sequence[int]) -> Mapping[int, str]:
    query = select(PlantIndustry.plant_id, PlantIndustry.industry).where(
        PlantIndustry.plant_id.in_(part),
        PlantIndustry.role == "主要",
        PlantIndustry.annulled_at.is_(None),
    )
    numbers = {it.id: it.number for it in catalogue().industries}
    return {plant_id: industry_place(it, numbers) for plant_id, it in db.session.execute(query)}


def _former_names(plant_ids: Sequence[int]) -> dict[int, set[str]]:
    """The names in earlier records of each plant, and of whoever owned it then or owns it now."""
    owner = select(PlantRecord.plant_id, PlantRecord.enterprise_id).where(
        PlantRecord.plant_id.in_(plant_ids)
    )
    of_plants = select(PlantRecord.plant_id, PlantRecord.name).where(
        PlantRecord.plant_id.in_(plant_ids), PlantRecord.annulled_at.is_not(None)
    )
    owners = owner.distinct().subquery()
    of_owners = select(owners.c.plant_id, EnterpriseRecord.name).join(
        EnterpriseRecord, EnterpriseRecord.enterprise_id == owners.c.enterprise_id
    )
    found: dict[int, set[str]] = {}
    for query in (of_plants, of_owners):
        for plant_id, name in db.session.execute(query.distinct()):
            found.setdefault(plant_id, set()).add(name)
    return found
