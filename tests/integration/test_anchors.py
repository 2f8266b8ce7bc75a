"""The audit chain's end is written down outside the database, so a cut-off tail is found (锚定)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from app.kernel import anchors, audit
from app.kernel.database import Mode, db, mode
from app.kernel.transaction import after_commit, rehearse, writing
from tests.conftest import Freeze


def entries(count: int) -> None:
    for number in range(count):
        with writing("测试"):
            audit.record("test", "thing", number)


def cut_after(sequence: int) -> None:
    """As someone who owns the database can do."""
    db.session.rollback()
    with mode(Mode.WRITE):
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        else:
            db.session.execute(text("DROP TRIGGER audit_entry_is_not_removed"))
        db.session.execute(text("DELETE FROM audit_entry WHERE sequence > :s"), {"s": sequence})
        db.session.commit()


def verify(app: Flask) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["audit", "verify"])
    return result.exit_code, result.output


def test_a_tail_that_was_cut_off_is_found(app: Flask) -> None:
    with app.app_context():
        entries(5)
        anchors.anchor()
        assert verify(app)[0] == 0
        cut_after(3)
        assert audit.verify().broken_at is None, "the chain alone does not show it"
    code, said = verify(app)
    assert code == 1
    assert "第 5 条已不在审计链中" in said


def test_an_anchor_is_one_line_and_is_not_written_twice(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        assert anchors.anchor() is None
        entries(2)
        anchors.anchor()
        anchors.anchor()
        path = app.config["CONFIG"].instance_dir / anchors.FILE
        assert len(path.read_text().splitlines()) == 1
        assert path.stat().st_mode & 0o077 == 0


def test_an_altered_anchor_is_found(app: Flask) -> None:
    with app.app_context():
        entries(2)
        anchors.anchor()
        path = app.config["CONFIG"].instance_dir / anchors.FILE
        whole = path.read_bytes()
        for place in range(len(whole) - 1):
            content = bytearray(whole)
            content[place] ^= 1
            path.write_bytes(content)
            assert anchors.check().problems, place
        path.write_bytes(whole)
        assert not anchors.check().problems


def test_the_second_copy_shows_that_the_first_was_removed(app: Flask, tmp_path: Path) -> None:
    app.config["CONFIG"] = replace(app.config["CONFIG"], anchor_dir=tmp_path / "usb")
    with app.app_context():
        entries(4)
        anchors.anchor()
        (app.config["CONFIG"].instance_dir / anchors.FILE).unlink()
        cut_after(2)
        assert "第 4 条" in anchors.check().problems[0]


def test_only_what_is_kept_is_anchored(app: Flask) -> None:
    def sign() -> None:
        audit.record("test", "thing", 9)
        anchors.anchor_when_kept()

    with app.app_context():
        entries(1)
        with suppress(ZeroDivisionError), writing("测试"):
            sign()
            raise ZeroDivisionError
        with writing("测试"):
            rehearse(sign, lambda: None)
            audit.record("test", "thing", 2)
        assert anchors.latest() is None
        with writing("测试"):
            sign()
        latest = anchors.latest()
        assert latest is not None
        assert latest.sequence == audit.verify().entries


def test_a_fault_after_the_commit_does_not_undo_it(app: Flask) -> None:
    def fail() -> None:
        raise OSError

    with app.app_context():
        with writing("测试"):
            audit.record("test", "thing", 1)
            after_commit(fail)
        assert audit.verify().entries == 1


def test_the_doctor_asks_for_an_anchor_after_a_day(app: Flask, clock: Freeze) -> None:
    from app.operations.domain import Health
    from app.operations.queries.holdings import check_anchors

    with app.app_context():
        clock("2026-03-02 09:00")
        entries(1)
        assert check_anchors().health is Health.NEEDED
        anchors.anchor()
        assert check_anchors().health is Health.GOOD
        clock("2026-03-04 09:00")
        entries(1)
        assert check_anchors().health is Health.NEEDED
