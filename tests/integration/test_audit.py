"""The audit chain finds every kind of tampering and names the first bad entry."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from app.kernel import audit
from app.kernel.database import Mode, db, mode
from app.kernel.transaction import writing

TAMPERINGS = {
    "an edited entry": "UPDATE audit_entry SET actor_name = 'x' WHERE sequence = 3",
    "a removed entry": "DELETE FROM audit_entry WHERE sequence = 3",
    "a changed day": "UPDATE audit_entry SET at = '2001-01-01T00:00:00.000000Z' WHERE sequence = 3",
    "an inserted entry": "UPDATE audit_entry SET sequence = 99 WHERE sequence = 3",
    "a changed hash": "UPDATE audit_entry SET hash = previous_hash WHERE sequence = 3",
}


def _five_entries() -> None:
    for number in range(1, 6):
        with writing("测试", actor_name="某甲"):
            audit.record("test", "thing", number, {"次序": number})


def _unprotect() -> None:
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
    else:
        db.session.execute(text("DROP TRIGGER audit_entry_is_kept"))
        db.session.execute(text("DROP TRIGGER audit_entry_is_not_removed"))


def test_an_untouched_chain_is_whole(app: Flask) -> None:
    with app.app_context():
        _five_entries()
        check = audit.verify()
        assert (check.entries, check.broken_at) == (5, None)


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_found_and_named(app: Flask, how: str) -> None:
    with app.app_context():
        _five_entries()
        with mode(Mode.WRITE):
            _unprotect()
            db.session.execute(text(TAMPERINGS[how]))
            db.session.commit()
        check = audit.verify()
        assert check.broken_at == 3, how
        assert check.problem


def test_another_key_does_not_fit_the_chain(app: Flask) -> None:
    with app.app_context():
        _five_entries()
        app.config["SECRET_KEY"] = "another key"
        assert audit.verify().broken_at == 1


def test_the_command_says_whole_or_broken_by_its_exit_code(app: Flask) -> None:
    with app.app_context():
        _five_entries()
    assert app.test_cli_runner().invoke(args=["audit", "verify"]).exit_code == 0
    app.config["SECRET_KEY"] = "another key"
    broken = app.test_cli_runner().invoke(args=["audit", "verify"])
    assert broken.exit_code == 1
    assert "第 1 条" in broken.stderr


def test_what_was_entered_after_a_mark_is_noticed_by_kind_of_object(app: Flask) -> None:
    with app.app_context():
        empty = audit.mark()
        assert not audit.is_touched_since(empty, ())
        _five_entries()
        assert audit.is_touched_since(empty, ())
        marked = audit.mark()
        assert not audit.is_touched_since(marked, ())
        with writing("测试", actor_name="某甲"):
            audit.record("test", "letter", 1)
        assert audit.is_touched_since(marked, ())
        assert not audit.is_touched_since(marked, ("letter",))
        other = marked.partition(":")[0] + ":" + "f" * 64
        assert audit.is_touched_since(other, ("letter",)), "another trail stands in its place"
