"""Every address × every role × own and foreign records: who gets in, and what they get (越权).

The oracle is the mark of the view and the table of roles. What must open has to open, so that an
app which refuses everything fails too; what is refused must neither tell nor change anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.domain import Role
from app.kernel.database import db
from app.kernel.models import AuditEntry
from tests.addresses import (
    CLOSED,
    QUERIES,
    SAFE,
    Address,
    Kind,
    addresses,
    form_of,
    may_open,
    methods_of,
    own_address,
    reachable,
    rules,
)
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG
from tests.watch import Watch, everything_in, noting_parameters, watching
from tests.world import PRINCIPALS, Principal, World

REFUSALS = {403, 404}


@dataclass(slots=True)
class Matrix:
    """What came of trying everything."""

    tried: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    refused: set[tuple[int, str]] = field(default_factory=set)
    logged: set[tuple[int, str]] = field(default_factory=set)


@pytest.fixture(scope="module")
def matrix(world: World) -> Matrix:
    """Every cell tried once."""
    found = Matrix()
    with watching(world.app) as watch:
        for who in PRINCIPALS:
            attempt = Attempt(world, who, found, watch)
            for method in ("GET", "POST"):  # reading first: writing may end the session
                for rule in rules(world.app):
                    attempt.rule(rule, method)
    with world.app.app_context():
        entries = db.session.execute(
            select(AuditEntry.actor_id, AuditEntry.object_id).where(
                AuditEntry.action == "access.refused"
            )
        )
        found.logged = {(actor, path) for actor, path in entries if actor is not None}
    print(f"\ncells {found.tried.total()}: {dict(found.tried)}")  # noqa: T201
    return found


@dataclass(slots=True)
class Attempt:
    """One principal trying everything."""

    world: World
    who: Principal
    found: Matrix
    watch: Watch
    _client: CheckedClient | None = None

    def rule(self, rule: Rule, method: str) -> None:
        """Try the rule with each example of its arguments."""
        if method not in methods_of(rule):
            return
        for address in addresses(self.world, rule, self.who):
            self._try(address, method)

    def _try(self, address: Address, method: str) -> None:
        client, endpoint = self._browser(), address.endpoint
        form = None if method in SAFE else form_of(self.world, endpoint, self.who)
        query = QUERIES[endpoint](self.world, self.who) if endpoint in QUERIES else {}
        self.watch.taken()
        answer = client.open(address.path, method=method, data=form, query_string=dict(query))
        written = self.watch.taken()
        cell = f"{self.who.name}: {method} {address.path} ({address.kind}) → {answer.status}"
        wanted = self._expected(address, method)
        self.found.tried[wanted] += 1
        if not _is(wanted, answer):
            self.found.wrong.append(f"{cell}, expected {wanted}")
        if written and (method in SAFE or wanted != "in"):
            self.found.writes.append(f"{cell} wrote {sorted(written)}")
        self._look_for_foreign_marks(cell, answer)
        if wanted == "in":
            self._follow(cell, answer)
            self._client = client if method in SAFE else None
        elif self.who.role is not None and answer.status_code in REFUSALS:
            self.found.refused.add((self.world.users[self.who.name], address.path[:80]))

    def _browser(self) -> CheckedClient:
        if self._client is None:
            self._client = self.world.browser(self.who)
            if self.who.role is None:
                self._client.get("/sign-in")  # for its forgery token
        return self._client

    def _expected(self, address: Address, method: str) -> str:
        if not may_open(self.world.app, address.endpoint, self.who):
            return "sign-in" if self.who.role is None else "403"
        if (address.endpoint, method) in CLOSED:
            return "refused"
        outcomes = {Kind.OWN: "in", Kind.REFUSED: "refused"}
        return outcomes.get(address.kind, "404")

    def _look_for_foreign_marks(self, cell: str, answer: TestResponse) -> None:
        told = everything_in(answer)
        leaked = [mark for mark in self.world.foreign_marks(self.who) if mark in told]
        if leaked:
            self.found.leaks.append(f"{cell} tells {leaked}")

    def _follow(self, cell: str, answer: TestResponse) -> None:
        """An export answers with the address of the file that it made."""
        if "/downloads/" in (answer.location or ""):
            self.found.tried["file"] += 1
            fetched = self._browser().get(answer.location)
            if fetched.status_code != 200:
                self.found.wrong.append(f"{cell}, then {fetched.status}")
            self._look_for_foreign_marks(f"{cell}, the file", fetched)


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


def test_everyone_gets_in_exactly_where_the_table_of_roles_says(matrix: Matrix) -> None:
    assert not matrix.wrong, "\n".join(matrix.wrong)
    for outcome in ("in", "403", "404", "sign-in", "refused", "file"):
        assert matrix.tried[outcome] > 0, f"nothing was tried that should end in {outcome}"


def test_no_answer_tells_of_records_outside_ones_reach(matrix: Matrix) -> None:
    assert not matrix.leaks, "\n".join(matrix.leaks)


def test_neither_reading_nor_a_refusal_changes_a_record(matrix: Matrix) -> None:
    assert not matrix.writes, "\n".join(matrix.writes)


def test_every_refusal_is_in_the_audit_log(matrix: Matrix) -> None:
    assert matrix.refused
    assert matrix.refused - matrix.logged == set()


def test_everyone_sees_their_own_records(world: World) -> None:
    """The marks are really there to be leaked: whoever may read the register finds their own."""
    for who in PRINCIPALS:
        seen = world.browser(who).get("/register").text if who.plants else ""
        assert [plant for plant in who.plants if f"Qz{plant}zQ" not in seen] == []


def test_no_parameter_widens_what_is_seen(world: World) -> None:
    """Each parameter of each address that shows records, set to what is somebody else's."""
    tried, leaks = 0, []
    for who in (it for it in PRINCIPALS if it.role in {Role.COUNTY_OFFICER, Role.FILER}):
        client, foreign = world.browser(who), world.foreign_marks(who)
        values = [KEQIAO if who.county != KEQIAO else YUECHENG, "%"]
        values += [str(it) for plant, it in world.plants.items() if plant not in who.plants][:2]
        for rule, method in reachable(world.app, who):
            send = Sending(world, client, rule, method, who)
            for answer, told in send.varied(values):
                tried += 1
                leaked = [mark for mark in foreign if mark in told]
                if leaked:
                    leaks.append(f"{who.name}: {method} {answer.request.url} tells {leaked}")
    print(f"\nparameters tried {tried}")  # noqa: T201
    assert not leaks, "\n".join(leaks)
    assert tried > 100


