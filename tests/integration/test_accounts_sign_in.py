"""Signing in, and how a session ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.security import check_password_hash

from app.accounts import passwords, queries, services
from app.accounts.domain import Role
from app.accounts.models import SignInSession
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import aside, writing
from tests.conftest import Freeze
from tests.people import PASSWORD, ClientAs

NAME = "zhangwei"


@pytest.fixture
def zhang(app: Flask, clock: Freeze) -> int:
    """A county officer who may sign in with PASSWORD, on 2025-06-30 at nine."""
    clock("2025-06-30 09:00:00")
    with app.app_context(), writing("测试"):
        services.set_up_bureau()
        made = services.open_account(NAME, "张伟", password_hash=passwords.hashed(PASSWORD))
        services.grant_role(made.user_id, Role.COUNTY_OFFICER, county="330602")
    return made.user_id


def attempt(client: FlaskClient, password: str = PASSWORD, name: str = NAME) -> tuple[int, str]:
    client.get("/sign-in")
    answer = client.post("/sign-in", data={"name": name, "password": password})
    if answer.location:
        client.get("/me/password")  # a page, for its forgery token
    return answer.status_code, answer.get_data(as_text=True)


def is_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


def without_tokens(page: str, client: FlaskClient) -> str:
    assert hasattr(client, "token")
    return page.replace(client.token or "", "")


def test_a_person_signs_in_and_out(app: Flask, zhang: int) -> None:
    client = app.test_client()
    assert not is_in(client)
    assert attempt(client)[0] == 303
    assert is_in(client)
    assert client.post("/sign-out").status_code == 303
    assert not is_in(client)


def test_name_is_found_whatever_its_case_or_width(app: Flask, zhang: int) -> None:
    assert attempt(app.test_client(), name=" ＺｈａｎｇWEI ")[0] == 303


def test_five_failures_lock_for_fifteen_minutes_even_with_the_right_password(
    app: Flask, zhang: int, clock: Freeze
) -> None:
    client = app.test_client()
    for minute in range(5):
        clock(f"2025-06-30 09:0{minute}:00")
        assert attempt(client, "wrong")[0] == 422
    clock("2025-06-30 09:18:59")
    assert attempt(client)[0] == 422
    clock("2025-06-30 09:19:00")
    assert attempt(client)[0] == 303


def test_four_failures_do_not_lock_and_a_success_wipes_them(app: Flask, zhang: int) -> None:
    client = app.test_client()
    for _ in range(2):
        for _ in range(4):
            attempt(client, "wrong")
        assert attempt(client)[0] == 303


def test_failures_further_apart_do_not_lock(app: Flask, zhang: int, clock: Freeze) -> None:
    client = app.test_client()
    for hour in range(5):
        clock(f"2025-06-30 1{hour}:00:00")
        attempt(client, "wrong")
    assert attempt(client)[0] == 303


def test_attempts_during_the_lock_do_not_make_it_longer(
    app: Flask, zhang: int, clock: Freeze
) -> None:
    client = app.test_client()
    for _ in range(5):
        attempt(client, "wrong")
    clock("2025-06-30 09:14:00")
    attempt(client, "wrong")
    clock("2025-06-30 09:15:00")
    assert attempt(client)[0] == 303


def test_an_address_that_fails_twenty_times_is_locked_for_every_name(
    app: Flask, zhang: int
) -> None:
    client = app.test_client()
    for number in range(20):
        attempt(client, "wrong", f"nobody{number}")
    assert attempt(client)[0] == 422
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "10.0.0.9"
    assert attempt(elsewhere)[0] == 303


def test_wrong_unknown_disabled_and_locked_are_answered_alike(app: Flask, zhang: int) -> None:
    with app.app_context(), writing("测试"):
        gone = services.open_account("lisi", password_hash=passwords.hashed(PASSWORD))
        services.disable_account(gone.user_id)

    def answer(name: str, password: str) -> str:
        client = app.test_client()
        status, page = attempt(client, password, name)
        assert status == 422
        return without_tokens(page, client).replace(name, "NAME")

    wrong, unknown, disabled = answer(NAME, "x"), answer("nobody", "x"), answer("lisi", PASSWORD)
    for _ in range(4):
        answer(NAME, "x")
    assert wrong == unknown == disabled == answer(NAME, PASSWORD)


@pytest.mark.parametrize("name", [NAME, "nobody"])
def test_a_known_and_an_unknown_name_take_the_same_work(
    app: Flask, zhang: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def counting(stored: str, password: str) -> bool:
        checked.append(stored.split("$", maxsplit=1)[0])
        return check_password_hash(stored, password)

    monkeypatch.setattr(passwords, "check_password_hash", counting)
    attempt(app.test_client(), "wrong", name)
    assert checked == ["scrypt:32768:8:1"]


def test_parallel_guesses_cannot_outrun_the_limit(
    app: Flask, zhang: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks, lock = [0], Lock()

    def counting(_stored: str | None, _password: str) -> bool:
        with lock:
            checks[0] += 1
        return False

    monkeypatch.setattr(passwords, "matches", counting)

    def guess(number: int) -> None:
        with app.app_context(), pytest.raises(services.SignInRefused):
            services.sign_in(NAME, f"guess{number}", f"10.0.0.{number}", "")
        with app.app_context():
            db.session.remove()

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(guess, range(60)))
    assert checks == [5]


def test_sign_ins_failures_and_sign_outs_are_in_the_audit_log(app: Flask, zhang: int) -> None:
    client = app.test_client()
    attempt(client, "wrong")
    attempt(client)
    client.post("/sign-out")
    with app.app_context():
        rows = db.session.execute(
            select(AuditEntry.action, AuditEntry.succeeded)
            .where(AuditEntry.action.like("sign_in.%"))
            .order_by(AuditEntry.sequence)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("sign_in.failed", False), ("sign_in.succeeded", True), ("sign_in.ended", True)
    ]  # fmt: skip


def test_passwords_and_tokens_are_nowhere_in_the_log(app: Flask, zhang: int) -> None:
    client = app.test_client()
    attempt(client, "Canary-4711-wrong")
    attempt(client)
    with client.session_transaction() as kept:
        token = kept["_user_id"]
    with app.app_context():
        details = " ".join(db.session.execute(select(AuditEntry.detail)).scalars())
        hashes = " ".join(db.session.execute(select(SignInSession.token_hash)).scalars())
    for secret in ("Canary-4711-wrong", PASSWORD, token):
        assert secret not in details + hashes


def copy_of(app: Flask, client: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    cookie = client.get_cookie("jixiao")
    assert cookie is not None
    other = app.test_client()
    other.set_cookie("jixiao", cookie.value)
    return other


def test_the_cookie_from_before_the_sign_in_opens_nothing(app: Flask, zhang: int) -> None:
    client = app.test_client()
    client.get("/sign-in")
    before = copy_of(app, client)
    attempt(client)
    assert is_in(client)
    assert not is_in(before)


def test_signing_in_over_a_session_ends_it(app: Flask, zhang: int) -> None:
    client = app.test_client()
    client.get("/sign-in")
    attempt(client)
    before = copy_of(app, client)
    again = client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
    assert again.status_code == 303
    assert is_in(client)
    assert not is_in(before)


def disable(user_id: int) -> None:
    services.disable_account(user_id)


def grant(user_id: int) -> None:
    services.grant_role(user_id, Role.COUNTY_HEAD, county="330603")


def end_role(user_id: int) -> None:
    held = queries.grants_of(user_id)[0]
    assert held.id is not None
    services.end_grant(user_id, held.id)


def reset(user_id: int) -> None:
    services.reset_password(user_id)


@pytest.mark.parametrize("act", [disable, grant, end_role, reset])
def test_a_change_by_the_security_administrator_ends_every_session_at_once(
    app: Flask, zhang: int, act: Callable[[int], None]
) -> None:
    first, second = app.test_client(), app.test_client()
    attempt(first)
    attempt(second)
    with app.app_context(), writing("测试"):
        act(zhang)
    assert not is_in(first)
    assert not is_in(second)


def test_signing_out_kills_every_copy_of_the_cookie(app: Flask, zhang: int) -> None:
    client = app.test_client()
    attempt(client)
    copy = copy_of(app, client)
    client.post("/sign-out")
    assert not is_in(copy)


def test_one_browser_can_sign_another_out(app: Flask, zhang: int) -> None:
    first, second = app.test_client(), app.test_client()
    attempt(first)
    attempt(second)
    page = first.get("/me").get_data(as_text=True)
    assert page.count("结束该登录") == 1
    first.post("/me/sessions/end", data={})
    assert is_in(first)
    assert not is_in(second)


def test_nobody_can_end_a_session_of_someone_else(
    app: Flask, zhang: int, client_as: ClientAs
) -> None:
    mine = app.test_client()
    attempt(mine)
    with app.app_context():
        hashes = db.session.execute(select(SignInSession.token_hash)).scalars().all()
    other = client_as("city-officer")
    for token_hash in hashes:
        other.post("/me/sessions/end", data={"session": token_hash})
    assert is_in(mine)


def test_thirty_idle_minutes_end_a_session(app: Flask, zhang: int, clock: Freeze) -> None:
    client = app.test_client()
    attempt(client)
    clock("2025-06-30 09:29:59")
    assert is_in(client)
    clock("2025-06-30 09:59:58")
    assert is_in(client)
    clock("2025-06-30 10:29:59")
    assert not is_in(client)


def test_eight_hours_end_a_session_however_busy(app: Flask, zhang: int, clock: Freeze) -> None:
    client = app.test_client()
    attempt(client)
    for quarter in range(1, 32):
        clock(f"2025-06-30 {9 + quarter // 4:02}:{quarter % 4 * 15:02}:00")
        assert is_in(client)
    clock("2025-06-30 16:59:59")
    assert is_in(client)
    clock("2025-06-30 17:00:00")
    assert not is_in(client)


def test_a_long_import_keeps_nobody_from_reading(app: Flask, zhang: int, clock: Freeze) -> None:
    client = app.test_client()
    attempt(client)
    clock("2025-06-30 09:10:00")
    held = copy_context()
    with ThreadPoolExecutor(1) as pool, app.app_context(), aside() as importing:
        importing.execute(select(1))
        assert pool.submit(held.run, is_in, client).result(timeout=10)


def test_reading_writes_the_last_use_once_a_minute_at_most(
    app: Flask, zhang: int, clock: Freeze
) -> None:
    client = app.test_client()
    attempt(client)
    written: list[str] = []
    with app.app_context():
        engine = db.engine

    @event.listens_for(engine, "before_cursor_execute")
    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE"):
            written.append(statement)

    for second in ("10", "30", "59"):
        clock(f"2025-06-30 09:00:{second}")
        client.get("/me")
    assert written == []
    clock("2025-06-30 09:01:00")
    client.get("/me")
    client.get("/me")
    assert len(written) == 1


def test_a_first_sign_in_reaches_only_the_password_page(app: Flask, zhang: int) -> None:
    with app.app_context(), writing("测试"):
        once = services.reset_password(zhang).password
    client = app.test_client()
    assert attempt(client, once)[0] == 303
    assert client.get("/me").location == "/me/password"
    assert client.get("/").location == "/me/password"
    changed = client.post(
        "/me/password",
        data={
            "present_password": once,
            "new_password": "Huayan-87-weile",
            "new_password_again": "Huayan-87-weile",
        },
    )
    assert changed.status_code == 303
    assert is_in(client)


def test_after_ninety_days_the_password_is_due(app: Flask, zhang: int, clock: Freeze) -> None:
    client = app.test_client()
    clock("2025-09-28 08:59:59")
    attempt(client)
    assert is_in(client)
    clock("2025-09-28 09:00:00")
    assert is_in(client)
    attempt(client)
    client.post("/sign-out")
    attempt(client)
    assert client.get("/me").location == "/me/password"


@pytest.mark.parametrize(
    ("present", "new", "again", "said"),
    [
        ("wrong", "Huayan-87-weile", "Huayan-87-weile", "现用口令不正确"),
        (PASSWORD, PASSWORD, PASSWORD, "相同"),
        (PASSWORD, "Huayan-87-weile", "Huayan-87-weilE", "不一致"),
        (PASSWORD, "short", "short", "至少 10 个字符"),
        (PASSWORD, "Zhangwei-87-x", "Zhangwei-87-x", "不能包含"),
        (PASSWORD, "越城-Huayan-87", "越城-Huayan-87", "不能包含"),
    ],
)
def test_a_password_change_that_cannot_be_is_said_at_its_field(
    app: Flask, zhang: int, present: str, new: str, again: str, said: str
) -> None:
    client = app.test_client()
    attempt(client)
    answer = client.post(
        "/me/password",
        data={"present_password": present, "new_password": new, "new_password_again": again},
    )
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert is_in(client)


def test_a_password_change_ends_the_other_sessions_and_renews_this_one(
    app: Flask, zhang: int
) -> None:
    client, other = app.test_client(), app.test_client()
    attempt(client)
    attempt(other)
    copy = copy_of(app, client)
    data = {"present_password": PASSWORD, "new_password": "Huayan-87-weile"}
    client.post("/me/password", data={**data, "new_password_again": "Huayan-87-weile"})
    assert is_in(client)
    assert not is_in(other)
    assert not is_in(copy)
    assert attempt(app.test_client(), "Huayan-87-weile")[0] == 303


def test_a_missing_forgery_token_is_refused_even_at_the_sign_in(app: Flask, zhang: int) -> None:
    client = app.test_client()
    answer = client.post("/sign-in", data={"name": NAME, "password": PASSWORD})
    assert answer.status_code == 400
    assert not is_in(client)
