"""The workday calendar: read by officers, entered from the yearly notice by the rule editor."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.accounts.domain import Role
from app.approvals import services as approvals
from app.approvals.queries import open_of_kinds
from app.kernel.calendar import list_days, work_calendar
from app.kernel.transaction import writing
from app.portal.calendar_kind import CALENDAR
from tests.conftest import Freeze
from tests.people import ClientAs, opened
from tests.registers import fetched

NOTICE = {
    "year": "2027",
    "number": "国办发明电〔2026〕9号",
    "text": "元旦：1月1日至3日放假，共3天。\n春节：2月6日至12日放假。2月20日上班。",
    "reason": "登记放假安排",
}


def decided(app: Flask) -> None:
    """The head of the city approves what waits."""
    (proposal,) = open_proposals(app)
    head = opened(app, Role.CITY_HEAD)
    with app.app_context(), writing("测试", actor_id=head, actor_name="负责人"):
        approvals.approve(proposal)


def open_proposals(app: Flask) -> list[int]:
    with app.app_context():
        return [it.id for it in open_of_kinds((CALENDAR,))]


@pytest.fixture(autouse=True)
def _now(clock: Freeze) -> None:
    clock("2026-11-20 09:00")


def test_a_year_that_is_loaded_is_shown_with_its_source(app: Flask, client_as: ClientAs) -> None:
    html = fetched(client_as("county-officer"), "/calendar?year=2026")
    assert "全年工作日 <strong>248</strong> 天" in html
    assert "国务院办公厅关于 2026 年部分节假日安排的通知" in html
    assert "2026-02-15 至 2026-02-23" in html
    assert "登记放假通知" not in html


def test_a_year_without_data_is_said_to_be_missing(app: Flask, client_as: ClientAs) -> None:
    html = fetched(client_as("county-officer"), "/calendar?year=2027")
    assert "2027 年的工作日历尚未载入" in html
    assert "全年工作日" not in html
    for odd in ("abcd", "1", "99999", "-202"):
        assert "2026 年工作日历" in fetched(client_as("county-officer"), f"/calendar?year={odd}")


def test_a_notice_is_previewed_and_written_only_when_saved(app: Flask, client_as: ClientAs) -> None:
    client = client_as("rule-editor")
    assert 'value="2027"' in fetched(client, "/calendar/notice")
    preview = client.post("/calendar/notice/preview", data=NOTICE).get_data(as_text=True)
    assert "放假 <strong>10</strong> 天，调休上班 <strong>1</strong> 天，尚未提交" in preview
    with app.app_context():
        assert list_days(2027) == []
    saved = client.post("/calendar/notice", data=NOTICE)
    assert saved.status_code == 303
    shown = fetched(client, saved.location)
    assert "由市级负责人复核" in shown
    assert "待复核" in shown
    with app.app_context():
        assert list_days(2027) == []
    decided(app)
    with app.app_context():
        calendar = work_calendar()
        assert calendar.is_workday(date(2027, 2, 20))
        assert not calendar.is_workday(date(2027, 1, 1))
        assert {row.source for row in list_days(2027)} == {NOTICE["number"]}


def test_entering_a_year_again_shows_what_would_change(app: Flask, client_as: ClientAs) -> None:
    client = client_as("rule-editor")
    client.post("/calendar/notice", data=NOTICE)
    decided(app)
    again = {**NOTICE, "text": NOTICE["text"].replace("2月6日至12日", "2月6日至11日")}
    preview = client.post("/calendar/notice/preview", data=again).get_data(as_text=True)
    assert "通过后有 1 天改变" in preview
    assert "休息日（春节）" in preview
    same = client.post("/calendar/notice/preview", data=NOTICE).get_data(as_text=True)
    assert "通过后不会有变动" in same
    saved = client.post("/calendar/notice", data=NOTICE)
    assert "没有变动" in fetched(client, saved.location)
    assert open_proposals(app) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"number": ""}, "没有填写文号"),
        ({"reason": " "}, "没有填写理由"),
        ({"reason": "理" * 201}, "理由最多"),
        ({"number": "号" * 121}, "文号最多"),
        ({"year": "27"}, "年份应为"),
        ({"year": "²⁰²⁷"}, "年份应为"),
        ({"text": ""}, "没有读到放假日期"),
        ({"text": "2月30日 春节"}, "没有 2027 年 2 月 30 日"),
        ({"text": "春节" * 5000}, "粘贴的内容太长"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    app: Flask, client_as: ClientAs, changes: dict[str, str], said: str
) -> None:
    client = client_as("rule-editor")
    typed = {**NOTICE, **changes}
    for address in ("/calendar/notice/preview", "/calendar/notice"):
        response = client.post(address, data=typed)
        html = response.get_data(as_text=True)
        assert response.status_code == 422
        assert said in html
        assert typed["text"].splitlines()[0:1] == [] or typed["text"].splitlines()[0] in html
    with app.app_context():
        assert list_days(2027) == []


def test_going_back_from_the_preview_keeps_what_was_typed(app: Flask, client_as: ClientAs) -> None:
    client = client_as("rule-editor")
    back = client.post("/calendar/notice/preview", data={**NOTICE, "again": "1"})
    assert back.status_code == 200
    assert NOTICE["text"].splitlines()[1] in back.get_data(as_text=True)


def test_the_head_sees_what_the_notice_changes(app: Flask, client_as: ClientAs) -> None:
    client_as("rule-editor").post("/calendar/notice", data=NOTICE)
    (proposal,) = open_proposals(app)
    head = client_as("city-head")
    assert NOTICE["number"] in fetched(head, f"/approvals/{proposal}")
    html = head.post(f"/approvals/{proposal}/preview", data={}).get_data(as_text=True)
    assert "通知所列日期" in html
    officer = fetched(client_as("county-officer"), "/calendar?year=2027")
    assert "待复核" not in officer


def test_only_the_rule_editor_enters_a_notice(app: Flask, client_as: ClientAs) -> None:
    for role in ("city-head", "auditor"):
        client = client_as(role)
        assert client.get("/calendar/notice").status_code == 403
        assert client.post("/calendar/notice", data=NOTICE).status_code == 403
