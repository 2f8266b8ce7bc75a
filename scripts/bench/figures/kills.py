"""kill -9 over HTTP, 200 times, under load (随时断电).

Twelve people change four plants as fast as they are answered, two others send ledger workbooks of
60 enterprises with their plants and industries: upload, preview, confirmation. Of the enterprises,
three save rows of two filings; two signatories go round and round: materials in parts, signature,
taken back, a new filing with what was filed, all of it confirmed; one carries in filled packages
(离线填报包). They send once more what was not answered. At a moment chosen by chance, two of five
while an import is being written, one while a signature, the last part of a file or a package is
being answered, SIGKILL ends one of these: the web server with its process that answers, that
process alone, the job worker, the keeper, or everything at once. Where the keeper lives it starts
again what was killed; otherwise (and where the keeper has given up, after five deaths in a minute)
the start command is given anew, as a machine's supervisor would. Held against nothing:

* every change that was acknowledged stands on record, looked for after each restart, and at the end
  with the whole proof of ``writers``;
* of every workbook all rows stand there or none, looked at after each restart;
* of filings, looked at after each restart: a row saved, a material entered, a submission, its being
  taken back and a package imported stand if that was acknowledged; acknowledged or not, each stands
  whole or not at all (a submission with its hash, files, step, entry and job, a package with all
  rows and its material), receipts are numbered without gaps, every file on record lies on disk
  byte for byte, nothing belongs to what is not there;
* the audit chain is whole after each restart;
* from the start command (or the kill, where the keeper starts it) to a healthy ``/healthz`` and a
  page served: 5 s. Told beside it: how many wanted a core meanwhile (the load of one minute), and
  the processor time of a whole start.

Settings: ``kills`` (8; 200 in full), ``seconds`` between them at most (3).
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.filed_people import Filing, open_enterprises
from bench.load.hot import Proof, Writer, Written, prove, values_on_record
from bench.load.importing import ROWS, Importer, rows_by_workbook
from bench.load.people import employ, largest_counties, plants_in
from bench.load.served import Server, served
from bench.load.timing import Answers, percentile
from bench.measuring import Result, limit

from app.accounts.domain import Role
from app.kernel import audit

WRITERS, IMPORTERS, PLANTS = 12, 2, 4
TARGETS = (("web",), ("answering",), ("worker",), ("keeper",), ("keeper", "web", "worker"))
_TO_THE_END = 120
"""Seconds in which what was confirmed must be written at last."""


@dataclass
class Found:
    """What the restarts showed."""

    ready: dict[str, list[float]] = field(default_factory=dict)
    """What was killed → the seconds until the program served again."""
    starts: int = 0
    lost: set[str] = field(default_factory=set)
    half: set[int] = field(default_factory=set)
    broken: list[int] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    """Of whole starts."""


@dataclass
class Crowd:
    """Who is at work while the power fails, and on which plants."""

    writers: list[Writer]
    importers: list[Importer]
    filing: Filing
    plants: list[int]

    async def sign_in(self) -> None:
        """Everybody comes in."""
        for writer in self.writers:
            await writer.sign_in()
        for importer in self.importers:
            await importer.sign_in()
        await self.filing.sign_in()

    def work(self, storming: Callable[[], bool], late: Callable[[], bool]) -> list[Any]:
        """What everybody does until told to stop; what was confirmed is waited for."""
        mark = f"{int(time.time()):x}."
        return [
            *(it.go_on(storming, mark) for it in self.writers),
            *(it.go_on(lambda: storming() or (_waits(self.importers) and not late()))
              for it in self.importers),
            *self.filing.work(storming, mark),
        ]  # fmt: skip

    def is_at(self, *, imports: bool) -> bool:
        """Whether an import is being written; otherwise: whether an enterprise's act is."""
        if imports:
            return any(it.is_being_written for it in self.importers)
        return self.filing.is_deciding

    def close(self) -> None:
        """Everybody leaves."""
        for writer in self.writers:
            writer.browser.close()
        for importer in self.importers:
            importer.browser.close()
        self.filing.close()


def measure(place: Ground) -> list[Result]:
    """Kill, look, go on; then everything is looked for once more."""
    kills = int(place.setting("kills", 8, 200))
    seconds = place.setting("seconds", 3, 3)
    with place.copied() as copy:
        (county,) = largest_counties(copy, 1)
        plants = plants_in(copy, county, PLANTS)
        officers = employ(copy, [(Role.COUNTY_OFFICER, county)] * (WRITERS + IMPORTERS))
        enterprises = open_enterprises(copy, county)
        written, found = Written(copy.instance / "acknowledged.txt"), Found()
        with served(copy) as server:
            crowd = Crowd(
                [
                    Writer(officer, Browser(server.port), plant, written, Answers(),
                           patience=10**6)
                    for officer, plant in zip(officers, cycle(plants), strict=False)
                ][:WRITERS],
                [
                    Importer(officer, Browser(server.port), first=1 + number * 50_000)
                    for number, officer in enumerate(officers[WRITERS:])
                ],
                Filing(enterprises, server.port),
                plants,
            )  # fmt: skip
            asyncio.run(_storm(server, crowd, found, (kills, seconds)))
        proof = prove(copy, plants, written)
        crowd.filing.prove(copy)
        rows = rows_by_workbook(copy)
    found.half |= _half(rows)
    found.broken += [proof.chain_broken_at] if proof.chain_broken_at else []
    case = f"{kills} times kill -9 under load"
    return [
        *_changed(place.engine, case, crowd, found, proof),
        *_imported(place.engine, case, crowd, found, rows),
        crowd.filing.result("kills", case, place.engine),
        limit("kills", f"{case}: broken audit chains", place.engine, len(found.broken), 0,
              "chains"),
        _ready(place.engine, case, found),
    ]  # fmt: skip


