"""Indicator tables: what they are of, their versions, and from when one rules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_facts, protect_kept

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDS = sa.text("annulled_at IS NULL")


def upgrade() -> None:
    _make_family()
    _make_version()
    _make_ruling()
    protect_kept("indicator_family", "indicator_version")
    protect_facts("indicator_ruling")


def downgrade() -> None:
    op.drop_table("indicator_ruling")
    op.drop_table("indicator_version")
    op.drop_table("indicator_family")


def _make_family() -> None:
    op.create_table(
        "indicator_family",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("rulebook", sa.String(length=30), nullable=False),
        sa.Column("industry", sa.String(length=40), nullable=False),
        sa.Column("subtype", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("part", sa.String(length=60), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("kind IN ('base','supplement')", name=op.f("ck_indicator_family_kind")),
        sa.CheckConstraint("(kind = 'base') = (part = '')", name=op.f("ck_indicator_family_part")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_family")),
        sa.UniqueConstraint(
            "rulebook",
            "industry",
            "subtype",
            "kind",
            "part",
            name=op.f("uq_indicator_family_rulebook_industry_subtype_kind_part"),
        ),
        sqlite_autoincrement=True,
    )


def _make_version() -> None:
    op.create_table(
        "indicator_version",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("family_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("unverified", sa.Integer(), nullable=False),
        sa.Column("made_from", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.Column("kept_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["indicator_family.id"], name=op.f("fk_indicator_version_family_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_version")),
        sa.UniqueConstraint(
            "family_id", "number", name=op.f("uq_indicator_version_family_id_number")
        ),
        sqlite_autoincrement=True,
    )


def _make_ruling() -> None:
    op.create_table(
        "indicator_ruling",
        sa.Column("family_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.BigInteger(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("annulled_reason", sa.Text(), nullable=True),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["indicator_family.id"], name=op.f("fk_indicator_ruling_family_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["indicator_version.id"], name=op.f("fk_indicator_ruling_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_ruling")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_indicator_ruling_from",
        "indicator_ruling",
        ["family_id", "from_on"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
