"""Reading violations and findings (违法行为与虚假材料认定) that bear on plants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from app.kernel.database import db, known_at
from app.kernel.facts import in_parts
from app.supervision.domain import Finding, Violation, ViolationKind
from app.supervision.models import FindingRecord, ViolationRecord


@dataclass(slots=True)
class Against:
    """What stands against one plant by itself, or against an enterprise as a whole."""

    violations: list[Violation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FactsAgainst:
    """Facts by the plant they name, and those that name none by the enterprise."""

    by_plant: dict[int, Against]
    by_enterprise: dict[int, Against]


def facts_against(
    plant_ids: Iterable[int], enterprise_ids: Iterable[int], moment: datetime | None = None
) -> FactsAgainst:
    """Violations and findings against these plants and enterprises, as known at ``moment``.

    A fact that names a plant follows the plant, whoever owns it now; one that names none follows
    the enterprise to every plant it has now.
    """
    found = FactsAgainst({}, {})
    for row in _rows(_VIOLATION, ViolationRecord, plant_ids, enterprise_ids, moment):
        plant_id, enterprise_id, i, kind, acted, decided, document, withdrawn, barring = row
        whole = plant_id is None
        _against(found, plant_id, enterprise_id).violations.append(
            Violation(i, ViolationKind(kind), acted, decided, document, withdrawn, whole, barring)
        )
    for row in _rows(_FINDING, FindingRecord, plant_ids, enterprise_ids, moment):
        plant_id, enterprise_id, i, found_on, document, withdrawn, note = row
        _against(found, plant_id, enterprise_id).findings.append(
            Finding(i, found_on, document, withdrawn, plant_id is None, note)
        )
    return found


_VIOLATION = (
    ViolationRecord.plant_id,
    ViolationRecord.enterprise_id,
    ViolationRecord.id,
    ViolationRecord.kind,
    ViolationRecord.acted_on,
    ViolationRecord.decided_on,
    ViolationRecord.document,
    ViolationRecord.withdrawn_on,
    ViolationRecord.barring_reason,
)
_FINDING = (
    FindingRecord.plant_id,
    FindingRecord.enterprise_id,
    FindingRecord.id,
    FindingRecord.found_on,
    FindingRecord.document,
    FindingRecord.withdrawn_on,
    FindingRecord.note,
)


def _rows(
    columns: tuple[Any, ...],
    model: type[ViolationRecord] | type[FindingRecord],
    plant_ids: Iterable[int],
    enterprise_ids: Iterable[int],
    moment: datetime | None,
) -> Iterator[Any]:
    named: list[ColumnElement[bool]] = [
        model.plant_id.in_(part) for part in in_parts(sorted(set(plant_ids)))
    ]
    whole = [
        model.plant_id.is_(None) & model.enterprise_id.in_(part)
        for part in in_parts(sorted(set(enterprise_ids)))
    ]
    for concerned in (*named, *whole):
        yield from db.session.execute(select(*columns).where(concerned, known_at(model, moment)))


def _against(found: FactsAgainst, plant_id: int | None, enterprise_id: int) -> Against:
    if plant_id is None:
        return found.by_enterprise.setdefault(enterprise_id, Against())
    return found.by_plant.setdefault(plant_id, Against())
