"""A life of a register: people act on the application, and the model keeps step (经过)."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.accounts.domain import Role
from app.kernel import clock, daily, jobs
from app.kernel.clock import SHANGHAI
from tests.chronicles.browser import Office
from tests.chronicles.model import Plant, Register
from tests.chronicles.previews import untold
from tests.pages import CheckedClient

COUNTIES = ("330602", "330603", "330604")
START = datetime(2026, 1, 20, 1, tzinfo=UTC)
"""A few days after the national rulebook was issued; before that it cannot be in force."""
_APPROVAL = re.compile(r"/approvals/(\d+)")


@dataclass
class Issued:
    """A signed list and what it said (已签发清单)."""

    id: int
    measure: str
    day: date
    county: str
    known_at: datetime
    frozen: bytes


@dataclass
class Life:
    """One installation, its people, and everything that is known of it at every moment."""

    app: Flask
    chance: random.Random
    now: datetime = START
    register: Register = field(default_factory=Register)
    known: list[tuple[datetime, Register]] = field(default_factory=list)
    planned: list[tuple[date, int, Callable[[], str]]] = field(default_factory=list)
    """Changes that fall due on a later day, with their number and what they then do."""
    drafts: list[Any] = field(default_factory=list)
    issued: list[Issued] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.office = Office(self.app)
        with self.held():
            for name, role in (
                ("city-officer", Role.CITY_OFFICER), ("city-officer-2", Role.CITY_OFFICER),
                ("city-head", Role.CITY_HEAD), ("city-head-2", Role.CITY_HEAD),
                ("rule-editor", Role.RULE_EDITOR),
            ):  # fmt: skip
                self.office.employ(name, role)
            for county in COUNTIES:
                self.office.employ(f"officer-{county}", Role.COUNTY_OFFICER, county)
                self.office.employ(f"head-{county}", Role.COUNTY_HEAD, county)

    # --- Time ------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        """The day in Beijing."""
        return self.now.astimezone(SHANGHAI).date()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the clock at the life's moment."""
        with clock.frozen(self.now):
            yield

    def pass_minutes(self, minutes: int = 1) -> None:
        """A little later, in case something happens twice on one day."""
        self.now += timedelta(minutes=minutes)

    def pass_days(self, days: int) -> None:
        """Let days go by; what is planned for one of them happens in its first hour."""
        arrival = self.now + timedelta(days=days)
        while self.planned and min(self.planned)[0] <= arrival.astimezone(SHANGHAI).date():
            due = min(it[0] for it in self.planned)
            morning = datetime(due.year, due.month, due.day, 0, 30, tzinfo=SHANGHAI)
            self.now = max(self.now + timedelta(minutes=1), morning.astimezone(UTC))
            self.work(daily_duties=True)
            for it in sorted(it for it in self.planned if it[0] == due):
                self.planned.remove(it)
                self.keep(it[2]())
        self.now = max(arrival, self.now + timedelta(minutes=1))

    def work(self, *, daily_duties: bool = False) -> None:
        """The job worker does what waits."""
        with self.held(), self.app.app_context():
            if daily_duties:
                daily.queue_todays_duties()
            while jobs.run_next():
                pass

    # --- Knowledge ---------------------------------------------------------------------------

    def keep(self, told: str) -> None:
        """The act is done: from this moment on the register is known as it now stands."""
        self.known.append((self.now, deepcopy(self.register)))
        self.story.append(f"{self.now:%Y-%m-%d %H:%M} {told}")

    def as_known(self, moment: datetime) -> Register:
        """What was known at a moment."""
        found = Register()
        for since, register in self.known:
            if since <= moment:
                found = register
        return found

    def fault(self, words: str) -> None:
        """Note where the application and the model part."""
        self.faults.append(f"{self.now:%Y-%m-%d %H:%M} {words}")

    # --- Chance --------------------------------------------------------------------------------

    def number(self) -> int:
        """A number never used before in this life."""
        self.count += 1
        return self.count

    def document(self, what: str) -> str:
        """A document number of its own."""
        return f"绍环{what}〔{self.today.year}〕{self.number()}号"

    def past_day(self) -> date:
        """A day up to today: mostly of the last year, sometimes a turn of the year or older."""
        kind = self.chance.random()
        if kind < 0.15:
            return min(
                self.today, date(self.today.year, 1, 1) - timedelta(self.chance.choice((0, 1)))
            )
        if kind < 0.2:
            return date(2024, 2, 29)
        if kind < 0.4:
            return self.today
        return self.today - timedelta(self.chance.randrange(500 if kind < 0.9 else 1300))

    def plant(self) -> Plant | None:
        """Some plant that is open."""
        found = [it for it in self.register.plants.values() if it.closed_on is None]
        return self.chance.choice(found) if found else None

    # --- Acts by two people ---------------------------------------------------------------------

    def proposal_of(self, client: CheckedClient, before: set[int]) -> int:
        """The number of what was just put before a second person."""
        return max(self.proposals(client) - before)

    def proposals(self, client: CheckedClient) -> set[int]:
        """The proposals that a person has made."""
        page = client.get("/approvals?part=own&sort=proposed&order=desc")
        return {int(it) for it in _APPROVAL.findall(page.text)}

    def decided(self, proposal: int, by: str) -> tuple[TestResponse, TestResponse]:
        """A second person looks at the effects and approves; both answers."""
        self.pass_minutes()
        with self.held():
            client = self.office.at(by)
            seen = client.post(f"/approvals/{proposal}/preview")
            answer = client.post(f"/approvals/{proposal}/approve", data={"note": "同意"})
        return seen, answer

    def check_preview(self, seen: TestResponse, before: Register, told: str) -> None:
        """What the preview foretold for today must be what has happened."""
        for words in untold(seen, before, self.register, self.today):
            self.fault(f"preview of {told}: {words}")


Act = Callable[[Life], Any]
