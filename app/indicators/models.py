"""Tables of indicator tables (指标表): versions that never change, and from when one rules."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, Explained, UTCMoment

_STANDS = text("annulled_at IS NULL")


class IndicatorFamily(Base):
    """What a table is of: an industry or sub-type under a rulebook; the guide's, or a supplement.

    ``part`` tells several supplements (省级补充要求) of one industry apart; the guide's own has
    none.
    """

    __tablename__ = "indicator_family"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    rulebook: Mapped[str] = mapped_column(String(30))
    industry: Mapped[str] = mapped_column(String(40))
    subtype: Mapped[str] = mapped_column(String(40), default="")
    kind: Mapped[str] = mapped_column(String(10))
    part: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UTCMoment)

    __table_args__ = (
        UniqueConstraint("rulebook", "industry", "subtype", "kind", "part"),
        CheckConstraint("kind IN ('base','supplement')", name="kind"),
        CheckConstraint("(kind = 'base') = (part = '')", name="part"),
        {"sqlite_autoincrement": True},
    )


class IndicatorVersion(Base):
    """A table as somebody kept it (版本); every saving makes one, and none is ever altered."""

    __tablename__ = "indicator_version"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    family_id: Mapped[int] = mapped_column(ForeignKey("indicator_family.id"))
    number: Mapped[int] = mapped_column(Integer)
    """Counted from 1 within the family."""
    title: Mapped[str] = mapped_column(String(120))
    rows: Mapped[int] = mapped_column(Integer)
    unverified: Mapped[int] = mapped_column(Integer)
    """How many cells are 未核实; this and the two before stand in the content too, for lists."""
    made_from: Mapped[int | None] = mapped_column(BigInteger)
    """The version that was being edited."""
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    example: Mapped[bool] = mapped_column(default=False)
    """示例: made up to show what the system does; no filing is judged by it but in the demo."""
    note: Mapped[str] = mapped_column(String(200), default="")
    kept_at: Mapped[datetime] = mapped_column(UTCMoment)
    kept_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        UniqueConstraint("family_id", "number"),
        {"sqlite_autoincrement": True},
    )


class IndicatorRuling(Explained, Base):
    """From this day a version rules (施行); without a version the family is retired (停用)."""

    __tablename__ = "indicator_ruling"

    family_id: Mapped[int] = mapped_column(ForeignKey("indicator_family.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("indicator_version.id"))
    from_on: Mapped[date] = mapped_column(Date)
    document: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_indicator_ruling_from", "family_id", "from_on", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
