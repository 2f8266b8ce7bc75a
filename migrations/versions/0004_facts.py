"""Violations, findings, grades and their projection, inspections, projects, rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "violation",
        sa.Column("enterprise_id", ID, nullable=False),
        sa.Column("plant_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("acted_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("document_key", sa.String(length=100), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "kind IN ('未依法环评','未取得排污许可证','超许可浓度或总量','逃避监管排放',"
            "'未按规定安装使用自动监测','其他')",
            name=op.f("ck_violation_kind"),
        ),
        sa.CheckConstraint(
            "acted_on IS NULL OR acted_on <= decided_on", name=op.f("ck_violation_acted")
        ),
        sa.CheckConstraint(
            "withdrawn_on IS NULL OR withdrawn_on >= decided_on",
            name=op.f("ck_violation_withdrawn"),
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_violation_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_violation_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violation")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_violation_enterprise_id"), "violation", ["enterprise_id"], unique=False
    )
    op.create_index(
        "ix_violation_identity",
        "violation",
        ["enterprise_id", "document_key", "kind"],
        unique=False,
    )
    op.create_index(op.f("ix_violation_plant_id"), "violation", ["plant_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("enterprise_id", ID, nullable=False),
        sa.Column("plant_id", ID, nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("document_key", sa.String(length=100), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "withdrawn_on IS NULL OR withdrawn_on >= found_on", name=op.f("ck_finding_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["enterprise_id"], ["enterprise.id"], name=op.f("fk_finding_enterprise_id")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_finding_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_finding_enterprise_id"), "finding", ["enterprise_id"], unique=False)
    op.create_index(
        "ix_finding_identity", "finding", ["enterprise_id", "document_key"], unique=False
    )
    op.create_index(op.f("ix_finding_plant_id"), "finding", ["plant_id"], unique=False)
    op.create_table(
        "grade_record",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("rulebook", sa.String(length=30), nullable=False),
        sa.Column("grade", sa.String(length=4), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=4), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "grade IN ('A+','A','B','B-','C','D','引领性','非引领性')",
            name=op.f("ck_grade_record_grade"),
        ),
        sa.CheckConstraint(
            "source IN ('核定','复核','降级','历史')", name=op.f("ck_grade_record_source")
        ),
        sa.CheckConstraint(
            "expires_on IS NULL OR expires_on > effective_on", name=op.f("ck_grade_record_expires")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_grade_record_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grade_record")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_grade_record_plant_id"), "grade_record", ["plant_id"], unique=False)
    op.create_index(
        "uq_grade_record_start",
        "grade_record",
        ["plant_id", "rulebook", "effective_on"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_table(
        "standing_interval",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("grade", sa.String(length=4), nullable=True),
        sa.Column("grade_rank", sa.Integer(), nullable=False),
        sa.Column("rulebook", sa.String(length=30), nullable=True),
        sa.Column("basis", sa.String(length=8), nullable=True),
        sa.Column("basis_id", ID, nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("blocking", sa.String(length=400), nullable=False),
        sa.Column("banned_until", sa.Date(), nullable=True),
        sa.Column("violations_36m", sa.Integer(), nullable=False),
        sa.Column("held_since", sa.Date(), nullable=True),
        sa.CheckConstraint("until_on > from_on", name=op.f("ck_standing_interval_forward")),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plant.id"], name=op.f("fk_standing_interval_plant_id")
        ),
        sa.PrimaryKeyConstraint("plant_id", "from_on", name=op.f("pk_standing_interval")),
    )
    op.create_index(
        "ix_standing_interval_days", "standing_interval", ["from_on", "until_on"], unique=False
    )
    op.create_table(
        "projection_state",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("built_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_projection_state")),
    )
    op.create_table(
        "inspection",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("conclusion", sa.String(length=4), nullable=False),
        sa.Column("actual_grade", sa.String(length=4), nullable=True),
        sa.Column("inspectors", sa.String(length=200), nullable=False),
        sa.Column("action_code", sa.String(length=60), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "conclusion = '符合' OR actual_grade IS NOT NULL",
            name=op.f("ck_inspection_actual_grade"),
        ),
        sa.CheckConstraint(
            "conclusion IN ('符合','不符合')", name=op.f("ck_inspection_conclusion")
        ),
        sa.CheckConstraint(
            "kind IN ('日常检查','抽查','复核','执法')", name=op.f("ck_inspection_kind")
        ),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_inspection_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_inspection_plant_id"), "inspection", ["plant_id"], unique=False)
    op.create_table(
        "project",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("new_enterprise", sa.Boolean(), nullable=True),
        sa.Column("eia_document", sa.String(length=100), nullable=False),
        sa.Column("eia_grade", sa.String(length=4), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("upgrade_started_on", sa.Date(), nullable=True),
        sa.Column("upgrade_completed_on", sa.Date(), nullable=True),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint("kind IN ('新建','改建','扩建')", name=op.f("ck_project_kind")),
        sa.ForeignKeyConstraint(["plant_id"], ["plant.id"], name=op.f("fk_project_plant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_project_plant_id"), "project", ["plant_id"], unique=False)
    op.create_index(
        "uq_project_name",
        "project",
        ["plant_id", "name"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_table(
        "rights_application",
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("project_name", sa.String(length=200), nullable=False),
        sa.Column("pollutant", sa.String(length=4), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "pollutant IN ('SO2','NOx','VOCs','PM')", name=op.f("ck_rights_application_pollutant")
        ),
        sa.CheckConstraint("asked > 0", name=op.f("ck_rights_application_asked")),
        sa.ForeignKeyConstraint(
            ["plant_id"], ["plant.id"], name=op.f("fk_rights_application_plant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_application")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_rights_application_plant_id"), "rights_application", ["plant_id"], unique=False
    )
    op.create_index(
        "ix_rights_application_year", "rights_application", ["year", "pollutant"], unique=False
    )
    op.create_index(
        "uq_rights_application_identity",
        "rights_application",
        ["plant_id", "project_name", "pollutant", "year"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )
    op.create_table(
        "rights_reserve",
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("pollutant", sa.String(length=4), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("tonnes", sa.BigInteger(), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint("level IN ('province','city')", name=op.f("ck_rights_reserve_level")),
        sa.CheckConstraint(
            "pollutant IN ('SO2','NOx','VOCs','PM')", name=op.f("ck_rights_reserve_pollutant")
        ),
        sa.CheckConstraint("tonnes >= 0", name=op.f("ck_rights_reserve_tonnes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_reserve")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_rights_reserve_identity",
        "rights_reserve",
        ["level", "pollutant", "year"],
        unique=True,
        sqlite_where=sa.text("annulled_at IS NULL"),
        postgresql_where=sa.text("annulled_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("rights_reserve")
    op.drop_table("rights_application")
    op.drop_table("project")
    op.drop_table("inspection")
    op.drop_table("projection_state")
    op.drop_table("standing_interval")
    op.drop_table("grade_record")
    op.drop_table("finding")
    op.drop_table("violation")
