"""Several files of evidence (证明材料) for one application, in a table of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_facts, protect_kept, unprotect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "rights_evidence",
        sa.Column("application_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["rights_application.id"],
            name=op.f("fk_rights_evidence_application_id_rights_application"),
        ),
        sa.PrimaryKeyConstraint("application_id", "place", name=op.f("pk_rights_evidence")),
    )
    op.execute(
        "INSERT INTO rights_evidence (application_id, place, sha256, name) "
        "SELECT id, 1, evidence_sha256, evidence_name FROM rights_application "
        "WHERE evidence_sha256 IS NOT NULL"
    )
    unprotect("rights_application")
    op.drop_column("rights_application", "evidence_name")
    op.drop_column("rights_application", "evidence_sha256")
    protect_facts("rights_application")
    protect_kept("rights_evidence")


def downgrade() -> None:
    """The first file of each application stays; the others had no place before."""
    unprotect("rights_application")
    op.add_column(
        "rights_application", sa.Column("evidence_sha256", sa.String(length=64), nullable=True)
    )
    op.add_column(
        "rights_application",
        sa.Column("evidence_name", sa.String(length=200), nullable=False, server_default=""),
    )
    op.execute(
        "UPDATE rights_application SET "
        "evidence_sha256 = (SELECT e.sha256 FROM rights_evidence e "
        "WHERE e.application_id = rights_application.id AND e.place = 1), "
        "evidence_name = (SELECT e.name FROM rights_evidence e "
        "WHERE e.application_id = rights_application.id AND e.place = 1) "
        "WHERE id IN (SELECT application_id FROM rights_evidence)"
    )
    protect_facts("rights_application")
    op.drop_table("rights_evidence")
