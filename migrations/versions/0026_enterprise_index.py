"""The index of enterprises has the grade too: how many enterprises have it is counted in order."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLE, NAME = "plant_search", "ix_plant_search_by_enterprise"
BEFORE = ("enterprise_id", "closed_on", "county")


def upgrade() -> None:
    _make(*BEFORE, "grade_rank", "grade")


def downgrade() -> None:
    _make(*BEFORE)


def _make(*columns: str) -> None:
    op.drop_index(NAME, TABLE)
    op.create_index(NAME, TABLE, list(columns))
