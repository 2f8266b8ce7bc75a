"""Whole rows as the driver has them (驱动原值): of a whole register, and where every fact waits.

The mapper makes a value of every cell, and of every value a cell. Where millions of rows are read
only to be held against others, or written only because others follow from them, the driver's own
tuples are compared and entered as they are. And what every transaction has to ask, the driver is
asked itself: to lead a statement to it takes three times as long as to answer it.

Between the engines only days and moments differ, and yes and no: SQLite's are texts and numbers,
and its driver takes ten times as long over anything else. They are turned by looking them up, since
there are few of them in many rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import CompoundSelect, Connection, Date, Delete, Dialect, Select, Table, Update
from sqlalchemy.exc import DBAPIError

from app.kernel.database import db, run

Row: TypeAlias = tuple[Any, ...]
Question: TypeAlias = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
_NOTHING: Mapping[str, int] = MappingProxyType({})
_MANY = 100
"""From so many rows on PostgreSQL takes them faster as a stream."""


def fetched(question: Question, values: Mapping[str, Any] = _NOTHING) -> Sequence[Row]:
    """All rows of a question that was made once; what it is given are numbers or lists of them."""
    raw, asked = _ready(question)
    if asked is None:
        return _led(question, values)
    try:
        rows: Sequence[Row] = raw.execute(asked.text, asked.given(values)).fetchall()
    except db.engine.dialect.loaded_dbapi.Error:
        return _led(question, values)  # fails as every other statement would
    return rows


def _led(question: Question, values: Mapping[str, Any]) -> Sequence[Row]:
    """The same in the ordinary way."""
    result = run(question, values)
    rows: Sequence[Row] = result.cursor.fetchall()
    result.close()
    return rows


def carry_out(change: Delete | Update, values: Mapping[str, Any]) -> int:
    """Change rows that follow from others, and so need no entry in the trail, by numbers given.

    Says how many it changed.
    """
    raw, asked = _ready(change)
    if asked is None:
        return run(change, values).rowcount
    try:
        changed: int = raw.execute(asked.text, asked.given(values)).rowcount
    except db.engine.dialect.loaded_dbapi.Error:
        return run(change, values).rowcount
    return changed


def _ready(statement: Question | Delete | Update) -> tuple[Any, _Asked | None]:
    """The driver's connection of this transaction, and the statement for it."""
    session = db.session()
    session.flush()  # what waits to be written is seen
    connection = session.connection()
    return connection.connection.driver_connection, _asked(statement, connection.dialect)


class _Asked(NamedTuple):
    """A question as an engine is asked it."""

    text: str
    fixed: Mapping[str, Any]
    """What the statement itself gives by name; what is still to be given is None."""
    order: Sequence[str] | None
    """The names one after the other, where the driver wants it so."""

    def given(self, values: Mapping[str, Any]) -> Any:
        named = {**self.fixed, **values}
        return named if self.order is None else [named[name] for name in self.order]


@lru_cache(maxsize=256)
def _asked(statement: Question | Delete | Update, dialect: Dialect) -> _Asked | None:
    """None where the text depends on how much it is given, as of a list."""
    compiled: Any = statement.compile(dialect=dialect)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    return _Asked(compiled.string, compiled.params, compiled.positiontup)


def enter(model: type[Any], rows: Sequence[Row]) -> None:
    """Enter rows that follow from others and fill every column of their table, in its order."""
    if not rows:
        return
    table: Table = model.__table__
    names = [it.name for it in table.columns]
    connection = db.session.connection()
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql and len(rows) > _MANY:
        copy_in(connection, table, names, rows)
        return
    raw: Any = connection.connection.driver_connection
    marks = ", ".join(["%s" if on_postgresql else "?"] * len(names))
    raw.cursor().executemany(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
        rows,
    )


def copy_in(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Send rows to PostgreSQL in one stream; a refusal is raised as any statement's would be."""
    import psycopg  # there only where PostgreSQL is
    from psycopg import sql

    driver: Any = connection.connection.driver_connection
    asked = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    try:
        with driver.cursor() as cursor, cursor.copy(asked) as stream:
            for row in rows:
                stream.write_row(row)
    except psycopg.Error as error:
        said = f"COPY {table.name}"
        raise DBAPIError.instance(said, None, error, psycopg.Error, hide_parameters=True) from error


def days_read() -> Mapping[Any, Any]:
    """The day by what the driver gives for it; None by None."""
    return _days_read(db.engine.dialect)


def written() -> Mapping[Any, Any]:
    """What the driver takes and gives for it, by the day, True or False; None by None."""
    return _written(db.engine.dialect)


@lru_cache(maxsize=4)
def _days_read(dialect: Dialect) -> _Made:
    kind = Date().dialect_impl(dialect)
    return _Made(kind.result_processor(dialect, None) or _itself)


@lru_cache(maxsize=4)
def _written(dialect: Dialect) -> _Made:
    of_day = Date().dialect_impl(dialect).bind_processor(dialect) or _itself
    of_flag = _itself if dialect.supports_native_boolean else int
    return _Made(lambda it: of_flag(it) if isinstance(it, bool) else of_day(it))


class _Made(dict[Any, Any]):
    """What is made of a value, made once, and forgotten when there are too many."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: Any) -> Any:
        if len(self) > 1 << 16:
            self.clear()
        made = self[value] = self._make(value)
        return made


def _itself(value: Any) -> Any:
    return value
