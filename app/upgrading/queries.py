"""Reading construction projects (建设项目)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from app.kernel.database import db, known_at
from app.registry.domain import name_key
from app.upgrading.models import ProjectRecord


def new_enterprise_marks(known: datetime | None = None) -> Callable[[int, str], bool | None]:
    """Tells of a plant's project, by the name somebody gave it, whether it is 新办企业.

    Names are compared as everywhere in the ledger: brackets, width and blanks do not matter. None:
    no project of that name stands among the plant's, or nothing is said of it.
    """
    rows = db.session.execute(
        select(ProjectRecord.plant_id, ProjectRecord.name, ProjectRecord.new_enterprise).where(
            known_at(ProjectRecord, known)
        )
    )
    marks = {(plant_id, name_key(name)): mark for plant_id, name, mark in rows}
    return lambda plant_id, name: marks.get((plant_id, name_key(name)))


def project_names(plant_id: int) -> list[str]:
    """The names of a plant's projects, in recorded order."""
    return list(
        db.session.execute(
            select(ProjectRecord.name)
            .where(ProjectRecord.plant_id == plant_id, known_at(ProjectRecord, None))
            .order_by(ProjectRecord.id)
        ).scalars()
    )
