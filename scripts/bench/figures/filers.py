"""50 filers saving at once without think time, on the program set up as shipped (五十人同时填报).

45 fill in a filing each, five share one and change the same six of its rows. Everybody saves row
after row, as the page's script does, the moment the last save is answered, each time with a text
that was never sent before. The tables have 60 rows, each filing 200 materials. Afterwards the
database is asked: each acknowledged text must stand exactly once in the audit trail, each entry of
a row must change what the one before left, the row must hold what its last entry says and count as
many revisions as there are entries, and the chain must be whole. Who comes second to a row is told
409 with who was first and when, and goes on from the merged row that comes with it.

The median and the slowest of a hundred are told, held against nothing: nobody saves so, and with
50 in a queue each waits for 49 others. On PostgreSQL by two web processes.

Settings: ``seconds`` (20; 300 in full), ``filers`` (50), of whom ``together`` (5) share a filing.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.filers import Filer, Proof, Saved, prove
from bench.load.filings import FILES, Draft, a_draft, add_files, answer_all, indicators, open_bureau
from bench.load.served import Server, served
from bench.load.timing import Answers, Shares, percentile
from bench.measuring import Result, limit

from app.kernel.database import db

NEEDS_COUNTRY = False
HOT_ROWS = 6


def measure(place: Ground) -> list[Result]:
    """Nothing lost, everybody told, nothing locked."""
    many, together = int(place.setting("filers", 50, 50)), int(place.setting("together", 5, 5))
    with place.blank() as blank:
        drafts = _drafts(blank, many - together, together)
        answers, saved = Answers(), Saved()
        with served(blank) as server:
            filers = [
                Filer(name, draft.id, Browser(server.port), answers, saved,
                      random.Random(name))  # noqa: S311
                for draft in drafts for name in draft.filers
            ]  # fmt: skip
            shared = drafts[-1].id
            shares = asyncio.run(
                _fill_in(server, filers, shared, place.setting("seconds", 20, 300))
            )
            locked = server.words().count("database is locked")
        proof = prove(blank, [it.id for it in drafts], saved)
    return _results(place, filers, proof, shares, locked)


def _drafts(place: Ground, alone: int, together: int) -> list[Draft]:
    made = indicators()
    with place.app().app_context():
        open_bureau(made)
        drafts = [a_draft(number) for number in range(1, alone + 1)]
        drafts.append(a_draft(alone + 1, filers=together))
        for it in drafts:
            answer_all(it, made)
            add_files(it, made, FILES)
        db.engine.dispose()
    return drafts


async def _fill_in(
    server: Server, filers: list[Filer], shared: int, seconds: float
) -> dict[str, float]:
    for it in filers:
        await it.open(hot=HOT_ROWS if it.filing == shared else 0)
    shares, until = Shares(server), time.perf_counter() + seconds
    await asyncio.gather(*(it.go_on(lambda: time.perf_counter() < until) for it in filers))
    told = shares.told(filers[0].answers.requests)
    for it in filers:
        it.browser.close()
    return dict(told)


def _results(
    place: Ground, filers: list[Filer], proof: Proof, shares: dict[str, float], locked: int
) -> list[Result]:
    name, engine = "filers", place.engine
    answers, saved = filers[0].answers, filers[0].saved
    each = [it.acknowledged for it in filers]
    case, taken = f"{len(filers)} filers at once", answers.of("save")
    wrong = proof.lost + proof.surplus + proof.disorder + (proof.chain_broken_at is not None)
    told = {
        "acknowledged": len(saved.values), "entries_of_the_trail": proof.entries,
        "lost": proof.lost, "surplus": proof.surplus, "disorder": proof.disorder,
        "conflicts": answers.conflicts, "errors": dict(answers.errors),
        "each_least_median_most": [min(each), statistics.median(each), max(each)],
        **answers.told(), **shares,
    }  # fmt: skip
    speed = f"{percentile(taken, 50):.0f} ms"
    slow = f"{percentile(taken, 99):.0f} ms"
    return [
        limit(name, f"{case}: entries lost or out of order", engine, wrong, 0, "entries", **told),
        limit(name, f"{case}: conflicts without who and when", engine,
              sum(it.told_nothing for it in filers), 0, "answers", conflicts=answers.conflicts),
        limit(name, f"{case}: locked or otherwise failed", engine,
              locked + answers.errors.total(), 0, "answers"),
        Result(name, f"{case}: a save, median", engine, speed, "–", reached=True),
        Result(name, f"{case}: a save, p99", engine, slow, "–", reached=True),
    ]  # fmt: skip
