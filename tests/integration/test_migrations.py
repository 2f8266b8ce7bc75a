"""The database structure can be built, matches the models, and can be taken back (迁移)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect

from app.kernel.config import ROOT
from app.kernel.database import db
from app.registry.search_index import TABLES
from tests.people import ClientAs

FOLDER = Path(ROOT) / "migrations"


@pytest.fixture
def alembic(app: Flask) -> Iterator[Config]:
    """The migrations, pointed at a fresh database that stands at the newest one."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with app.app_context():
        yield config
        db.session.remove()


def tables() -> set[str]:
    found = set(inspect(db.engine).get_table_names())
    return found - {"alembic_version", "sqlite_sequence"} - TABLES


def test_the_models_say_what_the_migrations_built(alembic: Config) -> None:
    command.check(alembic)
    assert tables() == set(db.metadata.tables)


def test_every_step_goes_back_and_forth_with_data(client_as: ClientAs, alembic: Config) -> None:
    client_as("county-officer")
    db.session.remove()
    steps = [script.revision for script in ScriptDirectory.from_config(alembic).walk_revisions()]
    for _ in steps:
        command.downgrade(alembic, "-1")
    assert tables() == set()
    for _ in steps:
        command.upgrade(alembic, "+1")
    command.check(alembic)


def test_the_steps_are_numbered_in_one_line() -> None:
    names = sorted(path.name for path in (FOLDER / "versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.py", name) for name in names)
