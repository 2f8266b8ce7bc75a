"""50 writers without think time on 10 hot records, over HTTP (五十人争写十条记录).

Each changes the officer in charge of one of ten plants of a county by the plant's own form, sends
it with the version it was opened with, and begins anew the moment it is answered; five contend for
each plant, so four of five are told 409 and go on from the form that comes with it. Every value is
sent once in the world. Afterwards the database is asked: each acknowledged value must stand exactly
once among the plant's records and exactly once in the audit trail, each record must begin at the
moment the one before it ended, each entry of the trail must change the value that the one before
left, and the chain must be whole. On PostgreSQL half are taken by one web process, half by two.

A run that was ended goes on where it stood: the copy of the country and what was acknowledged are
kept in ``--data`` until another number is asked for, or the country is made anew.

Settings: ``writes`` acknowledged (300; 100,000 in full), ``minutes`` at most for this run (0: any),
``writers`` (50), ``plants`` (10).
"""

from __future__ import annotations

import asyncio
import statistics
import time
from itertools import cycle

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.hot import Proof, Writer, Written, prove
from bench.load.people import Officer, employ, largest_counties, plants_in
from bench.load.served import Server, served
from bench.load.timing import Answers, Shares
from bench.measuring import Result, limit

from app.accounts.domain import Role


def measure(place: Ground) -> list[Result]:
    """Nothing lost, everybody told, nothing locked; who came how often to their turn."""
    wanted = int(place.setting("writes", 300, 100_000))
    passes = (1,) if place.engine == "sqlite" else (1, 2)
    results = []
    with place.copied(kept=f"writers-{wanted}") as copy:
        (county,) = largest_counties(copy, 1)
        plants = plants_in(copy, county, int(place.setting("plants", 10, 10)))
        role = Role.COUNTY_OFFICER
        officers = employ(copy, [(role, county)] * int(place.setting("writers", 50, 50)))
        written = Written(copy.instance / "acknowledged.txt")
        for number, processes in enumerate(passes, 1):
            until = wanted * number // len(passes)
            results += _pass(copy, written, officers, plants, until, processes)
    return results


def _pass(
    place: Ground,
    written: Written,
    officers: list[Officer],
    plants: list[int],
    until: int,
    processes: int,
) -> list[Result]:
    answers = Answers()
    seconds = place.setting("minutes", 0, 0) * 60
    with served(place, WEB_PROCESSES=str(processes)) as server:
        writers = [
            Writer(officer, Browser(server.port), plant, written, answers)
            for officer, plant in zip(officers, cycle(plants), strict=False)
        ]
        shares = asyncio.run(_write(server, writers, until, seconds))
        locked = server.words().count("database is locked")
    proof = prove(place, plants, written)
    return _results(place, writers, proof, shares, locked, processes)


async def _write(
    server: Server, writers: list[Writer], until: int, seconds: float
) -> dict[str, float]:
    for writer in writers:
        await writer.sign_in()
    written, shares, start = writers[0].written, Shares(server), time.perf_counter()

    def goes_on() -> bool:
        late = seconds and time.perf_counter() - start > seconds
        return len(written.values) < until and not late

    mark = f"{int(time.time()):x}."
    await asyncio.gather(*(writer.go_on(goes_on, mark) for writer in writers))
    told = shares.told(writers[0].answers.requests)
    for writer in writers:
        writer.browser.close()
    return dict(told)


def _results(
    place: Ground,
    writers: list[Writer],
    proof: Proof,
    shares: dict[str, float],
    locked: int,
    processes: int,
) -> list[Result]:
    answers, written = writers[0].answers, writers[0].written
    each = [it.acknowledged for it in writers]
    web = "1 web process" if processes == 1 else f"{processes} web processes"
    case = f"{len(writers)} writers, 10 records, {web}"
    told = {
        "acknowledged": len(written.values), "in_this_run": sum(each),
        "entries_of_the_trail": proof.entries, "not_acknowledged_but_on_record": proof.surplus,
        "conflicts": answers.conflicts, "errors": dict(answers.errors),
        "each_least_median_most": [min(each), statistics.median(each), max(each)],
        "most_to_median": round(max(each) / max(statistics.median(each), 1), 2),
        **answers.told(), **shares,
    }  # fmt: skip
    wrong = proof.lost + proof.surplus + proof.disorder
    wrong += proof.chain_broken_at is not None
    quiet = sum(it.told_nothing for it in writers)
    return [
        limit("writers", f"{case}: lost or out of order, of {len(written.values):,} acknowledged",
              place.engine, wrong, 0, "updates", **told),
        limit("writers", f"{case}: conflicts without who and when", place.engine, quiet, 0,
              "answers", conflicts=answers.conflicts),
        limit("writers", f"{case}: locked or otherwise failed", place.engine,
              locked + answers.errors.total(), 0, "answers"),
    ]  # fmt: skip
