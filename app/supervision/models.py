"""Tables of violations (违法行为) and findings of false material (虚假材料认定)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Explained

_AUTO = {"sqlite_autoincrement": True}


class ViolationRecord(Explained, Base):
    """A decided violation; without a plant it counts for every plant of the enterprise."""

    __tablename__ = "violation"

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    acted_on: Mapped[date | None] = mapped_column(Date)
    decided_on: Mapped[date] = mapped_column(Date)
    document: Mapped[str] = mapped_column(String(100))
    document_key: Mapped[str] = mapped_column(String(100))
    withdrawn_on: Mapped[date | None] = mapped_column(Date)
    withdrawal_document: Mapped[str] = mapped_column(Text, default="")
    withdrawal_reason: Mapped[str] = mapped_column(Text, default="")
    barring_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint(
            "kind IN ('未依法环评','未取得排污许可证','超许可浓度或总量','逃避监管排放',"
            "'未按规定安装使用自动监测','其他')",
            name="kind",
        ),
        CheckConstraint("withdrawn_on IS NULL OR withdrawn_on >= decided_on", name="withdrawn"),
        CheckConstraint("acted_on IS NULL OR acted_on <= decided_on", name="acted"),
        Index("ix_violation_enterprise_id_plant_id", "enterprise_id", "plant_id"),
        Index("ix_violation_decided_on", "decided_on", "id"),
        Index("ix_violation_identity", "enterprise_id", "document_key", "kind"),
        _AUTO,
    )


class FindingRecord(Explained, Base):
    """A finding of false material; without a plant it holds for the whole enterprise."""

    __tablename__ = "finding"

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"))
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"), index=True)
    found_on: Mapped[date] = mapped_column(Date)
    document: Mapped[str] = mapped_column(String(100))
    document_key: Mapped[str] = mapped_column(String(100))
    withdrawn_on: Mapped[date | None] = mapped_column(Date)
    withdrawal_document: Mapped[str] = mapped_column(Text, default="")
    withdrawal_reason: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("withdrawn_on IS NULL OR withdrawn_on >= found_on", name="withdrawn"),
        Index("ix_finding_enterprise_id_plant_id", "enterprise_id", "plant_id"),
        Index("ix_finding_identity", "enterprise_id", "document_key"),
        _AUTO,
    )