@dataclass(slots=True)
class Sending:
    """One address of one principal, sent with its parameters changed one by one."""

    world: World
    client: CheckedClient
    rule: Rule
    method: str
    who: Principal

    def varied(self, values: list[str]) -> Iterator[tuple[TestResponse, str]]:
        """The answers that differ from request to request, each with all that it tells.

        An address whose answer holds no mark at all shows no records: it is asked once.
        """
        path, endpoint = own_address(self.world, self.rule, self.who), self.rule.endpoint
        query = dict(QUERIES[endpoint](self.world, self.who)) if endpoint in QUERIES else {}
        form = {} if self.method in SAFE else form_of(self.world, endpoint, self.who)
        with noting_parameters(self.world.app) as noted:
            answer, told = self._sent(path, query, form)
        yield answer, told
        if "Qz" not in told or any(isinstance(value, tuple) for value in form.values()):
            return
        for name in sorted(noted[endpoint]):
            for value in values:
                if self.method in SAFE:
                    yield self._sent(path, {**query, name: value}, form)
                else:
                    yield self._sent(path, {name: value}, {**form, name: value})

    def _sent(
        self, path: str, query: dict[str, object], form: dict[str, object]
    ) -> tuple[TestResponse, str]:
        headers = {"X-CSRFToken": self.client.token or ""}
        answer = FlaskClient.open(
            self.client, path, method=self.method, query_string=query, data=form, headers=headers
        )
        told = everything_in(answer)
        if "/downloads/" in (answer.location or ""):
            told += everything_in(FlaskClient.open(self.client, answer.location))
        return answer, told
