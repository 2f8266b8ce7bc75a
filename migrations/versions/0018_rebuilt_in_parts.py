"""How far a rebuild of all standings is (全部重新推算), and lighter intervals.

The intervals keep what they hold. They lose an index that no question uses and a foreign key that
cost more than the row itself, since they are derived from the very plants it points to. The ids of
many blocking violations no longer have to fit 400 letters. What names no plant is found by its
enterprise alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "projection_rebuild",
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("went_on_at", MOMENT, nullable=False),
        sa.Column("through", ID, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_projection_rebuild")),
    )
    op.drop_index("ix_standing_interval_days", "standing_interval")
    _intervals(sa.Text())
    for table in ("violation", "finding"):
        op.drop_index(f"ix_{table}_enterprise_id", table)
        op.create_index(f"ix_{table}_enterprise_id_plant_id", table, ["enterprise_id", "plant_id"])


def downgrade() -> None:
    for table in ("violation", "finding"):
        op.drop_index(f"ix_{table}_enterprise_id_plant_id", table)
        op.create_index(f"ix_{table}_enterprise_id", table, ["enterprise_id"])
    foreign = sa.ForeignKeyConstraint(
        ["plant_id"], ["plant.id"], name=op.f("fk_standing_interval_plant_id")
    )
    _intervals(sa.String(400), foreign)
    op.create_index("ix_standing_interval_days", "standing_interval", ["from_on", "until_on"])
    op.drop_table("projection_rebuild")


def _intervals(blocking: sa.String, *constraints: sa.ForeignKeyConstraint) -> None:
    """The table anew with the same rows; its constraints keep their names."""
    op.rename_table("standing_interval", "former_interval")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE former_interval DROP CONSTRAINT pk_standing_interval")
    op.create_table(
        "standing_interval",
        sa.Column("plant_id", ID, autoincrement=False, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("grade", sa.String(4)),
        sa.Column("grade_rank", sa.Integer(), nullable=False),
        sa.Column("rulebook", sa.String(30)),
        sa.Column("basis", sa.String(8)),
        sa.Column("basis_id", ID),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("blocking", blocking, nullable=False),
        sa.Column("banned_until", sa.Date()),
        sa.Column("violations_36m", sa.Integer(), nullable=False),
        sa.Column("held_since", sa.Date()),
        sa.CheckConstraint("until_on > from_on", name=op.f("ck_standing_interval_forward")),
        sa.PrimaryKeyConstraint("plant_id", "from_on", name=op.f("pk_standing_interval")),
        *constraints,
    )
    op.execute(
        "INSERT INTO standing_interval (plant_id, from_on, until_on, grade, grade_rank, rulebook, "
        "basis, basis_id, verified, blocked, blocking, banned_until, violations_36m, held_since) "
        "SELECT plant_id, from_on, until_on, grade, grade_rank, rulebook, basis, basis_id, "
        "verified, blocked, blocking, banned_until, violations_36m, held_since "
        "FROM former_interval"
    )
    op.drop_table("former_interval")
