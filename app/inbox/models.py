"""Tables of messages (通知与待办) and of what each person did with them (已读、签收)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, UTCMoment


class Message(Base):
    """A notice or task for everybody who holds a permission somewhere, or for one person."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(6))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(80))
    due_on: Mapped[date | None] = mapped_column(Date)
    asks_receipt: Mapped[bool] = mapped_column()
    permission: Mapped[str] = mapped_column(String(60), default="")
    county: Mapped[str | None] = mapped_column(String(6))
    enterprise_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    except_user_id: Mapped[int | None] = mapped_column(BigInteger)
    sent_at: Mapped[datetime] = mapped_column(UTCMoment)
    sent_by: Mapped[int | None] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    closed_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint("kind IN ('notice','task')", name="kind"),
        CheckConstraint("(user_id IS NULL) = (permission <> '')", name="audience"),
        Index("ix_message_source", "source"),
        Index("ix_message_permission", "permission", "county"),
        {"sqlite_autoincrement": True},
    )


class Receipt(Base):
    """That a person has read a message (已读), and signed for it (签收)."""

    __tablename__ = "message_receipt"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    read_at: Mapped[datetime] = mapped_column(UTCMoment)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCMoment)
