"""Rows as the driver hands them over, for floors that leave what the program leaves (同样的行)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from bench.ground import Ground

Row: TypeAlias = tuple[Any, ...]
Rows: TypeAlias = dict[str, tuple[tuple[str, ...], dict[Row, Row]]]
"""Table → the names of its columns, its rows by their key."""

PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
    "trusted_schema=OFF", "cell_size_check=ON", "cache_size=-16000",
)  # fmt: skip
"""The program's own."""


@contextmanager
def connected(place: Ground) -> Iterator[Any]:
    """A bare connection with the program's own durability; transactions are begun by hand."""
    raw = place.raw()
    if place.url is None:
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}").fetchall()
    else:
        raw.autocommit = True
    try:
        yield raw
    finally:
        raw.close()


def mark_of(raw: Any) -> str:
    """How a value is given to a statement of this driver."""
    return "%s" if _is_postgresql(raw) else "?"


def begin(raw: Any) -> None:
    """Begin to write."""
    raw.execute("BEGIN" if _is_postgresql(raw) else "BEGIN IMMEDIATE")


def read(raw: Any, tables: Mapping[str, Sequence[str]], where: str = "") -> Rows:
    """All rows of these tables (name → the columns of its key), or those of a condition."""
    found: Rows = {}
    for table, key in tables.items():
        cursor = raw.cursor()
        cursor.execute(f"SELECT * FROM {table} {where}")  # noqa: S608 - names of our own
        names = tuple(it[0] for it in cursor.description)
        at = [names.index(name) for name in key]
        found[table] = (names, {tuple(it[n] for n in at): tuple(it) for it in cursor})
    return found


def difference(before: Rows, after: Rows) -> Rows:
    """The rows that one of both holds otherwise than the other, as ``after`` has them."""
    return {
        table: (names, {k: it for k, it in rows.items() if before[table][1].get(k) != it})
        for table, (names, rows) in after.items()
    }


def enter(raw: Any, table: str, rows: Sequence[Row]) -> None:
    """Enter rows that fill every column of the table, the quickest way the driver has."""
    if _is_postgresql(raw):
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as stream:
            for row in rows:
                stream.write_row(row)
    else:
        places = ", ".join("?" * len(rows[0]))
        raw.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608


class Write:
    """What makes the rows of ``after`` out of those of ``before``, ready to be carried out.

    New rows go in by ``executemany``, of changed ones the columns that differ are set, and those
    that are gone are deleted, by their key: nothing is looked up, nothing derived.
    """

    def __init__(
        self, raw: Any, tables: Mapping[str, Sequence[str]], before: Rows, after: Rows
    ) -> None:
        self._raw = raw
        self._mark = mark_of(raw)
        self._steps: list[tuple[str, list[Row]]] = []
        for table, (names, rows) in after.items():
            held = before[table][1] if table in before else {}
            self._delete(table, tables[table], [it for it in held if it not in rows])
            self._update(table, tables[table], names, held, rows)
            self._insert(table, names, [rows[it] for it in rows if it not in held])

    def carry_out(self) -> None:
        """Send it."""
        cursor = self._raw.cursor()
        for statement, lines in self._steps:
            if len(lines) == 1:
                cursor.execute(statement, lines[0])
            else:
                cursor.executemany(statement, lines)

    def _delete(self, table: str, key: Sequence[str], gone: list[Row]) -> None:
        if gone:
            self._steps.append((f"DELETE FROM {table} WHERE {self._are(key)}", gone))  # noqa: S608

    def _update(
        self,
        table: str,
        key: Sequence[str],
        names: Sequence[str],
        held: Mapping[Row, Row],
        rows: Mapping[Row, Row],
    ) -> None:
        changed = [it for it in rows if it in held and held[it] != rows[it]]
        if not changed:
            return
        at = [
            place
            for place in range(len(names))
            if any(held[it][place] != rows[it][place] for it in changed)
        ]
        said = ", ".join(f"{names[it]} = {self._mark}" for it in at)
        lines = [(*(rows[it][place] for place in at), *it) for it in changed]
        statement = f"UPDATE {table} SET {said} WHERE {self._are(key)}"  # noqa: S608
        self._steps.append((statement, lines))

    def _insert(self, table: str, names: Sequence[str], new: list[Row]) -> None:
        if new:
            places = ", ".join([self._mark] * len(names))
            statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608
            self._steps.append((statement, new))

    def _are(self, key: Sequence[str]) -> str:
        return " AND ".join(f"{name} = {self._mark}" for name in key)


def _is_postgresql(raw: Any) -> bool:
    return type(raw).__module__.startswith("psycopg")
