"""Passwords not taken again, accounts nobody uses, names the server answers to (账号管护)."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import create_app
from app.accounts import services
from app.accounts.domain import Role
from app.accounts.models import FormerPassword, UserAccount
from app.inbox.models import Message
from app.kernel.config import Config, ConfigError
from app.kernel.database import db
from app.kernel.transaction import writing
from app.operations.services.scheduled import disable_idle_accounts
from tests.conftest import Freeze
from tests.people import PASSWORD, browser_of, opened

# --- The last five passwords -------------------------------------------------------------------


def chosen(number: int) -> str:
    return f"Huayan-{number}7-weile"


def changed(app: Flask, user_id: int, present: str, wanted: str) -> str:
    """What the page says against it; empty when the password was changed."""
    answer = browser_of(app, user_id).post(
        "/me/password",
        data={"present_password": present, "new_password": wanted, "new_password_again": wanted},
    )
    return "" if answer.status_code == 303 else answer.get_data(as_text=True)


def test_the_last_five_passwords_are_not_taken_again(app: Flask, bureau: None) -> None:
    officer = opened(app, Role.COUNTY_OFFICER, county="330602")
    borne = [PASSWORD, *(chosen(number) for number in range(1, 6))]
    for present, wanted in pairwise(borne):
        assert not changed(app, officer, present, wanted)
    for again in borne[1:5]:
        assert "最近 5 次用过的口令不能再用" in changed(app, officer, borne[-1], again)
        with app.app_context(), writing("测试"):
            services.unlock_account(officer)
    assert not changed(app, officer, borne[-1], PASSWORD), "the sixth last may be taken again"
    with app.app_context():
        kept = list(db.session.execute(select(FormerPassword.password_hash)).scalars())
    assert len(kept) == 4
    assert all(it.startswith("scrypt:") for it in kept)


def test_a_password_reset_for_a_person_is_remembered_as_well(app: Flask, bureau: None) -> None:
    officer = opened(app, Role.COUNTY_OFFICER, county="330602")
    with app.app_context(), writing("测试"):
        made = services.reset_password(officer)
    assert "最近 5 次" in changed(app, officer, made.password, PASSWORD)


# --- Accounts that nobody uses -----------------------------------------------------------------


def disabled(app: Flask, day: str) -> set[int]:
    with app.app_context():
        disable_idle_accounts(date.fromisoformat(day))
        db.session.rollback()
        query = select(UserAccount.id).where(UserAccount.disabled_at.is_not(None))
        return set(db.session.execute(query).scalars())


def test_an_account_of_the_office_is_disabled_when_nobody_used_it_for_so_long(
    app: Flask, bureau: None, clock: Freeze
) -> None:
    clock("2025-01-10 09:00")
    idle = opened(app, Role.COUNTY_OFFICER, county="330602")
    filer = opened(app, Role.FILER, uscc="91330600000000001X")
    busy = opened(app, Role.CITY_OFFICER)
    keepers = [opened(app, Role.SECURITY_ADMIN) for _ in range(2)]
    system = opened(app, Role.SYSTEM_ADMIN)
    clock("2025-01-20 09:00")
    browser_of(app, busy)
    browser_of(app, keepers[1])
    clock("2025-07-09 08:59")
    assert disabled(app, "2025-07-09") == set()
    clock("2025-07-09 09:01")
    assert disabled(app, "2025-07-09") == {idle, keepers[0]}
    clock("2025-08-20 09:01")
    assert disabled(app, "2025-08-20") == {idle, keepers[0], busy}, "administrators stay"
    assert filer not in disabled(app, "2025-08-20")
    assert system not in disabled(app, "2025-08-20")
    with app.app_context():
        told = list(db.session.execute(select(Message.title).order_by(Message.id)).scalars())
    assert told == ["已停用 2 个 180 天未登录的账号", "已停用 1 个 180 天未登录的账号"]


def test_an_account_enabled_again_has_the_whole_time_to_be_used(
    app: Flask, bureau: None, clock: Freeze
) -> None:
    clock("2025-01-10 09:00")
    idle = opened(app, Role.COUNTY_OFFICER, county="330602")
    clock("2025-09-01 09:00")
    assert disabled(app, "2025-09-01") == {idle}
    with app.app_context(), writing("测试"):
        services.enable_account(idle)
    clock("2025-09-02 09:00")
    assert disabled(app, "2025-09-02") == set()


# --- The names the server answers to -----------------------------------------------------------


def test_a_forged_host_is_refused_where_the_names_are_set(tmp_path: Path) -> None:
    app = create_app(
        Config(
            instance_dir=tmp_path,
            database_url=f"sqlite:///{tmp_path / 'app.db'}",
            secret_key="tests only",
            trusted_hosts=("jixiao.example.cn", "127.0.0.1"),
        )
    )
    client = app.test_client()
    for path in ("/healthz", "/sign-in", "/no-such"):
        forged = client.get(path, headers={"Host": "evil.example.com"})
        assert forged.status_code == 400
        assert forged.headers["X-Content-Type-Options"] == "nosniff"
        assert "evil.example.com" not in forged.text
        assert client.get(path, headers={"Host": "jixiao.example.cn:8443"}).status_code != 400
    page = client.get("/sign-in", headers={"Host": "evil.example.com"}).text
    assert "TRUSTED_HOSTS" in page
    assert "Traceback" not in page


def test_the_names_come_from_the_environment(tmp_path: Path) -> None:
    base = {"INSTANCE_DIR": str(tmp_path)}
    given = Config.from_environment({**base, "TRUSTED_HOSTS": "a.example.cn， 10.1.2.3,.b.cn"})
    assert given.trusted_hosts[:3] == ("a.example.cn", "10.1.2.3", ".b.cn")
    assert "127.0.0.1" in given.trusted_hosts, "the machine asks itself whether it answers"
    assert Config.from_environment(base).trusted_hosts == ()
    for wrong in ("https://a.cn", "a.cn:8443", "a b"):
        with pytest.raises(ConfigError, match="TRUSTED_HOSTS"):
            Config.from_environment({**base, "TRUSTED_HOSTS": wrong})
