"""What a page costs beside its own contents: one snapshot, one look at who asks (每页的开销)."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.accounts.queries import list_bureaus
from app.accounts.services import set_up_bureau
from app.desk.queries.facts import VIOLATION
from app.desk.queries.lists import FactFilter, list_facts
from app.kernel import clock, collector, presence
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.look import option_tags
from app.kernel.transaction import aside, writing
from tests.facts import a_plant
from tests.installations import Sqlite, close, installed
from tests.people import ClientAs
from tests.registers import statements


def test_a_page_is_read_in_one_snapshot_and_asks_once_who_asks(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("county-officer")
    client.get("/me")
    begun: list[object] = []
    said: list[str] = []
    with app.app_context():
        event.listen(db.engine, "begin", begun.append)
        event.listen(db.engine, "before_cursor_execute", lambda *about: said.append(about[2]))
    assert client.get("/me").status_code == 200
    assert len(begun) == 1
    assert sum("sign_in_session" in it for it in said) == 2  # who asks; where they are signed in
    assert not any("FROM bureau" in it for it in said)


def _begin_to_set_up() -> None:
    with writing("测试"):
        set_up_bureau()
        assert len(list_bureaus("county")) == 6
        raise ZeroDivisionError


def test_bureaus_that_were_not_kept_are_not_remembered(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            _begin_to_set_up()
        assert list_bureaus() == ()
        with writing("测试"):
            set_up_bureau()
        assert len(list_bureaus("county")) == 6


def test_a_restore_brings_its_own_bureaus(app: Flask, bureau: None) -> None:
    """It begins another generation, for every process."""
    with app.app_context():
        (before,) = list_bureaus("city")
        db.session.rollback()
        with aside() as session:
            renamed = "UPDATE bureau SET name = '另一生态环境局' WHERE level = 'city'"
            session.execute(text(renamed))
        assert list_bureaus("city") == (before,)
        presence.begin_generation(app.config["CONFIG"].instance_dir)
        assert list_bureaus("city")[0].name == "另一生态环境局"
        db.session.rollback()


def test_the_facts_of_a_county_are_found_by_their_index(sqlite: Sqlite, tmp_path: Path) -> None:
    """The country's are not read for it; PostgreSQL plans by its statistics, so on SQLite alone."""
    with sqlite.database(tmp_path) as url:
        app = installed(tmp_path, url)
        with app.app_context():
            a_plant()
            with statements(app) as asked:
                list_facts(VIOLATION, FactFilter(), Scope(frozenset({"330602"})), clock.today())
            plans = [_plan_of(said) for said in asked if "violation" in said]
            db.session.rollback()
        close(app)
    assert plans
    for steps in plans:
        assert not [it for it in steps if it.startswith("SCAN violation")], steps
        assert [it for it in steps if "ix_violation_plant_id" in it], steps


def _plan_of(said: str) -> list[str]:
    given = (1,) * said.count("?")
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {said}", given)
    return [row[3] for row in plan]


def test_choices_are_escaped_and_one_of_them_is_chosen(app: Flask) -> None:
    with app.app_context():
        tags = option_tags([("a", "甲<b>"), ('"b"', "乙")], '"b"')
        assert tags.split("\n") == [
            '<option value="a">甲&lt;b&gt;</option>',
            '<option value="&#34;b&#34;" selected>乙</option>',
            "",
        ]
        assert "selected" not in option_tags([("a", "甲<b>"), ('"b"', "乙")], "c")
        assert '2" selected>' in option_tags([(1, "一"), (2, "二")], 2)


def test_a_server_is_not_looked_through_for_garbage_again() -> None:
    before, thresholds = gc.get_freeze_count(), gc.get_threshold()
    try:
        collector.settle()
        assert gc.get_freeze_count() > max(before, 10_000)
        assert gc.get_count()[2] == 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*thresholds)
