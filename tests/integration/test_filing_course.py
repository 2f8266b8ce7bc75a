"""A filing after its submission (提交以后): never altered, taken back in time, filed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.approvals.domain import Overtaken, Refused
from app.filing import services
from app.filing.domain import Kind, Severity, State
from app.filing.queries import (
    findings_of,
    working,
)
from app.indicators.domain import Answer
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import plant_now, situation_of
from app.registry.services import make_change
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import (
    answers,
    begun,
    filing,
    fill_in,
    put_in_force,
    submitted,
    table,
)


@pytest.fixture
def plant(app: Flask, bureau: None, clock: Freeze) -> tuple[int, int]:
    """Enterprise and plant whose industry has a table since January."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return a_plant()


@pytest.fixture
def ready(app: Flask, plant: tuple[int, int]) -> int:
    """A filing for B that can be submitted."""
    with app.app_context():
        made = begun(plant[1])
        fill_in(made)
        return made


def keys(filing_id: int, severity: Severity = Severity.ERROR) -> list[str]:
    found = findings_of(working(filing(filing_id)))
    return [it.key for it in found if it.severity is severity]


def hand_over(plant_id: int) -> None:
    """The plant goes over to enterprise number 2."""
    change = Change(ChangeKind.TRANSFER, plant_id, date(2026, 3, 2), "转让", "协议",
                    uscc=code(2), number="002")  # fmt: skip
    with writing("测试"):
        make_change(change, situation_of(change, plant_now(plant_id), EVERYTHING))


# --- Never altered --------------------------------------------------------------------------

FORBIDDEN = (
    "UPDATE filing_submission SET grade = 'A'",
    "DELETE FROM filing_submission",
    "UPDATE filing_submission_file SET name = 'x'",
    "DELETE FROM filing_submission_file",
    "UPDATE filing_step SET reason = 'x'",
    "UPDATE filing_answer SET content = '{}'",
    "DELETE FROM filing_answer",
    "UPDATE filing_evidence SET note = 'x'",
    "UPDATE filing SET state = 'draft'",
    "UPDATE filing SET year = 2020",
    "UPDATE filing SET county = '330603'",
    "DELETE FROM filing",
    "INSERT INTO filing_table SELECT id, 9, 'x', '', '[]' FROM filing",
    "INSERT INTO filing_submission_file SELECT id, 9, 'scan', 'x', 'x', 1, 1 FROM filing",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_after_a_submission_the_database_refuses_changes(
    app: Flask, ready: int, statement: str
) -> None:
    with app.app_context():
        submitted(ready)
        with pytest.raises(DBAPIError), writing("测试"):
            db.session.execute(text(statement))


MOVED = ("filing_answer", "filing_table", "filing_evidence", "filing_acceptance")


@pytest.mark.parametrize("name", MOVED)
def test_what_was_submitted_does_not_go_over_to_a_filing_that_is_open(
    app: Flask, ready: int, name: str
) -> None:
    with app.app_context():
        submitted(ready)
        other = begun(a_plant(2)[1])
        with writing("测试"):  # nothing stands in the way there
            db.session.execute(
                text("DELETE FROM filing_table WHERE filing_id = :it"), {"it": other}
            )
            audit.record("test.cleared", "filing", other)
        with pytest.raises(DBAPIError), writing("测试"):
            db.session.execute(text(f"UPDATE {name} SET filing_id = {other}"))  # noqa: S608


def test_no_file_is_added_to_a_submission_while_the_next_one_is_prepared(
    app: Flask, ready: int
) -> None:
    with app.app_context():
        first = submitted(ready)
        with writing("测试"):
            services.send_back(ready, "补正")
        submitted(ready)
        with writing("测试"):
            services.send_back(ready, "再补正")
        statement = "INSERT INTO filing_submission_file VALUES (:it, 99, 'scan', 'x', 'x', 1, 1)"
        with pytest.raises(DBAPIError, match="as it was"), writing("测试"):
            db.session.execute(text(statement), {"it": first.id})


def test_a_submission_is_not_replaced_by_another_of_its_number(app: Flask, ready: int) -> None:
    """SQLite's own statement for that removes the old row without a word to its triggers."""
    with app.app_context():
        submitted(ready)
        if db.engine.dialect.name != "sqlite":
            return
        names = "id, filing_id, number, receipt, content, sha256, 'A', submitted_at, submitted_by"
        replace = "INSERT OR REPLACE INTO filing_submission SELECT {}, submitted_by_name, form_key"
        with pytest.raises(DBAPIError), writing("测试"):
            db.session.execute(text(f"{replace.format(names)} FROM filing_submission"))


Act = Callable[[int], object]
ACTS: tuple[Act, ...] = (
    lambda it: services.save_answer(it, 1, "1", Answer(), 1),
    lambda it: services.set_target(it, "C"),
    services.take_newer_tables,
    lambda it: services.remark(it, "x", "y"),
    lambda it: services.discard(it, "不报了"),
)


@pytest.mark.parametrize("act", ACTS)
def test_after_a_submission_nothing_is_entered_any_more(app: Flask, ready: int, act: Act) -> None:
    with app.app_context():
        submitted(ready)
        with pytest.raises(Overtaken), writing("测试"):
            act(ready)


# --- Its course -----------------------------------------------------------------------------


def test_it_is_withdrawn_until_the_county_takes_it_up(app: Flask, ready: int) -> None:
    with app.app_context():
        submitted(ready)
        with pytest.raises(Refused, match="理由"), writing("测试"):
            services.withdraw(ready, " ")
        with writing("测试", actor_name="李科员"):
            services.take_up(ready)
        with pytest.raises(Overtaken, match="李科员"), writing("测试"):
            services.withdraw(ready, "填错了")


def test_next_year_what_changed_much_is_to_be_explained(
    app: Flask, plant: tuple[int, int], ready: int, clock: Freeze
) -> None:
    with app.app_context():
        submitted(ready)
        with writing("测试"):
            services.close(ready, "办结")
        clock("2027-03-02 09:00")
        again = begun(plant[1], kind=Kind.FIRST, year=2027)
        assert {it.row_key for it in working(filing(again)).evidence} == {"2", "3"}
        fill_in(again, answers("18", "86"), seen=1)
        assert keys(again, Severity.WARNING) == []
        with writing("测试"):
            services.save_answer(again, 1, "1", answers("18.01")["1"], 2)
        (warning,) = keys(again, Severity.WARNING)
        assert warning.startswith("change:1:1:")
        with writing("测试"):
            services.save_answer(again, 1, "1", answers("18")["1"], 3)
            summary = working(filing(again)).transport.transport
            services.save_transport(again, replace(summary, trips=121), 2)
        (warning,) = keys(again, Severity.WARNING)
    assert warning.startswith("change:0:transport:")


def test_a_plant_that_went_over_to_another_enterprise(
    app: Flask, plant: tuple[int, int], ready: int
) -> None:
    with app.app_context():
        other, _ = a_plant(2)
        hand_over(plant[1])
        assert "transferred" in keys(ready)
        again = begun(plant[1])
        assert filing(again).enterprise_id == other
        assert filing(ready).state is State.DISCARDED


def test_another_enterprise_takes_over_nothing_of_what_was_submitted(
    app: Flask, plant: tuple[int, int], ready: int
) -> None:
    with app.app_context():
        submitted(ready)
        with writing("测试"):
            services.close(ready, "办结")
        a_plant(2)
        hand_over(plant[1])
        now = working(filing(begun(plant[1])))
        assert (now.answers, now.evidence, now.transport.saved_at) == ({}, (), None)
