"""50 officers at 1 s think time on one server process set up as shipped (五十名经办人).

42 county officers and heads, each of another county, and 8 of the city, who see all. Everybody
reads a page, thinks for half a second to a second and a half, and goes on: the register filtered,
sorted, turned over and searched letter by letter, plant pages, the home page, the inbox, lists of
facts, and now and then a plant's details changed (form, preview, save). They sign in by password
and load their home page with its style sheets before the clock starts. The program runs by
``scripts/start.py`` with its job worker; whoever asks shares the machine's cores with it, and what
that takes is told. ``list`` and ``search`` together are held against 150 ms, plant pages against
100 ms; an answer that nobody should get, or none, is an error.

Settings: ``minutes`` (0.5; 10 in full), ``officers`` (50).
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from bench.country import GIVEN, SURNAMES
from bench.ground import Ground
from bench.load.browser import Answer, Browser, Unanswered
from bench.load.people import PASSWORD, Officer, employ, largest_counties
from bench.load.served import Server, served
from bench.load.timing import Answers, Shares, percentile
from bench.measuring import Result, limit

from app.accounts.domain import Role

CITY = 8
_ASSET = re.compile(r'(?:href|src)="(/assets/[^"]+)"')
_PLANT = re.compile(r"/plants/\d+(?:\?.*)?$")


@dataclass
class Day:
    """One officer's day: where they are, and what they do next."""

    officer: Officer
    browser: Browser
    answers: Answers
    dice: random.Random
    seen: Answer | None = None
    plants: list[str] = field(default_factory=list)
    number: int = 0

    async def begin(self) -> None:
        """Sign in; the first page brings its style sheets and scripts along."""
        await self.browser.sign_in(self.officer.name, PASSWORD)
        home = await self.browser.get("/")
        for address in _ASSET.findall(home.text):
            await self.browser.get(address)
        await self.look("/register")

    async def go_on(self, until: float) -> None:
        """One thing after the other until the day is over."""
        await asyncio.sleep(self.dice.random())
        acts = [act for act, _ in _MIX]
        weights = [weight for _, weight in _MIX]
        while time.perf_counter() < until:
            (act,) = self.dice.choices(acts, weights)
            try:
                await act(self)
            except Unanswered as why:
                self.answers.break_off(act.__name__, why)
                await self.think()

    async def think(self) -> None:
        """A second, more or less."""
        await asyncio.sleep(self.dice.uniform(0.5, 1.5))

    async def look(self, path: str) -> None:
        """A page of the register; its plants are what is opened next."""
        page = await self.browser.get(path)
        if self.answers.note("list", page):
            self.seen = page
            self.plants = [it for it in page.links("/plants/") if _PLANT.match(it)] or self.plants

    async def list(self) -> None:
        """The register narrowed, or sorted otherwise, or its next page."""
        turned = self.seen.links("/register?") if self.seen else []
        if turned and self.dice.random() < 0.6:
            await self.look(self.dice.choice(turned))
        else:
            await self.look(f"/register?{self.dice.choice(_FILTERS)}")
        await self.think()

    async def search(self) -> None:
        """Two to four characters of a name, an answer for each as htmx asks for it."""
        for length in range(2, self.dice.choice((3, 4, 5))):
            words = (self.dice.choice(SURNAMES) + "".join(self.dice.choices(GIVEN, k=3)))[:length]
            page = await self.browser.get(
                f"/register?q={quote(words)}",
                **{"HX-Request": "true", "HX-Target": "rows",
                   "HX-Current-URL": "http://localhost/register"},
            )  # fmt: skip
            self.answers.note("search", page)
            await self.think()

    async def plant(self) -> None:
        """The page of a plant of the list."""
        if self.plants:
            page = await self.browser.get(self.dice.choice(self.plants))
            self.answers.note("plant", page)
        await self.think()

    async def other(self) -> None:
        """The home page, the inbox, a list of facts."""
        kind, path = self.dice.choice(_OTHERS)
        self.answers.note(kind, await self.browser.get(path))
        await self.think()

    async def save(self) -> None:
        """Change a plant's town and contact: form, preview, save."""
        if not self.plants:
            return
        number = re.split(r"[/?]", self.dice.choice(self.plants))[2]
        address = f"/desk/plants/{number}/edit"
        page = await self.browser.get(address)
        if not self.answers.note("form", page):
            return
        await self.think()
        self.number += 1
        typed = {"town": f"{self.officer.name}镇{self.number}", "step": "preview"}
        page = await self.browser.post(address, {**page.form(address), **typed})
        if not self.answers.note("preview", page, expected=(200, 409)) or page.status == 409:
            self.answers.conflicts += page.status == 409
            return
        await self.think()
        page = await self.browser.post(address, {**page.form(address), "step": "confirm"})
        self.answers.note("save", page, expected=(303, 409))
        self.answers.conflicts += page.status == 409
        await self.think()


