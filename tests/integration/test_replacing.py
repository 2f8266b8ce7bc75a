"""SQLite's INSERT OR REPLACE removes nothing that is kept (不得改动), on any connection of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.kernel import migrating
from app.kernel.database import Base, DriverError, db

_KEPT, _REMOVAL = "_is_kept", "_is_not_removed"
_ON_ENTRY = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%BEFORE INSERT%'"


on_sqlite = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
"""PostgreSQL has no such statement."""


@pytest.fixture
def raw(app: Flask) -> Iterator[Any]:
    """A connection as the program has it, to tables that take any row at all."""
    with app.app_context():
        pooled = db.engine.raw_connection()
        connection: Any = pooled.driver_connection
        for pragma in ("query_only=OFF", "foreign_keys=OFF", "ignore_check_constraints=ON"):
            connection.execute(f"PRAGMA {pragma}")
        for (name,) in connection.execute(_ON_ENTRY).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        pooled.invalidate()


def kept_tables() -> list[str]:
    """Every table from which the migrations let nobody remove a row."""
    names = (it.removesuffix(_REMOVAL) for it in migrating.guards() if it.endswith(_REMOVAL))
    return sorted(names)


def enter(raw: Any, table: str) -> None:
    """A row of any content."""
    columns = raw.execute(f"PRAGMA table_info({table})").fetchall()
    values = [1 if "INT" in it[2].upper() else "1" for it in columns]
    marks = ", ".join("?" * len(values))
    raw.execute(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608 - a name of ours


def replaced(raw: Any, table: str) -> None:
    """Each row by itself, as SQLite replaces it."""
    raw.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 - the same


@on_sqlite
def test_no_kept_table_lets_a_row_be_replaced(raw: Any) -> None:
    tables = kept_tables()
    assert {it.name for it in Base.metadata.tables.values()} > set(tables)
    assert len(tables) > 30
    for table in tables:
        enter(raw, table)
        with pytest.raises(DriverError, match=rf"^{table}: "):
            replaced(raw, table)


def test_what_cannot_be_altered_cannot_be_removed_either() -> None:
    altered = {it.removesuffix(_KEPT) for it in migrating.guards() if it.endswith(_KEPT)}
    assert altered - set(kept_tables()) == {"issued_list_signed"}, "a second guard of issued_list"


@on_sqlite
def test_without_the_setting_the_guards_would_be_silent(raw: Any) -> None:
    """What the first test rests on."""
    raw.execute("PRAGMA recursive_triggers=OFF")
    enter(raw, "filing_step")
    replaced(raw, "filing_step")
    assert raw.execute("SELECT count(*) FROM filing_step").fetchone() == (1,)
