"""The structure of the database by its number (迁移): which one stands, which one is the newest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text
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


def _revisions() -> list[str]:
    """Every structure this program knows, newest first."""
    from alembic.script import ScriptDirectory

    return [it.revision for it in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(ROOT) / "migrations"))
    return config
