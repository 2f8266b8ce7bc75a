"""How a session begins, lasts and ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app.accounts import queries, services
from app.accounts.domain import Role
from app.accounts.models import SignInSession
from app.kernel.database import db
from app.kernel.transaction import aside, writing
from tests.conftest import Freeze
from tests.people import PASSWORD, ClientAs
from tests.sign_ins import NAME, attempt, is_in, open_officer


@pytest.fixture
def zhang(app: Flask, bureau: None, clock: Freeze) -> int:
    """A county officer who may sign in with PASSWORD, on 2025-06-30 at nine."""
    clock("2025-06-30 09:00:00")
    return open_officer(app)


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
