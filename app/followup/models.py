"""Table of inspections (检查)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Recorded


class InspectionRecord(Recorded, Base):
    """An inspection of a plant (sheet 检查); it changes a grade only through a grade record."""

    __tablename__ = "inspection"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    inspected_on: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(8))
    conclusion: Mapped[str] = mapped_column(String(4))
    actual_grade: Mapped[str | None] = mapped_column(String(4))
    inspectors: Mapped[str] = mapped_column(String(200), default="")
    action_code: Mapped[str] = mapped_column(String(60), default="")

    __table_args__ = (
        CheckConstraint("kind IN ('日常检查','抽查','复核','执法')", name="kind"),
        CheckConstraint("conclusion IN ('符合','不符合')", name="conclusion"),
        CheckConstraint("conclusion = '符合' OR actual_grade IS NOT NULL", name="actual_grade"),
        {"sqlite_autoincrement": True},
    )
