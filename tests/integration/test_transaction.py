"""One writer, readers that cannot write, and an audit entry for every change."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app.kernel import audit
from app.kernel import clock as kernel_clock
from app.kernel.database import Mode, db, mode
from app.kernel.models import CalendarDay, StoredFile
from app.kernel.transaction import UnauditedChange, rehearse, transaction, writing
from app.registry.models import EnterpriseRecord, PlantRecord
from app.registry.services import EnterpriseEntry, register_enterprises
from tests.conftest import Freeze
from tests.facts import a_plant, code


def _store(sha256: str, size: int = 1) -> None:
    db.session.add(StoredFile(sha256=sha256, size=size, stored_at=transaction().moment))


def test_a_reading_transaction_cannot_write(app: Flask) -> None:
    with app.app_context():
        _, plant_id = a_plant()
        with pytest.raises(DBAPIError, match=r"read-?only"):
            db.session.execute(
                insert(CalendarDay).values(
                    day=date(2025, 1, 1),
                    is_workday=False,
                    note="",
                    source="",
                    recorded_at=kernel_clock.now(),
                )
            )
        db.session.rollback()
        assert plant_id


def test_a_connection_that_wrote_cannot_write_when_it_reads(app: Flask) -> None:
    """And the other way round; SQLite is told so only when it is another than before."""
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            return
        said: list[str] = []
        raw: Any = db.session.connection().connection.driver_connection
        raw.set_trace_callback(said.append)
        for number in range(3):
            with writing("测试"):
                _store(f"{number}" * 64)
                audit.record("test", "file", str(number))
            for _ in range(2):
                with pytest.raises(DBAPIError, match=r"read-?only"):
                    _store_past_the_transaction(f"{number + 5}" * 64)
                db.session.rollback()
        assert [it for it in said if it.startswith("PRAGMA")] == [
            "PRAGMA query_only=OFF", "PRAGMA query_only=ON"] * 3  # fmt: skip


def _store_past_the_transaction(sha256: str) -> None:
    values = {"sha256": sha256, "size": 1, "stored_at": kernel_clock.now()}
    db.session.execute(insert(StoredFile).values(values))


def test_a_change_without_an_audit_entry_is_not_kept(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(UnauditedChange), writing("测试"):
            _store("a" * 64)
        assert db.session.execute(select(StoredFile)).all() == []


def test_an_error_keeps_neither_the_change_nor_its_audit_entry(app: Flask) -> None:
    with app.app_context():

        def fail_after_writing() -> None:
            with writing("测试"):
                _store("a" * 64)
                audit.record("test", "file", "a")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_after_writing()
        assert db.session.execute(select(StoredFile)).all() == []
        assert audit.verify().entries == 0


def test_moments_grow_even_when_the_clock_goes_back(app: Flask, clock: Freeze) -> None:
    with app.app_context():
        clock("2025-06-30 09:00")
        with writing("测试") as first:
            audit.record("test", "x", 1)
            earlier = first.moment
        clock("2025-06-29 09:00")
        with writing("测试") as second:
            audit.record("test", "x", 2)
            assert second.moment > earlier


def test_thirty_writers_at_once_lose_nothing(app: Flask) -> None:
    def add(number: int) -> None:
        with app.app_context(), writing("测试"):
            count = len(db.session.execute(select(StoredFile.sha256)).all())
            _store(f"{number:064d}", size=count + 1)
            audit.record("test", "file", number)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        sizes = db.session.execute(select(StoredFile.size).order_by(StoredFile.size)).scalars()
        assert list(sizes) == list(range(1, 31))
        check = audit.verify()
        assert (check.entries, check.broken_at) == (30, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE plant_record SET name = 'x'",
        "DELETE FROM plant_record",
        "UPDATE audit_entry SET actor_name = 'x'",
        "DELETE FROM audit_entry",
        "DELETE FROM plant",
    ],
)
def test_the_database_itself_refuses_to_alter_what_was_recorded(app: Flask, statement: str) -> None:
    with app.app_context():
        a_plant()
        with pytest.raises(DBAPIError), mode(Mode.WRITE):
            db.session.execute(text(statement))
        db.session.rollback()


def test_a_fact_is_annulled_once(app: Flask) -> None:
    with app.app_context():
        _, plant_id = a_plant()

        def annul() -> None:
            moment = transaction().moment
            db.session.execute(
                update(PlantRecord)
                .where(PlantRecord.plant_id == plant_id)
                .values(annulled_at=moment, annulled_via="测试")
            )
            audit.record("test.annulled", "plant", plant_id)

        with writing("测试"):
            annul()
        with pytest.raises(DBAPIError), writing("测试"):
            annul()


def test_a_rehearsal_shows_what_would_be_and_keeps_nothing(app: Flask, bureau: None) -> None:
    """A preview does the act itself, looks, and undoes it; a commit then has nothing to keep."""

    def act() -> None:
        register_enterprises([EnterpriseEntry(code(0), "甲示例有限公司")])
        audit.record("test.registered", "register", 1)

    with app.app_context():
        with writing("测试"):
            seen = rehearse(act, lambda: db.session.query(EnterpriseRecord).count())
        assert seen == 1
        assert db.session.query(EnterpriseRecord).count() == 0
        assert audit.verify().broken_at is None
    with app.app_context(), writing("测试"):
        rehearse(act, lambda: None)
        act()
    with app.app_context():
        assert db.session.query(EnterpriseRecord).count() == 1
        assert audit.verify().broken_at is None
