"""What every answer carries, whatever its address and status, and where it may lead (响应头)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.kernel.config import Config
from tests.addresses import (
    ENDING,
    QUERIES,
    SAFE,
    access,
    form_of,
    may_open,
    methods_of,
    own_address,
    rules,
    somebody_for,
)
from tests.installations import close
from tests.pages import CheckedClient
from tests.world import ANONYMOUS, PRINCIPALS, World

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "frame-ancestors": "'none'",
}
NOT_OURS = Path(__file__).parents[1] / "cases" / "hostile_redirects.txt"
TELLING = re.compile(r"Traceback|File \"|site-packages|sqlalchemy|psycopg|sqlite|SELECT |/app/")


def faults_of(answer: TestResponse) -> list[str]:
    """What an answer lacks; empty when nothing."""
    found = [f"no {name}" for name, value in ALWAYS.items() if answer.headers.get(name) != value]
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers.get("Content-Security-Policy", "").split(";")
    )
    is_asset = "/assets/" in answer.request.path and answer.status_code == 200
    is_file = "attachment" in answer.headers.get("Content-Disposition", "") or (
        (answer.mimetype or "").startswith("image/")
        and not is_asset  # a page of a material (佐证材料)
    )
    if is_file and policy != {"sandbox": "", "default-src": "'none'"}:
        found.append(f"a file with the policy {policy}")
    if not is_file and policy != POLICY:
        found.append(f"policy {policy}")
    if not (is_asset and "immutable" in answer.headers.get("Cache-Control", "")):
        if answer.headers.get("Cache-Control") != "no-store":
            found.append(f"Cache-Control {answer.headers.get('Cache-Control')}")
        if not {"Cookie", "HX-Request"} <= set(answer.vary):
            found.append(f"Vary {answer.headers.get('Vary')}")
    for cookie in answer.headers.getlist("Set-Cookie"):
        found += [f"cookie without {flag}" for flag in COOKIE if flag not in cookie]
    if "Server" in answer.headers or "X-Powered-By" in answer.headers:
        found.append("tells what it runs on")
    if answer.status_code >= 400 and TELLING.search(answer.text):
        found.append("tells its insides")
    return found


COOKIE = ("HttpOnly", "SameSite=Lax", "Path=/")


class Broken(Exception):
    """A fault inside a view, made by the test."""


def answers(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestResponse]:
    """Every rule answered with every status that it can be brought to."""
    app = world.app
    for rule in rules(app):
        who = somebody_for(app, rule.endpoint)
        client, path = world.browser(who), own_address(world, rule, who)
        query = dict(QUERIES[rule.endpoint](world, who)) if rule.endpoint in QUERIES else {}
        yield bare(client, path, "OPTIONS")
        yield bare(client, path, "TRACE")
        yield bare(client, path, "DELETE")
        yield bare(world.browser(ANONYMOUS), path, methods_of(rule)[0])
        for method in methods_of(rule):
            if method in SAFE:
                yield bare(client, path, method, query_string=query)
                yield bare(client, path, "HEAD", query_string=query)
                yield bare(client, path, method, headers={"HX-Request": "true"})
                yield bare(client, path, method, query_string="q=%00")
            else:
                yield bare(client, path, method)
                yield from too_large(app, client, path, method)
        yield from failing(app, client, path, rule.endpoint, methods_of(rule)[0], monkeypatch)
        yield from refused(world, rule.endpoint, path, methods_of(rule)[0])
    for rule in rules(app):
        for method in methods_of(rule):
            if method not in SAFE and rule.endpoint not in ENDING:
                who = somebody_for(app, rule.endpoint)
                form = form_of(world, rule.endpoint, who)
                path = own_address(world, rule, who)
                yield world.browser(who).open(path, method=method, data=form)


def bare(client: CheckedClient, path: str, method: str, **options: Any) -> TestResponse:
    """The answer as it comes, without the look at its page."""
    return FlaskClient.open(client, path, method=method, **options)


def too_large(app: Flask, client: CheckedClient, path: str, method: str) -> Iterator[TestResponse]:
    limit, app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"], 1000
    yield bare(client, path, method, data={"text": "x" * 2000})
    app.config["MAX_CONTENT_LENGTH"] = limit


def failing(
    app: Flask,
    client: CheckedClient,
    path: str,
    endpoint: str,
    method: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestResponse]:
    """The view breaks, for a whole page and for a part of one."""
    view = app.view_functions[endpoint]

    def broken(**_arguments: object) -> str:
        raise Broken("secret /app/broken.py SELECT password")

    broken.__access__ = access(endpoint)  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, endpoint, broken)
    headers = {"X-CSRFToken": client.token or ""}
    yield bare(client, path, method, headers=headers)
    yield bare(client, path, method, headers=headers | {"HX-Request": "true"})
    monkeypatch.setitem(app.view_functions, endpoint, view)


def refused(world: World, endpoint: str, path: str, method: str) -> Iterator[TestResponse]:
    """Somebody who is signed in and may not."""
    for who in PRINCIPALS[1:]:
        if not may_open(endpoint, who):
            client = world.browser(who)
            yield bare(client, path, method, headers={"X-CSRFToken": client.token or ""})
            return


def test_every_answer_of_every_address_carries_the_headers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Counter[int] = Counter()
    faults = []
    for answer in answers(world, monkeypatch):
        seen[answer.status_code] += 1
        where = f"{answer.request.method} {answer.request.path} {answer.status}"
        faults += [f"{where}: {fault}" for fault in faults_of(answer)]
        answer.close()
    print(f"\nanswers {seen.total()}: {dict(sorted(seen.items()))}")  # noqa: T201
    assert not faults, "\n".join(faults)
    assert {200, 303, 400, 403, 405, 413, 500} <= seen.keys()


def test_addresses_that_do_not_exist_carry_the_headers_too(world: World) -> None:
    client = world.browser(PRINCIPALS[1])
    unknown = ("/unknown", "/plants/0x1", "/plants/99999999999999999999", "/assets/a/b", "/policy")
    for path in unknown:
        answer = client.get(path)
        assert answer.status_code in {308, 404}
        assert faults_of(answer) == [], path


def test_cookies_are_kept_to_this_server_and_to_https(world: World, tmp_path: Path) -> None:
    """With TLS the cookie is bound to this very host and never sent in the clear."""
    config = Config(
        instance_dir=tmp_path,
        database_url=world.app.config["CONFIG"].database_url,
        secret_key="tests only",
        secure_cookies=True,
    )
    secure = create_app(config)
    answer = secure.test_client().get("/sign-in", base_url="https://localhost")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-")
    for part in ("Secure", *COOKIE):
        assert part in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    close(secure)


def test_signing_out_empties_the_browsers_memory(world: World) -> None:
    answer = world.browser(PRINCIPALS[1]).post("/sign-out")
    assert '"cache"' in answer.headers["Clear-Site-Data"]


def hostile_targets() -> list[str]:
    return NOT_OURS.read_text(encoding="utf-8").splitlines()


def is_ours(location: str) -> bool:
    """Whether a browser on this server would stay here when sent to this location."""
    cleaned = re.sub(r"[\t\r\n]", "", location).replace("\\", "/")
    parts = urlsplit(cleaned)
    return not parts.scheme and not parts.netloc and cleaned.startswith("/")


@pytest.mark.parametrize("sign_in_first", [True, False])
def test_no_parameter_leads_to_another_site(world: World, sign_in_first: bool) -> None:
    """``next`` and its likes, on every address, for those signed in and those not."""
    tried, astray = 0, []
    targets = hostile_targets()
    for number, rule in enumerate(rules(world.app)):
        if "GET" not in methods_of(rule):
            continue
        who = somebody_for(world.app, rule.endpoint)
        client = world.browser(who if sign_in_first else ANONYMOUS)
        path = own_address(world, rule, who)
        for step in range(8):
            target = targets[(number * 8 + step) % len(targets)]
            names = ("next", "url", "return_to", "resume_path")
            htmx = {"HX-Request": "true", "HX-Current-URL": target, "Referer": target}
            for headers in ({}, htmx):
                answer = bare(
                    client, path, "GET", query_string=dict.fromkeys(names, target), headers=headers
                )
                tried += 1
                for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url"):
                    location = answer.headers.get(name, "/")
                    if not is_ours(location):
                        astray.append(f"{path} next={target!r}: {name} {location}")
                answer.close()
    print(f"\nredirects tried {tried}")  # noqa: T201
    assert not astray, "\n".join(astray)
    assert tried > 8 * 20


def test_signing_in_never_leads_to_another_site(world: World) -> None:
    who = somebody_for(world.app, "portal.home")
    astray = []
    for target in hostile_targets():
        client: CheckedClient = world.app.test_client()  # type: ignore[assignment]
        client.get("/sign-in")
        form = form_of(world, "accounts.sign_in", who) if target.startswith("//e") else {}
        form["resume_path"] = target
        answer = client.post("/sign-in", query_string={"next": target}, data=form)
        assert answer.status_code in {303, 422} or form["resume_path"]
        if answer.location and not is_ours(answer.location):
            astray.append(f"{target!r} → {answer.location}")
    assert not astray


def test_an_address_with_odd_slashes_stays_on_this_server(world: World) -> None:
    """The app's own redirects (a missing slash, doubled slashes) keep to this server."""
    client = world.browser(somebody_for(world.app, "portal.home"))
    odd = ("//evil.example/", "//policy", "/policy//", "///rights", "/\\evil.example", "/rights")
    for path in odd:
        answer = client.get(path, base_url="http://evil.example")
        location = answer.headers.get("Location", "/")
        assert is_ours(location), (path, location)
    assert client.get("/policy?on=1").headers["Location"] == "/policy/?on=1"
