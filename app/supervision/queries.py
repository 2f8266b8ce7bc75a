"""Reading violations and findings (违法行为与虚假材料认定) that bear on plants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, TypeAlias

from sqlalchemy import CompoundSelect, and_, bindparam, func, or_, select, union

from app.kernel import driver_rows
from app.kernel.database import AsKnown, among, known_at, run
from app.kernel.facts import in_parts
from app.registry.models import PlantRecord
from app.supervision.domain import Finding, Violation, ViolationKind
from app.supervision.models import FindingRecord, ViolationRecord

Models: TypeAlias = Sequence[type[ViolationRecord] | type[FindingRecord]]


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
    bounds, days = {"first": first, "last": last}, driver_rows.days_read()
    for row in driver_rows.fetched(_VIOLATIONS_BETWEEN, bounds):
        plant_id, named, _, i, kind, acted, decided, document, withdrawn, barring = row
        violation = Violation(
            i, ViolationKind(kind), days[acted], days[decided], document, days[withdrawn],
            named is None, barring,
        )  # fmt: skip
        found.setdefault(plant_id, Against()).violations.append(violation)
    for row in driver_rows.fetched(_FINDINGS_BETWEEN, bounds):
        plant_id, named, _, i, found_on, document, withdrawn, note = row
        finding = Finding(i, days[found_on], document, days[withdrawn], named is None, note)
        found.setdefault(plant_id, Against()).findings.append(finding)
    return found


def plants_with(models: Models, after: int = 0, most: int = 2**31 - 1) -> list[int]:
    """The next plants that such facts bear on, as known now, in the order of their ids."""
    next_ones = _with(models).order_by("plant_id").limit(bindparam("most"))
    return list(run(next_ones, {"after": after, "most": most}).scalars())


def count_plants_with(models: Models) -> int:
    """How many plants such facts bear on, as known now."""
    plants = _with(models).subquery()
    return int(run(select(func.count()).select_from(plants), {"after": 0}).scalar_one())


def _with(models: Models) -> CompoundSelect[*tuple[Any, ...]]:
    after: Any = bindparam("after")
    parts: list[Any] = []
    for model in models:
        parts += [
            select(model.plant_id.label("plant_id")).where(
                model.plant_id > after, known_at(model, None)
            ),
            select(PlantRecord.plant_id)
            .join(model, model.enterprise_id == PlantRecord.enterprise_id)
            .where(
                PlantRecord.plant_id > after,
                known_at(PlantRecord, None),
                model.plant_id.is_(None),
                known_at(model, None),
            ),
        ]
    return union(*parts)


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
