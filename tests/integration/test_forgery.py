"""No other site can make a signed-in person's browser do anything (跨站请求伪造)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.models import SignInSession
from app.kernel.database import db
from tests.addresses import QUERIES, SAFE, form_of, methods_of, own_address, rules, somebody_for
from tests.pages import CheckedClient
from tests.people import PASSWORD
from tests.tally import Tally
from tests.watch import fingerprint, watching
from tests.world import World


@dataclass(frozen=True, slots=True)
class Forgery:
    """A request that another site could have made the browser send."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)


def forgeries(own: str, others: str) -> list[Forgery]:
    """``own`` and ``others``: the forgery tokens of this session and of another one."""
    genuine = {"X-CSRFToken": own}
    return [
        Forgery("no token"),
        Forgery("an empty token", {"X-CSRFToken": ""}, form={"csrf_token": ""}),
        Forgery("the token of another session", {"X-CSRFToken": others}),
        Forgery("the token of another session in the form", form={"csrf_token": others}),
        Forgery("the token in the address", query={"csrf_token": own, "X-CSRFToken": own}),
        Forgery("a made-up token", {"X-CSRFToken": "x" * len(own)}),
        Forgery("an altered token", {"X-CSRFToken": own[:-4] + "AAAA"}),
        Forgery("sent by another site", genuine | {"Sec-Fetch-Site": "cross-site"}),
        Forgery("of another origin", genuine | {"Origin": "https://evil.example"}),
        Forgery("of no origin", genuine | {"Origin": "null"}),
        Forgery("of our name and another port", genuine | {"Origin": "http://localhost:81"}),
        Forgery("of a page elsewhere", genuine | {"Referer": "http://localhost.evil.example/"}),
        Forgery("htmx without a token", {"HX-Request": "true"}),
    ]


def unsafe(world: World) -> Iterator[tuple[Rule, str]]:
    for rule in rules(world.app):
        for method in methods_of(rule):
            if method not in SAFE:
                yield rule, method


def token_of(client: CheckedClient, page: str) -> str:
    """A genuine token of this browser's session."""
    client.token = ""
    client.get(page)
    assert client.token
    return client.token


def sent(
    client: CheckedClient, rule: Rule, path: str, method: str, forged: Forgery, form: dict[str, Any]
) -> TestResponse:
    """The forged request; the browser adds its cookie and nothing else."""
    return FlaskClient.open(
        client, path, method=method, headers=forged.headers, query_string=forged.query,
        data=form | forged.form,
    )  # fmt: skip


def test_every_forged_request_is_refused_and_changes_nothing(world: World, tally: Tally) -> None:
    tried, accepted = 0, []
    others = token_of(world.browser(somebody_for(world.app, "accounts.account_list")), "/me")
    for rule, method in unsafe(world):
        who = somebody_for(world.app, rule.endpoint)
        client = world.browser(who)
        path, own = own_address(world, rule, who), token_of(client, "/me")
        if rule.endpoint not in OPENING:
            form_of(world, rule.endpoint, who)  # what it prepares stands before the look
        with nothing_changes(world):
            for forged in forgeries(own, others):
                form = form_of(world, rule.endpoint, who) if rule.endpoint not in OPENING else {}
                answer = sent(client, rule, path, method, forged, form)
                tried += 1
                if answer.status_code != 400:
                    accepted.append(f"{method} {path}, {forged.name}: {answer.status}")
    there_are = len(list(unsafe(world)))
    tally("forged requests", tried, accepted, at_least=13 * there_are, addresses=there_are)


OPENING = frozenset({"accounts.sign_in"})
"""Their example forms open an account first, which would look like a change."""


@contextmanager
def nothing_changes(world: World) -> Iterator[None]:
    """No business row, no kept file and no session may be other than before."""
    before = (fingerprint(world.app), _files(world), _sessions(world))
    yield
    assert (fingerprint(world.app), _files(world), _sessions(world)) == before


def _files(world: World) -> list[str]:
    folder = world.app.config["CONFIG"].instance_dir / "files"
    return sorted(str(path) for path in folder.rglob("*"))


