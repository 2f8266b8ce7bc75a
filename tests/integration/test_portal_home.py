"""Homes, the menu of each role, and help."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask

from app.accounts.domain import ENTERPRISE_ROLES, Role
from app.approvals import services as approvals
from app.grades.services import GradeEntry, record_grades
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import audit
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.transaction import writing
from app.portal.routes.help_pages import TOPICS
from app.registry.queries import list_plants
from app.supervision.services import FindingEntry, record_findings
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.ledger_imports import someone, uploaded
from tests.ledgers import SAMPLE, load, made_up_ledger
from tests.people import KEQIAO, YUECHENG, ClientAs, browser_of
from tests.registers import counted, fetched
from tests.rule_changes import editors, setting

_WATCHED = re.compile(
    r'<a href="(/register\?[^"]+)">[^<]*</a></th>\s*<td class="num"><span[^>]*>([\d,]+)</span>'
)
_GRADED = re.compile(
    r'<a href="(/register\?[^"]+)"><span class="grade[^"]*">[^<]*</span></a></th>\s*'
    r'<td class="num">([\d,]+)</td>'
)


_COUNTED = re.compile(
    r'href="(/(?:inbox|approvals)[^"]*)">(?:[^<\d]*<strong>)?([\d,]+)(?:</strong>| )'
)
"""Numbers of the top bar and of the tasks, each with the address of its list."""
_LENGTH = re.compile(r"(?:待办|通知|事项)共 ([\d,]+) [条项]")


@pytest.mark.parametrize("role", list(Role))
def test_every_number_of_every_home_page_is_the_length_of_the_list_behind_it(
    app: Flask, clock: Freeze, client_as: ClientAs, role: Role
) -> None:
    clock("2025-06-30 09:00")
    with app.app_context():
        load(made_up_ledger(5, enterprises=12))
        plant = list_plants(EVERYTHING)[0]
    _something_waits_for_everybody(app, plant.enterprise_id)
    uscc = plant.uscc if role in ENTERPRISE_ROLES else None
    client = client_as(role, uscc=uscc)
    html = fetched(client, "/")
    numbers = _WATCHED.findall(html) + _GRADED.findall(html)
    for address, number in numbers:
        assert counted(fetched(client, unescape(address))) == int(number.replace(",", "")), address
    total = re.search(r"权限范围内共 <strong>([\d,]+)</strong>", html)
    assert bool(numbers) == bool(total)
    if total:
        assert counted(fetched(client, "/register")) == int(total[1])
    waiting = _COUNTED.findall(html)
    assert len(waiting) >= 2
    for address, number in waiting:
        length = _LENGTH.search(fetched(client, unescape(address)))
        assert length, address
        assert length[1] == number, address


def _something_waits_for_everybody(app: Flask, enterprise_id: int) -> None:
    """A task and a notice for whoever holds any permission, and proposals to be decided."""
    with app.app_context(), writing("测试"):
        audit.record("test.sent", "message", "")
        for permission in Permission:
            for audience in (
                Audience(permission),
                Audience(permission, county=YUECHENG),
                Audience(permission, enterprise_id=enterprise_id),
            ):
                for kind in MessageKind:
                    inbox.send(kind, f"{permission}", audience, link="/", source=f"{permission}")
    people = editors(app)
    people.propose(setting("violations.window_months", 24, date(2025, 7, 1)))
    decided = next(it for it in approvals.kinds() if it.decided_with is Permission.DECISION_CONFIRM)
    with app.app_context(), writing("测试", actor_id=people.editor, actor_name="提交人"):
        approvals.propose(decided.id, "越城的事项", {}, county=YUECHENG)


def test_the_plot_writes_out_every_value_that_the_table_has(
    app: Flask, clock: Freeze, client_as: ClientAs
) -> None:
    clock("2025-06-30 09:00")
    with app.app_context():
        load(made_up_ledger(5, enterprises=20))
    html = fetched(client_as("city-officer"), "/")
    drawn = html[html.index("<svg") : html.index("</svg>")]
    for _, number in _GRADED.findall(html):
        assert f">{number}</text>" in drawn
    assert "<title" in drawn


def test_the_latest_imports_lead_to_their_pages_and_nobody_else_sees_them(
    app: Flask, client_as: ClientAs
) -> None:
    with app.app_context():
        officer = someone("county-officer", YUECHENG)
        number = uploaded(SAMPLE, officer, "越城台账.xlsx")
    html = fetched(browser_of(app, officer.user_id), "/")
    assert re.search(rf'<a href="/[^"]*{number}">越城台账.xlsx</a>', html)
    assert "越城台账" not in fetched(client_as("county-officer", county=KEQIAO), "/")


def test_an_enterprise_reads_what_holds_its_plants_and_until_when(
    app: Flask, clock: Freeze, client_as: ClientAs
) -> None:
    clock("2025-06-30 09:00")
    with app.app_context():
        enterprise, plant = a_plant(1)
        a_plant(2)
        with writing("测试"):
            record_grades([GradeEntry(plant, "shaoxing-2023", "B", date(2024, 1, 1), None, "核定")])
            record_findings([FindingEntry(enterprise, plant, date(2025, 1, 15), "认定1号")])
            audit.record("test.registered", "plant", plant)
    html = fetched(client_as("filer", uscc=code(1)), "/")
    assert "禁止申报期内" in html
    assert "持续至 2026-01-15（含当日）" in html
    assert "示例2号" not in html
    assert "需要关注" not in html


def test_an_enterprise_that_the_register_does_not_know_is_told_what_to_do(
    app: Flask, client_as: ClientAs
) -> None:
    assert "台账中没有与本账号对应的企业" in fetched(client_as("agent", uscc=code(5)), "/")


def test_the_system_administrator_reads_the_state_and_no_register(
    app: Flask, client_as: ClientAs
) -> None:
    html = fetched(client_as("system-admin"), "/")
    for words in ("SQLite" if "sqlite" in str(app.config["CONFIG"].database_url) else "PostgreSQL",
                  "数据库大小", "磁盘剩余", "已载入 2020、", "等待的后台任务"):  # fmt: skip
        assert words in html
    assert "global-search" not in html
    assert "企业台账" not in html


def test_the_other_administrators_find_their_way(app: Flask, client_as: ClientAs) -> None:
    assert 'href="/accounts"' in fetched(client_as("security-admin"), "/")
    auditor = fetched(client_as("auditor"), "/")
    assert 'href="/audit"' in auditor
    assert 'href="/register"' in auditor


@pytest.mark.parametrize("role", list(Role))
def test_every_place_in_the_menu_opens_and_there_are_never_more_than_eight(
    app: Flask, client_as: ClientAs, role: Role
) -> None:
    uscc = code(1) if role in (Role.FILER, Role.SIGNATORY, Role.AGENT) else None
    client = client_as(role, uscc=uscc)
    html = fetched(client, "/")
    menu = html[html.index('<nav class="sidenav"') : html.index("</nav>")]
    places = re.findall(r'<a href="([^"]+)"', menu)
    assert places[0] == "/"
    assert len(places) <= 8
    for place in places:
        opened = fetched(client, place)
        shown = opened[opened.index('<nav class="sidenav"') : opened.index("</nav>")]
        assert shown.count('aria-current="page"') == 1, place


def test_help_is_open_to_everyone_signed_in(app: Flask, client_as: ClientAs) -> None:
    client = client_as("filer", uscc=code(1))
    assert "术语表" in fetched(client, "/help")
    for topic, title in TOPICS.items():
        assert f"<h1>{title}</h1>" in fetched(client, f"/help/{topic}")
    assert client.get("/help/nothing").status_code == 404
    assert app.test_client().get("/help").status_code == 303


def test_an_officer_of_one_county_sees_its_name(app: Flask, client_as: ClientAs) -> None:
    assert "越城区" in fetched(client_as("county-officer", county=YUECHENG), "/")
