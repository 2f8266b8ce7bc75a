"""What was changed since somebody opened a page (其他人的修改), to be told before they save."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select

from app.accounts.queries import names_of
from app.kernel import clock
from app.kernel.database import Recorded, among, db, known_at, run
from app.registry.models import (
    EmergencyMeasure,
    EnterpriseRecord,
    PlantChange,
    PlantIndustry,
    PlantRecord,
    ProductionLine,
)
from app.registry.queries.register import PlantOnRecord

_OF_RECORDING = frozenset(
    {"id", "recorded_at", "recorded_by", "recorded_via", "annulled_at", "annulled_by",
     "annulled_via", "name_key", "plant_id"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that another act has changed meanwhile; ``of`` is 企业 or 厂区."""

    of: str
    field: str
    before: Any
    after: Any
    changed_at: datetime
    changed_by: str


def changed_since(plant: PlantOnRecord, version: str) -> list[Difference] | None:
    """What is said otherwise now than in the version of the page; None: it is the present one.

    An unreadable version counts as an old one about which nothing can be told.
    """
    if version == version_of(plant):
        return None
    ids = version.split("-")
    if len(ids) != 2 or not all(part.isascii() and part.isdecimal() for part in ids):
        return []
    return [
        *_differences("厂区", PlantRecord, "plant_id", plant.plant_id, int(ids[0])),
        *_differences(
            "企业", EnterpriseRecord, "enterprise_id", plant.enterprise_id, int(ids[1])
        ),
    ]  # fmt: skip


def version_of(plant: PlantOnRecord) -> str:
    """Names the records that a page about the plant was made from."""
    return f"{plant.record_id}-{plant.enterprise_record_id}"


@dataclass(frozen=True, slots=True)
class Superseded:
    """An industry, line or measure that stands no longer: when, by whom, and what stands instead.

    ``successor`` None: it was ended (停用).
    """

    record: Recorded
    at: datetime
    by: str
    successor: Recorded | None


_PARTS: Mapping[str, type[Any]] = {
    "industries": PlantIndustry, "lines": ProductionLine, "measures": EmergencyMeasure,
}  # fmt: skip


def superseded_part(part: str, plant_id: int, fact_id: int) -> Superseded | None:
    """What became of a part of the plant; None when it stands, or never did."""
    model = _PARTS[part]
    old = db.session.execute(
        select(model).where(model.id == fact_id, model.plant_id == plant_id)
    ).scalar()
    if old is None or old.annulled_at is None:
        return None
    heirs = _records(model, (model.plant_id == plant_id) & (model.recorded_at == old.annulled_at))
    named = (it for it in heirs if getattr(it, "number", "") == getattr(old, "number", ""))
    successor = next(named, heirs[0] if len(heirs) == 1 else None)
    by = names_of([old.annulled_by]).get(old.annulled_by or 0, "系统")
    return Superseded(old, old.annulled_at, by, successor)


@dataclass(frozen=True, slots=True)
class Correction:
    """What a workbook or an edit made the register say otherwise, without a change of its own."""

    record: Any
    """The row of the register that says otherwise than the one before."""
    of_plant: bool
    """Whether it is the plant's; otherwise its enterprise's."""
    fields: tuple[tuple[str, Any, Any], ...]
    """Field, before, after."""


_OF_PLANT = ("name", "number", "county", "closed_on")
_OF_ENTERPRISE = ("name", "uscc")


def corrections_of(plant_id: int) -> list[Correction]:
    """Names, codes, numbers, counties and closings that came without effective day and document.

    Told of the plant, and of whoever owned it at that time.
    """
    plants = run(_PLANT_ROWS, {"plant_id": plant_id}).all()
    owners = sorted({it.enterprise_id for it in plants})
    enterprises = run(_ENTERPRISE_ROWS, {"owners": owners}).all()
    found = list(_corrected(plants, _OF_PLANT, of_plant=True))
    for owner in owners:
        own = [it for it in enterprises if it.enterprise_id == owner]
        corrected = _corrected(own, _OF_ENTERPRISE, of_plant=False)
        found += [it for it in corrected if _owned(plants, owner, it.record)]
    told = set(run(_TOLD, {"plant_id": plant_id, "owners": owners}).scalars()) if found else set()
    return [it for it in found if it.record.recorded_at not in told]


_PLANT_ROWS = (
    select(*PlantRecord.__table__.columns)
    .where(PlantRecord.plant_id == bindparam("plant_id"))
    .order_by(PlantRecord.id)
)
_ENTERPRISE_ROWS = (
    select(*EnterpriseRecord.__table__.columns)
    .where(EnterpriseRecord.enterprise_id.in_(among("owners")))
    .order_by(EnterpriseRecord.id)
)
_TOLD = select(PlantChange.recorded_at).where(
    or_(
        PlantChange.plant_id == bindparam("plant_id"),
        PlantChange.other_plant_id == bindparam("plant_id"),
        PlantChange.enterprise_id.in_(among("owners")),
    )
)
"""When changes of a course of their own were recorded."""


def _records(model: type[Any], which: ColumnElement[bool]) -> Sequence[Any]:
    return db.session.execute(select(model).where(which).order_by(model.id)).scalars().all()


def _corrected(
    records: Sequence[Any], fields: Sequence[str], *, of_plant: bool
) -> Iterator[Correction]:
    for old, new in pairwise(records):
        differing = tuple(
            (name, getattr(old, name), getattr(new, name))
            for name in fields
            if getattr(old, name) != getattr(new, name)
        )
        if differing:
            yield Correction(new, of_plant, differing)


def _owned(plants: Sequence[Any], owner: int, record: Any) -> bool:
    at = record.recorded_at
    return any(
        it.enterprise_id == owner
        and it.recorded_at < at
        and (it.annulled_at is None or it.annulled_at >= at)
        for it in plants
    )


def _differences(
    of: str,
    model: type[PlantRecord] | type[EnterpriseRecord],
    subject: str,
    lasting_id: int,
    old_id: int,
) -> list[Difference]:
    old: Any = db.session.execute(
        select(model).where(model.id == old_id, getattr(model, subject) == lasting_id)
    ).scalar()
    new: Any = db.session.execute(
        select(model).where(getattr(model, subject) == lasting_id, known_at(model, None))
    ).scalar()
    if old is None or new is None or old.id == new.id:
        return []
    names = names_of([new.recorded_by])
    by = names.get(new.recorded_by or 0, "系统")
    return [
        Difference(of, name, getattr(old, name), getattr(new, name), new.recorded_at, by)
        for name in (column.name for column in model.__table__.columns)
        if name not in _OF_RECORDING and getattr(old, name) != getattr(new, name)
    ]


def first_entered(enterprise_id: int, number: str = "") -> str:
    """Who put an enterprise, or the plant with this number, on record and when, in words."""
    model: type[PlantRecord] | type[EnterpriseRecord] = PlantRecord if number else EnterpriseRecord
    which = [model.enterprise_id == enterprise_id]
    if number:
        which.append(PlantRecord.number == number)
    found: Any = db.session.execute(select(model).where(*which).order_by(model.id)).scalar()
    return _who_and_when(found)


def last_step(change_id: int) -> str:
    """Who took the last step of a change of a plant and when, in words."""
    return _who_and_when(db.session.get(PlantChange, change_id))


def _who_and_when(record: Recorded | None) -> str:
    if record is None:
        return ""
    by = names_of({record.recorded_by}).get(record.recorded_by or 0, "系统")
    return f"{by} 于 {clock.shown(record.recorded_at)}"
