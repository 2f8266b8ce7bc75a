"""A form sets what its page asks for and nothing else, whatever is sent along (批量赋值).

Every form is sent twice from the same state: as its page sends it, and with a field for every
column of every table besides. Both must leave the same rows behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import services
from app.filing.services import packages
from app.kernel import clock
from app.kernel.database import Base, db
from app.kernel.transaction import writing
from tests.addresses import QUERIES, SAFE, form_of, methods_of, own_address, rules, somebody_for
from tests.installations import Sqlite, close, installed
from tests.setback import Kept
from tests.watch import noting_parameters
from tests.world import World, populate

AT_RANDOM = frozenset({"hash", "previous_hash", "token", "token_hash", "password_hash"})
"""Columns that differ whenever the same is done twice."""

RANDOM_WORD = re.compile("[0-9a-f]{16,}")

KEPT_BY_THE_SERVER = frozenset(
    {
        "actor_id", "annulled_at", "annulled_by", "created_at", "created_by", "decided_by",
        "disabled_at", "enterprise_id", "granted_by", "must_change_password", "password_hash",
        "proposed_by", "recorded_at", "recorded_by", "sha256", "signed_by", "uploaded_by",
        "user_id",
    }
)  # fmt: skip
"""Who did it, when, and what came of it: no form is asked for these at all."""


@pytest.fixture(scope="module")
def its_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """On SQLite, whose whole state can be set back between two forms; the views are the same."""
    folder = tmp_path_factory.mktemp("assigned")
    with Sqlite(tmp_path_factory.mktemp("sqlite")).database(folder, with_bureau=True) as url:
        app = installed(folder, url)
        yield populate(app)
        close(app)


@contextmanager
def set_back(app: Flask) -> Iterator[None]:
    """Whatever is written inside is gone afterwards."""
    kept = Kept(app)
    try:
        yield
    finally:
        kept.set_back()
        kept.close()


def everything(app: Flask) -> dict[str, list[str]]:
    """Every row of every table in words, without what is made at random."""
    with app.app_context():
        return {
            table.name: sorted(
                RANDOM_WORD.sub("…", repr(tuple(row)))
                for row in db.session.execute(
                    select(*(it for it in table.columns if it.name not in AT_RANDOM))
                )
            )
            for table in Base.metadata.sorted_tables
        }


def extras(without: set[str]) -> dict[str, str]:
    """A field for every column that the form does not ask for, with a value that would tell."""
    found = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name in without:
                continue
            kind = column.type
            if column.name == "role":
                found[column.name] = "system-admin"
            elif column.name == "county":
                found[column.name] = "330681"
            elif isinstance(kind, sa.Date):
                found[column.name] = "2020-02-02"
            elif isinstance(kind, sa.String):
                found[column.name] = "signed"
            else:
                found[column.name] = "1"
    return found


def fresh(form: Mapping[str, Any]) -> dict[str, Any]:
    """The form again, with files that have not been read."""

    def anew(value: Any) -> Any:
        if isinstance(value, tuple) and isinstance(value[0], BytesIO):
            return (BytesIO(value[0].getvalue()), *value[1:])
        return [anew(it) for it in value] if isinstance(value, list) else value

    return {name: anew(value) for name, value in form.items()}


@contextmanager
def one_number_for_packages() -> Iterator[None]:
    """Offline packages get a random number, which is also inside the package that is kept."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(packages, "secrets", SimpleNamespace(token_hex=lambda size: "ab" * size))
        yield


def test_a_form_sets_nothing_that_its_page_does_not_ask_for(its_world: World) -> None:
    app = its_world.app
    sent, added, differing = 0, 0, []
    moment = clock.now()
    with noting_parameters(app) as asked_for:
        for rule in rules(app):
            for method in sorted(set(methods_of(rule)) - SAFE):
                if rule.endpoint == "accounts.setup":
                    continue  # closed once there are accounts
                who = somebody_for(app, rule.endpoint)
                form = form_of(its_world, rule.endpoint, who)
                path = own_address(its_world, rule, who)
                known = QUERIES.get(rule.endpoint)
                query = known(its_world, who) if known else {}
                results = []
                for more in (False, True):
                    data = fresh(form)
                    if more:
                        its_own = asked_for[rule.endpoint] | form.keys()
                        data |= (odd := extras(its_own))
                        added += len(odd)
                    with set_back(app), clock.frozen(moment), one_number_for_packages():
                        client = its_world.browser(who)
                        client.get("/me")
                        status = posted(client, method, path, data, query)
                        results.append((status, everything(app)))
                if results[0][0] < 400:
                    sent += 1
                differing += [f"{method} {path}: {it}" for it in differences(*results)]
    print(f"\nforms {sent}, fields added {added}")  # noqa: T201
    assert not differing, "\n".join(differing)
    assert sent > 50
    told = {name for names in asked_for.values() for name in names}
    assert told & KEPT_BY_THE_SERVER == set()


def posted(
    client: Any, method: str, path: str, data: Mapping[str, Any], query: Mapping[str, Any]
) -> int:
    with FlaskClient.open(
        client,
        path,
        method=method,
        data=dict(data),
        query_string=dict(query),
        headers={"X-CSRFToken": client.token or ""},
    ) as answer:
        return answer.status_code


Result = tuple[int, dict[str, list[str]]]


def differences(plain: Result, more: Result) -> Iterator[str]:
    """Where the two states differ, and whether the plain form was taken at all."""
    if plain[0] != more[0]:
        yield f"{plain[0]} became {more[0]}"
    for table, rows in plain[1].items():
        if rows != more[1][table]:
            odd = [it for it in more[1][table] if it not in rows]
            yield f"{table} differs: {odd[:2]}"


def test_a_single_other_value_is_seen_and_set_back(its_world: World) -> None:
    """The look must be able to find what it looks for."""
    app = its_world.app
    before = everything(app)
    with set_back(app):
        with app.app_context(), writing("测试"):
            services.disable_account(next(iter(its_world.users.values())))
        told = list(differences((303, before), (303, everything(app))))
        assert {it.split()[0] for it in told} >= {"user_account", "audit_entry"}
    assert everything(app) == before
