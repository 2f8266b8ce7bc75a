"""Reading changes in the life of plants (厂区变更), and the register around them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from app.accounts.queries import list_bureaus
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import among, db, known_at, run
from app.kernel.facts import in_parts
from app.registry.change_rules import Change, ChangeKind, Situation, Stage
from app.registry.models import EnterpriseRecord, PlantChange, PlantRecord
from app.registry.queries.register import PlantOnRecord, find_plant


@dataclass(frozen=True, slots=True)
class ChangeOnRecord:
    """A change as its latest record tells it; ``lasting_id`` stays the same along its course."""

    id: int
    lasting_id: int
    kind: ChangeKind
    stage: Stage
    enterprise_id: int
    plant_id: int | None
    other_enterprise_id: int | None
    other_plant_id: int | None
    effective_on: date
    reason: str
    document: str
    told: str
    note: str
    wanted: Change | None
    recorded_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it can still be withdrawn: it stands before its day, or could not be made."""
        return self.stage in (Stage.PLANNED, Stage.STUCK)


def find_change(change_id: int) -> ChangeOnRecord | None:
    """A change by any of its records' ids, as it stands now, whoever asks."""
    row = db.session.get(PlantChange, change_id)
    if row is None:
        return None
    first = row.first_id or row.id
    return _one(or_(PlantChange.id == first, PlantChange.first_id == first))


def find_change_by_form(form_key: str) -> ChangeOnRecord | None:
    """The change that this very form was already sent for."""
    return _one(PlantChange.form_key == form_key) if form_key else None


def _one(condition: ColumnElement[bool]) -> ChangeOnRecord | None:
    row = db.session.execute(
        select(PlantChange).where(condition, known_at(PlantChange, None)).limit(1)
    ).scalar()
    return _as_change(row) if row else None


def open_changes(plant_ids: Iterable[int]) -> list[ChangeOnRecord]:
    """Changes of these plants, or of their enterprises, that are planned or stuck."""
    found: dict[int, ChangeOnRecord] = {}
    for part in in_parts(sorted(set(plant_ids))):
        found.update((row.id, _as_change(row)) for row in run(_OPEN, {"plants": part}))
    return sorted(found.values(), key=lambda it: (it.effective_on, it.lasting_id))


_OPEN = select(*PlantChange.__table__.columns).where(
    or_(PlantChange.plant_id.in_(among("plants")), PlantChange.other_plant_id.in_(among("plants"))),
    known_at(PlantChange, None),
    PlantChange.stage.in_(("planned", "stuck")),
)


def due_changes(day: date) -> list[int]:
    """The planned changes whose day has come, in the order of their days."""
    return list(
        db.session.execute(
            select(PlantChange.id)
            .where(
                PlantChange.stage == "planned",
                PlantChange.effective_on <= day,
                known_at(PlantChange, None),
            )
            .order_by(PlantChange.effective_on, PlantChange.id)
        ).scalars()
    )


def absorbed_enterprises() -> dict[int, int]:
    """Which enterprise each one that was on record twice (重复企业) has become part of."""
    rows = db.session.execute(
        select(PlantChange.enterprise_id, PlantChange.other_enterprise_id).where(
            PlantChange.kind == str(ChangeKind.ABSORB), known_at(PlantChange, None)
        )
    )
    direct = {gone: stays for gone, stays in rows if stays is not None}
    found = {}
    for gone, direct_heir in direct.items():
        heir = direct_heir
        while heir in direct:
            heir = direct[heir]
        found[gone] = heir
    return found


def _as_change(row: Any) -> ChangeOnRecord:
    return ChangeOnRecord(
        id=row.id,
        lasting_id=row.first_id or row.id,
        kind=ChangeKind(row.kind),
        stage=Stage(row.stage),
        enterprise_id=row.enterprise_id,
        plant_id=row.plant_id,
        other_enterprise_id=row.other_enterprise_id,
        other_plant_id=row.other_plant_id,
        effective_on=row.effective_on,
        reason=row.reason,
        document=row.document,
        told=row.told,
        note=row.note,
        wanted=Change.from_plain(json.loads(row.wanted)) if row.wanted else None,
        recorded_at=row.recorded_at,
    )


def situation_of(change: Change, plant: PlantOnRecord, scope: Scope) -> Situation:
    """The register around a change as it stands now; ``scope`` is that of the person who asks."""
    receiver = _enterprise_with_code(change.uscc) if change.uscc else None
    owner = plant.enterprise_id
    if change.kind is ChangeKind.TRANSFER:
        owner = receiver[0] if receiver else 0
    survivor = find_plant(change.survivor_id, scope) if change.survivor_id else None
    return Situation(
        uscc=plant.uscc,
        enterprise_name=plant.enterprise_name,
        number=plant.number,
        name=plant.name,
        county=plant.county,
        closed_on=plant.closed_on,
        taken=numbers_of(owner, except_plant=plant.plant_id),
        receiver=receiver[1] if receiver else None,
        receiver_out_of_reach=receiver is not None and not _is_within(receiver[0], scope),
        survivor=(survivor.uscc, survivor.number, survivor.closed_on) if survivor else None,
        county_names={it.code: it.name for it in list_bureaus("county")},
    )


def _enterprise_with_code(uscc: str) -> tuple[int, str] | None:
    row = db.session.execute(
        select(EnterpriseRecord.enterprise_id, EnterpriseRecord.name).where(
            EnterpriseRecord.uscc == uscc, known_at(EnterpriseRecord, None)
        )
    ).first()
    return (row[0], row[1]) if row else None


def enterprise_with_code(uscc: str) -> int | None:
    """The enterprise that bears this code now."""
    found = _enterprise_with_code(uscc)
    return found[0] if found else None


def _is_within(enterprise_id: int, scope: Scope) -> bool:
    """Whether a plant of the enterprise lies within the scope, or it has none at all."""
    counties = counties_of_enterprise(enterprise_id)
    return not counties or any(
        scope.covers(county=county, enterprise_id=enterprise_id) for county in counties
    )


def counties_of_enterprise(enterprise_id: int) -> Sequence[str]:
    """The counties in which the enterprise has plants."""
    return (
        db.session.execute(
            select(PlantRecord.county)
            .where(PlantRecord.enterprise_id == enterprise_id, known_at(PlantRecord, None))
            .distinct()
            .order_by(PlantRecord.county)
        )
        .scalars()
        .all()
    )


def numbers_of(enterprise_id: int, *, except_plant: int | None = None) -> frozenset[str]:
    """Plant numbers that plants of the enterprise bear or ever bore.

    A number is not given twice, so that an old workbook never names another plant than it meant.
    """
    rows = db.session.execute(
        select(PlantRecord.number, PlantRecord.plant_id)
        .where(PlantRecord.enterprise_id == enterprise_id)
        .distinct()
    )
    return frozenset(number for number, plant_id in rows if plant_id != except_plant)


def plant_now(plant_id: int) -> PlantOnRecord:
    """The plant as it stands now, for writing; plants are never removed."""
    plant = find_plant(plant_id, EVERYTHING)
    if plant is None:
        raise LookupError(plant_id)
    return plant
