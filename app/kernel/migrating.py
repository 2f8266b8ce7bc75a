"""The structure of the database by its number (迁移): which one stands, which one is the newest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection

from app.kernel.config import ROOT

if TYPE_CHECKING:
    from alembic.config import Config


def upgrade(revision: str = "head", connection: Connection | None = None) -> None:
    """Bring the structure to ``revision``; in the transaction of ``connection`` if one is given."""
    # Loading alembic takes a fifth of a second: only who migrates pays for it, not every start.
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def newest_revision() -> str:
    """The structure this program works with."""
    found = _revisions()
    return found[0]


def knows(revision: str) -> bool:
    """Whether this program can bring a database of that structure up to its own."""
    return revision in _revisions()


def revision_of(connection: Connection) -> str | None:
    """The structure the database stands at; None when it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def guards() -> dict[str, str]:
    """Every trigger that the migrations leave on SQLite, by its name, with its text.

    Found by letting them build a database in memory, which takes about a second.
    """
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        upgrade("head", connection)
        found = triggers(connection)
    engine.dispose()
    return found


def triggers(connection: Connection) -> dict[str, str]:
    """The triggers that are there and not switched off; with their text on SQLite."""
    if connection.dialect.name == "postgresql":
        found = connection.execute(text(_POSTGRESQL_TRIGGERS))
    else:
        found = connection.execute(text(_SQLITE_TRIGGERS))
    return {row[0]: row[1] for row in found}


_SQLITE_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
_POSTGRESQL_TRIGGERS = (
    "SELECT tgname, '' FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
)


def mark_unproven(connection: Connection, *, unproven: bool) -> None:
    """Note in a PostgreSQL database that what was moved into it has not been compared yet."""
    if unproven:
        connection.execute(text("COMMENT ON TABLE alembic_version IS 'moved here, not compared'"))
    else:
        connection.execute(text("COMMENT ON TABLE alembic_version IS NULL"))


def is_unproven(connection: Connection) -> bool:
    """Whether it holds what a move left that was cut off before it was compared."""
    if connection.dialect.name != "postgresql" or revision_of(connection) is None:
        return False
    found = text("SELECT obj_description(CAST('alembic_version' AS regclass))")
    return connection.execute(found).scalar() == "moved here, not compared"


def _revisions() -> list[str]:
    """Every structure this program knows, newest first."""
    from alembic.script import ScriptDirectory

    return [it.revision for it in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(ROOT) / "migrations"))
    return config
