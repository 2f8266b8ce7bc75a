"""People of enterprises: a phone, why a role ended, and the papers on which agents act (授权书)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_kept

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "user_account", sa.Column("phone", sa.String(20), nullable=False, server_default="")
    )
    op.add_column(
        "role_grant", sa.Column("ended_reason", sa.String(200), nullable=False, server_default="")
    )
    op.create_table(
        "agent_authorisation",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("grant_id", ID, nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_by_name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["role_grant.id"], name=op.f("fk_agent_authorisation_grant_id_role_grant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_authorisation")),
        sa.UniqueConstraint("grant_id", name=op.f("uq_agent_authorisation_grant_id")),
        sqlite_autoincrement=True,
    )
    protect_kept("agent_authorisation")


def downgrade() -> None:
    op.drop_table("agent_authorisation")
    op.drop_column("role_grant", "ended_reason")
    op.drop_column("user_account", "phone")
