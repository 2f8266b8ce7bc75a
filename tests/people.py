"""People of a test installation, opened through the services of accounts (测试人员)."""

from __future__ import annotations

import secrets
from functools import cache
from itertools import count
from typing import Protocol, cast

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from app.accounts import passwords, services
from app.accounts.domain import COUNTY_ROLES, Role
from app.accounts.services.sign_in import renew_session
from app.kernel.transaction import writing
from tests.pages import CheckedClient

PASSWORD = "Zhongyao-Wendang-37"
YUECHENG = "330602"
KEQIAO = "330603"
_numbers = count(1)


class ClientAs(Protocol):
    """``client_as("county-officer", county="330603")``: the browser of such a person."""

    def __call__(
        self, role: str, *, county: str | None = None, uscc: str | None = None
    ) -> CheckedClient: ...


def signed_in(
    app: Flask, role: str, *, county: str | None = None, uscc: str | None = None
) -> CheckedClient:
    """The browser of a new person with this role; a county role without a county gets 越城区.

    Needs the bureau of Shaoxing. :data:`PASSWORD` signs them in again.
    """
    wanted = Role(role)
    if wanted in COUNTY_ROLES and county is None:
        county = YUECHENG
    return browser_of(app, opened(app, wanted, county=county, uscc=uscc))


def opened(app: Flask, role: Role, *, county: str | None = None, uscc: str | None = None) -> int:
    """A new account with this role, as its lasting id; :data:`PASSWORD` signs it in."""
    with app.app_context(), writing("测试"):
        person = services.open_account(
            f"{role}.{next(_numbers)}", role.label, password_hash=_password_hash()
        )
        services.grant_role(person.user_id, role, county=county, uscc=uscc)
    return person.user_id


def browser_of(app: Flask, user_id: int) -> CheckedClient:
    """The one browser this account is signed in with; those it had before are signed out."""
    with app.app_context(), writing("测试"):
        token = renew_session(user_id, "127.0.0.1", "tests")
    return _browser_with(app, token)


@cache
def _password_hash() -> str:
    return passwords.hashed(PASSWORD)


def _browser_with(app: Flask, token: str) -> CheckedClient:
    """A browser that holds the session token and the forgery token of its last page."""
    client = cast("CheckedClient", app.test_client())
    forgery = secrets.token_hex(20)
    with client.session_transaction() as session:
        session.update({"_user_id": token, "_fresh": True, "csrf_token": forgery})
    signer = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token")
    client.token = signer.dumps(forgery)
    return client
