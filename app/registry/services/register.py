"""Writing the register (登记企业与厂区): the verbs of this stage.

Each takes plain values whose fields are the columns of the ledger sheet; each says which plants'
standings may have changed. Nothing here commits or audits a whole import: the caller, who knows
what the act is called, does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.kernel import bulk, facts
from app.kernel.database import Recorded, db
from app.kernel.transaction import listing_changed, standing_changed, transaction
from app.registry.domain import name_key
from app.registry.models import (
    EmergencyMeasure,
    Enterprise,
    EnterpriseRecord,
    Plant,
    PlantIndustry,
    PlantRecord,
    ProductionLine,
)
from app.registry.services.search_rows import refresh_industries


@dataclass(frozen=True, slots=True)
class EnterpriseEntry:
    """What is said of an enterprise (企业)."""

    uscc: str
    name: str
    former_name: str = ""
    legal_representative: str = ""
    contact: str = ""
    phone: str = ""
    founded_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlantEntry:
    """What is said of a plant (厂区) of an enterprise."""

    enterprise_id: int
    number: str
    name: str
    county: str
    town: str = ""
    address: str = ""
    longitude: Decimal | None = None
    latitude: Decimal | None = None
    permit_number: str = ""
    permit_category: str = ""
    permit_until: date | None = None
    livelihood: bool | None = None
    state: str = ""
    closed_on: date | None = None
    officer: str = ""


@dataclass(frozen=True, slots=True)
class IndustryEntry:
    """An industry of a plant (行业); ``industry`` is the catalogue's id."""

    plant_id: int
    industry: str
    subtype: str
    role: str
    gbt_code: str = ""
    capacity: Decimal | None = None
    capacity_unit: str = ""


@dataclass(frozen=True, slots=True)
class LineEntry:
    """A production line (生产线) of a plant."""

    plant_id: int
    number: str
    name: str
    process: str = ""
    approved_capacity: Decimal | None = None
    permitted_capacity: Decimal | None = None
    actual_capacity: Decimal | None = None
    capacity_unit: str = ""


@dataclass(frozen=True, slots=True)
class MeasureEntry:
    """What a plant or line does at a warning level (应急措施)."""

    plant_id: int
    line_number: str
    level: str
    measure: str
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    unit: str = ""
    reduction: Decimal | None = None


def register_enterprises(entries: Sequence[EnterpriseEntry]) -> list[int]:
    """Enter new enterprises; returns their lasting ids in the same order."""
    ids = _lasting_ids(Enterprise, len(entries))
    keys = [name_key(entry.name) for entry in entries]
    columns = facts.columns_of(entries)
    facts.record_columns(EnterpriseRecord, {**columns, "enterprise_id": ids, "name_key": keys})
    return ids


def correct_enterprises(corrections: Mapping[int, EnterpriseEntry]) -> None:
    """Replace what is said of enterprises (lasting id → entry)."""
    standing = _standing_records(EnterpriseRecord, "enterprise_id", corrections)
    facts.replace(
        EnterpriseRecord,
        {standing[i]: _enterprise_row(i, entry) for i, entry in corrections.items()},
    )
    listing_changed.emit(_plants_of(list(corrections)))


def register_plants(entries: Sequence[PlantEntry]) -> list[int]:
    """Enter new plants; returns their lasting ids in the same order."""
    ids = _lasting_ids(Plant, len(entries))
    facts.record_columns(PlantRecord, {**facts.columns_of(entries), "plant_id": ids})
    listing_changed.emit(ids)
    standing_changed.emit(ids)
    return ids


def correct_plants(corrections: Mapping[int, PlantEntry]) -> None:
    """Replace what is said of plants (lasting id → entry)."""
    standing = _standing_records(PlantRecord, "plant_id", corrections)
    facts.replace(
        PlantRecord,
        {standing[i]: {**facts.row_of(entry), "plant_id": i} for i, entry in corrections.items()},
    )
    listing_changed.emit(corrections)
    standing_changed.emit(corrections)


