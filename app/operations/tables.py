"""The contents of the database, row by row, in a form that no engine owns (表的转储与载入).

A table becomes lines of JSON, one array a row, in the order of its primary key. The same rows give
the same bytes on SQLite and on PostgreSQL, so the SHA-256 of a table proves that two databases hold
the same; what was dumped from one engine loads into the other. Kinds of values:

=========  ==========================================================================
integer    a JSON number of any size; tonnes (吨) are whole kilograms, as they are kept
text       a JSON string; exact decimals are kept as text, digit for digit
boolean    true or false
date       ``2025-06-30``
moment     ISO 8601 in UTC with microseconds and ``Z``
=========  ==========================================================================

``dump_tables`` reads inside the caller's reading transaction, which is one snapshot on either
engine. ``load_tables`` fills tables of the same structure inside the caller's writing transaction:
what they held is removed, foreign keys are looked at once at the end, triggers rest meanwhile, and
the numbering of new rows goes on where it stood. Neither commits. Proof of a
move: ``digests(old) == digests(new)``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.kernel import clock
from app.kernel.database import UTCMoment, db
from app.operations.structure import table_names, unguarded
from app.registry.search_index import rebuild_grams

_ROWS_AT_ONCE = 1000


class Kind(StrEnum):
    """How the values of a column are written."""

    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    DATE = "date"
    MOMENT = "moment"


_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.INTEGER: sa.BigInteger(),
    Kind.TEXT: sa.Text(),
    Kind.BOOLEAN: sa.Boolean(),
    Kind.DATE: sa.Date(),
    Kind.MOMENT: UTCMoment(),
}
_WRITE: dict[Kind, Callable[[Any], Any]] = {
    Kind.DATE: date.isoformat,
    Kind.MOMENT: clock.iso,
}
_READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.DATE: date.fromisoformat,
    Kind.MOMENT: datetime.fromisoformat,
}


class CannotLoad(Exception):
    """The rows do not go into this database; the text names the table and the reason."""


class Sink(Protocol):
    """Where the bytes of a table go."""

    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class TableDump:
    """One dumped table: columns with kinds, number of rows, digest of its lines.

    ``last_id`` is the highest number ever given to a row, so that none is given twice.
    """

    name: str
    columns: tuple[tuple[str, Kind], ...]
    key: tuple[str, ...]
    rows: int
    sha256: str
    last_id: int | None

    def as_json(self) -> dict[str, Any]:
        """The entry of the manifest."""
        return {
            "name": self.name,
            "columns": [[name, str(kind)] for name, kind in self.columns],
            "key": list(self.key),
            "rows": self.rows,
            "sha256": self.sha256,
            "last_id": self.last_id,
        }

    @staticmethod
    def from_json(entry: dict[str, Any]) -> TableDump:
        """The reverse of :meth:`as_json`. Raises ValueError, KeyError or TypeError."""
        return TableDump(
            name=str(entry["name"]),
            columns=tuple((str(name), Kind(kind)) for name, kind in entry["columns"]),
            key=tuple(map(str, entry["key"])),
            rows=int(entry["rows"]),
            sha256=str(entry["sha256"]),
            last_id=None if entry["last_id"] is None else int(entry["last_id"]),
        )


def dump_tables(
    connection: Connection, opened: Callable[[str], AbstractContextManager[Sink]]
) -> list[TableDump]:
    """Write every table to ``opened(name)``, owners before their dependants."""
    found = []
    for name in table_names(connection):
        with opened(name) as sink:
            found.append(_dump(connection, name, sink))
    return found


def digests(connection: Connection) -> dict[str, tuple[int, str]]:
    """Number of rows and digest of every table; equal on two databases that hold the same."""
    found = (_dump(connection, name, None) for name in table_names(connection))
    return {it.name: (it.rows, it.sha256) for it in found}


def _dump(connection: Connection, name: str, sink: Sink | None) -> TableDump:
    columns = _columns(connection, name)
    key = tuple(sa.inspect(connection).get_pk_constraint(name)["constrained_columns"])
    table = _core_table(name, columns)
    query = sa.select(table).order_by(*_order(connection, table, key or [it[0] for it in columns]))
    writers = [_WRITE.get(kind) for _, kind in columns]
    digest, rows = hashlib.sha256(), 0
    with connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)) as found:
        for row in found:
            values = [
                value if write is None or value is None else write(value)
                for write, value in zip(writers, row, strict=True)
            ]
            line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            rows += 1
            if sink is not None:
                sink.write(line)
    return TableDump(name, columns, key, rows, digest.hexdigest(), _last_id(connection, name, key))


def _columns(connection: Connection, name: str) -> tuple[tuple[str, Kind], ...]:
    """The columns that stand in the database; their kinds as the program means them.

    A database that is not yet migrated may lack columns of the program's tables, or have others.
    """
    meant = db.metadata.tables.get(name)
    found = []
    for column in sa.inspect(connection).get_columns(name):
        in_code = None if meant is None else meant.columns.get(column["name"])
        found.append((column["name"], kind_of(column["type"] if in_code is None else in_code.type)))
    return tuple(sorted(found))


def kind_of(column_type: TypeEngine[Any]) -> Kind:
    """The kind of a column. Raises TypeError for a type that has none: give it one here first."""
    if isinstance(column_type, UTCMoment | sa.DateTime):
        return Kind.MOMENT
    if isinstance(column_type, TypeDecorator):
        return kind_of(column_type.impl_instance)
    for known, kind in (
        (sa.Boolean, Kind.BOOLEAN),
        (sa.Integer, Kind.INTEGER),
        (sa.String, Kind.TEXT),
        (sa.Date, Kind.DATE),
    ):
        if isinstance(column_type, known):
            return kind
    raise TypeError(f"no kind for a column of type {column_type!r}")


def _core_table(name: str, columns: Sequence[tuple[str, Kind]]) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, _TYPES[kind]) for column, kind in columns))


def _order(
    connection: Connection, table: sa.TableClause, names: Iterable[str]
) -> Iterator[sa.ColumnElement[Any]]:
    """By the bytes of a text, on either engine."""
    for name in names:
        column = table.c[name]
        is_text = isinstance(column.type, sa.String)
        plain = is_text and connection.dialect.name == "postgresql"
        yield sa.collate(column, "C") if plain else column


def _last_id(connection: Connection, name: str, key: Sequence[str]) -> int | None:
    if len(key) != 1:
        return None
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, name, key[0])
        if sequence is None:
            return None
        given = sa.text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))")
        return connection.execute(given, {"sequence": sequence}).scalar() or 0
    if not sa.inspect(connection).has_table("sqlite_sequence"):
        return None
    return connection.execute(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": name}
    ).scalar()


def _sequence(connection: Connection, name: str, column: str) -> str | None:
    """PostgreSQL's sequence that numbers the rows of a table; None when nothing does."""
    has_column = sa.text("SELECT pg_get_serial_sequence(:name, :column)")
    return connection.execute(has_column, {"name": f'"{name}"', "column": column}).scalar()


