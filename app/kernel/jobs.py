"""Long work in the background (后台任务): a queue in the database, with progress and a lease.

A handler opens its own writing transaction, so the work itself is all or nothing, unless it is said
to go in parts; when a worker dies, its lease runs out and the job is taken up again. Handlers must
therefore look first whether the work is already done.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.database import Mode, db, mode
from app.kernel.models import Job
from app.kernel.presence import InUse
from app.kernel.transaction import aside, close, holds_writer_lock, transaction

LEASE = timedelta(seconds=20)
HEARTBEAT_SECONDS = 5.0
MAX_ATTEMPTS = 3
UNDER_WAY = ("queued", "running")
"""The states of a job that is not over yet."""
_PROGRESS_EVERY_SECONDS = 0.4
_SECONDS_TO_A_FREE_TURN = 1.0
log = logging.getLogger(__name__)


class JobFailed(Exception):
    """The work cannot be done; the text is for the person who asked for it."""


@dataclass(slots=True)
class JobRun:
    """What a handler gets: what to do, which attempt it is, and where to say how far it is."""

    job_id: int
    payload: Mapping[str, Any]
    attempt: int
    _last: float = 0.0
    _last_note: str = ""

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Say how far the work is. Cheap to call often; a new note is told at once.

        Silent while the work itself is writing, since progress needs the writer's lock too.
        """
        moment = time.monotonic()
        same_stage = note == self._last_note
        if holds_writer_lock() or (same_stage and moment - self._last < _PROGRESS_EVERY_SECONDS):
            return
        self._last, self._last_note = moment, note
        with aside() as session:
            session.execute(
                update(Job)
                .where(Job.id == self.job_id)
                .values(done=done, total=total, note=note, leased_until=clock.now() + LEASE)
            )


Handler = Callable[[JobRun], None]
_handlers: dict[str, Handler] = {}
_titles: dict[str, str] = {}
_repeatable: set[str] = set()
_in_parts: set[str] = set()


def define(
    kind: str,
    handler: Handler,
    *,
    title: str = "",
    repeatable: bool = False,
    in_parts: bool = False,
) -> None:
    """Name the function that does jobs of this kind, and what the administrator reads of it.

    ``repeatable``: a failed one may be queued again as it is, nothing else hangs on it.
    ``in_parts``: it writes in several transactions, so that one that failed has kept some of them.
    """
    _handlers[kind] = handler
    _titles[kind] = title or kind
    if repeatable:
        _repeatable.add(kind)
    if in_parts:
        _in_parts.add(kind)


def is_repeatable(kind: str) -> bool:
    """Whether a failed job of this kind may be queued again as it is."""
    return kind in _repeatable


def _kept(kind: str) -> str:
    """What is left of the work of a job that failed."""
    if kind in _in_parts:
        return "此前完成的部分已经保存。"
    return "未写入任何内容。"


def title_of(kind: str, payload: str) -> str:
    """What a job is called; ``{name}`` in its kind's title stands for that part of its payload."""
    title = _titles.get(kind, kind)
    parts: dict[str, Any] = json.loads(payload)
    for name, value in parts.items():
        title = title.replace(f"{{{name}}}", str(value))
    return title


def repeat(job_id: int) -> bool:
    """Queue a failed job again inside the current transaction. False when it cannot be."""
    job = db.session.get(Job, job_id)
    if job is None or job.state != "failed" or not is_repeatable(job.kind):
        return False
    moment = transaction().moment  # reads, and so must come before the first change
    job.state, job.attempts, job.error, job.note = "queued", 0, "", ""
    job.done = job.total = 0
    job.run_at, job.finished_at, job.leased_until = moment, None, None
    return True


def enqueue(kind: str, payload: Mapping[str, Any], *, key: str) -> int:
    """Queue a job inside the current transaction; a ``key`` is queued once. Returns its id."""
    existing = db.session.execute(select(Job.id).where(Job.key == key)).scalar_one_or_none()
    if existing is not None:
        return existing
    current = transaction()
    return db.session.execute(
        insert(Job)
        .values(
            kind=kind,
            key=key,
            payload=json.dumps(payload, ensure_ascii=False),
            state="queued",
            created_by=current.actor_id,
            created_at=current.moment,
            run_at=current.moment,
        )
        .returning(Job.id)
    ).scalar_one()


def find_job(job_id: int) -> Job | None:
    """The job with this id, as it stands now."""
    return db.session.get(Job, job_id)


@dataclass(frozen=True, slots=True)
class JobView:
    """How a job stands, and what it was asked to do."""

    id: int
    state: str
    queued_at: datetime
    done: int
    total: int
    note: str
    error: str
    """Why it was not done, for the person who asked for it; empty while nothing went wrong."""
    payload: Mapping[str, Any]

    @property
    def is_running(self) -> bool:
        """Whether it waits or is being done."""
        return self.state in UNDER_WAY


