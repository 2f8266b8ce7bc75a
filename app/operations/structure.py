"""The structure around the rows (数据库结构): emptied out whole, its guards set aside for a while.

Names of tables, triggers and constraints come from the database itself and are always quoted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from app.kernel.database import db
from app.registry import search_index

NOT_DUMPED = frozenset({"alembic_version"})
"""Known by its number alone; see :mod:`app.kernel.migrating`."""


class _Named(ExecutableDDLElement):
    """A statement with names in it: ``_Named("DROP TABLE {}", name)`` quotes them."""

    inherit_cache = False

    def __init__(self, words: str, *names: str) -> None:
        self.words, self.names = words, names


@compiles(_Named)
def _spell(element: _Named, compiler: Any, **_options: Any) -> str:
    quote = compiler.preparer.quote_identifier
    return element.words.format(*map(quote, element.names))


class _Kept(ExecutableDDLElement):
    """A statement as the database kept it."""

    inherit_cache = False

    def __init__(self, statement: str) -> None:
        self.statement = statement


@compiles(_Kept)
def _repeat(element: _Kept, _compiler: Any, **_options: Any) -> str:
    return element.statement


def table_names(connection: Connection) -> list[str]:
    """Every table there is, in the order in which foreign keys allow filling them."""
    present = set(sa.inspect(connection).get_table_names()) - NOT_DUMPED - search_index.TABLES
    known = [table.name for table in db.metadata.sorted_tables if table.name in present]
    return known + sorted(present - set(known))


def empty_out(connection: Connection) -> None:
    """Drop every table, trigger and trigger function of the database."""
    names = [*NOT_DUMPED, *table_names(connection)]
    if connection.dialect.name == "postgresql":
        for name in names:
            connection.execute(_Named("DROP TABLE IF EXISTS {} CASCADE", name))
        for function in connection.exec_driver_sql(_TRIGGER_FUNCTIONS).scalars().all():
            connection.execute(_Named("DROP FUNCTION {}() CASCADE", function))
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for name, _ in _sqlite_triggers(connection):
        connection.execute(_Named("DROP TRIGGER {}", name))
    connection.execute(_Named("DROP TABLE IF EXISTS {}", search_index.FULL_TEXT))
    for name in reversed(names):
        connection.execute(_Named("DROP TABLE IF EXISTS {}", name))


_TRIGGER_FUNCTIONS = """
    SELECT p.proname FROM pg_proc p
    WHERE p.prorettype = 'trigger'::regtype AND p.pronamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""


@contextmanager
def unguarded(connection: Connection, names: Sequence[str]) -> Iterator[list[str]]:
    """Triggers rest and foreign keys wait inside; at the end they hold again, over all rows.

    Yields a list that then names what breaks a foreign key.
    """
    broken: list[str] = []
    if connection.dialect.name == "postgresql":
        with _unguarded_postgresql(connection, names, broken):
            yield broken
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    triggers = _sqlite_triggers(connection)
    for name, _ in triggers:
        connection.execute(_Named("DROP TRIGGER {}", name))
    yield broken
    for _, statement in triggers:
        connection.execute(_Kept(statement))
    broken.extend(
        f"表 {row[0]} 中有的行指向不存在的 {row[2]}"
        for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
    )


def _sqlite_triggers(connection: Connection) -> list[tuple[str, str]]:
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    )
    return [(name, statement) for name, statement in rows]


@contextmanager
def _unguarded_postgresql(
    connection: Connection, names: Sequence[str], broken: list[str]
) -> Iterator[None]:
    inspector = sa.inspect(connection)
    keys = [(name, str(key["name"])) for name in names for key in inspector.get_foreign_keys(name)]
    for name in names:
        connection.execute(_Named("ALTER TABLE {} DISABLE TRIGGER USER", name))
    for key in keys:
        late = "ALTER TABLE {} ALTER CONSTRAINT {} DEFERRABLE INITIALLY DEFERRED"
        connection.execute(_Named(late, *key))
    yield
    try:
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    except DBAPIError as error:
        broken.append(str(error.orig).splitlines()[0])
        return
    for key in keys:
        connection.execute(_Named("ALTER TABLE {} ALTER CONSTRAINT {} NOT DEFERRABLE", *key))
    for name in names:
        connection.execute(_Named("ALTER TABLE {} ENABLE TRIGGER USER", name))


@contextmanager
def scratch_database(url: str) -> Iterator[str | None]:
    """The address of an empty database beside the one at ``url``, gone afterwards.

    None on SQLite, and where the account may not make databases.
    """
    served = make_url(url)
    if not served.drivername.startswith("postgresql"):
        yield None
        return
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
    stem = f"{(served.database or '')[:40]}_drill_"
    name = stem + secrets.token_hex(4)
    try:
        with engine.connect() as connection:
            _drop_databases(connection, stem)  # of a drill that was cut off
            made = _may_make(connection, name)
        yield served.set(database=name).render_as_string(hide_password=False) if made else None
    finally:
        with engine.connect() as connection:
            _drop_databases(connection, name)
        engine.dispose()


def _may_make(connection: Connection, name: str) -> bool:
    try:
        connection.execute(_Named("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", name))
    except ProgrammingError:  # no permission to
        return False
    return True


def _drop_databases(connection: Connection, stem: str) -> None:
    """Those of this account whose names begin so."""
    ours = sa.text(
        "SELECT datname FROM pg_database WHERE starts_with(datname, :stem) "
        "AND pg_get_userbyid(datdba) = current_user"
    )
    for name in connection.execute(ours, {"stem": stem}).scalars().all():
        connection.execute(_Named("DROP DATABASE {} WITH (FORCE)", name))