def load_tables(
    connection: Connection,
    tables: Sequence[TableDump],
    lines_of: Callable[[str], Iterable[bytes]],
) -> None:
    """Make the tables hold exactly what was dumped. Raises CannotLoad.

    Every table there must be among ``tables``, and the reverse.
    """
    present = set(table_names(connection))
    if present != {table.name for table in tables}:
        odd = "、".join(sorted(present ^ {table.name for table in tables}))
        raise CannotLoad(f"数据库结构与备份不一致：{odd}")
    with unguarded(connection, sorted(present)) as broken:
        for table in reversed(tables):
            connection.execute(sa.delete(sa.table(table.name)))
        for table in tables:
            _load(connection, table, lines_of(table.name))
            _go_on_numbering(connection, table)
    rebuild_grams(connection)
    if broken:
        raise CannotLoad(broken[0])


def _load(connection: Connection, table: TableDump, lines: Iterable[bytes]) -> None:
    target = _core_table(table.name, table.columns)
    names = [name for name, _ in table.columns]
    readers = [_READ.get(kind) for _, kind in table.columns]
    digest, rows = hashlib.sha256(), 0
    waiting: list[dict[str, Any]] = []
    for line in lines:
        digest.update(line)
        rows += 1
        values = (
            value if read is None or value is None else read(value)
            for read, value in zip(readers, json.loads(line), strict=True)
        )
        waiting.append(dict(zip(names, values, strict=True)))
        if len(waiting) == _ROWS_AT_ONCE:
            _insert(connection, target, waiting, rows)
            waiting = []
    if waiting:
        _insert(connection, target, waiting, rows)
    if (rows, digest.hexdigest()) != (table.rows, table.sha256):
        raise CannotLoad(f"表 {table.name} 的内容与清单不符")


def _insert(
    connection: Connection, target: sa.TableClause, rows: list[dict[str, Any]], until: int
) -> None:
    try:
        connection.execute(sa.insert(target), rows)
    except DBAPIError as error:
        first = until - len(rows) + 1
        reason = str(error.orig).splitlines()[0]
        where = f"表 {target.name} 第 {first} 至 {until} 行"
        raise CannotLoad(f"{where}写不进去（{reason}）") from error


def _go_on_numbering(connection: Connection, table: TableDump) -> None:
    if len(table.key) != 1 or dict(table.columns)[table.key[0]] is not Kind.INTEGER:
        return
    column: sa.ColumnClause[Any] = sa.column(table.key[0])
    highest = connection.execute(
        sa.select(sa.func.max(column)).select_from(sa.table(table.name))
    ).scalar()
    last = max(highest or 0, table.last_id or 0)
    if last == 0:
        return
    if connection.dialect.name == "postgresql":
        sequence = _sequence(connection, table.name, table.key[0])
        if sequence is not None:
            connection.execute(sa.text("SELECT setval(:s, :last)"), {"s": sequence, "last": last})
        return
    if table.last_id is None:
        return
    numbers = {"name": table.name, "last": last}
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), numbers)
    connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), numbers)
