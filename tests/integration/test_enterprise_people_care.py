"""企业账号 over time: the paper nobody goes without, who is told before it ends, the own list."""

from __future__ import annotations

import re
from io import BytesIO

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts.domain import Role
from app.accounts.models import AgentAuthorisation, RoleGrant, UserAccount
from app.accounts.services import follow_code
from app.desk.agent_reminders import remind_of_agents
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import plant_now, situation_of
from app.registry.services import make_change
from app.rulebook.queries import whole
from tests.conftest import Freeze
from tests.evidence_files import pdf
from tests.facts import a_plant, code
from tests.integration.test_enterprise_people import agent, enterprise, fetched, grants, sent, slip
from tests.people import KEQIAO, ClientAs, browser_of, opened

LAST = "2026-04-30"


def told(app: Flask, on: str, clock: Freeze) -> None:
    """The daily duty of a day."""
    clock(f"{on} 08:00")
    with app.app_context():
        remind_of_agents(today())


def signed_in_once(app: Flask) -> None:
    """Everybody has a password of their own by now."""
    with app.app_context(), writing("测试"):
        audit.record("test.signed", "account", "")
        db.session.execute(update(UserAccount).values(must_change_password=False))


def test_nobody_makes_an_agent_without_the_paper(
    app: Flask, client_as: ClientAs, clock: Freeze
) -> None:
    clock("2026-03-02 09:00")
    _, uscc = enterprise(app)
    keeper = client_as("security-admin")
    new = {"name": "daili.li", "display_name": "代办李", "role": "agent", "uscc": uscc}
    for more in (
        {},
        {"until_on": LAST},
        {"paper": (BytesIO(pdf()), "授权书.pdf")},
        {"until_on": "2026-03-01", "paper": (BytesIO(pdf()), "授权书.pdf")},
    ):
        answer = keeper.post("/accounts/new", data={**new, **more})
        assert answer.status_code == 422, more
    assert "代办人凭授权书办理" in keeper.post("/accounts/new", data=new).text
    assert grants(app, "daili.li") == []
    paper = {"until_on": LAST, "paper": (BytesIO(pdf()), "授权书.pdf")}
    assert keeper.post("/accounts/new", data={**new, **paper}).status_code == 200
    (held,) = grants(app, "daili.li")
    assert str(held.until_on) == LAST
    page = keeper.get(f"/accounts/{held.user_id}").text
    (kept,) = re.findall(r'href="(/accounts/authorisations/\d+)"', page)
    assert fetched(keeper, kept) == pdf()
    more = {"role": "agent", "uscc": code(2)}
    assert keeper.post(f"/accounts/{held.user_id}/roles", data=more).status_code == 422
    assert len(grants(app, "daili.li")) == 1


def test_the_paper_goes_along_to_the_code_that_takes_the_place(
    app: Flask, client_as: ClientAs, clock: Freeze
) -> None:
    clock("2026-03-02 09:00")
    _, uscc = enterprise(app)
    account, _ = slip(agent(client_as("county-officer"), uscc, LAST))
    with app.app_context(), writing("测试", actor_id=999, actor_name="安全管理"):
        follow_code(uscc, code(5))
    old, new = grants(app, account)
    assert (new.uscc, str(new.until_on), old.ended_at is not None) == (code(5), LAST, True)
    query = select(AgentAuthorisation.sha256, AgentAuthorisation.grant_id)
    with app.app_context():
        papers = list(db.session.execute(query))
    assert {it.grant_id for it in papers} == {old.id, new.id}
    assert len({it.sha256 for it in papers}) == 1


def test_before_the_last_day_those_who_can_prolong_it_are_told_once(
    app: Flask, client_as: ClientAs, clock: Freeze
) -> None:
    clock("2026-03-02 09:00")
    _, uscc = enterprise(app)
    officer = client_as("county-officer")
    account, _ = slip(agent(officer, uscc, LAST))
    (held,) = grants(app, account)
    signatory = opened(app, Role.SIGNATORY, uscc=uscc)
    filer = opened(app, Role.FILER, uscc=uscc)
    elsewhere = client_as("county-officer", county=KEQIAO)
    with app.app_context():
        assert whole("filing.agent_ending_days", today()) == 30
    told(app, "2026-03-30", clock)
    assert "即将到期" not in browser_of(app, signatory).get("/inbox?part=notices").text
    for day in ("2026-03-31", "2026-03-31", "2026-04-30"):
        told(app, day, clock)
    clock("2026-04-01 09:00")
    officer = client_as("county-officer")
    signed_in_once(app)
    for person, times in (
        (browser_of(app, signatory), 1), (browser_of(app, held.user_id), 1), (officer, 1),
        (browser_of(app, filer), 0),
    ):  # fmt: skip
        page = person.get("/inbox?part=notices").text
        assert page.count("代办授权即将到期：代办李") == times
    assert "代办授权" not in elsewhere.get("/inbox?part=notices").text
    assert "代办李" in officer.get("/desk/people?state=ending").text
    longer = {"paper": (BytesIO(pdf(2)), "续期.pdf"), "until_on": "2026-12-31"}
    assert officer.post(f"/desk/people/{held.id}/extend", data=longer).status_code == 303
    told(app, "2026-04-29", clock)
    with app.app_context():
        rows = db.session.execute(select(RoleGrant.id).where(RoleGrant.ended_at.is_(None)))
        assert held.id not in set(rows.scalars())
    assert "代办李" not in client_as("county-officer").get("/desk/people?state=ending").text


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-04-29 12:00", 200),
        ("2026-04-30 00:00", 200),
        ("2026-04-30 23:59", 200),
        ("2026-05-01 00:00", 403),
        ("2026-05-02 09:00", 403),
    ],
)
def test_an_agent_acts_through_the_last_day_and_no_longer(
    app: Flask, client_as: ClientAs, clock: Freeze, moment: str, status: int
) -> None:
    clock("2026-03-02 09:00")
    _, uscc = enterprise(app)
    slip(agent(client_as("county-officer"), uscc, LAST))
    with app.app_context():
        (held,) = db.session.execute(select(RoleGrant).where(RoleGrant.role == "agent")).scalars()
        user_id = held.user_id
    signed_in_once(app)
    clock(moment)
    browser = browser_of(app, user_id)
    assert browser.get("/filing/").status_code == status
    began = browser.post("/filing/new", data={"plant_id": "1"}).status_code
    assert (began == 403) == (status == 403)


