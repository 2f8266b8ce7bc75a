"""Recording construction projects (登记建设项目)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.kernel import facts
from app.upgrading.models import ProjectRecord


@dataclass(frozen=True, slots=True)
class ProjectEntry:
    """A project (建设项目) with the two schedules of 以新带老 (PLAN-OLDNEW)."""

    plant_id: int
    name: str
    kind: str
    new_enterprise: bool | None = None
    eia_document: str = ""
    eia_grade: str | None = None
    started_on: date | None = None
    completed_on: date | None = None
    upgrade_started_on: date | None = None
    upgrade_completed_on: date | None = None


def record_projects(entries: Sequence[ProjectEntry]) -> list[int]:
    """Enter projects."""
    return facts.record_columns(ProjectRecord, facts.columns_of(entries))


def correct_projects(corrections: Mapping[int, ProjectEntry]) -> None:
    """Replace projects (fact id → entry)."""
    facts.replace(ProjectRecord, {i: facts.row_of(entry) for i, entry in corrections.items()})
