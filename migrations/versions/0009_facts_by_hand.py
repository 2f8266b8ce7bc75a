"""Columns for facts entered by hand: why and by what a fact was withdrawn, ended, corrected.

``annulled_reason`` is written with the annulment, so it joins what may change of a fact, once.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_facts, unprotect

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXTS = {
    "violation": ("withdrawal_document", "withdrawal_reason", "barring_reason"),
    "finding": ("withdrawal_document", "withdrawal_reason"),
    "grade_record": ("ending_document", "ending_reason"),
}
_KEYS = ("annulled_at", "annulled_by", "annulled_via")


def upgrade() -> None:
    _let_change((*_KEYS, "annulled_reason"))
    for table, names in TEXTS.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
        op.add_column(table, sa.Column("replaces_id", sa.BigInteger(), nullable=True))
        op.add_column(table, sa.Column("annulled_reason", sa.Text(), nullable=True))
        protect_facts(table)


def downgrade() -> None:
    for table, names in TEXTS.items():
        unprotect(table)
        for name in (*names, "replaces_id", "annulled_reason"):
            op.drop_column(table, name)
        protect_facts(table)
    _let_change(_KEYS)


def _let_change(keys: tuple[str, ...]) -> None:
    """What PostgreSQL's trigger function lets an annulment write; SQLite's triggers name it."""
    if op.get_bind().dialect.name != "postgresql":
        return
    without = "".join(f" - '{key}'" for key in keys)
    op.execute(
        "CREATE OR REPLACE FUNCTION annul_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF OLD.annulled_at IS NOT NULL "
        f"OR to_jsonb(OLD){without} IS DISTINCT FROM to_jsonb(NEW){without} "
        "THEN RAISE EXCEPTION '%: a fact is annulled once, never altered', TG_TABLE_NAME; "
        "END IF; RETURN NEW; END $$"
    )
