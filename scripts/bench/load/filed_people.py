"""Everybody of the enterprises who files while the power fails (申报的人)."""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.carrying import Carrier
from bench.load.filed import Looker
from bench.load.filers import Filer, Saved, prove
from bench.load.filings import Draft, a_draft, answer_all
from bench.load.persistent import Acknowledged, Persistent
from bench.load.signing import Signatory
from bench.load.timing import Answers
from bench.measuring import Result, limit

from app.accounts.domain import Role
from app.filing import services
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.filings import put_in_force, table
from tests.packages import Parts

SIGNATORIES, TOGETHER = 2, 2
"""Who sign for a plant of their own each; who save the same rows."""
_PAPERS_LEFT = ("SELECT count(*) FROM job WHERE kind = 'filing.papers'"
                " AND state IN ('queued', 'running')")  # fmt: skip


@dataclass
class Enterprises:
    """Their filings, made before the program is started."""

    signed: list[Draft]
    saved: list[Draft]
    carried: Draft
    parts: Parts
    """Of the package that was issued for the last one."""


def open_enterprises(place: Ground, county: str) -> Enterprises:
    """The table in force, and a filing for everybody, all rows answered."""
    made = table()
    with place.app().app_context():
        put_in_force(made, date(2026, 1, 1))
        signed = [a_draft(number, role=Role.SIGNATORY, county=county)
                  for number in range(1, SIGNATORIES + 1)]  # fmt: skip
        first = SIGNATORIES + 1
        saved = [a_draft(first, county=county), a_draft(first + 1, filers=TOGETHER, county=county)]
        carried = a_draft(first + 2, county=county)
        for it in (*signed, *saved, carried):
            answer_all(it, made)
        with writing("测量", actor_id=2, actor_name="填报人"):
            _, content = services.issue_package(carried.id)
        db.engine.dispose()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    return Enterprises(signed, saved, carried, parts)


class Filing:
    """All of them at work, and what they were told."""

    def __init__(self, made: Enterprises, port: int) -> None:
        self.answers, saved, done = Answers(), Saved(), Acknowledged()
        self.filers = [
            Filer(name, draft.id, Browser(port), self.answers, saved,
                  random.Random(name), patience=10**6)  # noqa: S311
            for draft in made.saved for name in draft.filers
        ]  # fmt: skip
        self.others: list[Persistent] = [
            *(Signatory(it.filers[0], it.id, Browser(port), done, plant=it.plant)
              for it in made.signed),
            Carrier(made.carried.filers[0], made.carried.id, Browser(port), done,
                    parts=made.parts),
        ]  # fmt: skip
        self.looker = Looker(saved, [it.id for it in made.saved], done)

    @property
    def is_deciding(self) -> bool:
        """Whether a signature, a file's end, an import or the like is being answered."""
        return any(it.is_deciding for it in self.others)

    async def sign_in(self) -> None:
        """Everybody comes in."""
        for filer in self.filers:
            await filer.open()
        for person in self.others:
            await person.sign_in()

    def work(self, goes_on: Callable[[], bool], mark: str) -> Iterable[Awaitable[None]]:
        """What everybody does until told to stop."""
        return [*(it.go_on(goes_on, mark) for it in self.filers),
                *(it.go_on(goes_on, mark) for it in self.others)]  # fmt: skip

    def close(self) -> None:
        """Everybody leaves."""
        for browser in (*(it.browser for it in self.filers), *(it.browser for it in self.others)):
            browser.close()

    def wait_for_papers(self, place: Ground, until: float) -> None:
        """Until every submission's papers are made, or so long."""
        raw = place.raw()
        try:
            while raw.execute(_PAPERS_LEFT).fetchone()[0] and time.monotonic() < until:
                if hasattr(raw, "rollback"):
                    raw.rollback()
                time.sleep(0.5)
        finally:
            raw.close()

    def prove(self, place: Ground) -> None:
        """Once the program has ended: every file anew, and the whole course of the saved rows."""
        looker = self.looker
        looker.look(place, anew=True)
        proof = prove(place, looker.filers, looker.saved)
        if proof.lost or proof.surplus or proof.disorder:
            looker.faults.add(f"rows: {proof}")
        if not (looker.saved.values and looker.done.submitted):
            looker.faults.add("nothing was saved or nothing submitted")

    def result(self, figure: str, case: str, engine: str) -> Result:
        """What was acknowledged, and what of it, or else, is wrong."""
        looker, done = self.looker, self.looker.done
        acts = [looker.saved.values, done.materials, done.submitted, done.withdrawn, done.packages]
        many = sum(map(len, acts))
        names = ("rows_saved", "materials_sent", "submitted", "taken_back", "packages_imported")
        errors = {it: many for it, many in self.answers.errors.items() if ": POST /" not in it}
        return limit(
            figure, f"{case}: filing, lost or half, of {many:,} acts acknowledged", engine,
            len(looker.faults), 0, "faults", faults=sorted(looker.faults)[:20],
            **dict(zip(names, map(len, acts), strict=True)),
            submissions=looker.submissions, papers=looker.papers, files_on_disk=looker.files,
            rows_unanswered=len(looker.saved.unanswered), conflicts=self.answers.conflicts,
            errors={**errors, **done.errors},
        )  # fmt: skip
