"""Tables of emission-rights applications (排污权申请) and government reserves (政府储备)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, Recorded, Tonnes, UTCMoment

_STANDS = text("annulled_at IS NULL")
_POLLUTANT = "pollutant IN ('SO2','NOx','VOCs','PM')"


class ApplicationRecord(Recorded, Base):
    """What a plant asks for a pollutant and year, in tonnes a year (sheet 排污权申请)."""

    __tablename__ = "rights_application"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    project_name: Mapped[str] = mapped_column(String(200), default="")
    pollutant: Mapped[str] = mapped_column(String(4))
    year: Mapped[int] = mapped_column(Integer)
    asked: Mapped[Decimal] = mapped_column(Tonnes)
    applied_on: Mapped[date] = mapped_column(Date)

    __table_args__ = (
        Index("uq_rights_application_identity", "plant_id", "project_name", "pollutant", "year",
              unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("ix_rights_application_year", "year", "pollutant"),
        CheckConstraint(_POLLUTANT, name="pollutant"),
        CheckConstraint("asked > 0", name="asked"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip


class EvidenceRecord(Base):
    """A file that supports an application (证明材料), in its place among them; never altered."""

    __tablename__ = "rights_evidence"

    application_id: Mapped[int] = mapped_column(
        ForeignKey("rights_application.id"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))


class ReserveRecord(Recorded, Base):
    """What a level's government reserve holds of a pollutant for a year (sheet 排污权储备)."""

    __tablename__ = "rights_reserve"

    level: Mapped[str] = mapped_column(String(8))
    pollutant: Mapped[str] = mapped_column(String(4))
    year: Mapped[int] = mapped_column(Integer)
    tonnes: Mapped[Decimal] = mapped_column(Tonnes)

    __table_args__ = (
        Index("uq_rights_reserve_identity", "level", "pollutant", "year", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        CheckConstraint("level IN ('province','city')", name="level"),
        CheckConstraint(_POLLUTANT, name="pollutant"),
        CheckConstraint("tonnes >= 0", name="tonnes"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip


class ReserveMovement(Recorded, Base):
    """Tonnes that came into a reserve or went out of it (储备收支), never overwritten."""

    __tablename__ = "rights_reserve_entry"

    level: Mapped[str] = mapped_column(String(8))
    pollutant: Mapped[str] = mapped_column(String(4))
    year: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(10))
    tonnes: Mapped[Decimal] = mapped_column(Tonnes)
    booked_on: Mapped[date] = mapped_column(Date)
    document: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(200), default="")
    counterpart_id: Mapped[int | None] = mapped_column(BigInteger)
    list_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("ix_rights_reserve_entry_account", "level", "pollutant", "year"),
        CheckConstraint("level IN ('province','city')", name="level"),
        CheckConstraint(_POLLUTANT, name="pollutant"),
        CheckConstraint("kind IN ('in','out','carry-in','carry-out','allocation')", name="kind"),
        CheckConstraint("tonnes > 0", name="tonnes"),
        {"sqlite_autoincrement": True},
    )


class RightsCorrection(Base):
    """Why an entry or an application was annulled by hand, and what stands in its place."""

    __tablename__ = "rights_correction"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(String(12))
    fact_id: Mapped[int] = mapped_column(BigInteger)
    replaced_by: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(200))
    document: Mapped[str] = mapped_column(String(100), default="")
    recorded_at: Mapped[datetime] = mapped_column(UTCMoment)
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("subject IN ('entry','application')", name="subject"),
        Index("ix_rights_correction_fact", "subject", "fact_id"),
        {"sqlite_autoincrement": True},
    )
