"""Tables of issued lists (签发的清单): their course, lines, steps, downloads, flags."""

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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, UTCMoment

_SIGNED = "state IN ('in_force','replaced','withdrawn')"


class IssuedList(Base):
    """A list from its draft on (清单); draft and issue bear the same id.

    What was asked and the hashes of what was answered never change; the bytes lie in
    `kernel.files` under ``content_sha256``, and once signed the issued file under ``file_sha256``.
    """

    __tablename__ = "issued_list"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(String(20))
    spec: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(200))
    county: Mapped[str] = mapped_column(String(6))
    """The one county (区县代码) whose rows it holds; empty for the whole register."""
    as_of: Mapped[date] = mapped_column(Date)
    known_at: Mapped[datetime] = mapped_column(UTCMoment)
    rulebook: Mapped[str] = mapped_column(String(60))
    rulebook_title: Mapped[str] = mapped_column(String(200))
    rulebook_status: Mapped[str] = mapped_column(String(20))
    rows: Mapped[int] = mapped_column(Integer)
    admitted: Mapped[int] = mapped_column(Integer)
    list_sha256: Mapped[str] = mapped_column(String(64))
    content_sha256: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[int] = mapped_column(BigInteger)
    made_by_name: Mapped[str] = mapped_column(String(100))
    made_at: Mapped[datetime] = mapped_column(UTCMoment)
    conditions: Mapped[str] = mapped_column(Text)
    """The sentences of its conditions as JSON, for an own line without the whole content."""

    state: Mapped[str] = mapped_column(String(10))
    checked_by: Mapped[int | None] = mapped_column(BigInteger)
    checked_by_name: Mapped[str] = mapped_column(String(100), default="")
    checked_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    signed_by: Mapped[int | None] = mapped_column(BigInteger)
    signed_by_name: Mapped[str] = mapped_column(String(100), default="")
    signed_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    number: Mapped[str] = mapped_column(String(100), default="")
    signed_on: Mapped[date | None] = mapped_column(Date)
    effective_on: Mapped[date | None] = mapped_column(Date)
    draft_rulebook_confirmed: Mapped[bool] = mapped_column(default=False)
    sha256: Mapped[str | None] = mapped_column(String(64))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    ended_on: Mapped[date | None] = mapped_column(Date)
    replaced_by: Mapped[int | None] = mapped_column(ForeignKey("issued_list.id"))

    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','returned','checked','in_force','replaced','withdrawn','discarded')",
            name="state",
        ),
        CheckConstraint("(checked_by IS NULL) = (checked_at IS NULL)", name="checked"),
        CheckConstraint(
            f"NOT ({_SIGNED} OR state = 'checked') OR checked_by IS NOT NULL", name="checked_first"
        ),
        CheckConstraint("checked_by IS NULL OR checked_by <> made_by", name="second_person"),
        CheckConstraint("signed_by IS NULL OR signed_by <> checked_by", name="signer"),
        CheckConstraint(
            f"({_SIGNED}) = (signed_by IS NOT NULL) AND ({_SIGNED}) = (signed_at IS NOT NULL) AND "
            f"({_SIGNED}) = (signed_on IS NOT NULL) AND ({_SIGNED}) = (effective_on IS NOT NULL) "
            f"AND ({_SIGNED}) = (sha256 IS NOT NULL) AND ({_SIGNED}) = (file_sha256 IS NOT NULL) "
            f"AND ({_SIGNED}) = (number <> '')",
            name="signed",
        ),
        CheckConstraint("(state IN ('replaced','withdrawn')) = (ended_on IS NOT NULL)",
                        name="ended"),
        CheckConstraint("ended_on IS NULL OR ended_on >= effective_on", name="ended_after"),
        CheckConstraint("(state = 'replaced') = (replaced_by IS NOT NULL)", name="replaced"),
        Index("uq_issued_list_in_force", "subject", "spec", "county", unique=True,
              sqlite_where=text("state = 'in_force'"),
              postgresql_where=text("state = 'in_force'")),
        Index("ix_issued_list_state", "state", "county"),
        {"sqlite_autoincrement": True},
    )  # fmt: skip


class IssuedLine(Base):
    """One line of a list (清单的一行), entered with the draft; the same as in the bytes."""

    __tablename__ = "issued_list_line"

    list_id: Mapped[int] = mapped_column(ForeignKey("issued_list.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(300))
    plant_id: Mapped[int] = mapped_column(BigInteger)
    enterprise_id: Mapped[int] = mapped_column(BigInteger)
    county: Mapped[str] = mapped_column(String(6))
    rank: Mapped[int | None] = mapped_column(Integer)
    admitted: Mapped[bool] = mapped_column()
    grade: Mapped[str | None] = mapped_column(String(4))
    search: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(Text)
    """The `Line` as JSON."""

    __table_args__ = (
        Index("uq_issued_list_line_key", "list_id", "key", unique=True),
        Index("ix_issued_list_line_plant", "list_id", "plant_id"),
        Index("ix_issued_list_line_enterprise", "enterprise_id"),
    )


class IssuedStep(Base):
    """What somebody did with a list (办理经过): which step, when, and why."""

    __tablename__ = "issued_list_step"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("issued_list.id"), index=True)
    action: Mapped[str] = mapped_column(String(12))
    target: Mapped[str] = mapped_column(String(10))
    """The state it led to; of a check (核验) its outcome."""
    at: Mapped[datetime] = mapped_column(UTCMoment)
    by: Mapped[int | None] = mapped_column(BigInteger)
    by_name: Mapped[str] = mapped_column(String(100))
    via: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(Text)

    __table_args__ = ({"sqlite_autoincrement": True},)


class IssuedDownload(Base):
    """Who took which list as which file, and when (下载记录)."""

    __tablename__ = "issued_list_download"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("issued_list.id"), index=True)
    form: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime] = mapped_column(UTCMoment)
    by: Mapped[int] = mapped_column(BigInteger)
    by_name: Mapped[str] = mapped_column(String(100))

    __table_args__ = ({"sqlite_autoincrement": True},)


class IssuedFlag(Base):
    """A line that would read otherwise by what is known since (应有不同的行).

    Cleared, not removed, when a later fact makes the line agree again.
    """

    __tablename__ = "issued_list_flag"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("issued_list.id"))
    key: Mapped[str] = mapped_column(String(300))
    plant_id: Mapped[int] = mapped_column(BigInteger)
    enterprise_id: Mapped[int] = mapped_column(BigInteger)
    county: Mapped[str] = mapped_column(String(6))
    what: Mapped[str] = mapped_column(Text)
    """Whose line: code, name, plant."""
    kind: Mapped[str] = mapped_column(String(8))
    was: Mapped[str] = mapped_column(Text)
    would: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    raised_at: Mapped[datetime] = mapped_column(UTCMoment)
    cleared_at: Mapped[datetime | None] = mapped_column(UTCMoment)

    __table_args__ = (
        CheckConstraint("kind IN ('entered','left','moved','changed')", name="kind"),
        Index("uq_issued_list_flag_open", "list_id", "key", unique=True,
              sqlite_where=text("cleared_at IS NULL"),
              postgresql_where=text("cleared_at IS NULL")),
        {"sqlite_autoincrement": True},
    )  # fmt: skip
