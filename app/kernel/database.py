"""The database (数据库): one set of tables on SQLite or PostgreSQL.

Reading and writing are different kinds of transaction, decided before the first statement:

* reading: a snapshot the database itself refuses to write in, so "a GET changes nothing" holds;
* writing: one writer at a time on both engines. The audit chain needs a serial order anyway, and
  with it no update is ever lost, no "database is locked" reaches a person, and nothing is retried.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    Integer,
    MetaData,
    Select,
    String,
    Text,
    and_,
    bindparam,
    event,
    or_,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.kernel import clock, connections
from app.kernel.config import Config

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; the database's own lock remains
    HAS_FLOCK = False
else:
    HAS_FLOCK = True

try:
    from pysqlite3 import dbapi2 as sqlite_driver
except ImportError:  # pragma: no cover - no wheel for this platform
    import sqlite3 as sqlite_driver

DriverError: type[Exception] = sqlite_driver.Error
"""What SQLite itself raises before SQLAlchemy can wrap it."""

STATEMENTS_KEPT = 512
"""Ready made on a connection: those of all the pages; of fewer, each would be made anew in turn."""
WRITER_LOCK_KEY = 7_105_920_240_601
"""PostgreSQL advisory lock that makes writing transactions serial."""


class Mode(StrEnum):
    """What the next transaction of this context may do."""

    READ = "read"
    WRITE = "write"


_mode: ContextVar[Mode] = ContextVar("transaction_mode", default=Mode.READ)
_patient: ContextVar[bool] = ContextVar("waits_for_the_writer", default=True)


class WriterBusy(Exception):
    """Another transaction writes now, and this one was not to wait for it."""


class Base(DeclarativeBase):
    """Base of every table; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


Values = Mapping[str, Any] | Sequence[Mapping[str, Any]]


def run(statement: Executable, values: Values | None = None) -> CursorResult[Any]:
    """Run a statement that was made once, on the session's connection, in its transaction.

    For what every transaction asks: to make a statement anew and take it through the session costs
    ten times as much as the database needs to answer it. Rows come as they are, never as objects.
    """
    session = db.session()
    session.flush()  # what waits to be written is seen
    return session.connection().execute(statement, values)


class UTCMoment(TypeDecorator[datetime]):
    """An aware moment kept in UTC with microseconds; a naive one is refused."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(27))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment without an offset cannot be stored: {value!r}")
        return value.astimezone(UTC) if dialect.name == "postgresql" else clock.iso(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(value)


class Tonnes(TypeDecorator[Decimal]):
    """Tonnes (吨) with three decimals, kept as whole kilograms so that sums are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> int | None:
        if value is None:
            return None
        kilograms = value * 1000
        if kilograms != kilograms.to_integral_value():
            raise ValueError(f"tonnes have at most three decimals: {value}")
        return int(kilograms)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-3)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept as text, digit for digit (SQLite would turn it into a float)."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, _dialect: Dialect) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


BigId = BigInteger().with_variant(Integer(), "sqlite")
"""Identity column type: SQLite numbers rows by INTEGER PRIMARY KEY only."""


class Recorded:
    """A recorded fact (登记事实): never overwritten, annulled at most once.

    A correction annuls the row and records a new one; "as known at T" is then one condition,
    see :func:`known_at`. Database triggers refuse any other change.
    """

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    recorded_at: Mapped[datetime] = mapped_column(UTCMoment)
    recorded_by: Mapped[int | None] = mapped_column(BigInteger)
    recorded_via: Mapped[str] = mapped_column(String(80))
    annulled_at: Mapped[datetime | None] = mapped_column(UTCMoment)
    annulled_by: Mapped[int | None] = mapped_column(BigInteger)
    annulled_via: Mapped[str | None] = mapped_column(String(80))


class Explained(Recorded):
    """A recorded fact whose correction says why and names what it replaced (更正、作废有理由)."""

    replaces_id: Mapped[int | None] = mapped_column(BigInteger)
    """The record that this one took the place of."""
    annulled_reason: Mapped[str | None] = mapped_column(Text)


def known_at(model: type[Recorded], moment: datetime | None) -> ColumnElement[bool]:
    """The rows of ``model`` that stood in the register at ``moment`` (``None``: stand now)."""
    if moment is None:
        return model.annulled_at.is_(None)
    return and_(
        model.recorded_at <= moment,
        or_(model.annulled_at.is_(None), model.annulled_at > moment),
    )


class AsKnown:
    """A question about a kind of fact, made once: as known now, and as known at a moment."""

    def __init__(self, model: type[Recorded], question: Select[*tuple[Any, ...]]) -> None:
        self._now = question.where(known_at(model, None))
        then: Any = bindparam("moment")
        self._then = question.where(known_at(model, then))

    def rows(self, moment: datetime | None, **values: object) -> Iterable[Any]:
        """The answer as known at ``moment`` (None: now)."""
        if moment is None:
            return run(self._now, values)
        return run(self._then, {**values, "moment": moment})

    def objects(self, moment: datetime | None, **values: object) -> Iterable[Any]:
        """The same for a question that asks for the objects of a kind."""
        if moment is None:
            return db.session.execute(self._now, values).scalars()
        return db.session.execute(self._then, {**values, "moment": moment}).scalars()


