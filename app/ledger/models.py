"""Table of ledger imports (台账导入): one row per uploaded workbook, from upload to the end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base, BigId, UTCMoment


class LedgerImport(Base):
    """An uploaded workbook, what was found in it, and whether it was written."""

    __tablename__ = "ledger_import"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(ForeignKey("stored_file.sha256"))
    uploaded_by: Mapped[int] = mapped_column(BigInteger, index=True)
    uploaded_at: Mapped[datetime] = mapped_column(UTCMoment)
    state: Mapped[str] = mapped_column(String(12))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("job.id"))
    summary: Mapped[str] = mapped_column(Text, default="{}")
    findings_sha256: Mapped[str | None] = mapped_column(String(64))
    report_sha256: Mapped[str | None] = mapped_column(String(64))
    changes_sha256: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[str] = mapped_column(Text, default="")
    finished_at: Mapped[datetime | None] = mapped_column(UTCMoment)

    __table_args__ = (
        CheckConstraint(
            "state IN ('checking','refused','ready','writing','written','unreadable','dropped')",
            name="state",
        ),
        CheckConstraint(
            "(state IN ('written','dropped')) = (finished_at IS NOT NULL)", name="finished"
        ),
        {"sqlite_autoincrement": True},
    )
