"""Recording violations and findings (登记违法行为与虚假材料认定)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from app.kernel import facts
from app.kernel.transaction import standing_changed
from app.registry.domain import document_key
from app.registry.queries import plants_of
from app.supervision.models import FindingRecord, ViolationRecord


@dataclass(frozen=True, slots=True)
class ViolationEntry:
    """A decided violation; ``plant_id`` None means every plant of the enterprise."""

    enterprise_id: int
    plant_id: int | None
    kind: str
    acted_on: date | None
    decided_on: date
    document: str
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding of false material; ``plant_id`` None means the whole enterprise (PLAN-FALSE)."""

    enterprise_id: int
    plant_id: int | None
    found_on: date
    document: str
    withdrawn_on: date | None = None
    note: str = ""


def record_violations(entries: Sequence[ViolationEntry]) -> list[int]:
    """Enter violations (PLAN-BLOCK); the standings of the plants concerned follow."""
    _standings_follow(entries)
    return facts.record(ViolationRecord, [_row(entry) for entry in entries])


def correct_violations(corrections: Mapping[int, ViolationEntry]) -> None:
    """Replace violations (fact id → entry), a withdrawal included."""
    _standings_follow(corrections.values())
    facts.replace(ViolationRecord, {i: _row(entry) for i, entry in corrections.items()})


def record_findings(entries: Sequence[FindingEntry]) -> list[int]:
    """Enter findings of false material (PLAN-FALSE); the standings follow."""
    _standings_follow(entries)
    return facts.record(FindingRecord, [_row(entry) for entry in entries])


def correct_findings(corrections: Mapping[int, FindingEntry]) -> None:
    """Replace findings (fact id → entry), a withdrawal included."""
    _standings_follow(corrections.values())
    facts.replace(FindingRecord, {i: _row(entry) for i, entry in corrections.items()})


def _row(entry: ViolationEntry | FindingEntry) -> dict[str, object]:
    return {**asdict(entry), "document_key": document_key(entry.document)}


def _standings_follow(entries: Iterable[ViolationEntry | FindingEntry]) -> None:
    """Enterprise-wide facts touch every plant of the enterprise."""
    touched: set[int] = set()
    whole: set[int] = set()
    for entry in entries:
        if entry.plant_id is None:
            whole.add(entry.enterprise_id)
        else:
            touched.add(entry.plant_id)
    for plants in plants_of(whole).values():
        touched.update(plants)
    standing_changed.emit(touched)
