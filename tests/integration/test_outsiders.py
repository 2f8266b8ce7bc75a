"""What is said of foreign records changes no answer, not even an order, a count or a page (旁路).

Two installations are entered alike, but that everything said of what lies outside a person's reach
is said in other words. Whatever that person then asks of both, sorted, narrowed and paged by
whatever parameter, from whatever foreign record, must be answered in the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from flask.testing import FlaskClient

from app.accounts.domain import ENTERPRISE_ROLES, Role
from app.kernel.clock import SHANGHAI, frozen
from tests.addresses import QUERIES, own_address, reachable
from tests.installations import Sqlite, close, installed
from tests.pages import NEW_EACH_TIME
from tests.people import KEQIAO
from tests.tally import Tally
from tests.watch import noting_parameters
from tests.world import COUNTY_OF, PRINCIPALS, Principal, World, mark_of, populate

NOW = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
WORDS = ("QzC1zQ", "AaC1aA")
SORTS = ("name", "town", "grade", "officer")
RANDOM = re.compile(
    NEW_EACH_TIME.pattern + r"|[\w-]{43}|[0-9a-f]{16,}|value=\"[\w.-]{60,}\""
    r"|HZ-E[0-9]+|代办[0-9]+|(?<=/Lang\(Qz..zQ)[0-9]+"
    rf"|\b(?:{'|'.join(sorted(ENTERPRISE_ROLES))})\.[0-9]+\b"
)
"""Also what examples count on from world to world: receipts, names of accounts, files."""
SELF_MADE = frozenset({"issuing.", "desk.rule_", "rights.letter", "accounts.", "kernel.download"})
"""Their examples are made anew for each world, and bear the marks of the making."""


def other_words(key: str) -> str:
    """As ``mark_of``, but for what is outside the reach of 越城区: before everything in order."""
    is_foreign = COUNTY_OF.get(key) == KEQIAO or key in ("EC", "IM-county-officer elsewhere")
    return f"Aa{key}aA" if is_foreign else mark_of(key)


@contextmanager
def two_worlds(folder: Path) -> Iterator[tuple[World, World]]:
    with ExitStack() as opened:
        made = []
        (folder / "prepared").mkdir()
        engine = Sqlite(folder / "prepared")
        for name, named in (("plain", mark_of), ("other", other_words)):
            (folder / name).mkdir()
            url = opened.enter_context(engine.database(folder / name, with_bureau=True))
            app = installed(folder / name, url)
            opened.callback(close, app)
            made.append(populate(app, named))
        yield made[0], made[1]


def asked(world: World, who: Principal) -> Iterator[tuple[str, str]]:
    """Every page with every parameter set to every word and every foreign record."""
    client = world.browser(who)
    foreign = [str(it) for plant, it in world.plants.items() if plant not in who.plants]
    for rule, method in reachable(world.app, who):
        if method != "GET" or rule.endpoint.startswith(tuple(SELF_MADE)):
            continue
        path = own_address(world, rule, who)
        query = dict(QUERIES[rule.endpoint](world, who)) if rule.endpoint in QUERIES else {}
        with noting_parameters(world.app) as noted:
            plain = told(client, path, query)
        yield path, plain
        if "Qz" not in plain:
            continue  # it shows no records
        for name in sorted(noted[rule.endpoint]):
            for value in (*WORDS, *foreign[:1]):
                yield f"{path}?{name}={value}", told(client, path, {**query, name: value})
        for sort in SORTS if "after" in noted[rule.endpoint] else ():
            for value in foreign[:1]:
                more = {**query, "sort": sort, "after": value}
                yield f"{path}?sort={sort}&after={value}", told(client, path, more)


def told(client: FlaskClient, path: str, query: dict[str, object]) -> str:
    with FlaskClient.open(client, path, query_string=query) as answer:
        return f"{answer.status} {RANDOM.sub('', answer.get_data().decode(errors='replace'))}"


def test_foreign_records_change_no_answer(tmp_path: Path, tally: Tally) -> None:
    who = next(it for it in PRINCIPALS if it.role is Role.COUNTY_OFFICER)
    differing, tried = [], 0
    with frozen(NOW), two_worlds(tmp_path) as (plain, other):
        for (address, first), (same, second) in zip(
            asked(plain, who), asked(other, who), strict=True
        ):
            assert address == same
            tried += 1
            if first != second:
                differing.append(f"{who.name}: {address}")
    tally("answers that foreign words must not change", tried, differing, at_least=150)


def test_the_two_worlds_differ_where_somebody_may_see_it(tmp_path: Path) -> None:
    """Otherwise the same answers would show nothing."""
    head = next(it for it in PRINCIPALS if it.role is Role.CITY_HEAD)
    with frozen(NOW), two_worlds(tmp_path) as (plain, other):
        pages = [told(world.browser(head), "/register", {}) for world in (plain, other)]
    assert pages[0] != pages[1]
