"""Recording violations and findings (登记违法行为与虚假材料认定)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.kernel import facts
from app.kernel.database import db, known_at
from app.kernel.transaction import standing_changed
from app.registry.change_rules import Handover
from app.registry.domain import document_key
from app.registry.queries import plants_of
from app.supervision.domain import ViolationKind
from app.supervision.models import FindingRecord, ViolationRecord


@dataclass(frozen=True, slots=True)
class ViolationEntry:
    """A decided violation; ``plant_id`` None means every plant of the enterprise.

    The last three are what a workbook has no column for. None: as on the record that this one
    replaces, as far as it still applies; nothing on a new one.
    """

    enterprise_id: int
    plant_id: int | None
    kind: str
    acted_on: date | None
    decided_on: date
    document: str
    withdrawn_on: date | None = None
    withdrawal_document: str | None = None
    withdrawal_reason: str | None = None
    barring_reason: str | None = None
    """Why the head holds that it bars (PLAN-BLOCK, 等); kept for 其他 only."""


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding of false material; ``plant_id`` None means the whole enterprise (PLAN-FALSE).

    The last two as in :class:`ViolationEntry`.
    """

    enterprise_id: int
    plant_id: int | None
    found_on: date
    document: str
    withdrawn_on: date | None = None
    note: str = ""
    withdrawal_document: str | None = None
    withdrawal_reason: str | None = None


Entry = TypeVar("Entry", ViolationEntry, FindingEntry)
Model = type[ViolationRecord] | type[FindingRecord]


def record_violations(entries: Sequence[ViolationEntry]) -> list[int]:
    """Enter violations (PLAN-BLOCK); the standings of the plants concerned follow."""
    return _record(ViolationRecord, entries)


def correct_violations(corrections: Mapping[int, ViolationEntry], reason: str = "") -> list[int]:
    """Replace violations (fact id → entry), a withdrawal included; returns the new ids."""
    return _correct(ViolationRecord, corrections, reason)


def annul_violations(ids: Collection[int], reason: str) -> None:
    """Annul violations that should never have been recorded (作废)."""
    _annul(ViolationRecord, ids, reason)


def record_findings(entries: Sequence[FindingEntry]) -> list[int]:
    """Enter findings of false material (PLAN-FALSE); the standings follow."""
    return _record(FindingRecord, entries)


def correct_findings(corrections: Mapping[int, FindingEntry], reason: str = "") -> list[int]:
    """Replace findings (fact id → entry), a withdrawal included; returns the new ids."""
    return _correct(FindingRecord, corrections, reason)


def annul_findings(ids: Collection[int], reason: str) -> None:
    """Annul findings that should never have been recorded (作废)."""
    _annul(FindingRecord, ids, reason)


def hand_on(it: Handover) -> None:
    """Record for a plant what is on record against another plant, or a whole enterprise.

    Each under its own document; one that bears on the plant already is not entered twice.
    """
    _hand_on(ViolationRecord, ViolationEntry, it)
    _hand_on(FindingRecord, FindingEntry, it)


def _hand_on(model: Model, entry: type[Entry], it: Handover) -> None:
    bears = or_(
        model.plant_id == it.to_plant,
        and_(model.enterprise_id == it.to_enterprise, model.plant_id.is_(None)),
    )
    held = {_identity(row) for row in _standing(model, bears)}
    subject = {"enterprise_id": it.to_enterprise, "plant_id": it.to_plant}
    given = (
        {one.name: getattr(row, one.name) for one in fields(entry)} | subject
        for row in _standing(model, _given(model, it.from_enterprise, it.from_plant))
        if _identity(row) not in held
    )
    _record(model, [entry(**values) for values in given])


def annul_facts_of_all_plants(enterprise_id: int, reason: str) -> None:
    """Annul what names no plant of the enterprise, once it is on record for each of them."""
    for model in (ViolationRecord, FindingRecord):
        found = _standing(model, _given(model, enterprise_id, None))
        _annul(model, [row.id for row in found], reason)


def _given(model: Model, enterprise_id: int, plant_id: int | None) -> ColumnElement[bool]:
    if plant_id is not None:
        return model.plant_id == plant_id
    return and_(model.enterprise_id == enterprise_id, model.plant_id.is_(None))


def _standing(
    model: Model, which: ColumnElement[bool]
) -> Sequence[ViolationRecord | FindingRecord]:
    query: Select[Any] = select(model).where(which, known_at(model, None)).order_by(model.id)
    return db.session.execute(query).scalars().all()


def _identity(row: ViolationRecord | FindingRecord) -> tuple[str, str]:
    return row.document_key, getattr(row, "kind", "")


def _record(model: Model, entries: Sequence[Entry]) -> list[int]:
    _standings_follow((entry.enterprise_id, entry.plant_id) for entry in entries)
    return facts.record(model, [_row(entry) for entry in entries])


def _correct(model: Model, corrections: Mapping[int, Entry], reason: str) -> list[int]:
    """Both the plants that the replaced records named and those of the new ones follow."""
    standing = _on_record(model, corrections)
    _standings_follow((row.enterprise_id, row.plant_id) for row in standing.values())
    _standings_follow((entry.enterprise_id, entry.plant_id) for entry in corrections.values())
    rows = {i: _row(_completed(entry, standing[i])) for i, entry in corrections.items()}
    return facts.replace(model, rows, reason)


def _annul(model: Model, ids: Collection[int], reason: str) -> None:
    rows = _on_record(model, ids).values()
    _standings_follow((row.enterprise_id, row.plant_id) for row in rows)
    facts.annul(model, ids, reason)


def _on_record(model: Model, ids: Iterable[int]) -> dict[int, ViolationRecord | FindingRecord]:
    found: dict[int, ViolationRecord | FindingRecord] = {}
    for part in facts.in_parts(sorted(set(ids))):
        query: Select[Any] = select(model).where(model.id.in_(part))
        found.update({row.id: row for row in db.session.execute(query).scalars()})
    return found


def _completed(entry: Entry, old: ViolationRecord | FindingRecord) -> Entry:
    """The entry with what it leaves unsaid taken over from the record that it replaces."""
    if entry.withdrawal_document is None:
        entry = replace(entry, withdrawal_document=old.withdrawal_document)
    if entry.withdrawal_reason is None:
        entry = replace(entry, withdrawal_reason=old.withdrawal_reason)
    if isinstance(entry, FindingEntry) or not isinstance(old, ViolationRecord):
        return entry
    kept = old.barring_reason if entry.barring_reason is None else entry.barring_reason
    return replace(entry, barring_reason=kept)


def _row(entry: ViolationEntry | FindingEntry) -> dict[str, object]:
    """The entry as a row; what speaks of a withdrawal or mark that is not there is left out."""
    row = facts.row_of(entry)
    for name in ("withdrawal_document", "withdrawal_reason"):
        row[name] = (row[name] or "") if entry.withdrawn_on is not None else ""
    if isinstance(entry, ViolationEntry):
        is_other = entry.kind == ViolationKind.OTHER
        row["barring_reason"] = (entry.barring_reason or "") if is_other else ""
    return {**row, "document_key": document_key(entry.document)}


def _standings_follow(subjects: Iterable[tuple[int, int | None]]) -> None:
    """Emit the plants; what names none touches every plant of the enterprise."""
    touched: set[int] = set()
    whole: set[int] = set()
    for enterprise_id, plant_id in subjects:
        if plant_id is None:
            whole.add(enterprise_id)
        else:
            touched.add(plant_id)
    for plants in plants_of(whole).values():
        touched.update(plants)
    standing_changed.emit(touched)
