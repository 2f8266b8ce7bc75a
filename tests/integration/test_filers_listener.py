"""Which addresses the enterprises' listener has (企业申报入口): no officers' page is among them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from app.accounts import entrance
from app.accounts.domain import Role
from app.accounts.services.sign_in import renew_session
from app.kernel.permissions import access_of
from app.kernel.transaction import writing
from tests.access import access
from tests.addresses import methods_of, own_address, rules
from tests.installations import beside, close
from tests.matrix import ATTRIBUTE, LEADING, TAG
from tests.pages import NEW_EACH_TIME, CheckedClient
from tests.people import _browser_with
from tests.tally import Tally
from tests.world import PRINCIPALS, Principal, World

OPENED = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "filers.toml").read_text(encoding="utf-8")
)
FILER, SIGNATORY, AGENT = (
    next(it for it in PRINCIPALS if it.role is role)
    for role in (Role.FILER, Role.SIGNATORY, Role.AGENT)
)


@pytest.fixture(scope="module")
def outside(world: World) -> Iterator[Flask]:
    """The enterprises' listener of the world."""
    app = beside(world.app)
    yield app
    close(app)


def browser_of(outside: Flask, user_id: int) -> CheckedClient:
    with outside.test_request_context(), writing("测试"):
        token = renew_session(user_id, "127.0.0.1", "tests")
    return _browser_with(outside, token)


def person(world: World, outside: Flask, who: Principal) -> CheckedClient:
    return browser_of(outside, world.users[who.name])


def is_answered(outside: Flask, endpoint: str) -> bool:
    return any(not it.build_only for it in outside.url_map.iter_rules(endpoint))


# --- Which addresses there are -----------------------------------------------------------------


def test_every_view_is_the_filers_or_not(world: World, outside: Flask, tally: Tally) -> None:
    wrong = []
    for rule in rules(world.app):
        wanted = access(rule.endpoint) in OPENED["permissions"]
        wanted = wanted or rule.endpoint in OPENED["endpoints"]
        if is_answered(outside, rule.endpoint) != wanted:
            wrong.append(rule.endpoint)
    tally("views that are the filers' or not", len(rules(world.app)), wrong)
    assert set(OPENED["endpoints"]) <= set(world.app.view_functions), "no longer there"
    assert set(OPENED["permissions"]) == set(
        entrance.OF_ENTERPRISES_ONLY | entrance.WORKED_AT_BOTH_DOORS
    )


def test_nothing_named_for_filers_asks_for_what_no_enterprise_holds(world: World) -> None:
    for endpoint in entrance.SHARED:
        view = world.app.view_functions[endpoint]
        assert entrance.is_for_filers(endpoint, view), (endpoint, access_of(view))


def test_a_view_without_a_mark_is_shut() -> None:
    assert not entrance.is_for_filers("portal.home", lambda: "")


def plain(text: str) -> str:
    """A refusal without what differs between any two of them."""
    return NEW_EACH_TIME.sub("", text)


def test_officers_addresses_are_answered_as_addresses_that_never_were(
    world: World, outside: Flask, tally: Tally
) -> None:
    """By nobody, a filer, and an officer's cookie of the main listener, by every method."""
    officer = next(it for it in PRINCIPALS if it.role is Role.CITY_HEAD)
    browsers = {
        "nobody": outside.test_client(),
        "filer": person(world, outside, FILER),
        "officer": _browser_with(outside, token_of_main(world, officer)),
    }
    unknown = {name: plain(it.get("/no-such-page").text) for name, it in browsers.items()}
    tried, wrong = 0, []
    for rule in rules(world.app):
        if is_answered(outside, rule.endpoint):
            continue
        path = own_address(world, rule, officer)
        if list(outside.url_map.bind("").allowed_methods(path)):
            continue  # by another method it is an address of the filers'
        for name, browser in browsers.items():
            for method in {*methods_of(rule), "GET", "POST", "OPTIONS"}:
                answer = browser.open(path, method=method)
                tried += 1
                if answer.status_code != 404 or "Allow" in answer.headers:
                    wrong.append(f"{name} {method} {path}: {answer.status}")
                elif plain(answer.text) != unknown[name]:
                    wrong.append(f"{name} {method} {path}: another page than for no address")
    tally("officers' addresses at the filers' listener", tried, wrong, at_least=1200)


def token_of_main(world: World, who: Principal) -> str:
    with world.app.app_context(), writing("测试"):
        return renew_session(world.users[who.name], "127.0.0.1", "tests")


@pytest.mark.parametrize("who", [FILER, SIGNATORY, AGENT], ids=lambda it: it.name)
def test_whatever_a_page_offers_is_there(
    world: World, outside: Flask, who: Principal, tally: Tally
) -> None:
    """From the home page on, every link and form leads to something; nothing names officers'."""
    browser = person(world, outside, who)
    waiting, seen, wrong = ["/"], {"/"}, []
    known = outside.url_map.bind("")
    while waiting and len(seen) < 400:
        page = waiting.pop()
        answer = browser.get(page)
        is_page = answer.mimetype == "text/html"
        shown = answer.text if is_page else ""
        answer.close()
        is_made_up = "须从备份恢复" in shown  # a record of the world without its file
        if answer.status_code not in (200, 302, 303) and not is_made_up:
            wrong.append(f"{page}: {answer.status}")
        for tag in TAG.findall(shown):
            attributes = dict(ATTRIBUTE.findall(tag))
            for name in LEADING:
                target = unescape(attributes.get(name, ""))
                if not target.startswith("/"):
                    continue
                path = target.partition("?")[0].partition("#")[0]
                is_post = name in ("hx-post", "formaction") or attributes.get("method") == "post"
                if not known.test(path, "POST" if is_post else "GET"):
                    wrong.append(f"{page} offers {path}")
                elif name == "href" and path not in seen:
                    seen.add(path)
                    waiting.append(path)
    tally("pages walked by links", len(seen), sorted(set(wrong)), at_least=20)
