"""Bureaus, people, roles, sign-ins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bureau",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("short_name", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("parent_code", sa.String(length=6), nullable=True),
        sa.Column("former_codes", sa.String(length=60), nullable=False),
        sa.Column("local_code", sa.Boolean(), nullable=False),
        sa.CheckConstraint("level IN ('province','city','county')", name=op.f("ck_bureau_level")),
        sa.CheckConstraint("length(code) = 6", name=op.f("ck_bureau_code")),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["bureau.code"], name=op.f("fk_bureau_parent_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bureau")),
        sa.UniqueConstraint("name", name=op.f("uq_bureau_name")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_key", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("password_changed_at", MOMENT, nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("name_key", name=op.f("uq_user_account_name_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "role_grant",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=True),
        sa.Column("uscc", sa.String(length=18), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.BigInteger(), nullable=True),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(role IN ('county-officer','county-head')) = (county IS NOT NULL)",
            name=op.f("ck_role_grant_county"),
        ),
        sa.CheckConstraint(
            "(role IN ('filer','signatory','agent')) = (uscc IS NOT NULL)",
            name=op.f("ck_role_grant_uscc"),
        ),
        sa.CheckConstraint(
            "role IN ('filer','signatory','agent','county-officer','county-head','city-officer',"
            "'city-head','province-recorder','rule-editor','auditor','system-admin',"
            "'security-admin')",
            name=op.f("ck_role_grant_role"),
        ),
        sa.ForeignKeyConstraint(["county"], ["bureau.code"], name=op.f("fk_role_grant_county")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_role_grant_user_id"), "role_grant", ["user_id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_sign_in_session_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_session")),
    )
    op.create_index(
        op.f("ix_sign_in_session_user_id"), "sign_in_session", ["user_id"], unique=False
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name_key", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_sign_in_attempt_address", "sign_in_attempt", ["address", "at"], unique=False
    )
    op.create_index(
        "ix_sign_in_attempt_name_key", "sign_in_attempt", ["name_key", "at"], unique=False
    )


def downgrade() -> None:
    op.drop_table("sign_in_attempt")
    op.drop_table("sign_in_session")
    op.drop_table("role_grant")
    op.drop_table("user_account")
    op.drop_table("bureau")
