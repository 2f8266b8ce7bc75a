"""Offline packages of filings: those issued, and those that came back filled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_course, protect_kept

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "filing_package",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.BigInteger(), nullable=True),
        sa.Column("issued_by_name", sa.String(length=100), nullable=False),
        _of_filing("filing_package"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_package")),
        sa.UniqueConstraint("number", name=op.f("uq_filing_package_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "filing_arrival",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("arrived_by", sa.BigInteger(), nullable=True),
        sa.Column("arrived_by_name", sa.String(length=100), nullable=False),
        sa.Column("imported_at", MOMENT, nullable=True),
        sa.Column("imported_by_name", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "state IN ('reading','read','refused','imported')", name=op.f("ck_filing_arrival_state")
        ),
        _of_filing("filing_arrival"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_arrival")),
        sqlite_autoincrement=True,
    )
    for table in ("filing_package", "filing_arrival"):
        op.create_index(op.f(f"ix_{table}_filing_id"), table, ["filing_id"])
    protect_kept("filing_package")
    protect_course(
        "filing_arrival",
        {"state", "findings", "imported_at", "imported_by_name"},
        settled_when="state IN ('refused','imported')",
    )


def _of_filing(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["filing_id"], ["filing.id"], name=op.f(f"fk_{table}_filing_id_filing")
    )


def downgrade() -> None:
    op.drop_table("filing_arrival")
    op.drop_table("filing_package")
