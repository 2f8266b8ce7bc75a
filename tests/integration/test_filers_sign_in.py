"""Who comes in by the enterprises' listener (企业申报入口), and what it says to whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import entrance, passwords, services
from app.accounts.domain import ENTERPRISE_ROLES, Role
from app.accounts.queries import actor_by_name
from app.filing import settings as filing_settings
from app.kernel import logs
from app.kernel.config import Config
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from app.operations.domain import Health
from app.operations.queries.listener import NOTE, check_filers_listener
from tests.addresses import SAFE, methods_of, rules
from tests.facts import a_plant, code
from tests.installations import beside, close, installed
from tests.live import served
from tests.pages import NEW_EACH_TIME
from tests.people import PASSWORD
from tests.serving import free_port
from tests.sign_ins import attempt, is_in


def account(app: Flask, name: str, *roles: tuple[Role, str | None]) -> int:
    """An account with roles: county code or uscc beside each."""
    with app.app_context(), writing("测试"):
        made = services.open_account(name, name, password_hash=_HASH)
        for role, place in roles:
            of_enterprise = role in ENTERPRISE_ROLES
            services.grant_role(
                made.user_id,
                role,
                county=None if of_enterprise else place,
                uscc=place if of_enterprise else None,
            )
    return made.user_id


_HASH = passwords.hashed(PASSWORD)
USCC = code(1)


@pytest.fixture
def both(app: Flask, bureau: None) -> Iterator[tuple[Flask, Flask]]:
    """Main listener and enterprises' listener of an installation with two people."""
    other = beside(app)
    account(app, "officer", (Role.COUNTY_OFFICER, "330602"))
    account(app, "filer", (Role.FILER, USCC))
    account(app, "nobody-yet")
    yield app, other
    close(other)


def reasons(app: Flask) -> list[str]:
    with app.app_context():
        details = db.session.execute(
            select(AuditEntry.detail)
            .where(AuditEntry.action == "sign_in.failed")
            .order_by(AuditEntry.sequence)
        ).scalars()
        return [json.loads(it)["原因"] for it in details]


def test_only_enterprises_come_in_and_others_do_not_learn_whether_they_were_right(
    both: tuple[Flask, Flask],
) -> None:
    main, outside = both

    def answer(name: str, password: str) -> tuple[int, str]:
        client = outside.test_client()
        status, page = attempt(client, password, name)
        assert not is_in(client) or status == 303
        return status, NEW_EACH_TIME.sub("", page).replace(f'value="{name}"', "")

    unknown = answer("no-one", "wrong")
    assert unknown[0] == 422
    for name, password in (
        ("officer", "wrong"),
        ("officer", PASSWORD),
        ("nobody-yet", PASSWORD),
        ("filer", "wrong"),
    ):
        assert answer(name, password) == unknown, name
    assert answer("filer", PASSWORD)[0] == 303
    assert reasons(main)[1:] == [
        "非企业账号在企业申报入口登录（口令不符）",
        "非企业账号在企业申报入口登录（口令相符）",
        "非企业账号在企业申报入口登录（口令相符）",
        "账号或口令不符",
    ]
    assert attempt(main.test_client(), PASSWORD, "officer")[0] == 303
    assert attempt(main.test_client(), PASSWORD, "filer")[0] == 303


def cookie_of(client: Any, name: str) -> str:
    found = client.get_cookie(name)
    assert found is not None
    return str(found.value)


def test_a_session_of_one_listener_is_none_of_the_other(both: tuple[Flask, Flask]) -> None:
    main, outside = both
    names = {main: "jixiao", outside: "jixiao-filers"}
    for here, there in ((main, outside), (outside, main)):
        client = here.test_client()
        assert attempt(client, PASSWORD, "filer")[0] == 303
        assert is_in(client)
        stolen = there.test_client()
        for name in names.values():  # under whatever name it is sent
            stolen.set_cookie(name, cookie_of(client, names[here]))
        assert not is_in(stolen)
        assert is_in(client)


