"""The ledger of tonnes; evidence of applications; why entries and applications were annulled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_facts, protect_kept, unprotect

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rights_reserve_entry",
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("pollutant", sa.String(length=4), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("tonnes", sa.BigInteger(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("counterpart_id", sa.BigInteger(), nullable=True),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "level IN ('province','city')", name=op.f("ck_rights_reserve_entry_level")
        ),
        sa.CheckConstraint(
            "pollutant IN ('SO2','NOx','VOCs','PM')",
            name=op.f("ck_rights_reserve_entry_pollutant"),
        ),
        sa.CheckConstraint(
            "kind IN ('in','out','carry-in','carry-out','allocation')",
            name=op.f("ck_rights_reserve_entry_kind"),
        ),
        sa.CheckConstraint("tonnes > 0", name=op.f("ck_rights_reserve_entry_tonnes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_reserve_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_rights_reserve_entry_account", "rights_reserve_entry", ["level", "pollutant", "year"]
    )
    op.create_table(
        "rights_correction",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=12), nullable=False),
        sa.Column("fact_id", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "subject IN ('entry','application')", name=op.f("ck_rights_correction_subject")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_correction")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rights_correction_fact", "rights_correction", ["subject", "fact_id"])
    op.add_column(
        "rights_application", sa.Column("evidence_sha256", sa.String(length=64), nullable=True)
    )
    op.add_column(
        "rights_application",
        sa.Column("evidence_name", sa.String(length=200), nullable=False, server_default=""),
    )
    protect_facts("rights_application", "rights_reserve_entry")
    protect_kept("rights_correction")


def downgrade() -> None:
    op.drop_table("rights_correction")
    op.drop_table("rights_reserve_entry")
    unprotect("rights_application")
    op.drop_column("rights_application", "evidence_name")
    op.drop_column("rights_application", "evidence_sha256")
    protect_facts("rights_application")