def view_of(job: Job) -> JobView:
    """A job as a value that outlives its transaction."""
    return JobView(
        id=job.id,
        state=job.state,
        queued_at=job.created_at,
        done=job.done,
        total=job.total,
        note=job.note,
        error=job.error,
        payload=json.loads(job.payload),
    )


def newest(kind: str, key_start: str) -> JobView | None:
    """The last queued job of this kind whose key begins so."""
    job = db.session.execute(
        select(Job)
        .where(Job.kind == kind, Job.key.startswith(key_start, autoescape=True))
        .order_by(Job.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return view_of(job) if job is not None else None


def run_next() -> bool:
    """Take up one waiting or abandoned job and do it. False when there was none."""
    claimed = _claim()
    if claimed is None:
        return False
    kind, run = claimed
    try:
        with _heartbeat(run.job_id):
            _handlers[kind](run)
    except JobFailed as failure:
        _finish(run.job_id, "failed", str(failure))
    except Exception:  # work of any kind may fail in any way; the queue goes on with the next
        log.exception("job %s (%s) failed on attempt %s", run.job_id, kind, run.attempt)
        if run.attempt >= MAX_ATTEMPTS:
            _finish(run.job_id, "failed", f"系统处理出错，{_kept(kind)}请联系管理员查看日志。")
        else:
            _give_back(run.job_id)
    else:
        _finish(run.job_id, "done", "")
    finally:
        close()
    return True


def _claim() -> tuple[str, JobRun] | None:
    moment = clock.now()
    waiting = or_(
        Job.state == "queued",
        (Job.state == "running") & (Job.leased_until < moment),
    )
    which = (waiting, Job.run_at <= moment, Job.kind.in_(sorted(_handlers)))
    if not _is_there(which):
        return None
    with aside() as session:
        job = session.execute(
            select(Job).where(*which).order_by(Job.id).limit(1)
        ).scalar_one_or_none()
        if job is None:
            return None
        if job.attempts >= MAX_ATTEMPTS:
            job.state, job.finished_at = "failed", moment
            job.error = f"多次被中断，{_kept(job.kind)}请重新提交，并联系管理员查看日志。"
            return None
        job.state, job.attempts = "running", job.attempts + 1
        job.leased_until = moment + LEASE
        return job.kind, JobRun(job.id, json.loads(job.payload), job.attempts)


def _is_there(which: Iterable[ColumnElement[bool]]) -> bool:
    """Looked up as a reader: an idle worker would take the writer's lock twice a second."""
    with mode(Mode.READ), Session(db.engine) as session:
        return session.execute(select(Job.id).where(*which).limit(1)).first() is not None


@contextmanager
def _heartbeat(job_id: int) -> Iterator[None]:
    """Keep the lease alive from a second thread for as long as the work runs."""
    app = _app()
    finished = threading.Event()

    def beat() -> None:
        while not finished.wait(HEARTBEAT_SECONDS):
            with app.app_context(), aside() as session:
                session.execute(
                    update(Job)
                    .where(Job.id == job_id, Job.state == "running")
                    .values(leased_until=clock.now() + LEASE)
                )

    thread = threading.Thread(target=beat, name=f"lease-{job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()


def _app() -> Flask:
    """The app itself, which a second thread needs to enter its context."""
    app: Flask = cast("Any", current_app)._get_current_object()  # noqa: SLF001 - the documented way
    return app


def _finish(job_id: int, state: str, error: str) -> None:
    close()
    with aside() as session:
        session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(state=state, error=error, finished_at=clock.now(), leased_until=None)
        )


def _give_back(job_id: int) -> None:
    close()
    with aside() as session:
        session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(state="queued", run_at=clock.now() + timedelta(seconds=1), leased_until=None)
        )


def check_queue() -> None:
    """Read the queue once. Raises what the database says where it cannot be read."""
    try:
        db.session.execute(select(Job.id).limit(1)).first()
    finally:
        close()


def work_forever(
    stop: threading.Event,
    idle_seconds: float = 0.5,
    between: Callable[[], None] = lambda: None,
    turn: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> None:
    """Do jobs until told to stop; a job begun is finished first. Idle, it calls ``between``.

    Each look at the queue is made inside ``turn()``; where that raises InUse, it is made later.
    """
    while not stop.is_set():
        worked = False
        try:
            with turn():
                worked = run_next()
                if not worked:
                    between()
        except InUse:
            stop.wait(_SECONDS_TO_A_FREE_TURN)
        except Exception:  # whatever keeps it from working now: whoever waits is served later
            log.exception("the job queue cannot be read; trying again")
            worked = False
            stop.wait(5)
        if not worked:
            stop.wait(idle_seconds)
