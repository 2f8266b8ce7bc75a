"""企业账号: opened by the county, agents until a day, leavers out at once."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError
from werkzeug.test import TestResponse

from app.accounts.domain import Role
from app.accounts.enterprise_people import State
from app.accounts.models import AgentAuthorisation, RoleGrant, UserAccount
from app.desk.queries import enterprises
from app.desk.queries.people import PeopleFilter, all_people, list_people
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import audit
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.evidence_files import pdf
from tests.facts import a_plant, code
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs, browser_of, opened

DAY = "2026-03-02 09:00"
OPENED = "/desk/people/new"


def enterprise(app: Flask, number: int = 1, county: str = YUECHENG) -> tuple[int, str]:
    """An enterprise with a plant in the county: id and code."""
    with app.app_context():
        return a_plant(number, county=county)[0], code(number)


def sent(officer: CheckedClient, uscc: str, **more: object) -> TestResponse:
    fields = {"uscc": uscc, "role": "filer", "display_name": "王芳", "phone": "", "account": ""}
    return officer.post(OPENED, data={**fields, **more})


def agent(officer: CheckedClient, uscc: str, until_on: str, **more: object) -> TestResponse:
    paper = (BytesIO(pdf()), "授权书.pdf")
    given = {"role": "agent", "display_name": "代办李", "paper": paper, "until_on": until_on}
    return sent(officer, uscc, **{**given, **more})


def slip(answer: TestResponse) -> tuple[str, str]:
    """Account and one-time password, as the slip tells them."""
    assert answer.status_code == 200, answer.text
    told = dict(re.findall(r"<dt>([^<]+)</dt><dd>(?:<span class=\"code\">)?([^<]+)", answer.text))
    return unescape(told["账号"]), unescape(told["一次性口令"])


def fetched(client: CheckedClient, address: str) -> bytes:
    with client.get(address) as answer:
        return bytes(answer.data)


def signs_in(app: Flask, name: str, password: str) -> bool:
    browser = app.test_client()
    page = browser.get("/sign-in").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = {"name": name, "password": password, "csrf_token": token[1], "resume_path": "",
            "resume_owner": "0"}  # fmt: skip
    return browser.post("/sign-in", data=form).status_code in (302, 303)


def grants(app: Flask, account: str) -> list[RoleGrant]:
    with app.app_context():
        query = (
            select(RoleGrant)
            .join(UserAccount, UserAccount.id == RoleGrant.user_id)
            .where(UserAccount.name == account)
            .order_by(RoleGrant.id)
        )
        return list(db.session.execute(query).scalars())


def person(app: Flask, account: str) -> int:
    return grants(app, account)[0].user_id


def test_a_slip_is_shown_once_and_a_new_one_replaces_it(app: Flask, client_as: ClientAs) -> None:
    _, uscc = enterprise(app)
    officer = client_as("county-officer")
    name, password = slip(sent(officer, uscc))
    assert name == f"{uscc[8:17].lower()}-01"
    (held,) = grants(app, name)
    page = officer.get(f"/desk/people/{held.id}").text
    assert password not in page
    assert sent(officer, uscc).status_code == 422  # the same page sent twice
    assert signs_in(app, name, password)
    again, other = slip(officer.post(f"/desk/people/{held.id}/slip"))
    assert (again, other != password) == (name, True)
    assert not signs_in(app, name, password)
    assert signs_in(app, name, other)
    with app.app_context():
        told = " ".join(db.session.execute(select(AuditEntry.detail)).scalars().all())
    assert password not in told
    assert other not in told


def test_only_the_three_roles_for_ones_own_enterprises(app: Flask, client_as: ClientAs) -> None:
    _, uscc = enterprise(app)
    _, theirs = enterprise(app, 2, KEQIAO)
    officer = client_as("county-officer")
    for role in sorted(set(Role) - {Role.FILER, Role.SIGNATORY, Role.AGENT}):
        assert sent(officer, uscc, role=role).status_code == 422
    assert sent(officer, theirs).status_code == 422
    assert code(2) not in officer.get(f"{OPENED}?q=示例").text
    assert code(1) in officer.get(f"{OPENED}?q=示例").text
    head = opened(app, Role.COUNTY_HEAD, county=YUECHENG)
    with app.app_context():
        known = db.session.get(UserAccount, head)
        assert known is not None
    assert agent(officer, uscc, "2999-01-01", account=known.name).status_code == 422
    with app.app_context():
        assert len(all_people(PeopleFilter(), EVERYTHING, today())) == 0


def test_an_agent_is_out_the_day_after_the_last_and_a_new_paper_lets_in_again(
    app: Flask, client_as: ClientAs, clock: Freeze
) -> None:
    clock(DAY)
    _, uscc = enterprise(app)
    officer = client_as("county-officer")
    assert agent(officer, uscc, "2026-03-01").status_code == 422  # over already
    assert agent(officer, uscc, "").status_code == 422
    assert agent(officer, uscc, "2026-03-03", paper=(BytesIO(b""), "")).status_code == 422
    account, _ = slip(agent(officer, uscc, "2026-03-03"))
    with app.app_context(), writing("测试"):
        audit.record("test.signed", "account", account)
        db.session.execute(update(UserAccount).values(must_change_password=False))
    clock("2026-03-03 23:59")
    browser = browser_of(app, person(app, account))
    assert browser.get("/filing/").status_code == 200
    clock("2026-03-04 00:00")
    assert browser.get("/filing/").status_code == 403
    assert "代办授权已于 2026-03-03 到期。" in browser.get("/").text
    officer = client_as("county-officer")
    (held,) = grants(app, account)
    assert "已到期" in officer.get(f"/desk/people/{held.id}").text
    paper = {"paper": (BytesIO(pdf(2)), "续期.pdf"), "until_on": "2026-06-30"}
    answer = officer.post(f"/desk/people/{held.id}/extend", data=paper)
    assert answer.status_code == 303, answer.text
    old, new = grants(app, account)
    assert (old.ended_at is not None, str(new.until_on)) == (True, "2026-06-30")
    page = officer.get(answer.location).text
    files = re.findall(r'href="(/desk/people/authorisations/\d+)"', page)
    assert len(files) == 2
    assert fetched(officer, files[1]) == pdf()
    with pytest.raises(DatabaseError), app.app_context(), writing("测试"):
        db.session.execute(delete(AgentAuthorisation))


def test_a_leaver_is_out_at_once_and_the_tasks_stay(app: Flask, client_as: ClientAs) -> None:
    enterprise_id, uscc = enterprise(app)
    officer = client_as("county-officer")
    account, _ = slip(sent(officer, uscc))
    other, _ = slip(sent(officer, uscc, display_name="赵敏"))
    with app.app_context(), writing("测试"):
        db.session.execute(update(UserAccount).values(must_change_password=False))
        audit.record("test.sent", "message", "x")
        inbox.send(
            MessageKind.TASK, "请补正材料", link="/", source="x",
            audience=Audience(permission=Permission.FILING_WORK, enterprise_id=enterprise_id),
        )  # fmt: skip
    leaver, stays = browser_of(app, person(app, account)), browser_of(app, person(app, other))
    assert "请补正材料" in leaver.get("/inbox").text
    signatory = client_as("signatory", uscc=uscc)
    listed = signatory.get("/desk/own-people").text
    assert "王芳" in listed
    (held,) = grants(app, account)
    assert signatory.post(f"/desk/own-people/{held.id}/close").status_code == 422
    closed = signatory.post(f"/desk/own-people/{held.id}/close", data={"reason": "离职"})
    assert closed.status_code == 303
    assert leaver.get("/inbox").status_code in (302, 303, 401)
    assert "请补正材料" in stays.get("/inbox").text
    (held,) = grants(app, account)
    assert held.ended_reason == "离职"
    with app.app_context():
        known = db.session.get(UserAccount, held.user_id)
        assert known is not None
        assert known.disabled_at is not None


def test_a_signatory_closes_nobody_else_s_people_and_not_oneself(
    app: Flask, client_as: ClientAs
) -> None:
    _, uscc = enterprise(app)
    _, theirs = enterprise(app, 2)
    officer = client_as("county-officer")
    account, _ = slip(sent(officer, theirs))
    (held,) = grants(app, account)
    signatory = client_as("signatory", uscc=uscc)
    closing = {"reason": "离职"}
    assert signatory.post(f"/desk/own-people/{held.id}/close", data=closing).status_code == 404
    assert signatory.get(OPENED).status_code == 403
    assert signatory.post(OPENED, data={"uscc": uscc, "role": "signatory"}).status_code == 403
    with app.app_context():
        own = db.session.execute(
            select(RoleGrant.id).where(RoleGrant.uscc == uscc, RoleGrant.role == "signatory")
        ).scalar_one()
    assert signatory.post(f"/desk/own-people/{own}/close", data=closing).status_code == 422


def test_an_agent_of_two_counties_keeps_the_other_enterprise(
    app: Flask, client_as: ClientAs
) -> None:
    _, uscc = enterprise(app)
    _, theirs = enterprise(app, 2, KEQIAO)
    here, there = client_as("county-officer"), client_as("county-officer", county=KEQIAO)
    account, _ = slip(agent(here, uscc, "2999-01-01"))
    lent = agent(there, theirs, "2999-01-01", account=account, display_name="")
    assert lent.status_code == 303, lent.text
    first, second = grants(app, account)
    assert here.get(f"/desk/people/{second.id}").status_code == 404
    assert here.post(f"/desk/people/{second.id}/close", data={"reason": "x"}).status_code == 404
    assert here.post(f"/desk/people/{first.id}/slip").status_code == 409
    assert (
        here.post(f"/desk/people/{first.id}/close", data={"reason": "不再代办"}).status_code == 303
    )
    first, second = grants(app, account)
    assert first.ended_at is not None
    assert second.ended_at is None
    with app.app_context():
        known = db.session.get(UserAccount, first.user_id)
        assert known is not None
        assert known.disabled_at is None


def test_the_list_narrows_by_the_same_states_as_it_shows(
    app: Flask, client_as: ClientAs, clock: Freeze
) -> None:
    clock(DAY)
    _, uscc = enterprise(app)
    officer = client_as("county-officer")
    agent(officer, uscc, "2026-03-03")
    agent(officer, uscc, "2026-04-01", display_name="代办二")  # thirty days on
    agent(officer, uscc, "2026-04-02", display_name="代办三")
    closed, _ = slip(sent(officer, uscc))
    sent(officer, uscc, display_name="新人")
    opened(app, Role.SIGNATORY, uscc=uscc)
    held = grants(app, closed)[0].id
    officer.post(f"/desk/people/{held}/close", data={"reason": "离职"})
    clock("2026-03-04 00:00")
    officer = client_as("county-officer")
    with app.app_context():
        everybody = all_people(PeopleFilter(), EVERYTHING, today())
        for state in State:
            found = list_people(PeopleFilter(state=state), EVERYTHING, today()).rows
            assert [it.grant_id for it in found] == [
                it.grant_id for it in everybody if it.state is state
            ], state
    assert {it.state for it in everybody} >= {
        State.OVER, State.ENDING, State.CLOSED, State.NEW, State.ACTIVE,
    }  # fmt: skip
    assert "新人" in officer.get("/desk/people?q=新人&role=filer&state=new&sort=until").text


def test_enterprises_are_listed_by_what_they_lack_and_as_a_file(
    app: Flask, client_as: ClientAs, clock: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock(DAY)
    codes = [enterprise(app, number)[1] for number in (1, 2, 3)]
    enterprise(app, 4, KEQIAO)
    officer = client_as("county-officer")
    account, _ = slip(sent(officer, codes[0]))
    sent(officer, codes[0], role="signatory", display_name="赵签署")
    agent(officer, codes[1], "2026-03-03")

    def listed(query: str = "") -> list[int]:
        found = re.findall(
            r"示例(\d)号有限公司(?:</a>)?</th>", officer.get(f"{OPENED}?{query}").text
        )
        return [int(it) for it in found]

    assert listed() == [1, 2, 3]
    assert listed("order=desc") == [3, 2, 1]
    assert listed("sort=people") == [3, 2, 1]
    assert listed("lacks=signatory") == [2, 3]
    assert listed("lacks=filling") == listed("lacks=anybody") == [3]
    assert listed(f"q={codes[1].lower()}") == [2]
    assert "没有符合条件的企业" in officer.get(f"{OPENED}?q=示例4号").text
    answer = officer.post("/desk/people/enterprises/export?lacks=signatory")
    sheet = openpyxl.load_workbook(BytesIO(fetched(officer, answer.location))).active
    assert sheet is not None
    rows = [row for row in sheet.iter_rows(values_only=True) if row[1] in codes]
    assert rows == [("示例2号有限公司", codes[1], 0, 0, 1), ("示例3号有限公司", codes[2], 0, 0, 0)]
    officer.post(f"/desk/people/{grants(app, account)[0].id}/close", data={"reason": "离职"})
    monkeypatch.setattr(enterprises, "PAGE_SIZE", 2)
    assert listed("page=2") == listed("page=9") == [3]
    clock("2026-03-04 00:00")  # the agent's last day is over
    officer = client_as("county-officer")
    monkeypatch.setattr(enterprises, "PAGE_SIZE", 50)
    assert listed("lacks=filling") == [1, 2, 3]


def test_the_security_administrator_sees_the_paper_and_undoes(
    app: Flask, client_as: ClientAs
) -> None:
    _, uscc = enterprise(app)
    account, _ = slip(agent(client_as("county-officer"), uscc, "2999-01-01"))
    (held,) = grants(app, account)
    keeper = client_as("security-admin")
    page = keeper.get(f"/accounts/{held.user_id}").text
    (paper,) = re.findall(r'href="(/accounts/authorisations/\d+)"', page)
    assert fetched(keeper, paper) == pdf()
    assert keeper.post(f"/accounts/{held.user_id}/roles/{held.id}/end").status_code == 303
    assert grants(app, account)[0].ended_at is not None
