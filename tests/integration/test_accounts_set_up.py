"""The first visit, and the commands that open accounts."""

from __future__ import annotations

import re
import stat
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import queries
from app.kernel import audit, calendar
from app.kernel.config import Config

PASSWORD = "Huayan-87-weile"
PEOPLE = {
    "system_name": "zhangwei",
    "system_person": "张伟",
    "password": PASSWORD,
    "password_again": PASSWORD,
    "security_name": "lina",
    "security_person": "李娜",
}


def run(app: Flask, *arguments: str) -> tuple[int, str, str]:
    result = app.test_cli_runner().invoke(args=list(arguments))
    return result.exit_code, result.stdout, result.stderr


def offered(client: FlaskClient) -> dict[str, str]:
    """The set-up page as it is filled in when it opens."""
    page = client.get("/setup").get_data(as_text=True)
    found = re.findall(r'<input[^>]*name="([^"]+)"[^>]*?value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


@pytest.fixture
def code(app: Flask) -> str:
    return run(app, "setup-code")[1].strip()


def test_the_code_is_kept_as_a_hash_that_only_its_owner_reads(app: Flask, code: str) -> None:
    config: Config = app.config["CONFIG"]
    path = Path(config.instance_dir) / "setup-code"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert code not in path.read_text()


def test_every_page_leads_to_the_set_up_while_there_are_no_accounts(client: FlaskClient) -> None:
    assert client.get("/me").location == "/setup"
    assert client.get("/sign-in").location == "/setup"


def test_the_first_visit_makes_bureau_calendar_and_both_administrators(
    app: Flask, client: FlaskClient, code: str
) -> None:
    typed = {**offered(client), **PEOPLE, "code": code, "county_name_7": "滨海新区"}
    page = client.post("/setup", data=typed).get_data(as_text=True)
    assert "设置完成" in page
    assert "330691" in page
    assert "本局自编" in page
    with app.app_context():
        assert [county.name for county in queries.list_bureaus("county")] == [
            "越城区", "柯桥区", "上虞区", "新昌县", "诸暨市", "嵊州市", "滨海新区"
        ]  # fmt: skip
        assert calendar.loaded_years() == list(range(2026, 2019, -1))
        people = [queries.actor_by_name(name) for name in ("zhangwei", "lina")]
        assert [person and person.role for person in people] == ["系统管理员", "安全管理员"]
        assert [person and person.must_change_password for person in people] == [False, True]
        assert audit.verify().broken_at is None
    found = re.search(r'class="code">([^<]{19})<', page)
    assert found is not None
    client.get("/sign-in")
    answer = client.post("/sign-in", data={"name": "lina", "password": found[1]})
    assert answer.location == "/me/password"


def test_the_code_opens_the_set_up_once(client: FlaskClient, code: str) -> None:
    typed = {**offered(client), **PEOPLE, "code": code}
    assert client.post("/setup", data=typed).status_code == 200
    again = client.post("/setup", data={**typed, "system_name": "other", "security_name": "more"})
    assert again.status_code == 422
    assert client.get("/setup").location == "/sign-in"


def test_a_new_code_replaces_the_one_before(app: Flask, client: FlaskClient, code: str) -> None:
    newer = run(app, "setup-code")[1].strip()
    typed = {**offered(client), **PEOPLE}
    assert client.post("/setup", data={**typed, "code": code}).status_code == 422
    assert client.post("/setup", data={**typed, "code": newer}).status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "wrong"}, "设置码不正确"),
        ({"code": ""}, "设置码不正确"),
        ({"system_name": "admin"}, "默认账号名"),
        ({"system_person": ""}, "姓名应为"),
        ({"password": "Admin@123456"}, "容易被猜到"),
        ({"password": "Zhangwei-87-x"}, "不能包含"),
        ({"password_again": "other"}, "不一致"),
        ({"security_name": "ZHANGWEI"}, "必须是两个账号"),
        ({"security_person": "张伟"}, "必须是两个人"),
        ({"city": ""}, "名称应为"),
        ({"county_code_1": "33"}, "不是 6 位数字"),
        ({"county_code_2": "330602"}, "重复"),
    ],
)
def test_faulty_input_is_said_at_its_field_kept_and_nothing_is_made(
    app: Flask, client: FlaskClient, code: str, change: dict[str, str], said: str
) -> None:
    typed = {**offered(client), **PEOPLE, "code": code, "county_name_8": "文旅功能区", **change}
    answer = client.post("/setup", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert "文旅功能区" in page
    assert PASSWORD not in page
    with app.app_context():
        assert not queries.has_accounts()
        assert queries.list_bureaus() == ()


def test_districts_can_be_taken_out_and_renamed(app: Flask, client: FlaskClient, code: str) -> None:
    typed = {**offered(client), **PEOPLE, "code": code}
    typed |= {"county_name_1": "", "county_code_1": "", "county_name_2": "柯桥新区"}
    client.post("/setup", data=typed)
    with app.app_context():
        names = [county.name for county in queries.list_bureaus("county")]
    assert names == ["柯桥新区", "上虞区", "新昌县", "诸暨市", "嵊州市"]


def test_a_command_opens_an_account_with_a_one_time_password(app: Flask) -> None:
    status, said, _ = run(
        app, "user", "add", "wangfang", "--role", "county-officer", "--county", "330602"
    )
    assert status == 0
    password = said.splitlines()[1].removeprefix("一次性口令：")
    client = app.test_client()
    client.get("/sign-in")
    answer = client.post("/sign-in", data={"name": "wangfang", "password": password})
    assert answer.location == "/me/password"
    assert run(app, "setup-code") == (0, "", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["wang", "--role", "county-officer"],
        ["wang", "--role", "county-head", "--county", "330699"],
        ["wang", "--role", "city-officer", "--county", "330602"],
        ["wang", "--role", "county-officer", "--county", "330602", "--city"],
        ["wang", "--role", "filer"],
        ["wang", "--role", "agent", "--uscc", "123"],
        ["wang", "--role", "auditor", "--uscc", "913306007000000018"],
        ["admin", "--role", "auditor"],
        ["", "--role", "auditor"],
    ],
)
def test_a_command_used_wrongly_says_one_line_and_makes_nothing(
    app: Flask, arguments: list[str]
) -> None:
    status, said, complained = run(app, "user", "add", *arguments)
    assert (status, said) == (2, "")
    assert len(complained.strip().splitlines()) == 1
    with app.app_context():
        assert not queries.has_accounts()


def test_a_name_is_given_once(app: Flask) -> None:
    assert run(app, "user", "add", "wang", "--role", "auditor", "--city")[0] == 0
    assert run(app, "user", "add", "ＷＡＮＧ", "--role", "city-head")[0] == 2
