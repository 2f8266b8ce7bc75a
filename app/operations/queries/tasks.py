"""Open tasks of the system administrator, and the jobs of the worker (待办、后台任务)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.inbox.models import Message
from app.kernel import clock, jobs
from app.kernel.database import db
from app.kernel.models import Job

STATES = {"queued": "等待", "running": "进行中", "done": "完成", "failed": "失败"}
ROWS_PER_PAGE = 50


def is_open(source: str) -> bool:
    """Whether a message sent for this matter is not settled yet."""
    wanted = select(Message.id).where(Message.source == source, Message.closed_at.is_(None))
    return db.session.execute(wanted.limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as it stands (后台任务)."""

    id: int
    title: str
    kind: str
    state: str
    done: int
    total: int
    note: str
    error: str
    attempts: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def state_words(self) -> str:
        """How it stands, in a word."""
        return STATES[self.state]

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in {"queued", "running"}

    @property
    def can_be_repeated(self) -> bool:
        """Whether a failed one may be put into the queue again as it is."""
        return self.state == "failed" and jobs.is_repeatable(self.kind)


@dataclass(frozen=True, slots=True)
class JobPage:
    """A page of the jobs, the newest first."""

    rows: list[JobRow]
    total: int
    page: int

    @property
    def has_older(self) -> bool:
        """Whether older ones follow."""
        return self.page * ROWS_PER_PAGE < self.total


def list_jobs(state: str = "", page: int = 1) -> JobPage:
    """The jobs in that state, or all."""
    condition = Job.state == state if state in STATES else Job.id > 0
    total = db.session.execute(select(func.count(Job.id)).where(condition)).scalar_one()
    rows = db.session.execute(
        select(Job)
        .where(condition)
        .order_by(Job.id.desc())
        .limit(ROWS_PER_PAGE)
        .offset((page - 1) * ROWS_PER_PAGE)
    ).scalars()
    return JobPage([_as_row(job) for job in rows], total, page)


def count_jobs() -> dict[str, int]:
    """How many jobs stand in each state."""
    rows = db.session.execute(select(Job.state, func.count(Job.id)).group_by(Job.state))
    return {row[0]: row[1] for row in rows}


def find_job(job_id: int) -> JobRow | None:
    """The job of that number."""
    job = db.session.get(Job, job_id)
    return _as_row(job) if job is not None else None


def latest_job(*kinds: str) -> JobRow | None:
    """The newest job of these kinds."""
    job = db.session.execute(
        select(Job).where(Job.kind.in_(kinds)).order_by(Job.id.desc()).limit(1)
    ).scalar_one_or_none()
    return _as_row(job) if job is not None else None


def waiting_longer_than(minutes: int) -> int:
    """How many jobs have been due for longer than that and are not taken up."""
    since = clock.now() - timedelta(minutes=minutes)
    wanted = select(func.count(Job.id)).where(Job.state == "queued", Job.run_at < since)
    return db.session.execute(wanted).scalar_one()


def failed_jobs_since(days: int) -> int:
    """How many jobs failed within these days."""
    since = clock.now() - timedelta(days=days)
    wanted = select(func.count(Job.id)).where(Job.state == "failed", Job.finished_at > since)
    return db.session.execute(wanted).scalar_one()


def _as_row(job: Job) -> JobRow:
    return JobRow(
        job.id, jobs.title_of(job.kind, job.payload), job.kind, job.state, job.done, job.total,
        job.note, job.error, job.attempts, job.created_at, job.finished_at,
    )  # fmt: skip