_MIX: tuple[tuple[Callable[[Day], Awaitable[None]], int], ...] = (
    (Day.list, 40), (Day.search, 10), (Day.plant, 33), (Day.other, 15), (Day.save, 2),
)  # fmt: skip
_FILTERS = (
    "", "grade=B", "grade=A", "grade=C", "standing=blocked", "standing=banned", "permit=soon",
    "permit=expired", "state=停产", "sort=town", "sort=grade", "sort=permit&order=desc",
    "grade=C&sort=town", "sort=name&order=desc", "officer=经办3",
)  # fmt: skip
_OTHERS = (("home", "/"), ("home", "/"), ("inbox", "/inbox"), ("inbox", "/inbox"),
           ("facts", "/desk/violations"))  # fmt: skip


def measure(place: Ground) -> list[Result]:
    """The slowest list and plant page of a hundred, and errors."""
    many = int(place.setting("officers", 50, 50))
    with place.copied() as copy:
        officers = employ(copy, _posts(copy, many))
        with served(copy) as server:
            answers, shares = asyncio.run(_day(server, officers, place.setting("minutes", 0.5, 10)))
    told = {**answers.told(), "conflicts": answers.conflicts, "errors": dict(answers.errors)}
    lists, plants = answers.of("list", "search"), answers.of("plant")
    case = f"{many} officers, 1 s think time"
    return [
        limit("officers", f"{case}: list, p99", place.engine, percentile(lists, 99), 150, "ms",
              **told, **shares),
        limit("officers", f"{case}: plant page, p99", place.engine, percentile(plants, 99), 100,
              "ms"),
        limit("officers", f"{case}: errors", place.engine, answers.errors.total(), 0, "errors",
              requests=answers.requests),
    ]  # fmt: skip


def _posts(place: Ground, many: int) -> list[tuple[Role, str | None]]:
    city = min(CITY, many)
    counties = largest_counties(place, many - city)
    roles = (Role.COUNTY_OFFICER, Role.COUNTY_OFFICER, Role.COUNTY_HEAD)
    return [
        *((roles[it % 3], counties[it % len(counties)]) for it in range(many - city)),
        *((Role.CITY_HEAD if it % 4 == 3 else Role.CITY_OFFICER, None) for it in range(city)),
    ]


async def _day(
    server: Server, officers: list[Officer], minutes: float
) -> tuple[Answers, dict[str, float]]:
    answers = Answers()
    days = [
        Day(officer, Browser(server.port), Answers(), random.Random(number))  # noqa: S311
        for number, officer in enumerate(officers)
    ]
    for day in days:
        await day.begin()
        day.answers = answers
    shares = Shares(server)
    until = time.perf_counter() + minutes * 60
    await asyncio.gather(*(day.go_on(until) for day in days))
    for day in days:
        day.browser.close()
    return answers, dict(shares.told(answers.requests))
