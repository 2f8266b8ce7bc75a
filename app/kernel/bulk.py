"""Many rows into a table at once (批量登记): one prepared statement, its values bound by column.

The mapper would look at every value of every row; here each column is asked once how its values
are bound, and the driver gets plain tuples. The rows are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Dialect, Table, func, insert, select, text
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.kernel.database import db

Row = Mapping[str, Any]


def insert_rows(model: type[Any], rows: Sequence[Row], **same: Any) -> None:
    """Enter the rows, which all fill the same columns; ``same`` are the values they share.

    A column that is not filled gets the default its model declares.
    """
    if not rows:
        return
    table: Table = model.__table__
    db.session.flush()
    connection = db.session.connection()
    shared = {**_defaults(table), **same}
    names = [it.name for it in table.columns if it.name in rows[0] or it.name in shared]
    columns = [
        _bound(table, name, [row[name] for row in rows], connection.dialect)
        if name in rows[0]
        else _bound(table, name, [shared[name]], connection.dialect) * len(rows)
        for name in names
    ]
    lines: Iterable[Any] = zip(*columns, strict=True)
    if not connection.dialect.positional:
        lines = (dict(zip(names, line, strict=True)) for line in lines)
    connection.exec_driver_sql(
        insert(table).compile(dialect=connection.dialect, column_keys=names).string, list(lines)
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


def _bound(table: Table, name: str, values: list[Any], dialect: Dialect) -> list[Any]:
    """The values of a column as the driver takes them; equal days and moments are made once."""
    bind: Callable[[Any], Any] | None = (
        table.columns[name].type.dialect_impl(dialect).bind_processor(dialect)
    )
    if bind is None:
        return values
    days = {value: bind(value) for value in set(values) if isinstance(value, date)}
    return [days[value] if value in days else bind(value) for value in values]
