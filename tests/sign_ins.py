"""One officer who signs in by the page, for tests of signing in (登录测试)."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel.transaction import writing
from tests.people import PASSWORD

NAME = "zhangwei"


def open_officer(app: Flask) -> int:
    """Open the account of NAME, a county officer of 越城区; returns its id."""
    with app.app_context(), writing("测试"):
        made = services.open_account(NAME, "张伟", password_hash=passwords.hashed(PASSWORD))
        services.grant_role(made.user_id, Role.COUNTY_OFFICER, county="330602")
    return made.user_id


def attempt(client: FlaskClient, password: str = PASSWORD, name: str = NAME) -> tuple[int, str]:
    """Sign in by the page; returns status and page of the answer."""
    client.get("/sign-in")
    answer = client.post("/sign-in", data={"name": name, "password": password})
    if answer.location:
        client.get("/me/password")  # a page, for its forgery token
    return answer.status_code, answer.get_data(as_text=True)


def is_in(client: FlaskClient) -> bool:
    """Whether this browser is signed in."""
    return client.get("/me").status_code == 200
