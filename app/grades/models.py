"""Tables of grade records (等级记录) and of the interval projection of standings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, Explained, UTCMoment


class GradeRow(Explained, Base):
    """A grade given to a plant under a rulebook, from a day on (sheet 等级)."""

    __tablename__ = "grade_record"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    rulebook: Mapped[str] = mapped_column(String(30))
    grade: Mapped[str] = mapped_column(String(4))
    effective_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(4))
    document: Mapped[str] = mapped_column(String(100), default="")
    ending_document: Mapped[str] = mapped_column(Text, default="")
    ending_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("uq_grade_record_start", "plant_id", "rulebook", "effective_on", unique=True,
              sqlite_where=text("annulled_at IS NULL"),
              postgresql_where=text("annulled_at IS NULL")),
        CheckConstraint("grade IN ('A+','A','B','B-','C','D','引领性','非引领性')", name="grade"),
        CheckConstraint("source IN ('核定','复核','降级','历史')", name="source"),
        CheckConstraint("expires_on IS NULL OR expires_on > effective_on", name="expires"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip


class StandingInterval(Base):
    """A stretch ``from_on ≤ day < until_on`` in which a plant's standing did not change.

    Derived by :func:`app.grades.domain.intervals` and rebuilt in the transaction of the fact;
    never the source of anything.
    """

    __tablename__ = "standing_interval"

    plant_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    from_on: Mapped[date] = mapped_column(Date, primary_key=True)
    until_on: Mapped[date] = mapped_column(Date)
    grade: Mapped[str | None] = mapped_column(String(4))
    grade_rank: Mapped[int] = mapped_column(Integer)
    rulebook: Mapped[str | None] = mapped_column(String(30))
    basis: Mapped[str | None] = mapped_column(String(8))
    basis_id: Mapped[int | None] = mapped_column(BigId)
    verified: Mapped[bool] = mapped_column()
    blocked: Mapped[bool] = mapped_column()
    blocking: Mapped[str] = mapped_column(Text)
    banned_until: Mapped[date | None] = mapped_column(Date)
    violations_36m: Mapped[int] = mapped_column(Integer)
    held_since: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (CheckConstraint("until_on > from_on", name="forward"),)


class ProjectionState(Base):
    """With which settings the intervals were last built as a whole."""

    __tablename__ = "projection_state"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    built_at: Mapped[datetime] = mapped_column(UTCMoment)


class ProjectionRebuild(Base):
    """A rebuild of all intervals that has not come to its end (全部重新推算); at most one row."""

    __tablename__ = "projection_rebuild"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Of the settings by which it derives."""
    begun_at: Mapped[datetime] = mapped_column(UTCMoment)
    went_on_at: Mapped[datetime] = mapped_column(UTCMoment)
    """When the last part was done."""
    through: Mapped[int] = mapped_column(BigId)
    """The plants up to this one are done."""
    done: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