def among(name: str) -> BindParameter[Any]:
    """A list of values that a question made once is given by this name, for ``in_``."""
    return bindparam(name, expanding=True)


@contextmanager
def mode(wanted: Mode) -> Iterator[None]:
    """Transactions begun inside the block are of this kind."""
    token = _mode.set(wanted)
    try:
        yield
    finally:
        _mode.reset(token)


@contextmanager
def without_waiting() -> Iterator[None]:
    """Writing transactions begun inside raise WriterBusy instead of waiting for another writer."""
    token = _patient.set(False)
    try:
        yield
    finally:
        _patient.reset(token)


def set_mode(wanted: Mode) -> None:
    """Transactions this context begins from now on are of this kind."""
    _mode.set(wanted)


def is_writing() -> bool:
    """Whether the next transaction of this context may write."""
    return _mode.get() is Mode.WRITE


def wal_is_safe() -> bool:
    """Whether this SQLite is free of the WAL-reset fault (fixed in 3.51.3, 3.50.7, 3.44.6)."""
    version: tuple[int, ...] = tuple(sqlite_driver.sqlite_version_info)
    return version >= (3, 51, 3) or (version[:2] == (3, 50) and version >= (3, 50, 7))


def init_database(app: Flask, config: Config) -> None:
    """Bind the tables to the configured engine and give its connections their rules."""
    options: dict[str, Any] = {
        "hide_parameters": True,  # what people typed stays out of the logs
        # As many as there are requests under way, each with a short one beside it; those used
        # last are used again, with what they hold in memory.
        "pool_size": 8,
        "max_overflow": 32,
        "pool_use_lifo": True,
    }
    if config.is_sqlite:
        options["module"] = sqlite_driver
        options["connect_args"] = {
            "check_same_thread": False,
            "timeout": 15,
            "cached_statements": STATEMENTS_KEPT,
        }
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        if config.is_sqlite:
            _prepare_sqlite(db.engine, config.instance_dir / "write.lock")
        else:
            _prepare_postgresql(db.engine)


def _prepare_sqlite(engine: Engine, lock_path: Path) -> None:
    journal = (
        ("journal_mode=WAL", "synchronous=FULL")
        if wal_is_safe()
        else ("journal_mode=DELETE", "synchronous=EXTRA")
    )
    pragmas = (
        *journal,
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE removes what triggers keep from removal
        "secure_delete=ON",
        "trusted_schema=OFF",
        "cell_size_check=ON",
        "cache_size=-16000",  # KiB; the ordinary two MB hold no list of a province
    )

    @event.listens_for(engine, "connect")
    def configure(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # the driver must not begin by itself: we choose the kind
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        if not is_writing():
            _set_query_only(connection, "ON")
            raw.execute("BEGIN")
            return
        _set_query_only(connection, "OFF")
        # SQLite lets waiting writers starve each other; a file lock queues them fairly.
        connection.info["writer"] = _take_lock(lock_path)
        raw.execute("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def release(_raw: Any, record: Any) -> None:
        descriptor = record.info.pop("writer", None)
        if descriptor is not None:
            os.close(descriptor)


def _set_query_only(connection: Connection, wanted: str) -> None:
    """Say whether this connection may write, unless it was the last thing said to it.

    With every pragma of this kind, be it the same again, SQLite forgets how it was going to carry
    out the statements it has made ready, and every transaction would have them all made anew.
    """
    held: dict[str, Any] = connection.info
    if held.get("query_only") != wanted:
        held.pop("query_only", None)
        raw: Any = connection.connection.driver_connection
        raw.execute(f"PRAGMA query_only={wanted}")
        held["query_only"] = wanted


def _take_lock(path: Path) -> int | None:
    if not HAS_FLOCK:  # pragma: no cover
        return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if _patient.get() else fcntl.LOCK_NB))
    except BlockingIOError as busy:
        os.close(descriptor)
        raise WriterBusy from busy
    except BaseException:  # an interrupt too: left open, it would keep the lock
        os.close(descriptor)
        raise
    return descriptor


def _prepare_postgresql(engine: Engine) -> None:
    connections.prepare(engine, STATEMENTS_KEPT)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        _say_what_begins(connection.connection.dbapi_connection)
        if is_writing() and _patient.get():
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK_KEY})")
        elif is_writing():
            free = connection.exec_driver_sql(
                f"SELECT pg_try_advisory_xact_lock({WRITER_LOCK_KEY})"
            ).scalar_one()
            if not free:
                raise WriterBusy


def _say_what_begins(raw: Any) -> None:
    """Let BEGIN itself carry the kind of the transaction, which saves reading one way there."""
    reads = not is_writing()
    if raw.read_only is not reads:
        raw.read_only = reads
        raw.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ if reads else None
