"""Papers of submissions (存证件、承诺书、回执) as they were made first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_kept

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "filing_paper",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["filing_submission.id"],
            name=op.f("fk_filing_paper_submission_id_filing_submission"),
        ),
        sa.PrimaryKeyConstraint("submission_id", "kind", name=op.f("pk_filing_paper")),
    )
    protect_kept("filing_paper")


def downgrade() -> None:
    op.drop_table("filing_paper")
