"""Table of construction projects (建设项目)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Recorded

_STANDS = text("annulled_at IS NULL")


class ProjectRecord(Recorded, Base):
    """A new, altered or extended project of a plant (sheet 建设项目)."""

    __tablename__ = "project"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(2))
    new_enterprise: Mapped[bool | None] = mapped_column()
    eia_document: Mapped[str] = mapped_column(String(100), default="")
    eia_grade: Mapped[str | None] = mapped_column(String(4))
    started_on: Mapped[date | None] = mapped_column(Date)
    completed_on: Mapped[date | None] = mapped_column(Date)
    upgrade_started_on: Mapped[date | None] = mapped_column(Date)
    upgrade_completed_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        Index("uq_project_name", "plant_id", "name", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        CheckConstraint("kind IN ('新建','改建','扩建')", name="kind"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
