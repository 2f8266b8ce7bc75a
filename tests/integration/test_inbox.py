"""Tasks and notices: whose they are, read, signed for, done, counted alike everywhere (收件箱)."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.domain import COUNTY_ROLES, ENTERPRISE_ROLES, Role
from app.inbox import services
from app.inbox.domain import Audience, MessageKind, due_words
from app.inbox.models import Message, Receipt
from app.kernel import audit
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.ledger_pages import fetched, said
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs, browser_of, opened

TASK, NOTICE = MessageKind.TASK, MessageKind.NOTICE


def sent(app: Flask, title: str, audience: Audience, kind: MessageKind = TASK, **more: Any) -> int:
    with app.app_context(), writing("测试"):
        audit.record("test.sent", "message", title)
        return services.send(
            kind, title, audience, **{"link": "/register", "source": title, **more}
        )


def settled(app: Flask, source: str) -> None:
    with app.app_context(), writing("测试"):
        audit.record("test.settled", "message", source)
        services.settle(source)


def counts(client: CheckedClient) -> tuple[int, int]:
    """Tasks and unread notices, as counted on every page; each held against the list behind it."""
    home, listed = client.get("/").text, said(client.get("/inbox"))
    bar = re.search(r'class="topbar-inbox" href="/inbox">待办(?: <strong>([\d,]+)</strong>)?', home)
    notices = re.search(r'href="(/inbox\?[^"]+)">未读通知 <strong>([\d,]+)</strong>', home)
    section = re.search(r'class="todo-count" href="/inbox">([\d,]+) 条', home)
    assert bar
    assert section
    assert counted(listed) == int(section[1]) == int(bar[1] or 0)
    unread = int(notices[2]) if notices else 0
    if notices:
        assert counted(said(client.get(unescape(notices[1])))) == unread
    return int(bar[1] or 0), unread


def counted(listed: str) -> int:
    """The length that a list of messages says of itself."""
    found = re.search(r"(?:待办|通知)共 ([\d,]+) 条", listed)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("role", list(Role))
def test_the_count_on_the_home_page_is_the_length_of_the_list_for_every_role(
    app: Flask, client_as: ClientAs, role: Role
) -> None:
    with app.app_context():
        enterprise, _ = a_plant(1)
    county = YUECHENG if role in COUNTY_ROLES else None
    uscc = code(1) if role in ENTERPRISE_ROLES else None
    user_id = opened(app, role, county=county, uscc=uscc)
    for number, permission in enumerate(Permission):
        sent(app, f"全市{number}", Audience(permission))
        sent(app, f"越城{number}", Audience(permission, county=YUECHENG))
        sent(app, f"柯桥{number}", Audience(permission, county=KEQIAO), NOTICE)
        sent(app, f"企业{number}", Audience(permission, enterprise_id=enterprise), NOTICE,
             asks_receipt=True)  # fmt: skip
    sent(app, "本人", Audience(user_id=user_id))
    sent(app, "别人", Audience(user_id=user_id + 1))
    client = browser_of(app, user_id)
    todo, unread = counts(client)
    assert todo > 0
    assert unread > 0 or role in COUNTY_ROLES  # nothing was sent to enterprises of 越城
    shown = client.get("/inbox").text
    assert "别人" not in shown
    if role in COUNTY_ROLES | ENTERPRISE_ROLES:
        assert "全市0" not in shown


def test_who_asked_for_a_check_is_left_out_and_a_successor_finds_what_is_open(
    app: Flask, bureau: None
) -> None:
    first = opened(app, Role.COUNTY_HEAD, county=YUECHENG)
    number = sent(
        app,
        "待复核",
        Audience(Permission.DECISION_CONFIRM, county=YUECHENG, except_user_id=first),
    )
    assert browser_of(app, first).get(f"/inbox/{number}").status_code == 404
    later = opened(app, Role.COUNTY_HEAD, county=YUECHENG)
    assert browser_of(app, later).get(f"/inbox/{number}").status_code == 200
    stranger = opened(app, Role.COUNTY_HEAD, county=KEQIAO)
    assert browser_of(app, stranger).get(f"/inbox/{number}").status_code == 404


def test_opening_marks_read_once_and_settling_moves_to_done(app: Flask, bureau: None) -> None:
    user_id = opened(app, Role.CITY_OFFICER)
    number = sent(app, "核对清单", Audience(user_id=user_id), source="list:1")
    client = browser_of(app, user_id)
    assert 'class="is-unread"' in client.get("/inbox").text
    assert "去办理" in said(client.get(f"/inbox/{number}"))
    client.get(f"/inbox/{number}")
    assert 'class="is-unread"' not in client.get("/inbox").text
    with app.app_context():
        assert db.session.query(Receipt).count() == 1
    assert counts(client) == (1, 0)
    settled(app, "list:1")
    assert counts(client) == (0, 0)
    assert "核对清单" in client.get("/inbox?part=done").text
    assert "已办结" in said(client.get("/inbox?part=done"))


def test_a_task_settled_by_a_colleague_says_who_and_leaves_everybodys_list(
    app: Flask, bureau: None
) -> None:
    first, second = opened(app, Role.CITY_HEAD), opened(app, Role.CITY_HEAD)
    number = sent(app, "待核", Audience(Permission.RULEBOOK_APPROVE), source="rule:1")
    with app.app_context(), writing("测试", actor_id=first, actor_name="甲"):
        audit.record("test.settled", "message", number)
        services.settle("rule:1")
    client = browser_of(app, second)
    assert counts(client) == (0, 0)
    shown = said(client.get(f"/inbox/{number}"))
    assert "市级负责人 于" in shown
    assert "去办理" not in shown
    assert "市级负责人" in said(client.get("/inbox?part=done"))


def test_a_link_that_one_may_no_longer_open_is_explained(app: Flask, bureau: None) -> None:
    """The message stays readable; the page behind it answers as for anybody without the right."""
    user_id = opened(app, Role.COUNTY_OFFICER, county=KEQIAO)
    for link in ("/plants/999", "/approvals/999", "/lists/999", "/downloads/gone"):
        number = sent(app, link, Audience(user_id=user_id), NOTICE, link=link)
        client = browser_of(app, user_id)
        assert f'href="{link}"' in client.get(f"/inbox/{number}").text
        gone = client.get(link)
        assert gone.status_code == 404
        assert "权限" in said(gone) or "没有" in said(gone), link


def test_a_notice_is_signed_for_once_and_for_the_whole_enterprise(
    app: Flask, client_as: ClientAs
) -> None:
    with app.app_context():
        enterprise, _ = a_plant(1)
    number = sent(
        app, "报送材料", Audience(Permission.LIST_OWN_LINE, enterprise_id=enterprise), NOTICE,
        asks_receipt=True, body="请于月底前报送。",
    )  # fmt: skip
    filer, agent = client_as("filer", uscc=code(1)), client_as("agent", uscc=code(1))
    assert counts(filer) == counts(agent) == (1, 1)
    assert "待签收" in said(filer.get(f"/inbox/{number}"))
    done = filer.post(f"/inbox/{number}/sign", follow_redirects=True)
    assert "已签收" in said(done)
    filer.post(f"/inbox/{number}/sign")
    with app.app_context():
        receipts = db.session.execute(
            select(Receipt).where(Receipt.acknowledged_at.is_not(None))
        ).all()
        assert len(receipts) == 1
    assert (counts(filer), counts(agent)) == ((0, 0), (0, 1))
    assert "本企业已有人签收" in said(agent.get(f"/inbox/{number}"))
    assert client_as("city-officer").get(f"/inbox/{number}").status_code == 404


def test_all_notices_are_marked_read_and_tasks_stay(app: Flask, bureau: None) -> None:
    user_id = opened(app, Role.CITY_OFFICER)
    for number in range(3):
        sent(app, f"通知{number}", Audience(user_id=user_id), NOTICE)
    sent(app, "待办", Audience(user_id=user_id))
    client = browser_of(app, user_id)
    assert counts(client) == (1, 3)
    done = client.post("/inbox/read", follow_redirects=True)
    assert "已将 3 条通知标为已读" in said(done)
    assert counts(client) == (1, 0)


def test_the_list_is_searched_filtered_sorted_paged_and_exported(
    app: Flask, clock: Freeze, bureau: None
) -> None:
    clock("2025-06-30 09:00")
    user_id = opened(app, Role.CITY_OFFICER)
    for number, due in enumerate((date(2025, 6, 29), date(2025, 6, 30), None)):
        sent(app, f"第{number}件", Audience(user_id=user_id), due_on=due)
    client = browser_of(app, user_id)
    text = said(client.get("/inbox"))
    assert "已逾期 1 日" in text
    assert "今天到期" in text
    assert "待办共 3 条" in text
    assert "符合条件的待办共 1 条" in said(client.get("/inbox?q=第2件"))
    late = client.get("/inbox?state=late").text
    assert "第0件" in late
    assert "第1件" not in late
    falling = client.get("/inbox?sort=due&order=desc").text
    assert falling.index("第2件") < falling.index("第1件") < falling.index("第0件")
    _, book = fetched(client, "/inbox/export?state=dated")
    cells = [row[2] for row in book.worksheets[0].iter_rows(values_only=True)]
    assert {"第0件", "第1件"} <= set(cells)
    assert "第2件" not in cells
    for number in range(3, 55):
        sent(app, f"第{number}件", Audience(user_id=user_id))
    assert "第 2 页，共 2 页" in said(client.get("/inbox?page=9"))


def test_reminders_are_sent_once_and_go_with_what_they_remind_of(app: Flask, bureau: None) -> None:
    user_id = opened(app, Role.CITY_OFFICER)
    sent(app, "待报表", Audience(user_id=user_id), due_on=date(2025, 6, 30), source="report:1")

    def reminded(on: date, before: int | None) -> int:
        with app.app_context(), writing("测试"):
            audit.record("test.reminded", "message", str(on))
            return services.remind(on, before)

    assert reminded(date(2025, 6, 26), 3) == 0
    assert reminded(date(2025, 6, 27), None) == 0
    assert reminded(date(2025, 6, 27), 3) == 1
    assert reminded(date(2025, 6, 28), 3) == 0
    assert reminded(date(2025, 7, 1), 3) == 1
    assert reminded(date(2025, 7, 2), 3) == 0
    shown = browser_of(app, user_id).get("/inbox?part=notices").text
    assert "待办即将到期：待报表" in shown
    assert "待办已经逾期：待报表" in shown
    client = browser_of(app, user_id)
    assert counts(client) == (1, 2)
    settled(app, "report:1")
    assert counts(client) == (0, 0)
    with app.app_context():
        assert db.session.query(Message).filter(Message.closed_at.is_(None)).count() == 0


def test_the_words_of_a_due_day() -> None:
    today = date(2025, 6, 30)
    assert due_words(None, today) is None
    assert due_words(date(2025, 7, 5), today) is None
    assert due_words(date(2025, 7, 1), today) == ("soon", "明天到期")
    assert due_words(today, today) == ("soon", "今天到期")
    assert due_words(date(2025, 6, 1), today) == ("late", "已逾期 29 日")