def record_industries(entries: Sequence[IndustryEntry]) -> list[int]:
    """Enter industries of plants; returns the ids of the facts."""
    plants = [entry.plant_id for entry in entries]
    standing_changed.emit(plants)
    ids = facts.record_columns(PlantIndustry, facts.columns_of(entries))
    refresh_industries(plants)
    return ids


def correct_industries(corrections: Mapping[int, IndustryEntry]) -> None:
    """Replace industries (fact id → entry)."""
    plants = [entry.plant_id for entry in corrections.values()]
    standing_changed.emit(plants)
    facts.replace(PlantIndustry, {i: facts.row_of(entry) for i, entry in corrections.items()})
    refresh_industries(plants)


def record_lines(entries: Sequence[LineEntry]) -> list[int]:
    """Enter production lines; returns the ids of the facts."""
    return facts.record_columns(ProductionLine, facts.columns_of(entries))


def correct_lines(corrections: Mapping[int, LineEntry]) -> None:
    """Replace production lines (fact id → entry)."""
    facts.replace(ProductionLine, {i: facts.row_of(entry) for i, entry in corrections.items()})


def record_emergency_measures(entries: Sequence[MeasureEntry]) -> list[int]:
    """Enter emergency measures; returns the ids of the facts."""
    return facts.record_columns(EmergencyMeasure, facts.columns_of(entries))


def correct_emergency_measures(corrections: Mapping[int, MeasureEntry]) -> None:
    """Replace emergency measures (fact id → entry)."""
    facts.replace(EmergencyMeasure, {i: facts.row_of(entry) for i, entry in corrections.items()})


_PARTS: Mapping[type[Any], type[Recorded]] = {
    IndustryEntry: PlantIndustry, LineEntry: ProductionLine, MeasureEntry: EmergencyMeasure,
}  # fmt: skip


def end_parts(entry: type[Any], plant_id: int, fact_ids: Sequence[int]) -> None:
    """Annul industries, lines or measures of a plant that are no more, or never were.

    ``entry`` is the class of their entries.
    """
    if entry is IndustryEntry:
        standing_changed.emit([plant_id])
    facts.annul(_PARTS[entry], fact_ids)
    if entry is IndustryEntry:
        refresh_industries([plant_id])


def end_enterprise(enterprise_id: int) -> None:
    """Annul what is said of an enterprise that was on record twice; it may have no plant left."""
    standing = _standing_records(EnterpriseRecord, "enterprise_id", {enterprise_id: None})
    facts.annul(EnterpriseRecord, standing.values())


def _lasting_ids(model: type[Enterprise] | type[Plant], count: int) -> list[int]:
    if not count:
        return []
    ids = bulk.take_ids(model, count)
    moment = transaction().moment
    bulk.insert_columns(model, {"id": ids}, created_at=moment)
    return list(ids)


def _standing_records(
    model: type[EnterpriseRecord] | type[PlantRecord], column: str, ids: Mapping[int, object]
) -> dict[int, int]:
    key = getattr(model, column)
    found: dict[int, int] = {}
    for part in facts.in_parts(sorted(ids)):
        rows = db.session.execute(
            select(key, model.id).where(key.in_(part), model.annulled_at.is_(None))
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def _enterprise_row(enterprise_id: int, entry: EnterpriseEntry) -> dict[str, object]:
    return {
        **facts.row_of(entry),
        "enterprise_id": enterprise_id,
        "name_key": name_key(entry.name),
    }


def _plants_of(enterprise_ids: Sequence[int]) -> list[int]:
    found: list[int] = []
    for part in facts.in_parts(sorted(set(enterprise_ids))):
        found += db.session.execute(
            select(PlantRecord.plant_id).where(
                PlantRecord.enterprise_id.in_(part), PlantRecord.annulled_at.is_(None)
            )
        ).scalars()
    return found
