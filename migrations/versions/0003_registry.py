"""Enterprises, plants, industries, lines, emergency measures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "enterprise",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "plant",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plant")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "enterprise_record",
        sa.Column("enterprise_id", ID, nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("former_name", sa.String(length=200), nullable=False),
        sa.Column("legal_representative", sa.String(length=60), nullable=False),
        sa.Column("contact", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("founded_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint("length(uscc) = 18", name=op.f("ck_enterprise_record_uscc")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_record_enterprise_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_record")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_enterprise_record_enterprise_id"),
        "enterprise_record",
        ["enterprise_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_enterprise_record_name_key"), "enterprise_record", ["name_key"], unique=False
    )
    op.create_index(
        "uq_enterprise_record_enterprise",
        "enterprise_record",
        ["enterprise_id"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_index(
        "uq_enterprise_record_uscc",
        "enterprise_record",
        ["uscc"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_table(
        "plant_record",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("enterprise_id", ID, nullable=False),
        sa.Column("number", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("town", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("longitude", sa.String(length=40), nullable=True),
        sa.Column("latitude", sa.String(length=40), nullable=True),
        sa.Column("permit_number", sa.String(length=22), nullable=False),
        sa.Column("permit_category", sa.String(length=4), nullable=False),
        sa.Column("permit_until", sa.Date(), nullable=True),
        sa.Column("livelihood", sa.Boolean(), nullable=True),
        sa.Column("state", sa.String(length=4), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "permit_category IN ('','重点管理','简化管理','登记管理')",
            name=op.f("ck_plant_record_permit_category"),
        ),
        sa.CheckConstraint(
            "state IN ('','正常','停产','长期停产')", name=op.f("ck_plant_record_state")
        ),
        sa.CheckConstraint("length(number) = 3", name=op.f("ck_plant_record_number")),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_plant_record_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_plant_record_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plant_record")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_plant_record_county"), "plant_record", ["county"], unique=False)
    op.create_index(
        op.f("ix_plant_record_enterprise_id"), "plant_record", ["enterprise_id"], unique=False
    )
    op.create_index(op.f("ix_plant_record_plant_id"), "plant_record", ["plant_id"], unique=False)
    op.create_index(
        "uq_plant_record_number",
        "plant_record",
        ["enterprise_id", "number"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_index(
        "uq_plant_record_plant",
        "plant_record",
        ["plant_id"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_table(
        "plant_search",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.String(length=240), nullable=False),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_plant_search_plant_id")),
        sa.PrimaryKeyConstraint("plant_id", name=op.f("pk_plant_search")),
    )
    op.create_index(op.f("ix_plant_search_sort_key"), "plant_search", ["sort_key"], unique=False)
    op.create_table(
        "plant_industry",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("industry", sa.String(length=40), nullable=False),
        sa.Column("subtype", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=2), nullable=False),
        sa.Column("gbt_code", sa.String(length=10), nullable=False),
        sa.Column("capacity", sa.String(length=40), nullable=True),
        sa.Column("capacity_unit", sa.String(length=30), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint("role IN ('主要','参照')", name=op.f("ck_plant_industry_role")),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plant.id"], name=op.f("fk_plant_industry_plant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plant_industry")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_plant_industry_plant_id"), "plant_industry", ["plant_id"], unique=False
    )
    op.create_index(
        "uq_plant_industry_kind",
        "plant_industry",
        ["plant_id", "industry", "subtype"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_table(
        "production_line",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("process", sa.String(length=120), nullable=False),
        sa.Column("approved_capacity", sa.String(length=40), nullable=True),
        sa.Column("permitted_capacity", sa.String(length=40), nullable=True),
        sa.Column("actual_capacity", sa.String(length=40), nullable=True),
        sa.Column("capacity_unit", sa.String(length=30), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plant.id"], name=op.f("fk_production_line_plant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_line")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_production_line_plant_id"), "production_line", ["plant_id"], unique=False
    )
    op.create_index(
        "uq_production_line_number",
        "production_line",
        ["plant_id", "number"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_table(
        "emergency_measure",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("line_number", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=1), nullable=False),
        sa.Column("measure", sa.String(length=500), nullable=False),
        sa.Column("amount_from", sa.String(length=40), nullable=True),
        sa.Column("amount_to", sa.String(length=40), nullable=True),
        sa.Column("unit", sa.String(length=30), nullable=False),
        sa.Column("reduction", sa.BigInteger(), nullable=True),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint("level IN ('黄','橙','红')", name=op.f("ck_emergency_measure_level")),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plant.id"], name=op.f("fk_emergency_measure_plant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_measure")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_emergency_measure_plant_id"), "emergency_measure", ["plant_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("emergency_measure")
    op.drop_table("production_line")
    op.drop_table("plant_industry")
    op.drop_table("plant_search")
    op.drop_table("plant_record")
    op.drop_table("enterprise_record")
    op.drop_table("plant")
    op.drop_table("enterprise")
