"""What the database itself refuses: altering facts, audit entries, or calendar history.

A fact may be annulled once and never otherwise changed or removed; an audit entry never at all.
No code path, and nobody with a database client of the app, gets around it unnoticed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FACTS = (
    "enterprise_record",
    "plant_record",
    "plant_industry",
    "production_line",
    "emergency_measure",
    "violation",
    "finding",
    "grade_record",
    "inspection",
    "project",
    "rights_application",
    "rights_reserve",
)
PERMANENT = ("audit_entry", "enterprise", "plant", "stored_file")
ANNULMENT = frozenset({"annulled_at", "annulled_by", "annulled_via"})


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _columns(table: str) -> str:
    columns = (column["name"] for column in sa.inspect(op.get_bind()).get_columns(table))
    return ", ".join(f'"{name}"' for name in columns if name not in ANNULMENT)


def _protect_sqlite() -> None:
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OF {_columns(table)} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: a recorded fact cannot be altered'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_annulled_once BEFORE UPDATE ON {table} "
            f"WHEN OLD.annulled_at IS NOT NULL "
            f"BEGIN SELECT RAISE(ABORT, '{table}: a fact is annulled once'); END"
        )
    for table in PERMANENT:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: entries cannot be altered'); END"
        )
    for table in (*FACTS, *PERMANENT):
        op.execute(
            f"CREATE TRIGGER {table}_is_not_removed BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: nothing is removed'); END"
        )


def _protect_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '%: cannot be altered or removed', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION annul_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE kept jsonb := to_jsonb(OLD) - 'annulled_at' - 'annulled_by' - 'annulled_via'; "
        "BEGIN IF OLD.annulled_at IS NOT NULL "
        "OR kept IS DISTINCT FROM to_jsonb(NEW) - 'annulled_at' - 'annulled_by' - 'annulled_via' "
        "THEN RAISE EXCEPTION '%: a fact is annulled once, never altered', TG_TABLE_NAME; "
        "END IF; RETURN NEW; END $$"
    )
    for table in FACTS:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION annul_only()"
        )
    for table in PERMANENT:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (*FACTS, *PERMANENT):
        op.execute(
            f"CREATE TRIGGER {table}_is_not_removed BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION annul_only() CASCADE")
        op.execute("DROP FUNCTION refuse_change() CASCADE")
        return
    for table in FACTS:
        op.execute(f"DROP TRIGGER {table}_annulled_once")
    for table in (*FACTS, *PERMANENT):
        op.execute(f"DROP TRIGGER {table}_is_kept")
        op.execute(f"DROP TRIGGER {table}_is_not_removed")
