"""Tables of filings (申报): what an enterprise enters, and what it submitted, which never changes.

A filing (``filing``) is worked on until it is submitted; every submission (``filing_submission``)
is a frozen, numbered copy of all of it. Triggers keep the copy and its files as they are, and keep
the entries of a filing that is not being worked on.
"""

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

from app.kernel.database import Base, BigId, Recorded, UTCMoment

_AUTO = {"sqlite_autoincrement": True}
_KINDS = "kind IN ('first','renewal','upgrade','recheck')"
_RUNNING = text("state IN ('draft','submitted','correcting')")


class FilingWindow(Recorded, Base):
    """When a kind of filing is open (申报期) in a year; no two of a kind and year overlap."""

    __tablename__ = "filing_window"

    year: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(8))
    from_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date] = mapped_column(Date)
    """The last day on which it is open."""
    document: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        Index("ix_filing_window_year", "year", "kind"),
        CheckConstraint(_KINDS, name="kind"),
        CheckConstraint("from_on <= until_on", name="days"),
        _AUTO,
    )


class FilingRow(Base):
    """A filing of one plant (一厂一册) for a year; at most one of a plant is running."""

    __tablename__ = "filing"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    plant_id: Mapped[int] = mapped_column(ForeignKey("plant.id"), index=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprise.id"), index=True)
    """Who filed it; the plant may have another owner by now."""
    county: Mapped[str] = mapped_column(String(6), index=True)
    year: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(4))
    rulebook: Mapped[str] = mapped_column(String(60))
    way: Mapped[str] = mapped_column(String(8))
    """browser (网上填报), package (离线填报包) or window (窗口代录)."""
    paper: Mapped[str] = mapped_column(String(200))
    """Of a filing entered at the window: on which paper it stands."""
    state: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(Integer)
    """Grows with every change of this row."""
    opened_at: Mapped[datetime] = mapped_column(UTCMoment)
    opened_by: Mapped[int | None] = mapped_column(BigInteger)
    opened_by_name: Mapped[str] = mapped_column(String(100))
    judged_on: Mapped[date] = mapped_column(Date)
    """The day whose indicator tables judge it: of its first submission, before that of its start,
    or the day on which the filer took over newer tables."""
    form_key: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the form it was started by: the same form sent twice is one filing."""
    at_office: Mapped[bool] = mapped_column(default=False)
    """Whether the county began it for the enterprise (窗口代录、窗口导出的离线填报包)."""

    __table_args__ = (
        Index("uq_filing_running", "plant_id", unique=True,
              sqlite_where=_RUNNING, postgresql_where=_RUNNING),
        Index("ix_filing_state", "state", "county", "year"),
        CheckConstraint(_KINDS, name="kind"),
        CheckConstraint("way IN ('browser','package','window')", name="way"),
        CheckConstraint("state IN ('draft','submitted','correcting','withdrawn','discarded',"
                        "'closed')", name="state"),
        _AUTO,
    )  # fmt: skip


class FilingTable(Base):
    """An industry that the filing is judged by (主要行业、参照行业) and its indicator table."""

    __tablename__ = "filing_table"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    """1 is the main industry."""
    industry: Mapped[str] = mapped_column(String(60))
    subtype: Mapped[str] = mapped_column(String(60))
    versions: Mapped[str] = mapped_column(String(200))
    """Ids of the table's versions, the guide's first, as a JSON list; []: no table in force, each
    dimension is answered by a chosen grade with a reason."""


class FilingAnswer(Base):
    """What was entered in a row of a table (自评), as canonical JSON."""

    __tablename__ = "filing_answer"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    """The table's; 0: an entry about the whole plant, such as ``transport`` (运输汇总)."""
    row_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(Integer)
    confirmed: Mapped[bool] = mapped_column()
    """False: carried forward from an earlier filing and not looked at yet (待确认)."""
    saved_at: Mapped[datetime] = mapped_column(UTCMoment)
    saved_by: Mapped[int | None] = mapped_column(BigInteger)
    saved_by_name: Mapped[str] = mapped_column(String(100))


