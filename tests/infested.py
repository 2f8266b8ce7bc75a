"""A register whose every recorded text is a hostile one (恶意文字登记簿)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flask import Flask

from app.accounts import services
from app.accounts.places import SHAOXING, CountyPlan
from app.kernel.transaction import writing
from tests.addresses import access, may_open, rules
from tests.world import PRINCIPALS, Principal, World, populate


class Naming:
    """Gives every recorded text the next payload, so that all of them are recorded somewhere."""

    def __init__(self, payloads: Sequence[str]) -> None:
        self.payloads = payloads
        self.used: Counter[str] = Counter()

    def __call__(self, key: str) -> str:
        payload = self.payloads[self.used.total() % len(self.payloads)]
        self.used[payload] += 1
        return f"{key[:4]}{payload}"


def infest(app: Flask, payloads: Sequence[str]) -> World:
    """Set up an empty installation whose bureaus, people, plants and files bear the payloads."""
    naming = Naming(payloads)
    with app.app_context(), writing("测试"):
        counties = tuple(
            CountyPlan(naming("区")[:30], it.code, it.former_codes) for it in SHAOXING.counties
        )
        services.set_up_bureau(replace(SHAOXING, city=naming("市")[:30], counties=counties))
    world = populate(app, naming)
    with app.app_context(), writing("测试"):
        for number, payload in enumerate(payloads):
            if payload.isprintable() and len(payload) <= 40:
                services.open_account(f"person.{number}", payload, password_hash="x")
    assert naming.used.keys() == set(payloads)
    return world


def viewers(world: World) -> Iterator[Principal]:
    """As few people as can open every page: an enterprise, and one for each kind of officer."""
    covered: set[str] = set()
    for who in reversed(PRINCIPALS):
        opens = {
            rule.endpoint
            for rule in rules(world.app)
            if access(rule.endpoint) != "public" and may_open(rule.endpoint, who)
        }
        if not opens <= covered:
            covered |= opens
            yield who
