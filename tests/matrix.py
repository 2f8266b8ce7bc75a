"""Every address × every role × own and foreign records, tried one by one (权限矩阵).

The oracle is the table of addresses (``cases/access.toml``) and the table of roles; what a person
may reach is known from the world. An address that must open has to open.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import unquote, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RoutingException, Rule
from werkzeug.test import TestResponse

from app.kernel.authority import Permission
from tests.access import access, may_open
from tests.addresses import (
    CLOSED,
    ENDING,
    QUERIES,
    SAFE,
    Address,
    Kind,
    addresses,
    form_of,
    methods_of,
    rules,
)
from tests.pages import CheckedClient
from tests.watch import Watch, everything_in
from tests.world import PRINCIPALS, Principal, World

REFUSALS = {403, 404}
TAG = re.compile(r"<((?:a|form|button|input|tr|div|select|tbody|table|section)\b[^>]*)>")
ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
LEADING = {"href": "GET", "action": "GET", "hx-get": "GET", "formaction": "POST", "hx-post": "POST"}
"""The attributes that lead somewhere, and how (a form says it itself)."""
Cell = tuple[str, str, str]
"""Principal, endpoint, method."""


@dataclass(slots=True)
class Matrix:
    """What came of trying everything."""

    tried: Counter[str] = field(default_factory=Counter)
    cells: defaultdict[Cell, set[Kind]] = field(default_factory=lambda: defaultdict(set))
    wrong: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    offered: set[tuple[str, str, str]] = field(default_factory=set)
    refused: set[tuple[int, str]] = field(default_factory=set)

    @property
    def faults(self) -> list[str]:
        """Everything that is not as it should be."""
        return self.wrong + self.leaks + self.writes + self.offers


def demanded(app: Flask) -> set[Cell]:
    """Every cell there is: the app's own table of addresses times everybody."""
    return {
        (who.name, rule.endpoint, method)
        for who in PRINCIPALS
        for rule in rules(app)
        for method in methods_of(rule)
    }


@dataclass(slots=True)
class Attempt:
    """One principal trying what there is."""

    world: World
    who: Principal
    found: Matrix
    watch: Watch
    _client: CheckedClient | None = None

    def rule(self, rule: Rule, method: str) -> None:
        """Try the rule with each example of its arguments, if it knows the method."""
        if method not in methods_of(rule):
            return
        mark = access(rule.endpoint)
        face = self.who.facing(mark) if isinstance(mark, Permission) else self.who
        for address in addresses(self.world, rule, face):
            self.found.cells[self.who.name, rule.endpoint, method].add(address.kind)
            self._try(address, method, face)

    def _try(self, address: Address, method: str, face: Principal) -> None:
        client, endpoint = self._browser(), address.endpoint
        form = None if method in SAFE else form_of(self.world, endpoint, face)
        query = QUERIES[endpoint](self.world, face) if endpoint in QUERIES else {}
        self.watch.taken()
        answer = client.open(address.path, method=method, data=form, query_string=dict(query))
        written = self.watch.taken()
        cell = f"{face.name}: {method} {address.path} ({address.kind}) → {answer.status}"
        wanted = expected(address, method, self.who)
        self.found.tried[wanted] += 1
        if not _is(wanted, answer):
            self.found.wrong.append(f"{cell}, expected {wanted}")
        if written and (method in SAFE or wanted != "in"):
            self.found.writes.append(f"{cell} wrote {sorted(written)}")
        self._look_for_foreign_marks(cell, answer, self.who)
        if wanted == "in":
            if self.who.role is not None and answer.mimetype == "text/html":
                self._look_at_offers(cell, answer.text)
            self._follow(cell, answer, face)
            self._client = None if endpoint in ENDING and method not in SAFE else client
        elif face.role is not None and answer.status_code in REFUSALS:
            self.found.refused.add((self.world.users[face.name], address.path[:80]))

    def _browser(self) -> CheckedClient:
        if self._client is None:
            self._client = self.world.browser(self.who)
            if self.who.role is None:
                self._client.get("/sign-in")  # for its forgery token
        return self._client

    def _look_for_foreign_marks(self, cell: str, answer: TestResponse, face: Principal) -> None:
        told = everything_in(answer)
        if "Qz" in told:
            leaked = [mark for mark in self.world.foreign_marks(face) if mark in told]
            if leaked:
                self.found.leaks.append(f"{cell} tells {leaked}")

    def _look_at_offers(self, cell: str, html: str) -> None:
        """A page offers no link and no form that the person would be turned away from."""
        for endpoint, method in offers_of(self.world.app, html):
            self.found.offered.add((self.who.name, endpoint, method))
            if not may_open(endpoint, self.who):
                self.found.offers.append(f"{cell} offers {method} {endpoint}")

    def _follow(self, cell: str, answer: TestResponse, face: Principal) -> None:
        """An export answers with the address of the file that it made."""
        if "/downloads/" in (answer.location or ""):
            self.found.tried["file"] += 1
            fetched = self._browser().get(answer.location)
            if fetched.status_code != 200:
                self.found.wrong.append(f"{cell}, then {fetched.status}")
            self._look_for_foreign_marks(f"{cell}, the file", fetched, face)


def offers_of(app: Flask, html: str) -> set[tuple[str, str]]:
    """The endpoints and methods that a page's links, forms and buttons lead to."""
    found = set()
    known = app.url_map.bind("")
    for tag in TAG.findall(html):
        attributes = dict(ATTRIBUTE.findall(tag))
        posts = tag.startswith("form") and attributes.get("method", "").lower() == "post"
        for name, method in LEADING.items():
            if attributes.get(name, "").startswith("/"):
                path = urlsplit(unescape(attributes[name])).path
                wanted = "POST" if name == "action" and posts else method
                with suppress(HTTPException, RoutingException):
                    found.add((known.match(unquote(path), wanted)[0], wanted))
    return found


def expected(address: Address, method: str, who: Principal) -> str:
    """What has to come of it."""
    if not may_open(address.endpoint, who):
        return "sign-in" if who.role is None else "403"
    if (address.endpoint, method) in CLOSED:
        return "refused"
    if address.kind is Kind.FOREIGN and who.also is not None:
        return "refused"  # what the second role may look at, the first one may not act on
    outcomes = {Kind.OWN: "in", Kind.REFUSED: "refused"}
    return outcomes.get(address.kind, "404")


def _is(wanted: str, answer: TestResponse) -> bool:
    status, location = answer.status_code, answer.location or ""
    to_sign_in = status in {302, 303} and location.startswith("/sign-in")
    match wanted:
        case "in":
            return 200 <= status < 400 and not (to_sign_in and "next=" in location)
        case "sign-in":
            return to_sign_in or (status == 401 and 'name="password"' in answer.text)
        case "refused":
            return status in {404, 409, 422}
        case _:
            return status == int(wanted)