class FilingEvidence(Base):
    """A file that proves something (佐证材料); a replaced or removed one stays on record."""

    __tablename__ = "filing_evidence"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), index=True)
    place: Mapped[int] = mapped_column(Integer)
    row_key: Mapped[str] = mapped_column(String(60))
    """Empty: of the filing as a whole (附件), place 0."""
    kind: Mapped[str] = mapped_column(String(100))
    """Which of the materials asked for it is, in the words of the row; empty: another."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    media: Mapped[str] = mapped_column(String(8))
    """The kind that its content is: pdf, ofd, jpg, png, heic, docx, xlsx."""
    pages: Mapped[int | None] = mapped_column(Integer)
    period_from: Mapped[date | None] = mapped_column(Date)
    period_until: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(200))
    confirmed: Mapped[bool] = mapped_column()
    """False: carried forward and not looked at yet (待确认)."""
    carried_from: Mapped[int | None] = mapped_column(BigInteger)
    added_at: Mapped[datetime] = mapped_column(UTCMoment)
    added_by: Mapped[int | None] = mapped_column(BigInteger)
    added_by_name: Mapped[str] = mapped_column(String(100))
    ended_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    ended_by: Mapped[int | None] = mapped_column(BigInteger)
    replaced_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_filing_evidence_row", "filing_id", "place", "row_key"), _AUTO)


class FilingRemark(Base):
    """The enterprise's reason for going on in spite of a warning (提示的说明)."""

    __tablename__ = "filing_remark"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    check_key: Mapped[str] = mapped_column(String(160), primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    said_at: Mapped[datetime] = mapped_column(UTCMoment)
    said_by: Mapped[int | None] = mapped_column(BigInteger)
    said_by_name: Mapped[str] = mapped_column(String(100))


class FilingAcceptance(Base):
    """A statement of the commitment (承诺书) that was accepted by itself."""

    __tablename__ = "filing_acceptance"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), primary_key=True)
    statement: Mapped[str] = mapped_column(String(40), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the words that were accepted: other words are another statement."""
    accepted_at: Mapped[datetime] = mapped_column(UTCMoment)
    accepted_by: Mapped[int | None] = mapped_column(BigInteger)
    accepted_by_name: Mapped[str] = mapped_column(String(100))


class FilingSubmission(Base):
    """What was submitted (申报版本): a frozen copy of the whole filing, never altered."""

    __tablename__ = "filing_submission"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"))
    number: Mapped[int] = mapped_column(Integer)
    """1 is the first submission of the filing."""
    receipt: Mapped[str] = mapped_column(String(40), unique=True)
    """回执编号: county, year and a number without gaps."""
    content: Mapped[str] = mapped_column(Text)
    """Canonical JSON of everything: plant, tables, answers, results, evidence, commitment."""
    sha256: Mapped[str] = mapped_column(String(64))
    grade: Mapped[str | None] = mapped_column(String(4))
    """The self-assessed grade (自评等级)."""
    submitted_at: Mapped[datetime] = mapped_column(UTCMoment)
    submitted_by: Mapped[int | None] = mapped_column(BigInteger)
    submitted_by_name: Mapped[str] = mapped_column(String(100))
    form_key: Mapped[str] = mapped_column(String(64), unique=True)

    __table_args__ = (UniqueConstraint("filing_id", "number"), _AUTO)


class FilingSubmissionFile(Base):
    """A file that belongs to a submission: evidence, commitment, copy of record; never altered."""

    __tablename__ = "filing_submission_file"

    submission_id: Mapped[int] = mapped_column(ForeignKey("filing_submission.id"), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    """evidence, commitment, scan or record."""
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    evidence_id: Mapped[int | None] = mapped_column(BigInteger)


class FilingPaper(Base):
    """A paper of a submission (存证件、承诺书、回执) as it was made first, never altered."""

    __tablename__ = "filing_paper"

    submission_id: Mapped[int] = mapped_column(ForeignKey("filing_submission.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    """record, commitment or receipt."""
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(UTCMoment)


class FilingStep(Base):
    """A step in the course of a filing (办理经过), never altered."""

    __tablename__ = "filing_step"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    """The state it led to."""
    reason: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime] = mapped_column(UTCMoment)
    done_by: Mapped[int | None] = mapped_column(BigInteger)
    done_by_name: Mapped[str] = mapped_column(String(100))

    __table_args__ = (_AUTO,)


class FilingPackage(Base):
    """An offline package (离线填报包) as it was issued, never altered."""

    __tablename__ = "filing_package"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), index=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    manifest: Mapped[str] = mapped_column(Text)
    """What it was made for and what stood in every row then, as canonical JSON. What comes back
    is held against this copy, so nothing in the zip needs to be believed."""
    issued_at: Mapped[datetime] = mapped_column(UTCMoment)
    issued_by: Mapped[int | None] = mapped_column(BigInteger)
    issued_by_name: Mapped[str] = mapped_column(String(100))

    __table_args__ = (_AUTO,)


class FilingArrival(Base):
    """A filled package that was carried in (交回的填报包), and what was found in it."""

    __tablename__ = "filing_arrival"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filing.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(8))
    """reading, read, refused or imported."""
    findings: Mapped[str] = mapped_column(Text)
    """JSON: what was read, and every problem by its cell; empty: not read yet."""
    arrived_at: Mapped[datetime] = mapped_column(UTCMoment)
    arrived_by: Mapped[int | None] = mapped_column(BigInteger)
    arrived_by_name: Mapped[str] = mapped_column(String(100))
    imported_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    imported_by_name: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (
        CheckConstraint("state IN ('reading','read','refused','imported')", name="state"),
        _AUTO,
    )
