"""Messages and what each person did with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_course

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("asks_receipt", sa.Boolean(), nullable=False),
        sa.Column("permission", sa.String(length=60), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=True),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("except_user_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('notice','task')", name=op.f("ck_message_kind")),
        sa.CheckConstraint(
            "(user_id IS NULL) = (permission <> '')", name=op.f("ck_message_audience")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_message_user_id"), "message", ["user_id"])
    op.create_index("ix_message_source", "message", ["source"])
    op.create_index("ix_message_permission", "message", ["permission", "county"])
    op.create_table(
        "message_receipt",
        sa.Column("message_id", ID, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.Column("acknowledged_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_receipt_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", "user_id", name=op.f("pk_message_receipt")),
    )
    protect_course("message", {"closed_at", "closed_by"})


def downgrade() -> None:
    op.drop_table("message_receipt")
    op.drop_table("message")
