"""Runs the migrations against the running app's database, as one writing transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy.engine import Connection

from app.kernel.database import Mode, db, mode
from app.registry.search_index import TABLES

UNMAPPED = {"table": TABLES, "index": frozenset({"ix_plant_search_grams"})}
"""What only one engine has; the models do not know it."""


def run() -> None:
    """Bring the database to the wanted version; all of it or nothing."""
    given = context.config.attributes.get("connection")
    if given is not None:  # a restore builds, loads and raises the database in one transaction
        migrate(given)
        return
    with mode(Mode.WRITE), db.engine.connect() as connection:
        migrate(connection)
        connection.commit()


def migrate(connection: Connection) -> None:
    """Run the steps on this connection."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=False,
        include_name=lambda name, kind, _parents: name not in UNMAPPED.get(kind, ()),
    )
    with context.begin_transaction():
        context.run_migrations()


run()
