"""kill -9 over HTTP, 200 times, under load (随时断电).

Twelve people change four plants as fast as they are answered, two others send ledger workbooks of
60 enterprises with their plants and industries: upload, preview, confirmation. At a moment chosen
by chance, two of five while an import is being written, SIGKILL ends one of these: the web server
with its process that answers, that process alone, the job worker, the keeper, or everything at
once. Where the keeper lives it starts again what was killed; otherwise (and where the keeper has
given up, after five deaths in a minute) the start command is given anew, as a machine's supervisor
would. Held against nothing:

* every change that was acknowledged stands on record, looked for after each restart, and at the end
  with the whole proof of ``writers``;
* of every workbook all rows stand there or none, looked at after each restart;
* the audit chain is whole after each restart;
* from the start command (or the kill, where the keeper starts it) to a healthy ``/healthz`` and a
  page served: 5 s.

Settings: ``kills`` (8; 200 in full), ``seconds`` between them at most (3).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.hot import Writer, Written, prove, values_on_record
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


def measure(place: Ground) -> list[Result]:
    """Kill, look, go on; then everything is looked for once more."""
    kills = int(place.setting("kills", 8, 200))
    seconds = place.setting("seconds", 3, 3)
    with place.copied() as copy:
        (county,) = largest_counties(copy, 1)
        plants = plants_in(copy, county, PLANTS)
        officers = employ(copy, [(Role.COUNTY_OFFICER, county)] * (WRITERS + IMPORTERS))
        written = Written(copy.instance / "acknowledged.txt")
        with served(copy) as server:
            writers = [
                Writer(officer, Browser(server.port), plant, written, Answers(), patience=10**6)
                for officer, plant in zip(officers, cycle(plants), strict=False)
            ][:WRITERS]
            importers = [
                Importer(officer, Browser(server.port), first=1 + number * 50_000)
                for number, officer in enumerate(officers[WRITERS:])
            ]
            found = Found()
            asyncio.run(_storm(server, writers, importers, plants, found, (kills, seconds)))
        proof = prove(copy, plants, written)
        rows = rows_by_workbook(copy)
    found.half |= _half(rows)
    vanished = {it for who in importers for it in who.written if it not in rows}
    broken = [*found.broken, *([proof.chain_broken_at] if proof.chain_broken_at else [])]
    wrong = len(found.lost) + proof.lost + proof.surplus + proof.disorder
    told: dict[str, Any] = {
        "kills": {target: len(them) for target, them in found.ready.items()},
        "started_anew": found.starts,
        "acknowledged": len(written.values), "unanswered": len(written.unanswered),
        "workbooks_sent": sum(it.sent for it in importers), "workbooks_on_record": len(rows),
        "workbooks_confirmed": sum(len(it.confirmed) for it in importers),
        "refused": dict(sum((it.refused for it in importers), Counter())),
        "errors": dict(sum((_faults(it) for it in writers), Counter())),
    }  # fmt: skip
    ready = [it for them in found.ready.values() for it in them]
    slowest = {target: round(max(them), 2) for target, them in found.ready.items()}
    case = f"{kills} times kill -9 under load"
    return [
        limit("kills", f"{case}: writes lost, of {len(written.values):,} acknowledged",
              place.engine, wrong, 0, "writes", **told),
        limit("kills", f"{case}: half or vanished imports, of {len(rows)}", place.engine,
              len(found.half | vanished) + (not rows), 0, "imports"),
        limit("kills", f"{case}: broken audit chains", place.engine, len(broken), 0, "chains"),
        limit("kills", f"{case}: ready again, the slowest", place.engine, max(ready), 5, "s",
              p50=round(percentile(ready, 50), 2), p95=round(percentile(ready, 95), 2),
              slowest_by_target=slowest),
    ]  # fmt: skip


async def _storm(
    server: Server,
    writers: list[Writer],
    importers: list[Importer],
    plants: list[int],
    found: Found,
    settings: tuple[int, float],
) -> None:
    people: list[Writer | Importer] = [*writers, *importers]
    for person in people:
        await person.sign_in()
    storming = True
    until = float("inf")
    mark = f"{int(time.time()):x}."
    work = [
        *(it.go_on(lambda: storming, mark) for it in writers),
        *(it.go_on(lambda: storming or (_waits(importers) and time.monotonic() < until))
          for it in importers),
    ]  # fmt: skip
    tasks = [asyncio.create_task(it) for it in work]
    dice = random.Random(settings[0])  # noqa: S311 - the same kills for the same number
    for _ in range(settings[0]):
        await _moment(dice, importers, settings[1])
        target = dice.choice(TARGETS)
        seconds = await asyncio.to_thread(_killed, server, target, found)
        found.ready.setdefault("+".join(target), []).append(seconds)
        await asyncio.to_thread(_look, server.place, plants, writers[0].written, found)
    storming, until = False, time.monotonic() + _TO_THE_END
    await asyncio.gather(*tasks)
    for person in people:
        person.browser.close()


async def _moment(dice: random.Random, importers: list[Importer], seconds: float) -> None:
    """Any moment; of five, two in which an import is being written, if one comes to that."""
    await asyncio.sleep(dice.uniform(0.2, seconds))
    if dice.random() < 0.4:
        until = time.monotonic() + seconds
        while not any(it.is_being_written for it in importers) and time.monotonic() < until:
            await asyncio.sleep(0.02)
        await asyncio.sleep(dice.uniform(0, 0.5))


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
    return time.perf_counter() - start


def _look(place: Ground, plants: list[int], written: Written, found: Found) -> None:
    acknowledged = set(written.values)
    found.lost |= acknowledged - values_on_record(place, plants)
    found.half |= _half(rows_by_workbook(place))
    with place.app().app_context():
        checked = audit.verify()
    if checked.broken_at is not None:
        found.broken.append(checked.broken_at)


def _half(rows: dict[int, tuple[int, int, int]]) -> set[int]:
    return {number for number, counted in rows.items() if counted != (ROWS, ROWS, ROWS)}


def _faults(writer: Writer) -> Counter[str]:
    """What was answered and should not have been; that nobody answered is what kills do."""
    unanswered = "write: "
    return Counter(
        {it: many for it, many in writer.answers.errors.items() if not it.startswith(unanswered)}
    )
