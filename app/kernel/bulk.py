"""Many rows into a table at once (批量登记): their values bound by column, then sent as they are.

The mapper would look at every value of every row; here each column is asked once how its values
are bound, and the driver gets plain tuples: SQLite by one prepared statement, PostgreSQL by COPY,
which its triggers and constraints judge like any INSERT. The rows are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Dialect, Table, func, insert, select, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.kernel import driver_rows
from app.kernel.database import db
from app.kernel.transaction import note_change

Row = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]
_COPIED = 50
"""From so many rows on COPY is quicker than one statement after the other."""


def insert_rows(model: type[Any], rows: Sequence[Row], **same: Any) -> None:
    """Enter the rows, which all fill the same columns; ``same`` are the values they share."""
    if rows:
        insert_columns(model, {it: [row[it] for row in rows] for it in rows[0]}, **same)


def insert_columns(model: type[Any], columns: Columns, **same: Any) -> None:
    """The same, given the values of all rows column by column; there is at least one row.

    A column that is not filled gets the default its model declares.
    """
    table: Table = model.__table__
    db.session.flush()
    connection = db.session.connection()
    count = len(next(iter(columns.values())))
    shared = {name: [value] for name, value in {**_defaults(table), **same}.items()}
    names = [it.name for it in table.columns if it.name in columns or it.name in shared]
    lines = zip(
        *(
            _bound(table, name, columns[name], connection.dialect)
            if name in columns
            else _bound(table, name, shared[name], connection.dialect) * count
            for name in names
        ),
        strict=True,
    )
    if connection.dialect.positional:
        _insert(connection, table, names, list(lines))
    elif count < _COPIED:
        _insert(connection, table, names, [dict(zip(names, it, strict=True)) for it in lines])
    else:
        note_change(table.name)
        driver_rows.copy_in(connection, table, names, lines)


def _insert(connection: Connection, table: Table, names: Sequence[str], lines: list[Any]) -> None:
    connection.exec_driver_sql(
        insert(table).compile(dialect=connection.dialect, column_keys=names).string, lines
    )


def take_ids(model: type[Any], count: int) -> Sequence[int]:
    """The next ids of the table, growing, never given before.

    Nobody else takes one meanwhile, since there is one writer at a time.
    """
    table: Table = model.__table__
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        taken = text(
            "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)"
        )
        found = connection.execute(taken, {"name": table.name, "count": count})
        return [int(row[0]) for row in found]
    given = text("SELECT max(seq) FROM sqlite_sequence WHERE name = :name")
    last = connection.execute(given, {"name": table.name}).scalar()
    held = connection.execute(select(func.max(table.c.id))).scalar()
    first = 1 + max(last or 0, held or 0)
    return range(first, first + count)


def _defaults(table: Table) -> dict[str, Any]:
    return {
        it.name: it.default.arg
        for it in table.columns
        if isinstance(it.default, ScalarElementColumnDefault)
    }


def _bound(table: Table, name: str, values: Sequence[Any], dialect: Dialect) -> list[Any]:
    """The values of a column as the driver takes them; equal days and moments are made once."""
    bind: Callable[[Any], Any] | None = (
        table.columns[name].type.dialect_impl(dialect).bind_processor(dialect)
    )
    if bind is None:
        return list(values)
    days = {value: bind(value) for value in set(values) if isinstance(value, date)}
    return [days[value] if value in days else bind(value) for value in values]
