"""Edits of the rulebook: dated settings and dated changes of the catalogue of industries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_facts

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDING_VALUE = sa.text("annulled_at IS NULL AND act = 'set'")


def upgrade() -> None:
    op.create_table(
        "rulebook_edit",
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=True),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "act IN ('set','add','rename','retire','subtype','alias','code','scheme')",
            name=op.f("ck_rulebook_edit_act"),
        ),
        sa.CheckConstraint("county = '' OR act = 'set'", name=op.f("ck_rulebook_edit_county")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulebook_edit")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_rulebook_edit_value",
        "rulebook_edit",
        ["subject", "county", "from_on"],
        unique=True,
        sqlite_where=STANDING_VALUE,
        postgresql_where=STANDING_VALUE,
    )
    protect_facts("rulebook_edit")


def downgrade() -> None:
    op.drop_table("rulebook_edit")
