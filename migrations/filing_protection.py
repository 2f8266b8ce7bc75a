"""Triggers that keep submissions of filings whole (申报版本不得增改); migration 0020 makes them."""

from __future__ import annotations

from alembic import op


def add_no_file_later(states: str) -> None:
    """Files are entered with the newest submission, while the filing is in one of the states."""
    taken = (
        "EXISTS (SELECT 1 FROM filing_submission s JOIN filing f ON f.id = s.filing_id "  # noqa: S608
        f"WHERE s.id = NEW.submission_id AND f.state IN ({states}) AND s.number = "
        "(SELECT max(o.number) FROM filing_submission o WHERE o.filing_id = s.filing_id))"
    )
    fault = "filing_submission_file: what was submitted is as it was"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION filing_submission_takes_files() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN IF NOT {taken} THEN RAISE EXCEPTION '{fault}'; END IF; "
            "RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER filing_submission_file_comes_along BEFORE INSERT "
            "ON filing_submission_file FOR EACH ROW "
            "EXECUTE FUNCTION filing_submission_takes_files()"
        )
        return
    op.execute(
        "CREATE TRIGGER filing_submission_file_comes_along BEFORE INSERT "
        f"ON filing_submission_file WHEN NOT {taken} BEGIN SELECT RAISE(ABORT, '{fault}'); END"
    )


def replace_no_submission() -> None:
    """INSERT OR REPLACE removes a row in SQLite without asking the trigger that forbids it."""
    if op.get_bind().dialect.name == "postgresql":
        return
    same = (
        "id = NEW.id OR receipt = NEW.receipt OR form_key = NEW.form_key "
        "OR (filing_id = NEW.filing_id AND number = NEW.number)"
    )
    there = f"SELECT 1 FROM filing_submission WHERE {same}"  # noqa: S608
    op.execute(
        "CREATE TRIGGER filing_submission_is_not_replaced BEFORE INSERT ON filing_submission "
        f"WHEN EXISTS ({there}) "
        "BEGIN SELECT RAISE(ABORT, 'filing_submission: there already'); END"
    )
