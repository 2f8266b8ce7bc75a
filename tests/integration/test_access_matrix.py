"""Every address × every role × own and foreign records: who gets in, and what they get (越权).

What must open has to open, so that an app which refuses everything fails too; what is refused
must neither tell nor change anything. ``tests/matrix.py`` has the oracle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.accounts.domain import COUNTY_ROLES, ENTERPRISE_ROLES, Role
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.permissions import access_of
from tests.access import access, may_open
from tests.addresses import (
    QUERIES,
    SAFE,
    Kind,
    form_of,
    own_address,
    reachable,
    rules,
)
from tests.matrix import Attempt, Matrix, demanded
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG
from tests.tally import Tally
from tests.watch import everything_in, noting_parameters, watching
from tests.world import PRINCIPALS, Principal, World


@pytest.fixture(scope="module")
def matrix(world: World) -> Matrix:
    """Every cell tried once."""
    found = Matrix()
    with watching(world.app) as watch:
        for who in PRINCIPALS:
            attempt = Attempt(world, who, found, watch)
            for method in ("GET", "POST"):  # reading first: writing changes what there is
                for rule in rules(world.app):
                    attempt.rule(rule, method)
    return found


def test_everyone_gets_in_exactly_where_the_table_of_roles_says(
    matrix: Matrix, tally: Tally
) -> None:
    tally("who gets in where", matrix.tried.total(), matrix.wrong, **matrix.tried)
    for outcome in ("in", "403", "404", "sign-in", "refused", "file"):
        assert matrix.tried[outcome] > 0, f"nothing was tried that should end in {outcome}"


def test_everything_there_is_was_tried_by_everybody(matrix: Matrix, world: World) -> None:
    """Each address that names a record, by each person of a limited reach: an own and a foreign."""
    assert matrix.cells.keys() == demanded(world.app)
    of_records = {
        (endpoint, method)
        for (_, endpoint, method), kinds in matrix.cells.items()
        if Kind.FOREIGN in kinds
    }
    assert len(of_records) > 60
    limited = [it for it in PRINCIPALS if it.role in COUNTY_ROLES | ENTERPRISE_ROLES]
    lacking = [
        (who.name, *address, sorted(matrix.cells[who.name, *address]))
        for who in limited
        for address in of_records
        if not has_own_and_foreign(who, address[0], matrix.cells[who.name, *address])
    ]
    assert lacking == []


DECIDING = frozenset({"approvals.approve_proposal", "approvals.refuse_proposal"})


def has_own_and_foreign(who: Principal, endpoint: str, kinds: set[Kind]) -> bool:
    """Nothing is one's own where one is shut out, nor foreign where a second role reaches all."""
    wanted = {Kind.OWN, Kind.FOREIGN}
    mark = access(endpoint)
    if not may_open(endpoint, who) or (
        endpoint in DECIDING and not who.holds(Permission.DECISION_CONFIRM)
    ):
        wanted.remove(Kind.OWN)
    if isinstance(mark, Permission) and who.facing(mark).role is who.also:
        wanted.discard(Kind.FOREIGN)
    return wanted <= kinds


def test_every_view_bears_the_mark_that_the_table_gives_it(world: World) -> None:
    marks = {
        it.endpoint: access_of(world.app.view_functions[it.endpoint]) for it in rules(world.app)
    }
    assert marks == {endpoint: access(endpoint) for endpoint in marks}


def test_no_answer_tells_of_records_outside_ones_reach(matrix: Matrix, tally: Tally) -> None:
    tally("foreign marks in an answer", matrix.tried.total(), matrix.leaks)


def test_no_page_offers_what_one_would_be_turned_away_from(matrix: Matrix, tally: Tally) -> None:
    tally("links and forms that are offered", len(matrix.offered), matrix.offers, at_least=500)


def test_neither_reading_nor_a_refusal_changes_a_record(matrix: Matrix, tally: Tally) -> None:
    tally("writing by reading or when refused", matrix.tried.total(), matrix.writes)


def test_every_refusal_is_in_the_audit_log(matrix: Matrix, world: World, tally: Tally) -> None:
    with world.app.app_context():
        entries = db.session.execute(
            select(AuditEntry.actor_id, AuditEntry.object_id).where(
                AuditEntry.action == "access.refused"
            )
        )
        logged = {(actor, path) for actor, path in entries if actor is not None}
    silent = [f"{actor}: {path}" for actor, path in matrix.refused - logged]
    tally("refusals on record", len(matrix.refused), silent)


def test_everyone_sees_their_own_records(world: World) -> None:
    """The marks are really there to be leaked: whoever may read the register finds their own."""
    for who in PRINCIPALS:
        seen = world.browser(who).get("/register").text if who.plants else ""
        assert [plant for plant in who.plants if f"Qz{plant}zQ" not in seen] == []


def test_no_parameter_widens_what_is_seen(world: World, tally: Tally) -> None:
    """Each parameter of each address that shows records, set to what is somebody else's."""
    tried, leaks = 0, []
    for who in (
        it for it in PRINCIPALS if it.role in {Role.COUNTY_OFFICER, Role.FILER} and not it.also
    ):
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
    tally("parameters set to what is foreign", tried, leaks, at_least=1000)


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
