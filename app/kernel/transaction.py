"""One transaction a request, a job or a command (事务).

Whoever writes does so inside :func:`writing`; a request with an unsafe method is inside it from
its start. Before the commit the collected events are handed on, once, as sets of ids, and the
commit is refused when something changed without an audit entry.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app.kernel import clock, driver_rows
from app.kernel.database import Mode, UTCMoment, db, mode, run, set_mode, without_waiting
from app.kernel.models import AuditEntry

Seen = TypeVar("Seen")
log = logging.getLogger(__name__)
UNAUDITED_TABLES = frozenset(
    {"audit_entry", "job", "upload", "sign_in_session", "sign_in_attempt", "alembic_version"}
    | {"plant_search", "plant_gram", "shown_day", "kept_mark"}
    | {"standing_interval", "projection_state", "projection_rebuild"}
)
"""Bookkeeping that may change without an audit entry: the trail itself, queues, sign-ins, and what
follows from facts that have theirs."""
MARKED_TABLES = frozenset({"violation", "finding", "grade_record", "rulebook_edit"})
"""Those of which kept answers tell (:mod:`app.kernel.kept`) as of a topic, whoever changes them."""


class UnauditedChange(Exception):
    """A transaction changed business rows and left no audit entry; a programming error."""


@dataclass(slots=True)
class Transaction:
    """A writing transaction: whose, through what, and when it became known.

    ``moment`` is the recorded time of everything the transaction writes; it is taken after the
    writer's lock and never earlier than the last one, so the register's history has one order.
    """

    actor_id: int | None
    actor_name: str
    via: str
    moment: datetime
    last_sequence: int
    last_hash: str
    audited: bool = False
    changed: bool = False
    events: dict[str, set[int]] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    afterwards: list[Callable[[], object]] = field(default_factory=list)


_current: ContextVar[Transaction | None] = ContextVar("current_transaction", default=None)
GENESIS = "0" * 64


class Event:
    """Something that happened upstream which later stages must follow in the same transaction."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._handlers: list[Callable[[frozenset[int]], None]] = []

    def subscribe(self, handler: Callable[[frozenset[int]], None]) -> None:
        """Call ``handler`` once per transaction with the set of ids; registering twice is once."""
        if handler not in self._handlers:
            self._handlers.append(handler)

    def emit(self, ids: Iterable[int]) -> None:
        """Note that these ids are touched by the current transaction."""
        transaction().events.setdefault(self.name, set()).update(ids)

    def deliver(self, ids: frozenset[int]) -> None:
        """Hand the ids to every subscriber, in the order they subscribed."""
        for handler in self._handlers:
            handler(ids)


standing_changed = Event("standing_changed")
"""The facts behind the standing of these plants (厂区 ids) have changed."""

rulebook_changed = Event("rulebook_changed")
"""These edits of 规则库 (ids) have been recorded or annulled; any list may be another now."""

listing_changed = Event("listing_changed")
"""What these plants (厂区 ids) are listed and found by has changed; handed on last."""

_IN_TURN = (rulebook_changed, standing_changed, listing_changed)
"""The order in which events are handed on: what one calls forth comes after it."""


def transaction() -> Transaction:
    """The writing transaction of this context. Raises RuntimeError outside one."""
    current = _current.get()
    if current is None:
        current = _begin()
    return current


_intended: ContextVar[tuple[int | None, str, str] | None] = ContextVar("writer", default=None)


def open_for_writing(actor_id: int | None, actor_name: str, via: str) -> None:
    """From here on this context writes; the lock is taken with the first statement."""
    set_mode(Mode.WRITE)
    _intended.set((actor_id, actor_name, via))
    _current.set(None)


def close() -> None:
    """Back to reading, whatever happened; an open transaction is rolled back."""
    db.session.rollback()
    db.session.remove()
    set_mode(Mode.READ)
    _intended.set(None)
    _current.set(None)


_LAST_ENTRY = (
    select(AuditEntry.sequence, AuditEntry.at, AuditEntry.hash)
    .order_by(AuditEntry.sequence.desc())
    .limit(1)
)
_AT = UTCMoment()


def _begin() -> Transaction:
    intended = _intended.get()
    if intended is None:
        raise RuntimeError("not inside a writing transaction")
    last = next(iter(driver_rows.fetched(_LAST_ENTRY)), None)
    sequence, at, digest = last or (0, None, GENESIS)
    moment, before = clock.now(), _AT.process_result_value(at, db.engine.dialect)
    if before is not None and moment <= before:
        moment = before + timedelta(microseconds=1)
    actor_id, actor_name, via = intended
    current = Transaction(
        actor_id=actor_id,
        actor_name=actor_name,
        via=via,
        moment=moment,
        last_sequence=sequence,
        last_hash=digest,
    )
    _current.set(current)
    return current


def take_up() -> Transaction:
    """Go on from the trail as it stands now: a restore has replaced it inside this transaction."""
    return _begin()


def after_commit(act: Callable[[], object]) -> None:
    """Do this once the current transaction is kept; not at all when it is dropped.

    For what lies outside the database. It can no longer stop the commit, so a fault is logged.
    """
    transaction().afterwards.append(act)


def touch(*topics: str) -> None:
    """Let go of what is kept about these topics (:mod:`app.kernel.kept`), with this commit."""
    transaction().touched.update(topics)


