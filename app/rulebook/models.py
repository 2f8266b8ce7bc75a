"""Table of what was edited in 规则库 (规则库修改): dated, recorded, never overwritten."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, Recorded


class RulebookEdit(Recorded, Base):
    """An approved edit of a parameter or an industry; who approved it is who recorded it."""

    __tablename__ = "rulebook_edit"

    act: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(80))
    county: Mapped[str] = mapped_column(String(6), default="")
    from_on: Mapped[date] = mapped_column(Date)
    content: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    document: Mapped[str] = mapped_column(String(100))
    proposed_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        Index("uq_rulebook_edit_value", "subject", "county", "from_on", unique=True,
              sqlite_where=text("annulled_at IS NULL AND act = 'set'"),
              postgresql_where=text("annulled_at IS NULL AND act = 'set'")),
        CheckConstraint(
            "act IN ('set','add','rename','retire','subtype','alias','code','scheme')", name="act"
        ),
        CheckConstraint("county = '' OR act = 'set'", name="county"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
