"""Ledger imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_import",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("findings_sha256", sa.String(length=64), nullable=True),
        sa.Column("report_sha256", sa.String(length=64), nullable=True),
        sa.Column("changes_sha256", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state IN ('written','dropped')) = (finished_at IS NOT NULL)",
            name=op.f("ck_ledger_import_finished"),
        ),
        sa.CheckConstraint(
            "state IN ('checking','refused','ready','writing','written','unreadable','dropped')",
            name=op.f("ck_ledger_import_state"),
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["stored_file.sha256"], name=op.f("fk_ledger_import_file_sha256")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_ledger_import_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_import")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_ledger_import_uploaded_by"), "ledger_import", ["uploaded_by"], unique=False
    )


def downgrade() -> None:
    op.drop_table("ledger_import")
