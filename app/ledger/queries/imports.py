"""Reading uploaded workbooks (导入记录): one's own, and those of the counties one is head of."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true

from app.accounts.domain import ROLE_PERMISSIONS, Actor
from app.accounts.models import RoleGrant, UserAccount
from app.kernel import jobs
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.files import path_of
from app.kernel.models import AuditEntry, Job
from app.kernel.workflow import Step
from app.ledger.comparing import Counts
from app.ledger.models import LedgerImport
from app.ledger.preview import Preview
from app.ledger.workflow import LEDGER_IMPORT, READY, WHILE_RUNNING

PAGE_SIZE = 50
SORTS = ("uploaded", "file", "uploader", "state")


@dataclass(frozen=True, slots=True)
class ImportFilter:
    """Which imports are listed, and in which order; empty texts ask for nothing."""

    search: str = ""
    state: str = ""
    sort: str = "uploaded"
    falling: bool = True
    page: int = 1


@dataclass(frozen=True, slots=True)
class ImportView:
    """An uploaded workbook as a page shows it; ``steps`` are the buttons this person has."""

    id: int
    file_name: str
    file_sha256: str
    uploader: str
    uploaded_at: datetime
    finished_at: datetime | None
    state: str
    state_word: str
    problem: str
    counts: dict[str, Counts]
    is_unchanged: bool
    was_interrupted: bool
    findings_sha256: str | None
    report_sha256: str | None
    changes_sha256: str | None
    job: jobs.JobView | None
    is_own: bool
    steps: tuple[Step, ...]

    @property
    def is_running(self) -> bool:
        """Whether the background work goes on, so that the page should ask again."""
        return self.job is not None and self.job.is_running

    @property
    def totals(self) -> Counts:
        """The counts of all sheets together."""
        return Counts(*map(sum, zip(*map(astuple, self.counts.values()), strict=True)))

    @property
    def report_path(self) -> Path | None:
        """The person's workbook with the column 错误, when rows were refused."""
        return path_of(self.report_sha256) if self.report_sha256 else None


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One page of the imports that fit; the last one when a later one was asked for."""

    rows: tuple[ImportView, ...]
    matching: int
    page: int
    pages: int


def list_imports(actor: Actor, wanted: ImportFilter) -> ImportPage:
    """The imports the person may see, as searched and sorted, a page at a time."""
    query = _imports(actor)
    if wanted.state:
        query = query.where(LedgerImport.state == wanted.state)
    for word in wanted.search.split():
        query = query.where(
            or_(
                LedgerImport.file_name.icontains(word, autoescape=True),
                UserAccount.display_name.icontains(word, autoescape=True),
            )
        )
    matching = db.session.execute(
        select(func.count()).select_from(query.with_only_columns(LedgerImport.id).subquery())
    ).scalar_one()
    pages = max(1, -(-matching // PAGE_SIZE))
    page = min(wanted.page, pages)
    rows = db.session.execute(
        query.order_by(*_order(wanted)).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    )
    views = tuple(_view(actor, row, uploader, job) for row, uploader, job in rows)
    return ImportPage(views, matching, page, pages)


def _order(wanted: ImportFilter) -> list[ColumnElement[Any]]:
    latest = LedgerImport.id.desc()
    if wanted.sort == "uploaded":
        return [latest if wanted.falling else LedgerImport.id.asc()]
    column: Any = {
        "file": LedgerImport.file_name,
        "uploader": UserAccount.display_name,
        "state": LedgerImport.state,
    }[wanted.sort]
    return [column.desc() if wanted.falling else column.asc(), latest]


def same_file_before(view: ImportView, actor: Actor) -> ImportView | None:
    """The latest earlier import of the very same file that the person may see."""
    row = db.session.execute(
        _imports(actor)
        .where(LedgerImport.file_sha256 == view.file_sha256, LedgerImport.id < view.id)
        .order_by(LedgerImport.id.desc())
        .limit(1)
    ).first()
    return _view(actor, row[0], row[1], row[2]) if row else None


def audit_sequence_of(view: ImportView) -> int | None:
    """The number of the audit entry under which the import was written."""
    return db.session.execute(
        select(AuditEntry.sequence).where(
            AuditEntry.action == "ledger.imported",
            AuditEntry.object_type == "ledger_import",
            AuditEntry.object_id == str(view.id),
        )
    ).scalar_one_or_none()


def was_written(file_sha256: str, since: datetime) -> bool:
    """Whether a file was imported since then: facts and audit entry are of one transaction."""
    written = select(AuditEntry.sequence).where(
        AuditEntry.action == "ledger.imported",
        AuditEntry.at >= since,
        AuditEntry.detail.contains(file_sha256, autoescape=True),
    )
    return db.session.execute(written.limit(1)).first() is not None


def find_import(import_id: int, actor: Actor) -> ImportView | None:
    """The import, if the person may see it; None otherwise, which a page answers with 404."""
    row = db.session.execute(_imports(actor).where(LedgerImport.id == import_id)).first()
    return _view(actor, row[0], row[1], row[2]) if row else None


def findings(view: ImportView) -> Preview | None:
    """What was found in the workbook; None before it has been checked."""
    if view.findings_sha256 is None:
        return None
    return _kept(path_of(view.findings_sha256))


@lru_cache(maxsize=4)
def _kept(path: Path) -> Preview:
    """The preview in this file, which never changes: it lies under the hash of its content."""
    return Preview.from_bytes(path.read_bytes())


def _imports(actor: Actor) -> Select[LedgerImport, UserAccount, Job]:
    return (
        select(LedgerImport, UserAccount, Job)
        .outerjoin(UserAccount, UserAccount.id == LedgerImport.uploaded_by)
        .outerjoin(Job, Job.id == LedgerImport.job_id)
        .where(_visible_to(actor))
    )


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own; heads those uploaded by who served in their counties then; the city all."""
    own = LedgerImport.uploaded_by == actor.user_id
    heads = actor.scope_of(Permission.LEDGER_IMPORT_DECISIONS)
    if heads is None:
        return own
    if heads.counties is None:
        return true()
    served_there = exists().where(
        RoleGrant.user_id == LedgerImport.uploaded_by,
        RoleGrant.county.in_(sorted(heads.counties)),
        RoleGrant.granted_at <= LedgerImport.uploaded_at,
        or_(RoleGrant.ended_at.is_(None), RoleGrant.ended_at > LedgerImport.uploaded_at),
    )
    return or_(own, served_there)


