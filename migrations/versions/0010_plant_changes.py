"""Changes in the life of plants; when a plant closed and who is in charge of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_facts, unprotect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ADDED = ("closed_on", "officer")


def upgrade() -> None:
    op.add_column("plant_record", sa.Column("closed_on", sa.Date(), nullable=True))
    op.add_column(
        "plant_record",
        sa.Column("officer", sa.String(length=60), nullable=False, server_default=""),
    )
    protect_facts("plant_record")
    op.create_table(
        "plant_change",
        sa.Column("first_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("enterprise_id", ID, nullable=False),
        sa.Column("plant_id", ID, nullable=True),
        sa.Column("other_enterprise_id", ID, nullable=True),
        sa.Column("other_plant_id", ID, nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "stage IN ('planned','done','withdrawn','stuck')", name=op.f("ck_plant_change_stage")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_plant_change_{column}")
            )
            for column, table in (
                ("enterprise_id", "enterprise"),
                ("plant_id", "plant"),
                ("other_enterprise_id", "enterprise"),
                ("other_plant_id", "plant"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plant_change")),
        sqlite_autoincrement=True,
    )
    for column in ("enterprise_id", "plant_id", "other_enterprise_id", "other_plant_id"):
        op.create_index(op.f(f"ix_plant_change_{column}"), "plant_change", [column])
    op.create_index("ix_plant_change_stage", "plant_change", ["stage", "effective_on"])
    op.create_index(op.f("ix_plant_change_form_key"), "plant_change", ["form_key"])
    protect_facts("plant_change")


def downgrade() -> None:
    op.drop_table("plant_change")
    unprotect("plant_record")
    for column in ADDED:
        op.drop_column("plant_record", column)
    protect_facts("plant_record")
