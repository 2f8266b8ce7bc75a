"""The kernel's own tables: audit trail, jobs, files, downloads, workday calendar."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, UTCMoment


class AuditEntry(Base):
    """One link of the audit chain (审计链); see :mod:`app.kernel.audit`."""

    __tablename__ = "audit_entry"

    sequence: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UTCMoment)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(100))
    via: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(45))
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[str] = mapped_column(String(80))
    county: Mapped[str | None] = mapped_column(String(6))
    succeeded: Mapped[bool] = mapped_column()
    detail: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index("ix_audit_entry_object", "object_type", "object_id"),
        Index("ix_audit_entry_actor", "actor_id", "sequence"),
    )


class KeptMark(Base):
    """Another token with every change of a topic (变动标记); see :mod:`app.kernel.kept`."""

    __tablename__ = "kept_mark"

    topic: Mapped[str] = mapped_column(String(60), primary_key=True)
    token: Mapped[str] = mapped_column(String(32))


class Job(Base):
    """A piece of long work with progress and a lease (后台任务)."""

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    payload: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    done: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = mapped_column(String(200), default="")
    error: Mapped[str] = mapped_column(Text, default="")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UTCMoment)
    run_at: Mapped[datetime] = mapped_column(UTCMoment)
    leased_until: Mapped[datetime | None] = mapped_column(UTCMoment)
    finished_at: Mapped[datetime | None] = mapped_column(UTCMoment)

    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','failed')", name="state"),
        CheckConstraint(
            "(state IN ('done','failed')) = (finished_at IS NOT NULL)", name="finished"
        ),
        Index("ix_job_state_run_at", "state", "run_at"),
        {"sqlite_autoincrement": True},
    )


class StoredFile(Base):
    """A file kept by the hash of its content, outside the web root (文件)."""

    __tablename__ = "stored_file"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    stored_at: Mapped[datetime] = mapped_column(UTCMoment)


class Download(Base):
    """A file made for one person to fetch (导出文件); only that person may."""

    __tablename__ = "download"

    token: Mapped[str] = mapped_column(String(43), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigInteger)
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UTCMoment)


class Upload(Base):
    """A file that is being sent in parts (分段上传); see :mod:`app.kernel.uploads`."""

    __tablename__ = "upload"

    token: Mapped[str] = mapped_column(String(43), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigInteger)
    matter: Mapped[str] = mapped_column(String(80))
    """What it is for, as its stage names it: ``filing:12``."""
    told: Mapped[str] = mapped_column(Text)
    """What else its stage wants to know when it is whole, as JSON."""
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    mark: Mapped[str] = mapped_column(String(80))
    """By which the browser knows the same file again."""
    sha256: Mapped[str] = mapped_column(String(64))
    """What the browser computed before it began; empty where it cannot."""
    started_at: Mapped[datetime] = mapped_column(UTCMoment)

    __table_args__ = (Index("ix_upload_owner", "owner_id", "matter"),)


class CalendarDay(Base):
    """One day of the workday calendar (工作日历), with the notice it comes from."""

    __tablename__ = "calendar_day"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    day: Mapped[date] = mapped_column(Date)
    is_workday: Mapped[bool] = mapped_column()
    note: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime] = mapped_column(UTCMoment)
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)
    replaced_at: Mapped[datetime | None] = mapped_column(UTCMoment)

    __table_args__ = (
        Index("ix_calendar_day_day", "day", "replaced_at"),
        {"sqlite_autoincrement": True},
    )
