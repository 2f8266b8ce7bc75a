"""Reading the plants that measures judge: what the register says of each and how it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true
from sqlalchemy.orm import aliased

from app.grades.domain import standing_on
from app.grades.models import StandingInterval
from app.grades.queries import INTERVAL_COLUMNS, facts_of, is_current, read_interval
from app.grades.settings import standing_rules
from app.kernel import collector
from app.kernel.authority import EVERYTHING
from app.kernel.database import db, known_at, run
from app.kernel.facts import in_parts
from app.policy.domain import Candidate, Register
from app.registry.models import EnterpriseRecord, PlantIndustry, PlantRecord
from app.registry.queries import exists_on, list_plants, main_industries
from app.rulebook.queries import catalogue

_ROWS_AT_ONCE = 1000


@collector.put_off()
def candidates(
    on: date, known: datetime | None = None, *, only: Collection[int] | None = None
) -> Register:
    """Every plant of the register that exists on the day, in register order; or ``only`` some.

    As known now the standings are read from the interval projection; as known at an earlier
    moment, while an edit of 规则库 is tried out, or while the projection is being rebuilt, they are
    derived from the facts by the same pure function.
    """
    if known is None and is_current():
        return Register(_candidates_now(on, only))
    found = _candidates_then(on, known)
    return Register(it for it in found if only is None or it.plant_id in only)


def _candidates_now(on: date, only: Collection[int] | None = None) -> list[Candidate]:
    if only is None:
        return _read(register_on(on, true()), on)
    parts = (PlantRecord.plant_id.in_(part) for part in in_parts(sorted(only)))
    return [it for part in parts for it in _read(register_on(on, part), on)]


def register_on(on: date, which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """The statement that reads the plants of a day with their standings."""
    return (
        select(
            PlantRecord.plant_id,
            EnterpriseRecord.uscc,
            PlantRecord.number,
            PlantRecord.name,
            EnterpriseRecord.name,
            PlantRecord.county,
            PlantIndustry.industry,
            PlantIndustry.subtype,
            PlantRecord.livelihood,
            PlantRecord.state,
            *INTERVAL_COLUMNS[1:],
        )
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .join(
            StandingInterval,
            and_(
                StandingInterval.plant_id == PlantRecord.plant_id,
                _has_begun(on),
                StandingInterval.until_on > on,
            ),
        )
        .outerjoin(
            PlantIndustry,
            and_(
                PlantIndustry.plant_id == PlantRecord.plant_id,
                PlantIndustry.role == "主要",
                known_at(PlantIndustry, None),
            ),
        )
        .where(
            known_at(PlantRecord, None),
            known_at(EnterpriseRecord, None),
            exists_on(on),
            which,
        )
    )


def _has_begun(on: date) -> ColumnElement[bool]:
    """Of the intervals of a plant that end after the day, the one that it lies in.

    They follow one another without a gap, so it is the last that has begun: on SQLite one look into
    the index for each plant, however many lie before and after. PostgreSQL reads all intervals once
    and joins them by hash, in half the time of so many looks.
    """
    if db.engine.dialect.name != "sqlite":
        return StandingInterval.from_on <= on
    begun = aliased(StandingInterval)
    last_begun = select(func.max(begun.from_on)).where(
        begun.plant_id == PlantRecord.plant_id, begun.from_on <= on
    )
    return StandingInterval.from_on == last_begun.scalar_subquery()


def _read(statement: Select[*tuple[Any, ...]], on: date) -> list[Candidate]:
    labels = _Labels(on, None)
    parts: Iterable[Sequence[Sequence[Any]]] = run(statement).partitions(_ROWS_AT_ONCE)
    return [
        Candidate(
            plant_id, uscc, number, plant_name, name, county,
            labels[industry, subtype], bool(livelihood), state, read_interval(standing),
        )
        for (
            plant_id, uscc, number, plant_name, name, county, industry, subtype, livelihood, state,
            *standing,
        ) in chain.from_iterable(parts)
    ]  # fmt: skip


def _candidates_then(on: date, known: datetime | None) -> list[Candidate]:
    plants = [plant for plant in list_plants(EVERYTHING, known) if not plant.is_closed(on)]
    mains = main_industries(known)
    facts = facts_of([plant.plant_id for plant in plants], known)
    rules, labels = standing_rules(on, known), _Labels(on, known)
    return [
        Candidate(
            p.plant_id, p.uscc, p.number, p.name, p.enterprise_name, p.county,
            labels[main.industry, main.subtype] if (main := mains.get(p.plant_id)) else "",
            bool(p.livelihood), p.state, standing_on(facts[p.plant_id], on, rules),
        )
        for p in plants
    ]  # fmt: skip


class _Labels(dict[tuple[str | None, str | None], str]):
    """Names that industries and their sub-types bore on a day, as known at a moment."""

    def __init__(self, on: date, known: datetime | None) -> None:
        super().__init__()
        self._on, self._catalogue = on, catalogue(known)

    def __missing__(self, of: tuple[str | None, str | None]) -> str:
        industry, subtype = of
        name = self._catalogue.by_id(industry).label(subtype or None, self._on) if industry else ""
        self[of] = name
        return name
