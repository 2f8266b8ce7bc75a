"""Issued lists: their course, lines, steps, downloads and flags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.protection import protect_course, protect_kept

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SIGNED = "state IN ('in_force','replaced','withdrawn')"
FROZEN = (
    "id", "subject", "spec", "title", "county", "as_of", "known_at", "rulebook", "rulebook_title",
    "rulebook_status", "rows", "admitted", "list_sha256", "content_sha256", "made_by",
    "made_by_name", "made_at", "conditions",
)  # fmt: skip
COURSE = (
    "checked_by", "checked_by_name", "checked_at", "signed_by", "signed_by_name", "signed_at",
    "number", "signed_on", "effective_on", "draft_rulebook_confirmed", "sha256", "file_sha256",
)  # fmt: skip
ENDING = ("state", "ended_on", "replaced_by")
STEPS = (
    "draft>checked", "draft>returned", "draft>discarded", "returned>draft", "returned>discarded",
    "checked>in_force", "checked>returned", "checked>discarded", "in_force>replaced",
    "in_force>withdrawn",
)  # fmt: skip


def upgrade() -> None:
    _make_list()
    _make_line()
    _make_logs()
    _make_flag()
    protect_course(
        "issued_list",
        {*COURSE, *ENDING},
        settled_when="state IN ('replaced','withdrawn','discarded')",
    )
    _keep_what_is_signed()
    _keep_to_the_course()
    protect_kept("issued_list_line", "issued_list_step", "issued_list_download")
    protect_course("issued_list_flag", {"cleared_at"}, settled_when="cleared_at IS NOT NULL")


def downgrade() -> None:
    op.drop_table("issued_list_flag")
    op.drop_table("issued_list_download")
    op.drop_table("issued_list_step")
    op.drop_table("issued_list_line")
    op.drop_table("issued_list")


def _keep_what_is_signed() -> None:
    """Once signed, a list can only end: be replaced or withdrawn."""
    if op.get_bind().dialect.name == "postgresql":
        arguments = ", ".join(f"'{name}'" for name in ENDING)
        op.execute(
            "CREATE TRIGGER issued_list_signed_is_kept BEFORE UPDATE ON issued_list FOR EACH ROW "
            f"WHEN (OLD.signed_by IS NOT NULL) EXECUTE FUNCTION keep_but({arguments})"
        )
        return
    columns = ", ".join(f'"{name}"' for name in (*FROZEN, *COURSE))
    op.execute(
        f"CREATE TRIGGER issued_list_signed_is_kept BEFORE UPDATE OF {columns} ON issued_list "
        "WHEN OLD.signed_by IS NOT NULL "
        "BEGIN SELECT RAISE(ABORT, 'issued_list: a signed list cannot be altered'); END"
    )


def _keep_to_the_course() -> None:
    """A list goes from state to state only as the course allows, and begins as a draft."""
    allowed = ", ".join(f"'{step}'" for step in STEPS)
    leaves = "OLD.state <> NEW.state AND (OLD.state || '>' || NEW.state) NOT IN (" + allowed + ")"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER issued_list_keeps_to_course BEFORE UPDATE ON issued_list FOR EACH ROW "
            f"WHEN ({leaves}) EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER issued_list_begins_as_draft BEFORE INSERT ON issued_list FOR EACH ROW "
            "WHEN (NEW.state <> 'draft') EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER issued_list_keeps_to_course BEFORE UPDATE ON issued_list WHEN {leaves} "
        "BEGIN SELECT RAISE(ABORT, 'issued_list: no such step'); END"
    )
    op.execute(
        "CREATE TRIGGER issued_list_begins_as_draft BEFORE INSERT ON issued_list "
        "WHEN NEW.state <> 'draft' "
        "BEGIN SELECT RAISE(ABORT, 'issued_list: a list begins as a draft'); END"
    )


def _make_list() -> None:
    op.create_table(
        "issued_list",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("spec", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("known_at", MOMENT, nullable=False),
        sa.Column("rulebook", sa.String(length=60), nullable=False),
        sa.Column("rulebook_title", sa.String(length=200), nullable=False),
        sa.Column("rulebook_status", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("admitted", sa.Integer(), nullable=False),
        sa.Column("list_sha256", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_by_name", sa.String(length=100), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("checked_by", sa.BigInteger(), nullable=True),
        sa.Column("checked_by_name", sa.String(length=100), nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("signed_by", sa.BigInteger(), nullable=True),
        sa.Column("signed_by_name", sa.String(length=100), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=True),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("draft_rulebook_confirmed", sa.Boolean(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("replaced_by", ID, nullable=True),
        sa.CheckConstraint(
            "state IN ('draft','returned','checked','in_force','replaced','withdrawn','discarded')",
            name=op.f("ck_issued_list_state"),
        ),
        sa.CheckConstraint(
            "(checked_by IS NULL) = (checked_at IS NULL)", name=op.f("ck_issued_list_checked")
        ),
        sa.CheckConstraint(
            f"NOT ({SIGNED} OR state = 'checked') OR checked_by IS NOT NULL",
            name=op.f("ck_issued_list_checked_first"),
        ),
        sa.CheckConstraint(
            "checked_by IS NULL OR checked_by <> made_by",
            name=op.f("ck_issued_list_second_person"),
        ),
        sa.CheckConstraint(
            "signed_by IS NULL OR signed_by <> checked_by", name=op.f("ck_issued_list_signer")
        ),
        sa.CheckConstraint(
            f"({SIGNED}) = (signed_by IS NOT NULL) AND ({SIGNED}) = (signed_at IS NOT NULL) AND "
            f"({SIGNED}) = (signed_on IS NOT NULL) AND ({SIGNED}) = (effective_on IS NOT NULL) "
            f"AND ({SIGNED}) = (sha256 IS NOT NULL) AND ({SIGNED}) = (file_sha256 IS NOT NULL) "
            f"AND ({SIGNED}) = (number <> '')",
            name=op.f("ck_issued_list_signed"),
        ),
        sa.CheckConstraint(
            "(state IN ('replaced','withdrawn')) = (ended_on IS NOT NULL)",
            name=op.f("ck_issued_list_ended"),
        ),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on >= effective_on", name=op.f("ck_issued_list_ended_after")
        ),
        sa.CheckConstraint(
            "(state = 'replaced') = (replaced_by IS NOT NULL)",
            name=op.f("ck_issued_list_replaced"),
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["issued_list.id"], name=op.f("fk_issued_list_replaced_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_list")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_issued_list_in_force",
        "issued_list",
        ["subject", "spec", "county"],
        unique=True,
        sqlite_where=sa.text("state = 'in_force'"),
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_index("ix_issued_list_state", "issued_list", ["state", "county"])


def _make_line() -> None:
    op.create_table(
        "issued_list_line",
        sa.Column("list_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("admitted", sa.Boolean(), nullable=False),
        sa.Column("grade", sa.String(length=4), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["issued_list.id"], name=op.f("fk_issued_list_line_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "position", name=op.f("pk_issued_list_line")),
    )
    op.create_index("uq_issued_list_line_key", "issued_list_line", ["list_id", "key"], unique=True)
    op.create_index("ix_issued_list_line_plant", "issued_list_line", ["list_id", "plant_id"])
    op.create_index("ix_issued_list_line_enterprise", "issued_list_line", ["enterprise_id"])


def _make_logs() -> None:
    op.create_table(
        "issued_list_step",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("target", sa.String(length=10), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.Column("via", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["issued_list.id"], name=op.f("fk_issued_list_step_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_list_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_issued_list_step_list_id"), "issued_list_step", ["list_id"])
    op.create_table(
        "issued_list_download",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("form", sa.String(length=8), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=False),
        sa.Column("by_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["issued_list.id"], name=op.f("fk_issued_list_download_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_list_download")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_issued_list_download_list_id"), "issued_list_download", ["list_id"])


def _make_flag() -> None:
    op.create_table(
        "issued_list_flag",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("plant_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("would", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("cleared_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('entered','left','moved','changed')", name=op.f("ck_issued_list_flag_kind")
        ),
        sa.ForeignKeyConstraint(
            ["list_id"], ["issued_list.id"], name=op.f("fk_issued_list_flag_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_list_flag")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_issued_list_flag_open",
        "issued_list_flag",
        ["list_id", "key"],
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
