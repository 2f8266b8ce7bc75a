"""Reading violations and findings (违法行为与虚假材料认定) that bear on plants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import CompoundSelect, and_, bindparam, or_, select

from app.kernel.database import AsKnown, among, known_at, run
from app.kernel.facts import in_parts
from app.registry.models import PlantRecord
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
    plants, enterprises = (list(in_parts(sorted(set(ids)))) for ids in (plant_ids, enterprise_ids))
    for some, whole in zip_longest(plants, enterprises, fillvalue=()):
        for row in _VIOLATIONS.rows(moment, plants=some, enterprises=whole):
            _against(found, row[0], row[1]).violations.append(_violation(row))
        for row in _FINDINGS.rows(moment, plants=some, enterprises=whole):
            _against(found, row[0], row[1]).findings.append(_finding(row))
    return found


def facts_against_between(first: int, last: int) -> dict[int, Against]:
    """All that bears on each plant from ``first`` to ``last``, as known now, its own first.

    What names no plant is found for each plant of the enterprise; plants without anything are
    left out.
    """
    found: dict[int, Against] = {}
    bounds = {"first": first, "last": last}
    rows: Iterable[Sequence[Any]] = run(_VIOLATIONS_BETWEEN, bounds)
    for row in rows:
        found.setdefault(row[0], Against()).violations.append(_violation(row[1:]))
    rows = run(_FINDINGS_BETWEEN, bounds)
    for row in rows:
        found.setdefault(row[0], Against()).findings.append(_finding(row[1:]))
    return found


def _violation(row: Sequence[Any]) -> Violation:
    plant_id, _, i, kind, acted, decided, document, withdrawn, barring = row
    whole = plant_id is None
    return Violation(i, ViolationKind(kind), acted, decided, document, withdrawn, whole, barring)


def _finding(row: Sequence[Any]) -> Finding:
    plant_id, _, i, found_on, document, withdrawn, note = row
    return Finding(i, found_on, document, withdrawn, plant_id is None, note)


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


def _concerning(
    columns: tuple[Any, ...], model: type[ViolationRecord] | type[FindingRecord]
) -> AsKnown:
    """What names one of the plants, or names none and is about one of the enterprises."""
    whole = and_(model.plant_id.is_(None), model.enterprise_id.in_(among("enterprises")))
    return AsKnown(model, select(*columns).where(or_(model.plant_id.in_(among("plants")), whole)))


def _between(
    columns: tuple[Any, ...], model: type[ViolationRecord] | type[FindingRecord]
) -> CompoundSelect[*tuple[Any, ...]]:
    """The plant that it bears on with what names it, and with what names none.

    The latter are looked up for each plant's enterprise: the sum keeps SQLite, which knows nothing
    of how many there are, from going through all of them instead.
    """
    bounds: Any = bindparam("first"), bindparam("last")
    named = select(model.plant_id, *columns).where(
        model.plant_id.between(*bounds), known_at(model, None)
    )
    whole = (
        select(PlantRecord.plant_id, *columns)
        .join(PlantRecord, PlantRecord.enterprise_id == model.enterprise_id)
        .where(
            PlantRecord.plant_id.between(*bounds),
            known_at(PlantRecord, None),
            (model.plant_id + 0).is_(None),
            known_at(model, None),
        )
    )
    return named.union_all(whole)


_VIOLATIONS = _concerning(_VIOLATION, ViolationRecord)
_FINDINGS = _concerning(_FINDING, FindingRecord)
_VIOLATIONS_BETWEEN = _between(_VIOLATION, ViolationRecord)
_FINDINGS_BETWEEN = _between(_FINDING, FindingRecord)


def _against(found: FactsAgainst, plant_id: int | None, enterprise_id: int) -> Against:
    if plant_id is None:
        return found.by_enterprise.setdefault(enterprise_id, Against())
    return found.by_plant.setdefault(plant_id, Against())
