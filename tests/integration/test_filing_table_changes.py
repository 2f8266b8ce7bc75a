"""A table that changed under an open draft (填报中指标表更新): told once, with the way to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from app.filing import services
from app.inbox.queries import open_matters, sent_matters
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import ROWS, begun, fill_in, put_in_force, row, submitted, table
from tests.people import ClientAs
from tests.registers import fetched, statements

PREFIX = "filing-tables:"
FROM = date(2026, 3, 9)


@pytest.fixture
def draft(app: Flask, bureau: None, clock: Freeze) -> int:
    """A draft by a table that is replaced a week later."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        made = begun(a_plant()[1])
        put_in_force(replace(table(), title="第二版"), FROM)
        return made


def test_it_is_told_on_the_day_and_once(
    app: Flask, draft: int, clock: Freeze, client_as: ClientAs
) -> None:
    with app.app_context():
        services.tell_of_newer_tables(date(2026, 3, 8))
        assert sent_matters(PREFIX) == set()
        for day in (FROM, FROM, date(2026, 3, 10)):
            services.tell_of_newer_tables(day)
        (source,) = sent_matters(PREFIX)
        assert source.startswith(f"{PREFIX}{draft}:")
    clock("2026-03-09 09:00")
    inbox = fetched(client_as("filer", uscc=code(1)), "/inbox?part=notices")
    assert inbox.count("指标表已更新，请换用") == 1
    with app.app_context():
        a_plant(2)
    assert "指标表已更新" not in fetched(client_as("filer", uscc=code(2)), "/inbox?part=notices")


def test_another_change_is_told_again_and_what_is_taken_over_is_closed(
    app: Flask, draft: int, clock: Freeze
) -> None:
    with app.app_context():
        services.tell_of_newer_tables(FROM)
        put_in_force(replace(table(), title="第三版"), date(2026, 3, 16))
        services.tell_of_newer_tables(date(2026, 3, 16))
        assert len(sent_matters(PREFIX)) == 2
        assert len(open_matters(PREFIX)) == 1
        clock("2026-03-16 09:00")
        with writing("测试"):
            services.take_newer_tables(draft)
        services.tell_of_newer_tables(date(2026, 3, 17))
        assert open_matters(PREFIX) == {}
        assert len(sent_matters(PREFIX)) == 2


def test_what_was_submitted_keeps_its_table_and_nobody_is_told(
    app: Flask, draft: int, clock: Freeze
) -> None:
    with app.app_context():
        fill_in(draft)
        submitted(draft)
        with writing("测试"):
            services.send_back(draft, "补正")
        services.tell_of_newer_tables(FROM)
        assert sent_matters(PREFIX) == set()


def test_many_drafts_are_looked_at_in_as_many_statements(app: Flask, draft: int) -> None:
    def asked() -> int:
        with statements(app) as found:
            services.tell_of_newer_tables(FROM)
        return len([it for it in found if it.startswith("SELECT")])

    with app.app_context():
        services.tell_of_newer_tables(FROM)
        few = asked()
        for number in (2, 3, 4, 5):
            begun(a_plant(number)[1])
        services.tell_of_newer_tables(FROM)
        assert len(sent_matters(PREFIX)) == 5
        assert asked() == few


def test_what_a_new_row_asks_and_what_a_dropped_one_asked_is_shown(
    app: Flask, draft: int, clock: Freeze, client_as: ClientAs
) -> None:
    gate = row("4", "运输管控", "门禁", ("A B B- C", "须做到：安装门禁"), ("D", "未达到C级要求"))
    with app.app_context():
        put_in_force(table((*ROWS[:2], gate)), date(2026, 3, 16))
    clock("2026-03-16 09:00")
    page = fetched(client_as("filer", uscc=code(1)), f"/filing/{draft}/tables")
    shown = page[page.index("新版本有哪些变化") :]
    assert "A、B、B-、C：须做到：安装门禁" in shown
    assert "C：须做到：使用达标车辆" in shown