def test_a_changed_password_leaves_the_browser_in_where_it_was(both: tuple[Flask, Flask]) -> None:
    client = both[1].test_client()
    attempt(client, PASSWORD, "filer")
    new = "Xinkouling-2026-ab"
    form = {"present_password": PASSWORD, "new_password": new, "new_password_again": new}
    assert client.post("/me/password", data=form).status_code == 303
    assert is_in(client)


def test_a_browser_whose_role_has_gone_is_out(both: tuple[Flask, Flask]) -> None:
    main, outside = both
    client = outside.test_client()
    attempt(client, PASSWORD, "filer")
    with main.app_context(), writing("测试"):
        found = actor_by_name("filer")
        assert found is not None
        assert found.grants[0].id is not None
        services.end_grant(found.user_id, found.grants[0].id)
    assert not is_in(client)


def test_guessing_outside_locks_no_officer_out_but_does_lock_the_enterprise(
    both: tuple[Flask, Flask],
) -> None:
    main, outside = both
    for _ in range(5):
        for name in ("officer", "filer"):
            attempt(outside.test_client(), "wrong", name)
    assert attempt(main.test_client(), PASSWORD, "officer")[0] == 303
    assert attempt(main.test_client(), PASSWORD, "filer")[0] == 422
    assert "已锁定" in reasons(main)
    for number in range(10):
        attempt(outside.test_client(), "wrong", f"guess{number}")
    account(main, "late", (Role.FILER, USCC))
    assert attempt(outside.test_client(), PASSWORD, "late")[0] == 422, "its own limit by address"
    assert attempt(main.test_client(), PASSWORD, "late")[0] == 303


