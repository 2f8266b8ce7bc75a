"""What the pages of this stage read across stages (经办)."""

from __future__ import annotations

from sqlalchemy import func, select

from app.kernel.database import db, known_at
from app.supervision.models import FindingRecord, ViolationRecord


def count_facts(enterprise_id: int, plant_id: int | None) -> int:
    """How many violations and findings stand against the plant.

    None: those of the enterprise that name no plant and so hold for all it has.
    """
    return sum(
        db.session.execute(
            select(func.count()).where(
                model.plant_id == plant_id
                if plant_id
                else (model.enterprise_id == enterprise_id) & model.plant_id.is_(None),
                model.withdrawn_on.is_(None),
                known_at(model, None),
            )
        ).scalar_one()
        for model in (ViolationRecord, FindingRecord)
    )
