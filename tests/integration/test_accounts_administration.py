"""Accounts and roles as the security administrator keeps them, and the log the auditor reads."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import func, select

from app.accounts import passwords, queries, services
from app.accounts.domain import Role
from app.accounts.models import RoleGrant, UserAccount
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.people import ClientAs

NEW = {"name": "wangfang", "display_name": "王芳", "role": "county-officer", "county": "330602"}


@pytest.fixture
def keeper(client_as: ClientAs) -> FlaskClient:
    """The browser of a security administrator."""
    client = client_as("security-admin")
    client.get("/me")
    return client


def opened(app: Flask, name: str, role: Role, county: str | None = None) -> int:
    with app.app_context(), writing("测试"):
        made = services.open_account(name, f"{name}某", password_hash=passwords.hashed("x"))
        services.grant_role(made.user_id, role, county=county)
    return made.user_id


def id_of(app: Flask, name: str) -> int:
    with app.app_context():
        return db.session.execute(
            select(UserAccount.id).where(UserAccount.name == name)
        ).scalar_one()


def workbook(client: FlaskClient, address: str) -> Worksheet:
    with client.get(address) as answer:
        sheet = load_workbook(BytesIO(answer.data)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def names_in(page: str) -> list[str]:
    return [unescape(name) for name in re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a>', page)]


def test_an_account_is_opened_with_a_password_shown_once(app: Flask, keeper: FlaskClient) -> None:
    answer = keeper.post("/accounts/new", data=NEW)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert re.search(r'class="code">[\w-]{19}<', page)
    shown = keeper.get(f"/accounts/{id_of(app, 'wangfang')}").get_data(as_text=True)
    assert "待改口令" in shown
    assert "区县经办人" in shown


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "账号名应为"),
        ({"role": ""}, "请选择角色"),
        ({"role": "emperor"}, "请选择角色"),
        ({"county": ""}, "必须指定区县"),
        ({"county": "330600"}, "没有区县代码"),
        ({"role": "filer", "county": ""}, "必须指定企业"),
        ({"role": "filer", "county": "", "uscc": "91330600"}, "18 位"),
        ({"from_on": "25-01-01"}, "不是有效日期"),
        ({"from_on": "2025-07-01", "until_on": "2025-06-30"}, "早于起始日"),
    ],
)
def test_a_faulty_account_is_said_kept_and_not_opened(
    app: Flask, keeper: FlaskClient, change: dict[str, str], said: str
) -> None:
    answer = keeper.post("/accounts/new", data={**NEW, **change})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert "王芳" in page
    with app.app_context():
        count = db.session.execute(select(func.count()).select_from(UserAccount)).scalar_one()
    assert count == 1


def test_nobody_but_the_security_administrator_reaches_accounts(client_as: ClientAs) -> None:
    for role in Role:
        if role is Role.SECURITY_ADMIN:
            continue
        uscc = "913306007000000018" if role in ("filer", "signatory", "agent") else None
        client = client_as(role, uscc=uscc)
        client.get("/me")
        for path in ("/accounts", "/accounts/new", "/accounts/1"):
            assert client.get(path).status_code == 403
        assert client.post("/accounts/new", data=NEW).status_code == 403
        assert client.post("/accounts/1/disable").status_code == 403


def test_the_security_administrator_cannot_change_their_own_account(
    app: Flask, keeper: FlaskClient
) -> None:
    own = 1
    page = keeper.get(f"/accounts/{own}").get_data(as_text=True)
    assert "不能变更本人的账号" in page
    assert "停用账号" not in page
    assert keeper.post(f"/accounts/{own}/roles", data={"role": "city-head"}).status_code == 422
    for act in ("disable", "enable", "unlock", "password", "roles/1/end"):
        assert keeper.post(f"/accounts/{own}/{act}").status_code == 409
    with app.app_context():
        assert [grant.role for grant in queries.grants_of(own)] == [Role.SECURITY_ADMIN]


def test_no_account_gets_two_of_the_three_administrators_roles(
    app: Flask, keeper: FlaskClient
) -> None:
    auditor = opened(app, "auditor.li", Role.AUDITOR)
    for role in ("system-admin", "security-admin"):
        answer = keeper.post(f"/accounts/{auditor}/roles", data={"role": role})
        assert answer.status_code == 422
        assert "三员分立" in answer.get_data(as_text=True)


def test_a_role_is_given_and_ended_with_its_days(
    app: Flask, keeper: FlaskClient, clock: Freeze
) -> None:
    user = opened(app, "wang", Role.COUNTY_OFFICER, county="330602")
    given = {"role": "county-head", "county": "330603", "until_on": "2099/12/31"}
    assert keeper.post(f"/accounts/{user}/roles", data=given).status_code == 303
    with app.app_context():
        head = queries.grants_of(user)[1]
    assert str(head.until_on) == "2099-12-31"
    assert keeper.post(f"/accounts/{user}/roles/{head.id}/end").status_code == 303
    assert keeper.post(f"/accounts/{user}/roles/{head.id}/end").status_code == 409
    with app.app_context():
        assert [grant.role for grant in queries.grants_of(user)] == [Role.COUNTY_OFFICER]
        kept = db.session.execute(select(func.count()).select_from(RoleGrant)).scalar_one()
    assert kept == 3


def test_a_role_of_another_account_is_not_ended_through_this_one(
    app: Flask, keeper: FlaskClient
) -> None:
    first = opened(app, "first", Role.CITY_HEAD)
    second = opened(app, "second", Role.CITY_HEAD)
    with app.app_context():
        grant = queries.grants_of(second)[0]
    assert keeper.post(f"/accounts/{first}/roles/{grant.id}/end").status_code == 409
    with app.app_context():
        assert queries.grants_of(second) == (grant,)


def test_the_last_security_administrator_stays(app: Flask, client_as: ClientAs) -> None:
    client_as("security-admin")
    with app.app_context(), writing("测试"), pytest.raises(services.AccountRefused):
        services.disable_account(1)


def test_an_account_is_disabled_enabled_and_unlocked(app: Flask, keeper: FlaskClient) -> None:
    user = opened(app, "wang", Role.CITY_OFFICER)
    for act, state in (("disable", "停用"), ("enable", "启用")):
        assert keeper.post(f"/accounts/{user}/{act}").status_code == 303
        assert keeper.post(f"/accounts/{user}/{act}").status_code == 409
        assert f"，{state}，" in keeper.get(f"/accounts/{user}").get_data(as_text=True)
    for _ in range(5):
        with app.app_context(), pytest.raises(services.SignInRefused):
            services.sign_in("wang", "wrong", "10.0.0.1", "")
    assert "，暂停登录，" in keeper.get(f"/accounts/{user}").get_data(as_text=True)
    assert names_in(keeper.get("/accounts?state=locked").get_data(as_text=True)) == ["wang"]
    keeper.post(f"/accounts/{user}/unlock")
    with app.app_context():
        assert services.sign_in("wang", "x", "10.0.0.1", "")


def test_the_list_is_searched_filtered_sorted_and_paged(app: Flask, keeper: FlaskClient) -> None:
    keeper_name = "security-admin"
    with app.app_context(), writing("测试"):
        for number in range(60):
            made = services.open_account(
                f"person{number:02}", f"科员{number:02}", password_hash="x"
            )
            county = "330603" if number % 2 else "330602"
            services.grant_role(made.user_id, Role.COUNTY_OFFICER, county=county)

    def listed(query: str) -> list[str]:
        names = names_in(keeper.get(f"/accounts?{query}").get_data(as_text=True))
        return [name for name in names if not name.startswith(keeper_name)]

    assert listed("q=科员07") == ["person07"]
    assert listed("q=PERSON07") == ["person07"]
    assert listed("q=%25") == listed("q=_") == []
    assert listed("county=330603&role=county-officer")[0] == "person01"
    assert len(listed("county=330603")) == 30
    assert listed("sort=name&order=desc&q=person")[0] == "person59"
    assert len(listed("q=person")) == 50
    assert len(listed("q=person&page=2")) == 10
    assert listed("q=nobody") == []
    assert listed("page=0&sort=evil&state=evil&role=evil&order=x&q=person05") == ["person05"]


def test_the_list_goes_out_as_it_is_filtered(app: Flask, keeper: FlaskClient) -> None:
    opened(app, "wang", Role.COUNTY_OFFICER, county="330602")
    opened(app, "chen", Role.CITY_HEAD)
    answer = keeper.post("/accounts/export?role=city-head")
    sheet = workbook(keeper, answer.location)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [row[0] for row in rows][-1] == "chen"
    assert "wang" not in [row[0] for row in rows]


@pytest.fixture
def auditor(app: Flask, client_as: ClientAs) -> FlaskClient:
    client = client_as("auditor")
    client.get("/me")
    opened(app, "wang", Role.COUNTY_OFFICER, county="330602")
    return client


def acts_in(client: FlaskClient, query: str = "") -> list[str]:
    page = client.get(f"/audit?{query}").get_data(as_text=True)
    return re.findall(r'<th scope="row"[^>]*>([^<]+)</th>', page)


def test_the_auditor_finds_entries_by_person_act_object_and_day(auditor: FlaskClient) -> None:
    assert acts_in(auditor)[:2] == ["授予角色", "建立账号"]
    assert set(acts_in(auditor, "action=role.granted")) == {"授予角色"}
    assert acts_in(auditor, "person=nobody") == []
    assert "建立账号" in acts_in(auditor, "object=wang")
    assert acts_in(auditor, "until_on=2001-01-01") == []
    assert acts_in(auditor, "from_on=2001/1/1") == acts_in(auditor)
    assert "不是有效日期" in auditor.get("/audit?from_on=x").get_data(as_text=True)


def test_the_log_is_paged_both_ways(app: Flask, auditor: FlaskClient) -> None:
    with app.app_context(), writing("测试"):
        for number in range(70):
            services.open_account(f"person{number:02}", password_hash="x")

    def page(query: str) -> tuple[list[int], str]:
        text = auditor.get(f"/audit?{query}").get_data(as_text=True)
        return [int(n) for n in re.findall(r'<td class="num">(\d+)</td>', text)], text

    first, text = page("")
    assert len(first) == 50
    assert first == sorted(first, reverse=True)
    older, _ = page(f"before={first[-1]}")
    assert older[0] == first[-1] - 1
    assert page(f"after={older[0]}")[0] == first
    assert "下一页" in text


def test_the_log_is_exported_and_its_chain_checked(auditor: FlaskClient) -> None:
    answer = auditor.post("/audit/export?action=role.granted")
    sheet = workbook(auditor, answer.location)
    words = {row[5] for row in sheet.iter_rows(min_row=4, values_only=True)}
    assert words == {"授予角色"}
    assert "审计链完整" in auditor.get("/audit/check").get_data(as_text=True)


def test_nobody_but_the_auditor_reads_the_log(client_as: ClientAs) -> None:
    for role in ("county-officer", "city-head", "system-admin", "security-admin", "rule-editor"):
        client = client_as(role)
        assert client.get("/audit").status_code == 403
        assert client.get("/audit/check").status_code == 403
