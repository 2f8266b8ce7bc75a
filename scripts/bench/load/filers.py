"""People who fill in filings, row by row as the page's script sends them (填报人)."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bench.ground import Ground
from bench.load.browser import Answer, Browser, Unanswered, fields
from bench.load.people import PASSWORD
from bench.load.timing import Answers
from sqlalchemy import bindparam, text

from app.filing.routes.assessing import TRANSPORT_TITLE
from app.kernel import audit
from app.kernel.database import db

_ARTICLE = re.compile(r'<article class="indicator" id="([^"]+)".*?</article>', re.S)
WHO_AND_WHEN = re.compile(r"\d+号于 (?:\d{4}-\d{2}-\d{2} )?\d{2}:\d{2} 修改了本项")
Sent = list[tuple[str, str]]


@dataclass
class Saved:
    """What the server acknowledged, and what it never answered."""

    values: dict[str, int] = field(default_factory=dict)
    """The text of a save that was answered with 200 → its filing."""
    unanswered: set[str] = field(default_factory=set)


@dataclass
class Filer:
    """Somebody who changes rows of one filing, each time with a text nobody ever sent before."""

    name: str
    filing: int
    browser: Browser
    answers: Answers
    saved: Saved
    dice: random.Random
    acknowledged: int = 0
    told_nothing: int = 0
    """Conflicts that did not say who was first and when."""
    patience: int = 10
    """So many breaks one after the other, and they give up."""
    rows: dict[str, Sent] = field(default_factory=dict)
    """By the element of a row: what its inputs hold."""
    _token: str = ""
    _number: int = 0

    async def open(self, *, hot: int = 0) -> None:
        """Sign in and open the page with all rows; ``hot``: only the first so many are changed."""
        await self.browser.sign_in(self.name, PASSWORD)
        page = await self.browser.get(f"/filing/{self.filing}/assess?place=1&d=all")
        if page.status != 200:
            raise RuntimeError(f"{self.name}: {page.status} {page.words()}")
        self._token = page.form(f"/filing/{self.filing}/assess?place=1&d=all")["csrf_token"]
        found = {it[1]: fields(it[0]) for it in _ARTICLE.finditer(page.text)}
        self.rows = dict(list(found.items())[: hot or None])

    async def go_on(self, goes_on: Callable[[], bool], mark: str = "") -> None:
        """Save row after row without a pause."""
        faults = 0
        while goes_on() and faults < self.patience:
            self._number += 1
            value = f"{mark}{self.name}-{self._number}"
            try:
                faults = 0 if await self.save(self.dice.choice(list(self.rows)), value) else faults
            except Unanswered as why:
                self.answers.break_off("save", why)
                self.saved.unanswered.add(value)
                faults += 1
                await asyncio.sleep(0.2)

    async def save(self, row: str, value: str) -> bool:
        """Send a row with this text as its note; whether it was kept or told to be another's."""
        note = f"{row}.why"
        sent = [*(it for it in self.rows[row] if it[0] != note), (note, value)]
        answer = await self.browser.post(
            f"/filing/{self.filing}/rows/1/{row}?d=1", [("csrf_token", self._token), *sent],
            **{"HX-Request": "true", "HX-Target": f"{row}-state"},
        )  # fmt: skip
        if answer.status == 409:
            return self._differs(row, answer)
        if not self.answers.note("save", answer):
            return False
        held = dict(fields(answer.text))
        self.rows[row] = [(name, held.get(name, text)) for name, text in sent]
        self.saved.values[value] = self.filing
        self.acknowledged += 1
        return True

    def _differs(self, row: str, answer: Answer) -> bool:
        self.answers.note("conflict", answer, expected=(409,))
        self.answers.conflicts += 1
        shown = _ARTICLE.search(answer.text)
        if shown is None:
            self.answers.errors[f"conflict without the row: {answer.words(200)}"] += 1
            return False
        self.told_nothing += not WHO_AND_WHEN.search(re.sub(r"<[^>]*>", " ", answer.text))
        self.rows[row] = fields(shown[0])
        return True


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands in the answers and the trail, held against what was acknowledged."""

    lost: int
    """Acknowledged texts that the trail does not hold exactly once."""
    surplus: int
    """Texts in the trail that nobody was told of, though each was answered."""
    disorder: int
    """Entries of the trail that do not change what the one before left; rows that do not hold
    what the last entry says, or count other revisions than entries."""
    entries: int
    chain_broken_at: int | None


def prove(place: Ground, filings: Iterable[int], saved: Saved) -> Proof:
    """Read answers and trail of the filings from the database, and compare."""
    ids = list(filings)
    with place.app().app_context():
        kept = _rows("SELECT filing_id, content, revision FROM filing_answer"
                     " WHERE filing_id IN :ids AND place = 1", ids)  # fmt: skip
        trail = _rows("SELECT object_id, detail FROM audit_entry WHERE action = 'filing.answered'"
                      " AND object_type = 'filing' AND object_id IN :ids ORDER BY sequence",
                      [str(it) for it in ids])  # fmt: skip
        checked = audit.verify()
        db.engine.dispose()
    texts, chains = Counter[tuple[str, int]](), dict[tuple[int, str], list[str]]()
    jumps = 0
    for filing, detail in trail:
        told = json.loads(detail)
        if told["指标"] == TRANSPORT_TITLE:
            continue
        chain = chains.setdefault((int(filing), told["指标"]), [])
        jumps += bool(chain) and told.get("原内容") != chain[-1]
        chain.append(told["内容"])
        texts[_note(told["内容"]), int(filing)] += 1
    ends = Counter((filing, _note(chain[-1]), len(chain)) for (filing, _), chain in chains.items())
    there = Counter((f, json.loads(content)["reason"], n) for f, content, n in kept)
    sent = {it for it, _ in texts if "-" in it}
    return Proof(
        lost=sum(texts[it] != 1 for it in saved.values.items()),
        surplus=len(sent - saved.values.keys() - saved.unanswered),
        disorder=jumps + (ends - there).total() + (there - ends).total(),
        entries=len(trail),
        chain_broken_at=checked.broken_at,
    )


def texts_saved(filings: Iterable[int]) -> set[str]:
    """Every text that a save of these filings left in the trail, inside an app's context."""
    trail = _rows("SELECT detail FROM audit_entry WHERE action = 'filing.answered'"
                  " AND object_type = 'filing' AND object_id IN :ids",
                  [str(it) for it in filings])  # fmt: skip
    return {_note(json.loads(detail)["内容"]) for (detail,) in trail}


def _note(words: str) -> str:
    return words.partition("理由：")[2]


def _rows(query: str, ids: list[Any]) -> list[tuple[Any, ...]]:
    statement = text(query).bindparams(bindparam("ids", expanding=True))
    return [tuple(row) for row in db.session.execute(statement, {"ids": ids})]
