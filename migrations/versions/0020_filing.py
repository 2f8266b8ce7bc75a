"""Filings: windows, drafts and their entries, submissions that never change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.filing_protection import add_no_file_later, replace_no_submission
from migrations.protection import protect_course, protect_facts, protect_kept

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = "kind IN ('first','renewal','upgrade','recheck')"
RUNNING = sa.text("state IN ('draft','submitted','correcting')")
ENTRIES = (
    "filing_table", "filing_answer", "filing_evidence", "filing_remark", "filing_acceptance",
)  # fmt: skip
"""What is entered while a filing is a draft or being corrected."""
OPEN = "'draft','correcting'"
STEPS = (
    "draft>submitted", "draft>discarded", "submitted>withdrawn", "submitted>correcting",
    "submitted>closed", "correcting>submitted", "correcting>withdrawn", "correcting>closed",
)  # fmt: skip


def upgrade() -> None:
    _make_window()
    _make_filing()
    _make_entries()
    _make_submission()
    _make_step()
    protect_facts("filing_window")
    _refuse_overlap()
    protect_course(
        "filing",
        {"state", "revision", "target", "judged_on", "rulebook", "way", "paper", "county"},
        settled_when="state IN ('withdrawn','discarded','closed')",
    )
    _keep_to_the_course()
    protect_course(
        "filing_evidence",
        {
            "ended_at", "ended_by", "replaced_by", "confirmed", "period_from", "period_until",
            "kind", "note", "pages",
        },
        settled_when="ended_at IS NOT NULL",
    )  # fmt: skip
    for table in ENTRIES:
        _only_while_open(table)
    protect_kept("filing_submission", "filing_submission_file", "filing_step")
    add_no_file_later(OPEN)
    replace_no_submission()


def downgrade() -> None:
    for table in (
        "filing_step", "filing_submission_file", "filing_submission", *reversed(ENTRIES),
        "filing", "filing_window",
    ):  # fmt: skip
        op.drop_table(table)
    if _is_postgresql():
        op.execute("DROP FUNCTION IF EXISTS filing_is_open()")
        op.execute("DROP FUNCTION IF EXISTS filing_submission_takes_files()")
        op.execute("DROP FUNCTION IF EXISTS filing_window_is_free()")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _make_window() -> None:
    op.create_table(
        "filing_window",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_via", sa.String(length=80), nullable=False),
        sa.Column("annulled_at", MOMENT, nullable=True),
        sa.Column("annulled_by", sa.BigInteger(), nullable=True),
        sa.Column("annulled_via", sa.String(length=80), nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_filing_window_kind")),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_filing_window_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_window")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_filing_window_year", "filing_window", ["year", "kind"])


def _make_filing() -> None:
    op.create_table(
        "filing",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("plant_id", ID, nullable=False),
        sa.Column("enterprise_id", ID, nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target", sa.String(length=4), nullable=False),
        sa.Column("rulebook", sa.String(length=60), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("paper", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=True),
        sa.Column("opened_by_name", sa.String(length=100), nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        sa.Column("at_office", sa.Boolean(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_filing_kind")),
        sa.CheckConstraint("way IN ('browser','package','window')", name=op.f("ck_filing_way")),
        sa.CheckConstraint(
            "state IN ('draft','submitted','correcting','withdrawn','discarded','closed')",
            name=op.f("ck_filing_state"),
        ),
        _reference("filing", "plant_id", "plant"),
        _reference("filing", "enterprise_id", "enterprise"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
        sa.UniqueConstraint("form_key", name=op.f("uq_filing_form_key")),
        sqlite_autoincrement=True,
    )
    for column in ("plant_id", "enterprise_id", "county"):
        op.create_index(op.f(f"ix_filing_{column}"), "filing", [column])
    op.create_index(
        "uq_filing_running", "filing", ["plant_id"], unique=True,
        sqlite_where=RUNNING, postgresql_where=RUNNING,
    )  # fmt: skip
    op.create_index("ix_filing_state", "filing", ["state", "county", "year"])


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _make_entries() -> None:
    op.create_table(
        "filing_table",
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("industry", sa.String(length=60), nullable=False),
        sa.Column("subtype", sa.String(length=60), nullable=False),
        sa.Column("versions", sa.String(length=200), nullable=False),
        _reference("filing_table", "filing_id", "filing"),
        sa.PrimaryKeyConstraint("filing_id", "place", name=op.f("pk_filing_table")),
    )
    op.create_table(
        "filing_answer",
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=60), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("saved_by", sa.BigInteger(), nullable=True),
        sa.Column("saved_by_name", sa.String(length=100), nullable=False),
        _reference("filing_answer", "filing_id", "filing"),
        sa.PrimaryKeyConstraint("filing_id", "place", "row_key", name=op.f("pk_filing_answer")),
    )
    op.create_table(
        "filing_evidence",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media", sa.String(length=8), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_until", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("carried_from", sa.BigInteger(), nullable=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", sa.BigInteger(), nullable=True),
        sa.Column("added_by_name", sa.String(length=100), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        _reference("filing_evidence", "filing_id", "filing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_evidence")),
        sqlite_autoincrement=True,
    )
    for column in ("filing_id", "sha256"):
        op.create_index(op.f(f"ix_filing_evidence_{column}"), "filing_evidence", [column])
    op.create_index("ix_filing_evidence_row", "filing_evidence", ["filing_id", "place", "row_key"])
    op.create_table(
        "filing_remark",
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("check_key", sa.String(length=160), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("said_by", sa.BigInteger(), nullable=True),
        sa.Column("said_by_name", sa.String(length=100), nullable=False),
        _reference("filing_remark", "filing_id", "filing"),
        sa.PrimaryKeyConstraint("filing_id", "check_key", name=op.f("pk_filing_remark")),
    )
    op.create_table(
        "filing_acceptance",
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("statement", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=False),
        sa.Column("accepted_by", sa.BigInteger(), nullable=True),
        sa.Column("accepted_by_name", sa.String(length=100), nullable=False),
        _reference("filing_acceptance", "filing_id", "filing"),
        sa.PrimaryKeyConstraint("filing_id", "statement", name=op.f("pk_filing_acceptance")),
    )


def _make_submission() -> None:
    op.create_table(
        "filing_submission",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("grade", sa.String(length=4), nullable=True),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("submitted_by", sa.BigInteger(), nullable=True),
        sa.Column("submitted_by_name", sa.String(length=100), nullable=False),
        sa.Column("form_key", sa.String(length=64), nullable=False),
        _reference("filing_submission", "filing_id", "filing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_submission")),
        sa.UniqueConstraint(
            "filing_id", "number", name=op.f("uq_filing_submission_filing_id_number")
        ),
        sa.UniqueConstraint("form_key", name=op.f("uq_filing_submission_form_key")),
        sa.UniqueConstraint("receipt", name=op.f("uq_filing_submission_receipt")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "filing_submission_file",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("evidence_id", sa.BigInteger(), nullable=True),
        _reference("filing_submission_file", "submission_id", "filing_submission"),
        sa.PrimaryKeyConstraint("submission_id", "place", name=op.f("pk_filing_submission_file")),
    )


def _make_step() -> None:
    op.create_table(
        "filing_step",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("filing_id", ID, nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=False),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("done_by_name", sa.String(length=100), nullable=False),
        _reference("filing_step", "filing_id", "filing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_filing_step_filing_id"), "filing_step", ["filing_id"])


def _refuse_overlap() -> None:
    """Two windows of one kind and year have no day in common."""
    taken = (
        "EXISTS (SELECT 1 FROM filing_window w WHERE w.annulled_at IS NULL AND w.year = NEW.year "
        "AND w.kind = NEW.kind AND w.from_on <= NEW.until_on AND NEW.from_on <= w.until_on)"
    )
    if _is_postgresql():
        op.execute(
            "CREATE FUNCTION filing_window_is_free() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN IF {taken} THEN RAISE EXCEPTION 'filing_window: windows overlap'; END IF; "
            "RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER filing_window_does_not_overlap BEFORE INSERT ON filing_window "
            "FOR EACH ROW EXECUTE FUNCTION filing_window_is_free()"
        )
        return
    op.execute(
        "CREATE TRIGGER filing_window_does_not_overlap BEFORE INSERT ON filing_window "
        f"WHEN {taken} BEGIN SELECT RAISE(ABORT, 'filing_window: windows overlap'); END"
    )


def _keep_to_the_course() -> None:
    """A filing goes from state to state only as the course allows, and begins as a draft.

    Only a draft goes along with its plant to another county.
    """
    allowed = ", ".join(f"'{step}'" for step in STEPS)
    leaves = (
        f"(OLD.state <> NEW.state AND (OLD.state || '>' || NEW.state) NOT IN ({allowed})) "
        "OR (OLD.county <> NEW.county AND OLD.state <> 'draft')"
    )
    if _is_postgresql():
        op.execute(
            "CREATE TRIGGER filing_keeps_to_course BEFORE UPDATE ON filing FOR EACH ROW "
            f"WHEN ({leaves}) EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER filing_begins_as_draft BEFORE INSERT ON filing FOR EACH ROW "
            "WHEN (NEW.state <> 'draft') EXECUTE FUNCTION refuse_change()"
        )
        return
    op.execute(
        f"CREATE TRIGGER filing_keeps_to_course BEFORE UPDATE ON filing WHEN {leaves} "
        "BEGIN SELECT RAISE(ABORT, 'filing: no such step'); END"
    )
    op.execute(
        "CREATE TRIGGER filing_begins_as_draft BEFORE INSERT ON filing WHEN NEW.state <> 'draft' "
        "BEGIN SELECT RAISE(ABORT, 'filing: a filing begins as a draft'); END"
    )


def _is_shut(filing_id: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM filing f WHERE f.id = {filing_id} AND f.state IN ({OPEN}))"  # noqa: S608


def _only_while_open(table: str) -> None:
    """Entries are made, altered and taken out only while the filing is being worked on.

    None goes over to another filing.
    """
    if _is_postgresql():
        op.execute(
            "CREATE OR REPLACE FUNCTION filing_is_open() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "DECLARE it bigint; BEGIN it := CASE WHEN TG_OP = 'INSERT' THEN NEW.filing_id "
            f"ELSE OLD.filing_id END; IF {_is_shut('it')} "
            "OR (TG_OP = 'UPDATE' AND NEW.filing_id <> OLD.filing_id) THEN "
            "RAISE EXCEPTION '%: the filing is not being worked on', TG_TABLE_NAME; END IF; "
            "IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
        )
        for verb in ("INSERT", "UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_while_open_{verb.lower()} BEFORE {verb} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION filing_is_open()"
            )
        return
    shut, goes_over = _is_shut("OLD.filing_id"), "NEW.filing_id <> OLD.filing_id"
    for verb, when in (
        ("INSERT", _is_shut("NEW.filing_id")), ("UPDATE", f"{shut} OR {goes_over}"),
        ("DELETE", shut),
    ):  # fmt: skip
        op.execute(
            f"CREATE TRIGGER {table}_while_open_{verb.lower()} BEFORE {verb} ON {table} "
            f"WHEN {when} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: the filing is not being worked on'); END"
        )
