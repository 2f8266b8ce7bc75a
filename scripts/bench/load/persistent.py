"""People of enterprises who do the same steps over and over, whatever breaks meanwhile (申报人).

What nobody answered is sent once more as it was, as a person does who presses the button again.
"""

from __future__ import annotations

import asyncio
import json
import os
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from bench.load.browser import Answer, Browser, Unanswered, fields
from bench.load.people import PASSWORD

from tests.evidence_files import assembled

_PART = 48 * 1024
_PATIENCE = 20
_SECONDS_BETWEEN_TRIES = 0.2
Step = Callable[[], Awaitable[None]]


class Unexpected(Exception):
    """An answer that nobody should get; its status and words."""


def expected(answer: Answer, *statuses: int) -> Answer:
    """The answer, if it is one of these. Raises Unexpected."""
    if answer.status not in statuses:
        raise Unexpected(f"{answer.status} {answer.words(200)}")
    return answer


@dataclass
class Acknowledged:
    """What the server said was done."""

    materials: set[tuple[int, str]] = field(default_factory=set)
    """Filing and hash of every file that was entered."""
    submitted: dict[int, int] = field(default_factory=dict)
    """Submission → its filing."""
    withdrawn: set[int] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)
    """Marks of the packages that were imported."""
    errors: Counter[str] = field(default_factory=Counter)


@dataclass
class Persistent(ABC):
    """Somebody who goes on; which steps, says who they are."""

    name: str
    filing: int
    browser: Browser
    done: Acknowledged
    is_deciding: bool = False
    """Whether what matters most was sent and is not answered yet."""
    number: int = 0
    """Of the round."""
    mark: str = ""
    token: str = ""

    @property
    @abstractmethod
    def steps(self) -> Sequence[Step]:
        """What they do in a round."""

    async def sign_in(self) -> None:
        """Come in."""
        await self.browser.sign_in(self.name, PASSWORD)
        page = expected(await self.browser.get(f"/filing/{self.filing}/materials"), 200)
        self.token = dict(fields(page.text))["csrf_token"]

    async def go_on(self, goes_on: Callable[[], bool], mark: str) -> None:
        """Step after step; ``mark`` makes the texts of this run its own."""
        self.mark = f"{mark}{self.name}"
        turns, faults = cycle(self.steps), 0
        step = next(turns)
        while goes_on() and faults < _PATIENCE:
            try:
                await step()
                step, faults = next(turns), 0
            except Unanswered:
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
            except Unexpected as why:
                self.done.errors[f"{step.__name__}: {why}"] += 1
                faults += 1
                await asyncio.sleep(1)

    async def decide(self, path: str, sent: Sequence[tuple[str, str]]) -> Answer:
        """Send a form that is worth a power failure."""
        self.is_deciding = True
        try:
            return await self.browser.post(path, [("csrf_token", self.token), *sent])
        finally:
            self.is_deciding = False

    async def send(self, path: str, content: bytes, about: Mapping[str, str]) -> Mapping[str, Any]:
        """A file in small parts, going on from what is there; what was said in the end."""
        form = {"csrf_token": self.token, "size": str(len(content)), "mark": "1", **about}
        begun = _told(await self.browser.post(path, form))
        if "token" not in begun:
            return begun
        url, arrived = f"{path}/{begun['token']}", int(begun["arrived"])
        while arrived < len(content):
            part = content[arrived : arrived + _PART]
            sent = await self.browser.send_bytes(f"{url}?at={arrived}", part, self.token)
            arrived = int(_told(sent, 200, 409)["arrived"])
        self.is_deciding = True
        try:
            return _told(await self.browser.send_bytes(f"{url}/whole", b"", self.token))
        finally:
            self.is_deciding = False


def _told(answer: Answer, *statuses: int) -> Mapping[str, Any]:
    told: Mapping[str, Any] = json.loads(expected(answer, *(statuses or (200,))).text)
    if "refused" in told:
        raise Unexpected(str(told["refused"]))
    return told


def a_pdf(size: int) -> bytes:
    """A pdf of a page and so many bytes that are nowhere else."""
    filling = os.urandom(size)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
    return assembled([
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page,
        b"<</Length %d>>stream\n%s\nendstream" % (size, filling),
    ])  # fmt: skip