def test_the_bureau_may_send_enterprises_to_their_own_listener(
    both: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    main, outside = both
    before = main.test_client()
    attempt(before, PASSWORD, "filer")
    assert is_in(before)
    monkeypatch.setattr(entrance, "_is_closed", lambda: True)
    assert not is_in(before), "with the next request"
    assert attempt(main.test_client(), PASSWORD, "filer")[0] == 422
    assert attempt(main.test_client(), PASSWORD, "officer")[0] == 303
    assert attempt(outside.test_client(), PASSWORD, "filer")[0] == 303
    assert reasons(main) == ["企业账号应从企业申报入口登录（口令相符）"]


# --- What it says and lets itself be told ------------------------------------------------------


def test_forged_requests_change_nothing(both: tuple[Flask, Flask]) -> None:
    client = both[1].test_client()
    attempt(client, PASSWORD, "filer")
    tried = 0
    for rule in rules(both[1]):
        if rule.build_only or rule.arguments or set(methods_of(rule)) <= SAFE:
            continue
        for forged in ({"X-CSRFToken": ""}, {"Sec-Fetch-Site": "cross-site"}):
            tried += 1
            assert client.post(rule.rule, headers=forged).status_code == 400, rule
    assert tried > 10
    assert is_in(client)


def test_a_foreign_host_is_refused_without_a_word_on_the_server(app: Flask) -> None:
    config: Config = app.config["CONFIG"]
    other = installed(
        config.instance_dir,
        config.database_url,
        for_filers=True,
        trusted_hosts=("shenbao.example.cn",),
    )
    forged = other.test_client().get("/sign-in", headers={"Host": "jixiao.example.cn"})
    assert forged.status_code == 400
    assert "TRUSTED_HOSTS" not in forged.text
    assert "管理员" not in forged.text
    known = other.test_client().get("/sign-in", headers={"Host": "shenbao.example.cn:9443"})
    assert known.status_code == 200
    close(other)


def test_its_names_are_its_own(tmp_path: Path) -> None:
    base = {"INSTANCE_DIR": str(tmp_path), "TRUSTED_HOSTS": "a.cn", "FILER_TRUSTED_HOSTS": "b.cn"}
    main = Config.from_environment(base)
    outside = Config.from_environment({**base, "LISTENER": "filers", "TLS": "1"})
    assert (main.for_filers, main.trusted_hosts[0], main.cookie_name) == (False, "a.cn", "jixiao")
    assert (outside.for_filers, outside.trusted_hosts[0]) == (True, "b.cn")
    assert outside.cookie_name == "__Host-jixiao-filers"


def test_what_it_shows_names_nothing_of_the_officers(both: tuple[Flask, Flask]) -> None:
    client = both[1].test_client()
    pages = [client.get("/sign-in").text, client.get("/no-such").text]
    attempt(client, PASSWORD, "filer")
    pages += [client.get(it).text for it in ("/", "/no-such", "/help", "/help/operations")]
    for page in pages:
        for word in ("企业台账", "政策清单", "审计", "账号管理", "规则库", "运行维护", "管理员"):
            assert word not in page, (word, page[-3000:])
    assert client.get("/help/operations").status_code == 404
    assert client.get("/setup").status_code == 404


def test_an_installation_without_accounts_is_not_set_up_from_outside(app: Flask) -> None:
    outside = beside(app)
    client = outside.test_client()
    assert client.get("/").location == "/sign-in?next=/"
    assert client.get("/sign-in").status_code == 200
    assert client.get("/setup").status_code == 404
    close(outside)


def test_the_access_log_tells_the_listener(both: tuple[Flask, Flask], tmp_path: Path) -> None:
    end = logs.log_into(tmp_path / "logs", 184, 10**9)
    for app in both:
        app.test_client().get("/healthz")
    end()
    (file,) = (tmp_path / "logs").glob("access-*.log")
    assert [line.split()[-1] for line in file.read_text().splitlines()] == ["main", "filers"]


# --- The doctor --------------------------------------------------------------------------------


def test_the_doctor_looks_at_it(both: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    main, outside = both
    config: Config = main.config["CONFIG"]
    path = config.instance_dir / NOTE

    def health(**told: Any) -> Health:
        if told:
            base = {"host": "0.0.0.0", "tls": False, "plain": False, "hosts": True}
            path.write_text(json.dumps({**base, **told}), encoding="utf-8")
        with main.app_context():
            return check_filers_listener(config, date(2026, 3, 1)).health

    assert health() is Health.NOTE
    monkeypatch.setattr("app.operations.queries.listener.main_door_is_closed", lambda: True)
    assert health() is Health.NEEDED, "enterprises have no way in at all"
    assert health(port=free_port()) is Health.NEEDED, "nobody answers"
    with served(outside) as live:
        assert health(port=live.port) is Health.GOOD
        assert health(port=live.port, hosts=False) is Health.NOTE
        assert health(port=live.port, plain=True) is Health.NEEDED
    with served(main) as live:
        assert health(port=live.port) is Health.NEEDED, "officers' pages are there"


def test_it_names_the_office_that_the_bureau_has_set(
    both: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The city's before the sign-in, that of the county of one's plants after it."""
    main, outside = both
    with main.app_context():
        a_plant(1, county="330602")
    offices: dict[str | None, tuple[str, ...] | None] = {
        None: ("市局审批处 85100000",),
        "330602": ("越城分局 85200000",),
    }
    monkeypatch.setattr(filing_settings, "setting", lambda _id, _on, county=None: offices[county])
    client = outside.test_client()
    assert "请联系市局审批处 85100000" in client.get("/sign-in").text
    assert "或请市局审批处 85100000处理" in attempt(client, "wrong", "filer")[1]
    assert "越城分局" not in client.get("/sign-in").text
    attempt(client, PASSWORD, "filer")
    refused = client.get("/desk/own-people")
    assert refused.status_code == 403
    assert "或咨询越城分局 85200000" in refused.text
    officer = main.test_client()
    attempt(officer, PASSWORD, "officer")
    assert "安全管理员" in officer.get("/accounts").text
    offices.clear()
    offices.update({None: None, "330602": None})
    assert "请联系受理申报的部门" in outside.test_client().get("/sign-in").text
