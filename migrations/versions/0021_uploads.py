"""Files that are being sent in parts: what of them is on its way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("matter", sa.String(length=80), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_upload")),
    )
    op.create_index("ix_upload_owner", "upload", ["owner_id", "matter"])


def downgrade() -> None:
    op.drop_table("upload")
