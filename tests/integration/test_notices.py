"""An officer's notice to the enterprises of the county, and who has signed for it (通知)."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.desk.reminders import send_reminders
from app.inbox.models import Message
from app.kernel.database import db
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.ledger_pages import fetched, said
from tests.people import KEQIAO, ClientAs

FORM = {
    "title": "报送自查报告", "body": "请报送自查报告。\n联系人：王某", "county": "", "codes": "",
    "asks_receipt": "1", "due": "2025-07-10",
}  # fmt: skip


@pytest.fixture
def enterprises(app: Flask, clock: Freeze, bureau: None) -> None:
    """Three enterprises of 越城区 and nobody else."""
    clock("2025-06-30 09:00")
    with app.app_context():
        for number in (1, 2, 3):
            a_plant(number)


def test_recipients_are_looked_at_before_anything_is_sent(
    app: Flask, enterprises: None, client_as: ClientAs
) -> None:
    client_as("filer", uscc=code(1))
    officer = client_as("county-officer")
    checked = officer.post("/desk/notices/check", data=FORM)
    text = said(checked)
    assert "将发给 3 家企业，尚未发出" in text
    assert "2 家企业还没有账号" in text
    with app.app_context():
        assert db.session.query(Message).count() == 0
    again = officer.post("/desk/notices/check", data={**FORM, "edit": "1"})
    assert "报送自查报告" in again.text
    assert "2025-07-10" in again.text


def test_who_has_signed_is_seen_and_exported(
    app: Flask, enterprises: None, client_as: ClientAs
) -> None:
    officer, filer = client_as("county-officer"), client_as("filer", uscc=code(1))
    sent = officer.post("/desk/notices", data=FORM)
    assert sent.status_code == 303
    address = sent.location
    shown = filer.get("/inbox").text
    assert "报送自查报告" in shown
    number = int(shown.split('href="/inbox/')[1].split('"')[0])
    assert "联系人：王某" in said(filer.get(f"/inbox/{number}"))
    assert "已读 1 家，已签收 0 家" in said(officer.get(address))
    filer.post(f"/inbox/{number}/sign")
    text = said(officer.get(address))
    assert "已读 1 家，已签收 1 家" in text
    assert "企业填报人" in text
    assert "未读企业 2 家" in said(officer.get(f"{address}?state=未读"))
    _, book = fetched(officer, f"{address}/export?state=未读")
    cells = [row[1] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert {code(2), code(3)} <= set(cells)
    assert code(1) not in cells
    listed = said(officer.get("/desk/notices"))
    assert "通知共 1 件" in listed
    stranger = client_as("county-officer", county=KEQIAO)
    assert stranger.get(address).status_code == 404
    assert "还没有向企业发过通知" in said(stranger.get("/desk/notices"))
    assert filer.get(address).status_code == 403


def test_a_notice_can_be_for_named_enterprises_only(
    app: Flask, enterprises: None, client_as: ClientAs
) -> None:
    officer = client_as("city-officer")
    only = officer.post("/desk/notices/check", data={**FORM, "codes": code(2)})
    assert "将发给 1 家企业" in said(only)
    wrong = officer.post("/desk/notices/check", data={**FORM, "codes": f"{code(2)}\n查无此企业"})
    assert wrong.status_code == 422
    assert "所选区县的台账中没有：查无此企业" in said(wrong)
    assert "查无此企业" in wrong.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "标题没有填写"),
        ({"body": "长" * 5001}, "正文最多 5000 字"),
        ({"due": "2025-13-01"}, "不是有效日期"),
        ({"due": "2025-06-29"}, "期限 2025-06-29 已经过去"),
        ({"county": KEQIAO}, "没有可以收到通知的企业"),
    ],
)
def test_a_faulty_notice_is_refused_and_kept_as_typed(
    app: Flask, enterprises: None, client_as: ClientAs, change: dict[str, str], sentence: str
) -> None:
    officer = client_as("county-officer")
    for address in ("/desk/notices/check", "/desk/notices"):
        answer = officer.post(address, data={**FORM, **change})
        assert answer.status_code == 422
        assert sentence in said(answer)
        assert "联系人：王某" in answer.text or "长长" in answer.text
    with app.app_context():
        assert db.session.query(Message).count() == 0


def test_the_daily_duty_reminds_once_as_far_ahead_as_is_set(
    app: Flask, enterprises: None, client_as: ClientAs
) -> None:
    client_as("county-officer").post("/desk/notices", data={**FORM, "codes": code(1)})
    filer = client_as("filer", uscc=code(1))
    with app.app_context():
        send_reminders(date(2025, 7, 6))
    assert "即将到期" not in filer.get("/inbox?part=notices").text
    for _ in range(2):
        with app.app_context():
            send_reminders(date(2025, 7, 7))
    assert filer.get("/inbox?part=notices").text.count("待签收的通知即将到期：报送自查报告") == 1
