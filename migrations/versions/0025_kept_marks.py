"""What kept answers follow, in a token a topic; the list of violations by day has its index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_mark",
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_kept_mark")),
    )
    op.create_index("ix_violation_decided_on", "violation", ["decided_on", "id"])


def downgrade() -> None:
    op.drop_index("ix_violation_decided_on", "violation")
    op.drop_table("kept_mark")
