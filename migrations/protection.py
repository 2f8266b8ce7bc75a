"""Triggers by which the database itself refuses to alter what is kept (不得改动).

Shared by the migrations that make tables of facts; migration 0006 made the functions that
PostgreSQL's triggers call.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from alembic import op

ANNULMENT = frozenset({"annulled_at", "annulled_by", "annulled_via", "annulled_reason"})


def protect_facts(*tables: str) -> None:
    """Facts may be annulled once and never otherwise altered or removed.

    To be called again for a table that gains a column: SQLite's triggers name the columns.
    """
    for table in tables:
        unprotect(table)
        if _is_postgresql():
            _trigger(table, "is_kept", "UPDATE", "annul_only()")
        else:
            _refuse_update_of(table, ANNULMENT, "a recorded fact cannot be altered")
            _refuse_when(table, "annulled_once", "annulled_at IS NOT NULL", "annulled once")
        _keep_from_removal(table)


def protect_kept(*tables: str) -> None:
    """Rows are entered and never altered or removed."""
    for table in tables:
        unprotect(table)
        if _is_postgresql():
            _trigger(table, "is_kept", "UPDATE", "refuse_change()")
        else:
            _refuse_update_of(table, (), "entries cannot be altered")
        _keep_from_removal(table)


def protect_course(table: str, changing: Collection[str], settled_when: str | None = None) -> None:
    """Rows move on in the ``changing`` columns only and are never removed.

    ``settled_when`` is a condition on one column's old value (``state <> 'open'``): a row for
    which it holds moves no more.
    """
    unprotect(table)
    if _is_postgresql():
        _make_postgresql_function()
        arguments = ", ".join(f"'{name}'" for name in sorted(changing))
        _trigger(table, "is_kept", "UPDATE", f"keep_but({arguments})")
        if settled_when:
            op.execute(
                f"CREATE TRIGGER {table}_annulled_once BEFORE UPDATE ON {table} FOR EACH ROW "
                f"WHEN (OLD.{settled_when}) EXECUTE FUNCTION refuse_change()"
            )
    else:
        _refuse_update_of(table, changing, "cannot be altered")
        if settled_when:
            _refuse_when(table, "annulled_once", settled_when, "settled")
    _keep_from_removal(table)


def unprotect(table: str) -> None:
    """Take the triggers away, to alter the table or to drop it."""
    on = f" ON {table}" if _is_postgresql() else ""
    for name in ("is_kept", "annulled_once", "is_not_removed"):
        op.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{on}")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _trigger(table: str, name: str, verb: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE {verb} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}"
    )


def _refuse_update_of(table: str, changing: Collection[str], fault: str) -> None:
    columns = ", ".join(
        f'"{column["name"]}"'
        for column in sa.inspect(op.get_bind()).get_columns(table)
        if column["name"] not in changing
    )
    op.execute(
        f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OF {columns} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: {fault}'); END"
    )


def _refuse_when(table: str, name: str, condition: str, fault: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE UPDATE ON {table} WHEN OLD.{condition} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: {fault}'); END"
    )


def _keep_from_removal(table: str) -> None:
    if _is_postgresql():
        _trigger(table, "is_not_removed", "DELETE", "refuse_change()")
        return
    op.execute(
        f"CREATE TRIGGER {table}_is_not_removed BEFORE DELETE ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: nothing is removed'); END"
    )


def _make_postgresql_function() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION keep_but() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF to_jsonb(OLD) - TG_ARGV IS DISTINCT FROM to_jsonb(NEW) - TG_ARGV "
        "THEN RAISE EXCEPTION '%: only its course may change', TG_TABLE_NAME; "
        "END IF; RETURN NEW; END $$"
    )