def _changed(engine: str, case: str, crowd: Crowd, found: Found, proof: Proof) -> list[Result]:
    written = crowd.writers[0].written
    wrong = len(found.lost) + proof.lost + proof.surplus + proof.disorder
    told: dict[str, Any] = {
        "kills": {target: len(them) for target, them in found.ready.items()},
        "started_anew": found.starts,
        "unanswered": len(written.unanswered), "entries_of_the_trail": proof.entries,
        "errors": dict(sum((_faults(it.answers) for it in crowd.writers), Counter())),
    }  # fmt: skip
    words = f"{case}: writes lost, of {len(written.values):,} acknowledged"
    return [limit("kills", words, engine, wrong, 0, "writes", **told)]


def _imported(
    engine: str, case: str, crowd: Crowd, found: Found, rows: dict[int, tuple[int, int, int]]
) -> list[Result]:
    who = crowd.importers
    vanished = {it for each in who for it in each.written if it not in rows}
    wrong = len(found.half | vanished) + (not rows)
    return [
        limit("kills", f"{case}: half or vanished imports, of {len(rows)}", engine, wrong, 0,
              "imports", sent=sum(it.sent for it in who),
              confirmed=sum(len(it.confirmed) for it in who),
              refused=dict(sum((it.refused for it in who), Counter())))
    ]  # fmt: skip


def _ready(engine: str, case: str, found: Found) -> Result:
    taken = [it for them in found.ready.values() for it in them]
    by_target = {target: round(max(them), 2) for target, them in found.ready.items()}
    return limit("kills", f"{case}: ready again, the slowest", engine, max(taken), 5, "s",
                 p50=round(percentile(taken, 50), 2), p95=round(percentile(taken, 95), 2),
                 slowest_by_target=by_target, cores=os.cpu_count(),
                 load_median_most=[percentile(found.loads, 50), max(found.loads)],
                 cpu_s_of_a_start=round(percentile(found.cpu_seconds, 50), 2))  # fmt: skip


async def _storm(server: Server, crowd: Crowd, found: Found, settings: tuple[int, float]) -> None:
    await crowd.sign_in()
    storming = True
    until = float("inf")
    work = crowd.work(lambda: storming, lambda: time.monotonic() > until)
    tasks = [asyncio.create_task(it) for it in work]
    dice = random.Random(settings[0])  # noqa: S311 - the same kills for the same number
    for _ in range(settings[0]):
        await _moment(dice, crowd, settings[1])
        target = dice.choice(TARGETS)
        seconds = await asyncio.to_thread(_killed, server, target, found)
        found.ready.setdefault("+".join(target), []).append(seconds)
        found.loads.append(round(os.getloadavg()[0], 1))
        await asyncio.to_thread(_look, server.place, crowd, found)
    storming, until = False, time.monotonic() + _TO_THE_END
    await asyncio.gather(*tasks)
    crowd.close()
    await asyncio.to_thread(crowd.filing.wait_for_papers, server.place, until)


async def _moment(dice: random.Random, crowd: Crowd, seconds: float) -> None:
    """Any moment; of five, two in which an import is being written, if one comes to that, one in
    which an enterprise waits for what it decided."""
    await asyncio.sleep(dice.uniform(0.2, seconds))
    which = dice.random()
    if which < 0.6:
        until = time.monotonic() + seconds
        while not crowd.is_at(imports=which < 0.4) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        await asyncio.sleep(dice.uniform(0, 0.5 if which < 0.4 else 0.2))


def _waits(importers: list[Importer]) -> bool:
    return any(it.is_being_written or not it.written for it in importers)


def _killed(server: Server, target: tuple[str, ...], found: Found) -> float:
    """Kill, have it started again; seconds until it serves."""
    start = time.perf_counter()
    server.kill(*target)
    if "keeper" not in target and not server.is_over(after=1.0):
        server.wait_until_ready()
        return time.perf_counter() - start
    server.wait_until_gone()
    found.starts += 1
    start = time.perf_counter()
    server.start()
    server.wait_until_ready()
    seconds = time.perf_counter() - start
    found.cpu_seconds.append(sum(server.cpu_seconds().values()))
    return seconds


def _look(place: Ground, crowd: Crowd, found: Found) -> None:
    acknowledged = set(crowd.writers[0].written.values)
    found.lost |= acknowledged - values_on_record(place, crowd.plants)
    found.half |= _half(rows_by_workbook(place))
    crowd.filing.looker.look(place)
    with place.app().app_context():
        checked = audit.verify()
    if checked.broken_at is not None:
        found.broken.append(checked.broken_at)


def _half(rows: dict[int, tuple[int, int, int]]) -> set[int]:
    return {number for number, counted in rows.items() if counted != (ROWS, ROWS, ROWS)}


def _faults(answers: Answers) -> Counter[str]:
    """What was answered and should not have been; that nobody answered is what kills do."""
    return Counter(
        {it: many for it, many in answers.errors.items() if not it.startswith("write: ")}
    )