_MARK = text(
    "INSERT INTO kept_mark (topic, token) VALUES (:topic, :token)"
    " ON CONFLICT (topic) DO UPDATE SET token = excluded.token"
)


def _mark_touched(current: Transaction) -> None:
    token = secrets.token_hex(16)  # of no other state, not even of one that a restore brings back
    marks = [{"topic": it, "token": token} for it in sorted(current.touched)]
    if marks:
        run(_MARK, marks)


def commit() -> None:
    """Hand on the events, check the audit trail, and make everything durable."""
    current = _current.get()
    if current is not None:
        _deliver_events(current)
    db.session.flush()
    if current is not None:
        _mark_touched(current)
    if db.session.info.pop("changed", False) and (current is None or not current.audited):
        db.session.rollback()
        raise UnauditedChange("rows changed without an audit entry; call audit.record")
    db.session.commit()
    _current.set(None)
    for act in current.afterwards if current is not None else ():
        try:
            act()
        except Exception:  # it is saved: nothing that follows may answer as if it were not
            log.exception("what follows a commit was not done")


def hand_on() -> None:
    """Hand on the events so far, for who goes on to read what follows from them."""
    _deliver_events(transaction())


def _deliver_events(current: Transaction) -> None:
    while current.events:
        happened = next(it for it in _IN_TURN if it.name in current.events)
        db.session.flush()
        happened.deliver(frozenset(current.events.pop(happened.name)))


def rehearse(act: Callable[[], object], look: Callable[[], Seen]) -> Seen:
    """What ``look`` sees once ``act`` is done and its events delivered; then all is undone.

    A preview made this way cannot differ from the act itself. It needs a writing transaction
    (previews are sent by POST) and leaves it as it was; what ``act`` raises comes through.
    """
    current = transaction()
    before = replace(current, events={name: set(ids) for name, ids in current.events.items()})
    afterwards = len(current.afterwards)
    had_changed = db.session.info.get("changed", False)
    db.session.flush()
    savepoint = db.session.begin_nested()
    try:
        act()
        _deliver_events(current)
        db.session.flush()
        return look()
    finally:
        savepoint.rollback()
        db.session.info["changed"] = had_changed
        current.events = before.events
        current.last_sequence, current.last_hash = before.last_sequence, before.last_hash
        current.audited = before.audited
        del current.afterwards[afterwards:]


@contextmanager
def writing(
    via: str, *, actor_id: int | None = None, actor_name: str = "系统"
) -> Iterator[Transaction]:
    """Everything inside is one transaction: all of it is kept, or nothing.

    For commands and jobs; a request with an unsafe method has the same from :mod:`app.kernel.web`.
    """
    db.session.rollback()
    open_for_writing(actor_id, actor_name, via)
    try:
        yield transaction()
        commit()
    finally:
        close()


@contextmanager
def reading_first() -> Iterator[None]:
    """Read in a snapshot that is over afterwards, for a request that goes on to write.

    Long computing must not keep others from writing. Where this context writes already, it reads
    what it has written.
    """
    if holds_writer_lock():
        yield
        return
    db.session.rollback()
    with mode(Mode.READ):
        try:
            yield
        finally:
            db.session.rollback()


def known_until() -> datetime:
    """The moment up to which the present transaction sees everything that was recorded.

    Of a writing one its own; of a reading one that of the last entry of the trail, since every
    change leaves an entry and each entry is later than the one before.
    """
    if holds_writer_lock():
        return transaction().moment
    last = db.session.execute(
        select(AuditEntry.at).order_by(AuditEntry.sequence.desc()).limit(1)
    ).scalar_one_or_none()
    return last or clock.now()


@contextmanager
def aside(*, patient: bool = True) -> Iterator[Session]:
    """A short transaction of its own beside the request's, for sessions, sign-ins and progress.

    Not ``patient``: raises WriterBusy rather than wait for another writer.

    Never call it while this context holds an uncommitted writing transaction: the writer's lock
    would wait for itself.
    """
    waiting = nullcontext() if patient else without_waiting()
    with mode(Mode.WRITE), waiting, Session(db.engine) as session, session.begin():
        yield session


def holds_writer_lock() -> bool:
    """Whether this context has begun a writing transaction that is not yet finished."""
    return _current.get() is not None


def note_change(table: str) -> None:
    """Remember, for the end of a writing transaction, that it changed rows of this table."""
    if table in UNAUDITED_TABLES or _intended.get() is None:
        return
    db.session.info["changed"] = True
    current = _current.get()  # there is one: without it the commit is refused
    if table in MARKED_TABLES and current is not None:
        current.touched.add(table)


def watch_changes(engine: Engine) -> None:
    """Remember, per session, that a business table was changed."""

    @event.listens_for(engine, "before_cursor_execute")
    def note(
        _connection: object,
        _cursor: object,
        statement: str,
        _parameters: object,
        _context: object,
        _many: bool,
    ) -> None:
        words = statement.split(None, 3)
        verb = words[0].upper() if words else ""
        if verb not in {"INSERT", "UPDATE", "DELETE"}:
            return
        table = words[1] if verb == "UPDATE" else words[2]
        note_change(table.strip('"').split("(")[0])
