"""Passwords borne before (曾用口令), as salted hashes, so that the last few are not taken again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "former_password",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_former_password_user_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_password")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_former_password_user_id"), "former_password", ["user_id"])


def downgrade() -> None:
    op.drop_table("former_password")
