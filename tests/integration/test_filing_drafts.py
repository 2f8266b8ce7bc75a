"""Drafts of filings (申报草稿): begun, filled in by several people, judged meanwhile."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from flask import Flask

from app.filing import services
from app.filing.domain import Conflict, Saved
from app.filing.queries import assessment_of, find_filing, findings_of, working
from app.indicators.domain import Answer, Measured
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.filings import ROWS, begun, filing, put_in_force, table

DUST_ID = "颗粒物@炉窑/小时均值"


@pytest.fixture
def draft(app: Flask, bureau: None, clock: Freeze) -> int:
    """A filing for B of a plant whose industry has a table."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        _, plant_id = a_plant()
        return begun(plant_id)


def save(
    filing_id: int, key: str, answer: Answer, seen: int, who: str = "张三"
) -> Saved | Conflict:
    with writing("测试", actor_id=2, actor_name=who):
        return services.save_answer(filing_id, 1, key, answer, seen)


def dust(value: str, oxygen: str = "8") -> Answer:
    return Answer(measured={DUST_ID: Measured(Decimal(value), Decimal(oxygen))})


def test_the_grade_is_that_of_the_lowest_row(app: Flask, draft: int) -> None:
    """PLAN-SHORTBOARD: 22 mg/m³ is C, whatever the other rows reach."""
    ledger = next(iter(ROWS[1].cells[0].criterion.items)).id  # type: ignore[union-attr]
    with app.app_context():
        save(draft, "1", dust("22"), 0)
        save(draft, "2", Answer(ticked=frozenset({ledger})), 0)
        save(draft, "3", Answer(shares={"国五及以上车辆比例": Decimal(85)}), 0)
        found = assessment_of(working(filing(draft)))
    assert found.overall == "C"
    assert [row.row.key for _, row in found.holding] == ["1"]
    assert found.way_up is not None
    assert found.way_up.grade == "B-"
    assert [it.row.key for it in found.way_up.tables[0].lifts] == ["1"]


def test_two_people_in_one_row_lose_nothing(app: Flask, draft: int) -> None:
    with app.app_context():
        first = save(draft, "1", dust("22"), 0)
        assert isinstance(first, Saved)
        assert first.revision == 1
        clash = save(draft, "1", dust("9"), 0, "李四")
        assert isinstance(clash, Conflict)
        assert (clash.mine, clash.theirs, clash.by_name) == (dust("9"), dust("22"), "张三")
        assert working(filing(draft)).answer(1, "1") == dust("22")
        assert isinstance(save(draft, "1", dust("9"), clash.revision, "李四"), Saved)
        assert working(filing(draft)).answer(1, "1") == dust("9")


def test_the_same_content_by_both_is_no_conflict(app: Flask, draft: int) -> None:
    with app.app_context():
        save(draft, "1", dust("22"), 0)
        assert isinstance(save(draft, "1", dust("22"), 0, "李四"), Saved)


def test_officers_find_no_draft_and_the_enterprise_finds_its_own(app: Flask, draft: int) -> None:
    with app.app_context():
        own = filing(draft).enterprise_id
        assert find_filing(draft, EVERYTHING) is None
        assert find_filing(draft, Scope(frozenset({"330602"}))) is None
        assert find_filing(draft, Scope(frozenset(), frozenset({own + 1}))) is None
        assert find_filing(draft, Scope(frozenset(), frozenset({own})), for_work=True) is not None


def test_a_target_above_what_was_answered_is_an_error(app: Flask, draft: int) -> None:
    with app.app_context():
        trucks = Answer(said={"使用达标车辆": True}, shares={"国五及以上车辆比例": Decimal(5)})
        for key, answer in (("1", dust("40")), ("2", Answer()), ("3", trucks)):
            save(draft, key, answer, 0)
        found = findings_of(working(filing(draft)))
    assert "target" in {it.key for it in found}
