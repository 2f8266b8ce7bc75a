"""Filing again after a withdrawal (撤回后重新申报): what still holds is not confirmed again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import update

from app.filing import services
from app.filing.domain import Kind, Severity
from app.filing.models import FilingEvidence
from app.filing.queries import findings_of, working
from app.indicators.domain import Evidence
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.queries import find_plant
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import (
    ROWS,
    answers,
    attach,
    begun,
    filing,
    fill_in,
    put_in_force,
    submitted,
    table,
)
from tests.people import ClientAs
from tests.registers import fetched

RECENT = "近三个月检测报告"
ASKING = (
    ROWS[0],
    replace(ROWS[1], evidence=(Evidence(RECENT, "近三个月"),)),
    ROWS[2],
)
"""The table with a material that grows old within the year."""


@pytest.fixture
def plant(app: Flask, bureau: None, clock: Freeze) -> int:
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(ASKING), date(2026, 1, 1))
        return a_plant()[1]


@pytest.fixture
def sent(app: Flask, plant: int) -> int:
    """A filing that was submitted, one of its warnings answered."""
    with app.app_context():
        made = begun(plant)
        fill_in(made)
        recent(made, date(2026, 1, 10), date(2026, 1, 31))
        submitted(made)
        return made


def recent(filing_id: int, first: date, last: date) -> None:
    """The material of the second row covers these days."""
    with writing("测试"):
        attach(filing_id, "2", RECENT)
        db.session.execute(
            update(FilingEvidence)
            .where(FilingEvidence.filing_id == filing_id, FilingEvidence.kind == RECENT)
            .values(period_from=first, period_until=last)
        )
        audit.record("test.attached", "filing", filing_id)


def taken_back(filing_id: int) -> None:
    with writing("测试"):
        services.withdraw(filing_id, "填错了")


def to_confirm(filing_id: int) -> set[str]:
    """What of a filing waits to be confirmed."""
    found = findings_of(working(filing(filing_id)))
    stopping = (it.key for it in found if it.severity is Severity.ERROR)
    return {it.removeprefix("unconfirmed:") for it in stopping if it.startswith("unconfirmed")}


def test_nothing_is_confirmed_twice_in_the_same_year(
    app: Flask, plant: int, sent: int, clock: Freeze, client_as: ClientAs
) -> None:
    clock("2026-03-05 09:00")
    with app.app_context():
        before = working(filing(sent)).answers
        taken_back(sent)
        again = begun(plant)
        now = working(filing(again))
        assert to_confirm(again) == set()
        assert now.answers == {key: replace(it, revision=1) for key, it in before.items()}
        assert {it.saved_by_name for it in now.answers.values()} == {"张三"}
        assert {(it.confirmed, it.carried_from is not None) for it in now.evidence} == {
            (True, True)
        }
        assert now.acceptances == {}
    home = fetched(client_as("filer", uscc=code(1)), "/filing/")
    assert "各项指标已填完" in home


def test_reasons_given_for_warnings_come_along(app: Flask, plant: int) -> None:
    with app.app_context():
        made = begun(plant)
        fill_in(made)
        recent(made, date(2026, 1, 10), date(2026, 1, 31))
        with writing("测试", actor_id=2, actor_name="张三"):
            summary = replace(working(filing(made)).transport.transport, transmission_rate=None)
            services.save_transport(made, summary, 1)
            found = findings_of(working(filing(made)))
            (warning,) = (it for it in found if it.key.startswith("transport:"))
            services.remark(made, warning.key, "门禁正在更换")
        submitted(made)
        taken_back(made)
        found = findings_of(working(filing(begun(plant))))
        assert [it.note for it in found if it.key == warning.key] == ["门禁正在更换"]


def test_what_was_mended_after_it_was_returned_is_kept(app: Flask, plant: int, sent: int) -> None:
    with app.app_context():
        with writing("测试", actor_name="区县"):
            services.send_back(sent, "颗粒物与报告不一致")
        with writing("测试", actor_id=2, actor_name="张三"):
            services.save_answer(sent, 1, "1", answers("16")["1"], 1)
        taken_back(sent)
        again = begun(plant)
        assert working(filing(again)).answer(1, "1") == answers("16")["1"]
        assert to_confirm(again) == set()


def test_a_material_that_grew_old_stays_behind_and_its_row_is_looked_at_again(
    app: Flask, plant: int, sent: int, clock: Freeze
) -> None:
    clock("2026-08-03 09:00")
    with app.app_context():
        taken_back(sent)
        again = begun(plant)
        kept = {(it.row_key, it.kind) for it in working(filing(again)).evidence}
        assert kept == {("1", "监测报告"), ("2", ""), ("3", "")}
        assert to_confirm(again) == {"1:2"}


def test_another_version_of_the_table_asks_again(
    app: Flask, plant: int, sent: int, clock: Freeze
) -> None:
    clock("2026-03-10 09:00")
    with app.app_context():
        put_in_force(replace(table(ASKING), title="另一版"), date(2026, 3, 9))
        taken_back(sent)
        assert {"1:1", "1:2", "1:3"} <= to_confirm(begun(plant))


def test_what_was_decided_on_is_confirmed_in_the_next_filing(
    app: Flask, plant: int, sent: int, client_as: ClientAs
) -> None:
    with app.app_context():
        with writing("测试"):
            services.close(sent, "办结")
        assert {"1:1", "1:2", "1:3", "0:transport"} <= to_confirm(begun(plant))
    home = fetched(client_as("filer", uscc=code(1)), "/filing/")
    assert "由上次申报带入或要求有变化的 8 项尚未确认" in home
    assert "已填完" not in home


def test_last_year_is_confirmed_though_it_was_withdrawn(
    app: Flask, plant: int, sent: int, clock: Freeze
) -> None:
    clock("2027-03-02 09:00")
    with app.app_context():
        taken_back(sent)
        assert {"1:1", "1:2", "1:3", "0:transport"} <= to_confirm(begun(plant, year=2027))


def test_what_an_officer_entered_from_paper_is_held_against_the_next_paper(
    app: Flask, plant: int
) -> None:
    with app.app_context():
        found = find_plant(plant, EVERYTHING)
        assert found is not None
        with writing("测试", actor_id=1, actor_name="窗口"):
            made = services.start(found, 2026, Kind.FIRST, "B", at_office=True, form_key="w")
        fill_in(made)
        recent(made, date(2026, 1, 10), date(2026, 1, 31))
        submitted(made)
        taken_back(made)
        assert {"1:1", "1:2", "1:3"} <= to_confirm(begun(plant))