def _sessions(world: World) -> int:
    with world.app.app_context():
        return db.session.execute(
            select(func.count()).where(SignInSession.ended_at.is_(None))
        ).scalar_one()


def test_the_same_requests_with_their_token_are_accepted(world: World, tally: Tally) -> None:
    """Otherwise an app that refuses everything would pass."""
    refused, tried = [], 0
    for rule, method in unsafe(world):
        if rule.endpoint == "accounts.setup":
            continue  # closed once there are accounts
        who = somebody_for(world.app, rule.endpoint)
        client = world.browser(who)
        path, own = own_address(world, rule, who), token_of(client, "/me")
        form = form_of(world, rule.endpoint, who)
        headers = {"X-CSRFToken": own, "Sec-Fetch-Site": "same-origin",
                   "Origin": "http://localhost", "Referer": "http://localhost/me"}  # fmt: skip
        query = QUERIES[rule.endpoint](world, who) if rule.endpoint in QUERIES else {}
        genuine = Forgery("from our own page", headers, {k: str(v) for k, v in query.items()})
        answer = sent(client, rule, path, method, genuine, form)
        tried += 1
        if answer.status_code >= 400:
            refused.append(f"{method} {path}: {answer.status}")
    tally("genuine requests", tried, refused, at_least=len(list(unsafe(world))) - 1)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_changes_no_record(world: World, method: str) -> None:
    tried, written = 0, []
    before = fingerprint(world.app)
    with watching(world.app) as watch:
        for rule in rules(world.app):
            who = somebody_for(world.app, rule.endpoint)
            client, path = world.browser(who), own_address(world, rule, who)
            if watch.taken():  # the examples themselves are made
                before = fingerprint(world.app)
            query = dict(QUERIES[rule.endpoint](world, who)) if rule.endpoint in QUERIES else {}
            watch.taken()
            FlaskClient.open(client, path, method=method, query_string=query).close()
            tried += 1
            if tables := watch.taken():
                written.append(f"{method} {path} wrote {sorted(tables)}")
    assert not written, "\n".join(written)
    assert fingerprint(world.app) == before
    assert tried == len(rules(world.app)) > 40


def test_the_watch_sees_a_write(world: World) -> None:
    """What the tests above rely on."""
    with watching(world.app) as watch:
        before = fingerprint(world.app)
        client = world.browser(somebody_for(world.app, "policy.export_list"))
        watch.taken()
        client.post("/register/export", data={"format": "csv"})
        assert {"download", "stored_file"} <= watch.taken()
    changed = {name for name, rows in fingerprint(world.app).items() if rows != before[name]}
    assert changed == {"download", "stored_file"}


def test_nobody_is_signed_out_by_a_link(world: World) -> None:
    client = world.browser(somebody_for(world.app, "portal.home"))
    for method in ("GET", "HEAD"):
        assert client.open("/sign-out", method=method).status_code == 405
    assert client.get("/me").status_code == 200


def test_nobody_is_signed_in_to_an_account_of_the_attacker(world: World) -> None:
    """Sign-in forgery: the attacker's own name and password, sent from the victim's browser."""
    form = form_of(world, "accounts.sign_in", somebody_for(world.app, "portal.home"))
    attacker: CheckedClient = world.app.test_client()  # type: ignore[assignment]
    attackers_token = token_of(attacker, "/sign-in")
    victim = world.browser(somebody_for(world.app, "portal.home"))
    mine = victim.get("/me").text
    fresh: CheckedClient = world.app.test_client()  # type: ignore[assignment]
    for browser in (victim, fresh):
        for forged in (
            Forgery("no token"),
            Forgery("the attacker's token", form={"csrf_token": attackers_token}),
        ):
            answer = FlaskClient.open(browser, "/sign-in", method="POST", data=form | forged.form)
            assert answer.status_code == 400, forged.name
    assert victim.get("/me").text.count("<main") == mine.count("<main") == 1
    assert victim.get("/me").status_code == 200
    assert fresh.get("/me").status_code == 303
    assert form["password"] == PASSWORD
    accepted = attacker.post("/sign-in", data=form)
    assert accepted.status_code == 303, "the forged form was good but for its token"
