"""Windows of filing (申报期): never two at once, decided by two people, none ever lost."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.exc import DatabaseError

from app.approvals import services as approvals
from app.approvals.domain import Refused
from app.filing import services
from app.filing.domain import Kind
from app.filing.models import FilingWindow
from app.filing.periods_of_year import WindowWanted
from app.filing.queries import windows_of
from app.filing.services.periods import CHANGE, SET, WITHDRAW, Act, propose_period
from app.kernel import audit, facts
from app.kernel.transaction import writing
from tests.people import ClientAs
from tests.registers import fetched


def test_the_database_refuses_windows_that_overlap(app: Flask, bureau: None) -> None:
    with app.app_context():
        with writing("测试"):
            services.set_window(
                2026, Kind.RENEWAL, date(2026, 3, 1), date(2026, 4, 30), document="文"
            )
        row = {"year": 2026, "kind": "renewal", "from_on": date(2026, 4, 30),
               "until_on": date(2026, 6, 1), "document": "文", "reason": ""}  # fmt: skip
        with pytest.raises(DatabaseError, match="overlap"), writing("测试"):
            facts.record(FilingWindow, [row])
        with writing("测试"):
            facts.record(FilingWindow, [{**row, "kind": "upgrade"}])
            audit.record("test.recorded", "filing_window", 2)


def proposed(act: str, first: date, last: date, window_id: int | None = None, by: int = 1) -> int:
    wanted = WindowWanted(2026, Kind.RENEWAL, first, last)
    with writing("测试", actor_id=by, actor_name="甲"):
        return propose_period(Act(act, wanted, "绍市环〔2026〕3号", "统一安排", window_id))


def decided(proposal_id: int, by: int = 2) -> None:
    with writing("测试", actor_id=by, actor_name="乙"):
        approvals.approve(proposal_id)


def test_a_window_takes_two_people_and_stays_on_record(app: Flask, bureau: None) -> None:
    with app.app_context():
        first = proposed(SET, date(2026, 3, 1), date(2026, 4, 30))
        assert windows_of(2026) == ()
        with pytest.raises(Refused, match="提交人不能复核"):
            decided(first, by=1)
        decided(first)
        (window,) = windows_of(2026, Kind.RENEWAL)
        with pytest.raises(Refused, match=r"2026-03-01 至 2026-04-30.*绍市环"):
            proposed(SET, date(2026, 4, 30), date(2026, 5, 1))
        change = proposed(CHANGE, date(2026, 3, 1), date(2026, 5, 31), window.id)
        late = proposed(WITHDRAW, window.from_on, window.until_on, window.id)
        decided(change)
        (changed,) = windows_of(2026, Kind.RENEWAL)
        assert changed.until_on == date(2026, 5, 31)
        with pytest.raises(Refused, match="已经另行修改或撤销"):
            decided(late)
        decided(proposed(WITHDRAW, changed.from_on, changed.until_on, changed.id))
        assert windows_of(2026) == ()


def test_two_proposals_that_overlap_each_other_are_not_both_approved(
    app: Flask, bureau: None
) -> None:
    with app.app_context():
        one = proposed(SET, date(2026, 3, 1), date(2026, 4, 30))
        other = proposed(SET, date(2026, 4, 1), date(2026, 5, 30))
        decided(one)
        with pytest.raises(Refused, match="重叠"):
            decided(other)


def test_a_window_is_proposed_on_the_page(app: Flask, bureau: None, client_as: ClientAs) -> None:
    officer = client_as("city-officer")
    typed = {"year": "2027", "kind": "renewal", "from_on": "2027.3.1", "until_on": "2027-2-1",
             "document": "", "reason": ""}  # fmt: skip
    answer = officer.post("/filing/periods/new", data=typed)
    assert answer.status_code == 422
    assert "没有填写文号" in answer.text
    answer = officer.post("/filing/periods/new", data={**typed, "document": "文"})
    assert "早于第一天" in answer.text
    sent = {**typed, "document": "文", "until_on": "2027年4月30日"}
    assert officer.post("/filing/periods/new", data=sent).status_code == 303
    assert "待复核" in fetched(officer, "/filing/periods?year=2027")
    assert "待复核" not in fetched(client_as("county-officer"), "/filing/periods?year=2027")
    head = client_as("city-head")
    assert "设定申报期：2027 年度更新 2027-03-01 至 2027-04-30" in fetched(head, "/approvals")