def _view(
    actor: Actor, row: LedgerImport, uploader: UserAccount | None, job: Job | None
) -> ImportView:
    summary: dict[str, Any] = json.loads(row.summary)
    is_own = row.uploaded_by == actor.user_id
    has_failed = job is not None and job.state == "failed"
    return ImportView(
        id=row.id,
        file_name=row.file_name,
        file_sha256=row.file_sha256,
        uploader=uploader.display_name if uploader else "",
        uploaded_at=row.uploaded_at,
        finished_at=row.finished_at,
        state=row.state,
        state_word=LEDGER_IMPORT.states[row.state],
        problem=row.problem,
        counts={name: Counts(**counts) for name, counts in summary.get("sheets", {}).items()},
        is_unchanged=bool(summary.get("is_unchanged")),
        was_interrupted=bool(summary.get("was_interrupted")),
        findings_sha256=row.findings_sha256,
        report_sha256=row.report_sha256,
        changes_sha256=row.changes_sha256,
        job=jobs.view_of(job) if job else None,
        is_own=is_own,
        steps=_steps(row, actor, summary, has_failed=has_failed) if is_own else (),
    )


def _steps(
    row: LedgerImport, actor: Actor, summary: dict[str, Any], *, has_failed: bool
) -> tuple[Step, ...]:
    held = {it for grant in actor.grants for it in ROLE_PERMISSIONS[grant.role]}
    return tuple(
        step
        for step in LEDGER_IMPORT.steps_from(row.state, held)
        if has_failed or (row.state, step.action) not in WHILE_RUNNING
        if not (row.state == READY and step.action == "confirm" and summary.get("is_unchanged"))
    )
