"""Recording inspections (登记检查)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.followup.models import InspectionRecord
from app.kernel import facts


@dataclass(frozen=True, slots=True)
class InspectionEntry:
    """An inspection (检查); ``inspectors`` are two or more names separated by 、."""

    plant_id: int
    inspected_on: date
    kind: str
    conclusion: str
    actual_grade: str | None
    inspectors: str = ""
    action_code: str = ""


def record_inspections(entries: Sequence[InspectionEntry]) -> list[int]:
    """Enter inspections. None changes a grade by itself: that takes a grade record (NAT-TRACK)."""
    return facts.record_columns(InspectionRecord, facts.columns_of(entries))


def correct_inspections(corrections: Mapping[int, InspectionEntry]) -> None:
    """Replace inspections (fact id → entry)."""
    facts.replace(InspectionRecord, {i: facts.row_of(entry) for i, entry in corrections.items()})
