"""Reading the register (企业与厂区): rows become frozen values here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, not_, or_, select

from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.database import AsKnown, among, db, known_at, run
from app.kernel.facts import in_parts
from app.kernel.permissions import within
from app.registry.models import (
    EmergencyMeasure,
    EnterpriseRecord,
    PlantIndustry,
    PlantRecord,
    ProductionLine,
)
from app.rulebook.queries import catalogue


@dataclass(frozen=True, slots=True)
class IndustryOfPlant:
    """An industry of a plant (行业); ``label`` is what lists print: 水泥/独立粉磨站."""

    industry: str
    subtype: str
    role: str
    label: str
    gbt_code: str
    capacity: Decimal | None
    capacity_unit: str
    fact_id: int = 0

    @property
    def is_main(self) -> bool:
        return self.role == "主要"


@dataclass(frozen=True, slots=True)
class PlantOnRecord:
    """A plant (厂区) with its enterprise, as known at a moment."""

    plant_id: int
    enterprise_id: int
    uscc: str
    enterprise_name: str
    former_name: str
    number: str
    name: str
    county: str
    town: str
    address: str
    longitude: Decimal | None
    latitude: Decimal | None
    permit_number: str
    permit_category: str
    permit_until: date | None
    livelihood: bool | None
    state: str
    legal_representative: str
    contact: str
    phone: str
    founded_on: date | None
    note: str
    officer: str
    closed_on: date | None
    record_id: int
    """The standing record of the plant, and of its enterprise: another one means a change."""
    enterprise_record_id: int

    def is_closed(self, on: date) -> bool:
        """Whether the plant no longer exists on the day (已关闭)."""
        return self.closed_on is not None and self.closed_on <= on

    @property
    def full_name(self) -> str:
        """Enterprise and plant in one line: 示例铸造有限公司（001 老厂）."""
        return f"{self.enterprise_name}（{self.number} {self.name}）"


def _plants(moment: datetime | None) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PlantRecord.plant_id,
            PlantRecord.enterprise_id,
            EnterpriseRecord.uscc,
            EnterpriseRecord.name,
            EnterpriseRecord.former_name,
            PlantRecord.number,
            PlantRecord.name,
            PlantRecord.county,
            PlantRecord.town,
            PlantRecord.address,
            PlantRecord.longitude,
            PlantRecord.latitude,
            PlantRecord.permit_number,
            PlantRecord.permit_category,
            PlantRecord.permit_until,
            PlantRecord.livelihood,
            PlantRecord.state,
            EnterpriseRecord.legal_representative,
            EnterpriseRecord.contact,
            EnterpriseRecord.phone,
            EnterpriseRecord.founded_on,
            EnterpriseRecord.note,
            PlantRecord.officer,
            PlantRecord.closed_on,
            PlantRecord.id,
            EnterpriseRecord.id,
        )
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .where(known_at(PlantRecord, moment), known_at(EnterpriseRecord, moment))
    )


def exists_on(on: date) -> ColumnElement[bool]:
    """The plants that are not closed (关闭) on the day, as a condition on their records."""
    return or_(PlantRecord.closed_on.is_(None), PlantRecord.closed_on > on)


def closed_plants(on: date, moment: datetime | None = None) -> frozenset[tuple[str, str]]:
    """Code and number of every plant closed by the day (已关闭), as known at a moment."""
    rows = db.session.execute(
        select(EnterpriseRecord.uscc, PlantRecord.number)
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .where(
            known_at(PlantRecord, moment), known_at(EnterpriseRecord, moment), not_(exists_on(on))
        )
    )
    return frozenset((uscc, number) for uscc, number in rows)


def find_plant(plant_id: int, scope: Scope, moment: datetime | None = None) -> PlantOnRecord | None:
    """The plant, if the person may see it; None otherwise, which a page answers with 404."""
    row: Any = run(_plant_within(scope, moment), {"plant_id": plant_id}).first()
    return PlantOnRecord(*row) if row else None


@lru_cache(maxsize=256)
def _plant_within(scope: Scope, moment: datetime | None) -> Select[*tuple[Any, ...]]:
    """Put together once for each reach: that takes longer than to answer it."""
    return _plants(moment).where(
        PlantRecord.plant_id == bindparam("plant_id"),
        within(scope, PlantRecord.county, PlantRecord.enterprise_id),
    )


def list_plants(
    scope: Scope, moment: datetime | None = None, *, enterprise_id: int | None = None
) -> list[PlantOnRecord]:
    """Every plant the person may see, by code and number; of one enterprise if given."""
    query = _plants_within(scope, moment, of_enterprise=enterprise_id is not None)
    values = {} if enterprise_id is None else {"enterprise_id": enterprise_id}
    rows: Iterable[Any] = run(query, values)
    return [PlantOnRecord(*row) for row in rows]


@lru_cache(maxsize=256)
def _plants_within(
    scope: Scope, moment: datetime | None, *, of_enterprise: bool
) -> Select[*tuple[Any, ...]]:
    query = _plants(moment).where(within(scope, PlantRecord.county, PlantRecord.enterprise_id))
    if of_enterprise:
        query = query.where(PlantRecord.enterprise_id == bindparam("enterprise_id"))
    return query.order_by(EnterpriseRecord.uscc, PlantRecord.number)


def plants_by_id(plant_ids: Iterable[int]) -> dict[int, PlantOnRecord]:
    """These plants as they are on record now, wherever they are; unknown ids are left out."""
    return {
        row[0]: PlantOnRecord(*row)
        for part in in_parts(sorted(set(plant_ids)))
        for row in db.session.execute(_plants(None).where(PlantRecord.plant_id.in_(part)))
    }


def industries_of(
    plant_ids: Sequence[int], moment: datetime | None = None
) -> dict[int, tuple[IndustryOfPlant, ...]]:
    """The industries of each plant, the main one (主要) first."""
    found: dict[int, list[IndustryOfPlant]] = {}
    for part in in_parts(sorted(set(plant_ids))):
        for plant_id, *values in _INDUSTRIES.rows(moment, plants=part):
            found.setdefault(plant_id, []).append(_industry(moment, *values))
    return {
        plant_id: tuple(sorted(items, key=lambda item: (not item.is_main, item.label)))
        for plant_id, items in found.items()
    }


def main_industries(moment: datetime | None = None) -> dict[int, IndustryOfPlant]:
    """The main industry of every plant that has one."""
    rows = db.session.execute(
        _industries().where(PlantIndustry.role == "主要", known_at(PlantIndustry, moment))
    )
    return {plant_id: _industry(moment, *values) for plant_id, *values in rows}


def _industries() -> Select[*tuple[Any, ...]]:
    return select(
        PlantIndustry.plant_id,
        PlantIndustry.industry,
        PlantIndustry.subtype,
        PlantIndustry.role,
        PlantIndustry.gbt_code,
        PlantIndustry.capacity,
        PlantIndustry.capacity_unit,
        PlantIndustry.id,
    ).order_by(PlantIndustry.id)


_INDUSTRIES = AsKnown(
    PlantIndustry, _industries().where(PlantIndustry.plant_id.in_(among("plants")))
)


def _industry(
    moment: datetime | None,
    industry: str,
    subtype: str,
    role: str,
    gbt: str,
    capacity: Decimal | None,
    unit: str,
    fact_id: int,
) -> IndustryOfPlant:
    """Named as the catalogue calls it today; as known at an earlier moment, by its name then."""
    today = clock.today() if moment is None else clock.day_of(moment)
    label = catalogue(moment).by_id(industry).label(subtype or None, today)
    return IndustryOfPlant(industry, subtype, role, label, gbt, capacity, unit, fact_id)


def owners_of(
    plant_ids: Iterable[int], moment: datetime | None = None
) -> Mapping[int, tuple[int, str]]:
    """Which enterprise each plant belongs to and in which county it stands."""
    found: dict[int, tuple[int, str]] = {}
    for part in in_parts(sorted(set(plant_ids))):
        rows = _OWNERS.rows(moment, plants=part)
        found.update((row[0], (row[1], row[2])) for row in rows)
    return found


_OWNERS = AsKnown(
    PlantRecord,
    select(PlantRecord.plant_id, PlantRecord.enterprise_id, PlantRecord.county).where(
        PlantRecord.plant_id.in_(among("plants"))
    ),
)


def plants_of(enterprise_ids: Iterable[int]) -> dict[int, list[int]]:
    """The plants each enterprise has now."""
    found: dict[int, list[int]] = {}
    for part in in_parts(sorted(set(enterprise_ids))):
        rows = db.session.execute(
            select(PlantRecord.enterprise_id, PlantRecord.plant_id).where(
                PlantRecord.enterprise_id.in_(part), known_at(PlantRecord, None)
            )
        )
        for enterprise_id, plant_id in rows:
            found.setdefault(enterprise_id, []).append(plant_id)
    return found


def enterprise_ids_of(codes: Iterable[str]) -> frozenset[int]:
    """The lasting ids of the enterprises with these codes (统一社会信用代码)."""
    found: set[int] = set()
    for part in in_parts(sorted(set(codes))):
        found.update(
            db.session.execute(
                select(EnterpriseRecord.enterprise_id).where(
                    EnterpriseRecord.uscc.in_(part), known_at(EnterpriseRecord, None)
                )
            ).scalars()
        )
    return frozenset(found)


def counties_of(enterprise_ids: Iterable[int]) -> frozenset[str]:
    """The counties (区县代码) in which these enterprises have plants."""
    found: set[str] = set()
    for part in in_parts(sorted(set(enterprise_ids))):
        found.update(
            db.session.execute(
                select(PlantRecord.county)
                .where(PlantRecord.enterprise_id.in_(part), known_at(PlantRecord, None))
                .distinct()
            ).scalars()
        )
    return frozenset(found)


def list_plant_ids() -> list[int]:
    """Every plant there is, by lasting id."""
    return list(
        db.session.execute(
            select(PlantRecord.plant_id)
            .where(known_at(PlantRecord, None))
            .order_by(PlantRecord.plant_id)
        ).scalars()
    )


def lines_of(plant_id: int, moment: datetime | None = None) -> list[ProductionLine]:
    """The production lines (生产线) of a plant, by number."""
    return list(_LINES.objects(moment, plant_id=plant_id))


_LINES = AsKnown(
    ProductionLine,
    select(ProductionLine)
    .where(ProductionLine.plant_id == bindparam("plant_id"))
    .order_by(ProductionLine.number),
)


def measures_of(plant_id: int, moment: datetime | None = None) -> list[EmergencyMeasure]:
    """The emergency measures (应急措施) of a plant, in recorded order."""
    return list(_MEASURES.objects(moment, plant_id=plant_id))


_MEASURES = AsKnown(
    EmergencyMeasure,
    select(EmergencyMeasure)
    .where(EmergencyMeasure.plant_id == bindparam("plant_id"))
    .order_by(EmergencyMeasure.id),
)
