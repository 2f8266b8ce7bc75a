"""Tables of enterprises (企业), plants (厂区), their industries, lines and emergency measures.

A plant or enterprise is a lasting id; everything said of it (owner, code, number, name, county) is
a recorded fact that a later one replaces.
"""

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
    Text,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, ExactDecimal, Recorded, Tonnes, UTCMoment

_STANDS = text("annulled_at IS NULL")
_AUTO = {"sqlite_autoincrement": True}


class Enterprise(Base):
    """The lasting id of an enterprise."""

    __tablename__ = "enterprise"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    created_at: Mapped[datetime] = mapped_column(UTCMoment)
    __table_args__ = (_AUTO,)


class Plant(Base):
    """The lasting id of a plant; grades and violations follow it whatever it is called."""

    __tablename__ = "plant"
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    created_at: Mapped[datetime] = mapped_column(UTCMoment)
    __table_args__ = (_AUTO,)


class EnterpriseRecord(Recorded, Base):
    """What is said of an enterprise (sheet 企业)."""

    __tablename__ = "enterprise_record"

    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    uscc: Mapped[str] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(120))
    former_name: Mapped[str] = mapped_column(String(200), default="")
    legal_representative: Mapped[str] = mapped_column(String(60), default="")
    contact: Mapped[str] = mapped_column(String(60), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    founded_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
    name_key: Mapped[str] = mapped_column(String(120), index=True)

    __table_args__ = (
        Index("uq_enterprise_record_uscc", "uscc", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("uq_enterprise_record_enterprise", "enterprise_id", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        CheckConstraint("length(uscc) = 18", name="uscc"),
        _AUTO,
    )  # fmt: skip


class PlantRecord(Recorded, Base):
    """What is said of a plant (sheet 厂区)."""

    __tablename__ = "plant_record"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    number: Mapped[str] = mapped_column(String(3))
    name: Mapped[str] = mapped_column(String(120))
    county: Mapped[str] = mapped_column(String(6), index=True)
    town: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(String(200), default="")
    longitude: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    latitude: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    permit_number: Mapped[str] = mapped_column(String(22), default="")
    permit_category: Mapped[str] = mapped_column(String(4), default="")
    permit_until: Mapped[date | None] = mapped_column(Date)
    livelihood: Mapped[bool | None] = mapped_column()
    state: Mapped[str] = mapped_column(String(4), default="")
    closed_on: Mapped[date | None] = mapped_column(Date)
    """The first day on which the plant no longer exists (关闭)."""
    officer: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """经办人: who looks after the plant."""

    __table_args__ = (
        Index("uq_plant_record_number", "enterprise_id", "number", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        Index("uq_plant_record_plant", "plant_id", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        CheckConstraint("length(number) = 3", name="number"),
        CheckConstraint("permit_category IN ('','重点管理','简化管理','登记管理')",
                        name="permit_category"),
        CheckConstraint("state IN ('','正常','停产','长期停产')", name="state"),
        _AUTO,
    )  # fmt: skip


class PlantChange(Recorded, Base):
    """A change in the life of a plant (厂区变更) with its own effective day (生效日期).

    Its course is told by records that replace one another: planned (预定), then done, withdrawn,
    or stuck when the register no longer allowed it on its day; ``first_id`` names the first.
    ``wanted`` is what was asked for, as JSON; ``told`` the same in a sentence.
    """

    __tablename__ = "plant_change"

    first_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(10))
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"), index=True)
    other_enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprise.id"), index=True)
    other_plant_id: Mapped[int | None] = mapped_column(ForeignKey("plant.id"), index=True)
    effective_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(String(100))
    wanted: Mapped[str] = mapped_column(Text)
    told: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    form_key: Mapped[str] = mapped_column(String(64), index=True)
    """Of the form it was sent by: the same form sent twice is one change."""

    __table_args__ = (
        CheckConstraint("stage IN ('planned','done','withdrawn','stuck')", name="stage"),
        Index("ix_plant_change_stage", "stage", "effective_on"),
        _AUTO,
    )


def _serving(name: str, *columns: str) -> Index:
    """An index that narrows by its first column, sorts within it, and lets both be counted."""
    rest = ("sort_key", "plant_id", "enterprise_id", "closed_on")
    return Index(f"ix_plant_search_by_{name}", *columns[:1], *rest, *columns[1:])


class PlantSearch(Base):
    """What a plant is found, narrowed and sorted by; derived, rebuilt with the facts it comes from.

    One row a plant, so that one index serves filter and order both. The columns from ``grade`` on
    are the standing on the :class:`ShownDay`, kept by the stage of grades.
    """

    __tablename__ = "plant_search"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    sort_key: Mapped[str] = mapped_column(String(240))
    enterprise_id: Mapped[int] = mapped_column(BigId, server_default="0")
    uscc: Mapped[str] = mapped_column(String(18), server_default="")
    county: Mapped[str] = mapped_column(String(6), server_default="")
    town: Mapped[str] = mapped_column(String(60), server_default="")
    officer: Mapped[str] = mapped_column(String(60), server_default="")
    industry_place: Mapped[str] = mapped_column(String(44), server_default="zzz")
    """The main industry's place in the catalogue; without one, none."""
    permit_until: Mapped[date] = mapped_column(Date, server_default="9999-12-31")
    """许可有效期止; without one, the last day there is."""
    state_place: Mapped[int] = mapped_column(Integer, server_default="999")
    closed_on: Mapped[date | None] = mapped_column(Date)
    grade: Mapped[str | None] = mapped_column(String(4))
    grade_rank: Mapped[int] = mapped_column(Integer, server_default="0")
    standing_place: Mapped[int] = mapped_column(Integer, server_default="4")
    blocked: Mapped[bool] = mapped_column(server_default=false())
    banned_until: Mapped[date | None] = mapped_column(Date)
    lowered: Mapped[bool] = mapped_column(server_default=false())
    verified: Mapped[bool] = mapped_column(server_default=true())
    standing_until: Mapped[date] = mapped_column(Date, server_default="1970-01-01")
    """The first day on which the standing is another."""

    __table_args__ = (
        Index("ix_plant_search_by_name", "sort_key", "plant_id", "enterprise_id", "closed_on",
              "county"),
        Index("ix_plant_search_by_enterprise", "enterprise_id", "closed_on", "county", "grade_rank",
              "grade"),
        Index("ix_plant_search_by_uscc", "uscc", "sort_key", "plant_id"),
        _serving("county", "county"),
        _serving("town", "town"),
        _serving("officer", "officer"),
        _serving("industry", "industry_place"),
        _serving("permit", "permit_until"),
        _serving("state", "state_place"),
        _serving("grade", "grade_rank", "grade"),
        _serving("standing", "standing_place", "blocked", "banned_until", "lowered", "verified"),
    )  # fmt: skip


class ShownDay(Base):
    """The day whose standings stand in :class:`PlantSearch`: one row, moved on every day."""

    __tablename__ = "shown_day"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date)


class PlantIndustry(Recorded, Base):
    """An industry of a plant (sheet 行业); exactly one standing row is the main one (主要)."""

    __tablename__ = "plant_industry"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    industry: Mapped[str] = mapped_column(String(40))
    subtype: Mapped[str] = mapped_column(String(40), default="")
    role: Mapped[str] = mapped_column(String(2))
    gbt_code: Mapped[str] = mapped_column(String(10), default="")
    capacity: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    capacity_unit: Mapped[str] = mapped_column(String(30), default="")

    __table_args__ = (
        Index("uq_plant_industry_kind", "plant_id", "industry", "subtype", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        CheckConstraint("role IN ('主要','参照')", name="role"),
        _AUTO,
    )  # fmt: skip


class ProductionLine(Recorded, Base):
    """A production line (生产线) with its three capacities."""

    __tablename__ = "production_line"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    process: Mapped[str] = mapped_column(String(120), default="")
    approved_capacity: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    permitted_capacity: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    actual_capacity: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    capacity_unit: Mapped[str] = mapped_column(String(30), default="")

    __table_args__ = (
        Index("uq_production_line_number", "plant_id", "number", unique=True,
              sqlite_where=_STANDS, postgresql_where=_STANDS),
        _AUTO,
    )  # fmt: skip


class EmergencyMeasure(Recorded, Base):
    """What a plant does at a warning level (应急措施): from so much to so much."""

    __tablename__ = "emergency_measure"

    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    line_number: Mapped[str] = mapped_column(String(20), default="")
    level: Mapped[str] = mapped_column(String(1))
    measure: Mapped[str] = mapped_column(String(500))
    amount_from: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    amount_to: Mapped[Decimal | None] = mapped_column(ExactDecimal)
    unit: Mapped[str] = mapped_column(String(30), default="")
    reduction: Mapped[Decimal | None] = mapped_column(Tonnes)

    __table_args__ = (
        CheckConstraint("level IN ('黄','橙','红')", name="level"),
        _AUTO,
    )
