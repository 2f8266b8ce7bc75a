"""Signing in: who is let in, who is locked out, and what is written down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.security import check_password_hash

from app.accounts import passwords, services
from app.accounts.models import SignInSession
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.people import PASSWORD
from tests.sign_ins import NAME, attempt, is_in, open_officer


@pytest.fixture
def zhang(app: Flask, bureau: None, clock: Freeze) -> int:
    """A county officer who may sign in with PASSWORD, on 2025-06-30 at nine."""
    clock("2025-06-30 09:00:00")
    return open_officer(app)


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


def test_an_address_that_is_none_in_a_header_leads_to_the_sign_in(
    app: Flask, bureau: None, client: FlaskClient
) -> None:
    open_officer(app)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://[broken"}
    answer = client.get("/register", headers=headers)
    assert answer.status_code < 400
    assert "/sign-in" in answer.headers["HX-Redirect"]