def test_the_signatory_searches_sorts_and_exports_the_own_people_only(
    app: Flask, client_as: ClientAs, clock: Freeze
) -> None:
    clock("2026-03-02 09:00")
    _, uscc = enterprise(app)
    _, theirs = enterprise(app, 2)
    officer = client_as("county-officer")
    slip(sent(officer, uscc))
    slip(sent(officer, theirs, display_name="别家人"))
    slip(agent(officer, uscc, "2026-03-20"))
    closed, _ = slip(sent(officer, uscc, display_name="赵敏"))
    (held,) = grants(app, closed)
    officer.post(f"/desk/people/{held.id}/close", data={"reason": "离职"})
    signatory = client_as("signatory", uscc=uscc)
    names = re.compile(r'<a href="/desk/own-people/\d+">([^<]+)</a>')

    def shown(query: str = "") -> list[str]:
        return names.findall(signatory.get(f"/desk/own-people{query}").text)

    assert shown() == ["代办李", "王芳", "企业签署人", "赵敏"]
    assert shown("?q=王") == ["王芳"]
    assert shown("?role=agent") == ["代办李"]
    assert shown("?state=closed") == ["赵敏"]
    assert shown("?sort=until&order=desc")[0] == "代办李"
    assert "没有符合条件的人员" in signatory.get("/desk/own-people?q=别家人").text
    export = signatory.post("/desk/own-people/export?state=new")
    book = openpyxl.load_workbook(BytesIO(fetched(signatory, export.location)))
    cells = [str(it) for row in book.worksheets[0].iter_rows(values_only=True) for it in row]
    assert "王芳" in cells
    assert {"赵敏", "别家人"}.isdisjoint(cells)


def test_an_enterprise_without_a_plant_still_lets_its_people_go(
    app: Flask, client_as: ClientAs
) -> None:
    _, uscc = enterprise(app)
    enterprise(app, 2, KEQIAO)
    officer = client_as("county-officer")
    accounts = [slip(sent(officer, uscc, display_name=it))[0] for it in ("王芳", "赵敏")]
    first, second = (grants(app, it)[0].id for it in accounts)
    change = Change(ChangeKind.TRANSFER, 1, today(), "转让", "协议", uscc=code(2), number="002")
    with app.app_context(), writing("测试"):
        make_change(change, situation_of(change, plant_now(1), EVERYTHING))
    stranger = client_as("county-officer", county=KEQIAO)
    assert stranger.get(f"/desk/people/{first}").status_code == 404
    assert "王芳" in officer.get("/desk/people").text
    gone = officer.post(f"/desk/people/{first}/close", data={"reason": "厂区已转让"})
    assert gone.status_code == 303
    signatory = client_as("signatory", uscc=uscc)
    assert "赵敏" in signatory.get("/desk/own-people").text
    gone = signatory.post(f"/desk/own-people/{second}/close", data={"reason": "离职"})
    assert gone.status_code == 303
    assert officer.get(f"/desk/people/new?uscc={uscc}").text.count("没有厂区") == 1


def test_the_plant_s_page_leads_who_opens_accounts_to_the_form(
    app: Flask, client_as: ClientAs
) -> None:
    with app.app_context():
        _, plant_id = a_plant(1)
    link = f'href="/desk/people/new?uscc={code(1)}"'
    officer = client_as("county-officer")
    assert link in officer.get(f"/plants/{plant_id}").text
    assert officer.get(f"/desk/people/new?uscc={code(1)}").status_code == 200
    for other in (client_as("city-officer"), client_as("signatory", uscc=code(1))):
        assert link not in other.get(f"/plants/{plant_id}").text
