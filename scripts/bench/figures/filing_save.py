"""A row of a filing saved as the page's script sends it (逐行保存); 60 rows, 200 materials.

One filer saves one row after the other, each with another note, on the program served as shipped:
from the request to the last byte of the answer, which brings the row's grade, the panel with the
short board and the ways to each dimension; the durable commit is in it. Held against nothing: the
median of some hundred, 50 ms; so also ten times the materials. Told beside it: processor time of
the web server for each.

Settings: ``saves`` (120).
"""

from __future__ import annotations

import asyncio
import random

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.filers import Filer, Saved
from bench.load.filings import (
    FILES,
    ROWS,
    Draft,
    a_draft,
    add_files,
    answer_all,
    indicators,
    open_bureau,
)
from bench.load.served import Server, served
from bench.load.timing import Answers, Shares, percentile
from bench.measuring import Result, limit

from app.kernel.database import db

NEEDS_COUNTRY = False
MANY, REACH, WARM = 10, 50, 20


def measure(place: Ground) -> list[Result]:
    """With 200 materials, then with ten times as many."""
    saves = int(place.setting("saves", 120, 120))
    with place.blank() as blank:
        app, made = blank.app(), indicators()
        with app.app_context():
            open_bureau(made)
            draft = a_draft(1)
            answer_all(draft, made)
            add_files(draft, made, FILES)
            db.engine.dispose()
        with served(blank) as server:
            usual = asyncio.run(_saved(server, draft, saves))
        with app.app_context():
            add_files(draft, made, (MANY - 1) * FILES, first=FILES)
            db.engine.dispose()
        with served(blank) as server:
            many = asyncio.run(_saved(server, draft, saves))
    return [
        _result(place, f"{ROWS} rows, {FILES} materials", *usual),
        _result(place, f"{ROWS} rows, {MANY * FILES:,} materials", *many),
    ]


def _result(place: Ground, case: str, answers: Answers, shares: dict[str, float]) -> Result:
    taken = answers.of("save")
    if answers.errors:
        raise RuntimeError(str(dict(answers.errors)))
    return limit("filing_save", f"{case}: median", place.engine, percentile(taken, 50), REACH, "ms",
                 p95=round(percentile(taken, 95), 1), best=round(min(taken), 1),
                 saves=len(taken), web_cpu_ms=shares["web_cpu_ms_per_request"])  # fmt: skip


async def _saved(server: Server, draft: Draft, saves: int) -> tuple[Answers, dict[str, float]]:
    """The first few warm the process and do not count."""
    answers = Answers()
    filer = Filer(draft.filers[0], draft.id, Browser(server.port), answers, Saved(),
                  random.Random(1))  # noqa: S311  # fmt: skip
    await filer.open()
    until = WARM
    await filer.go_on(lambda: filer.acknowledged < until)
    answers.taken.clear()
    shares, until = Shares(server), WARM + saves
    await filer.go_on(lambda: filer.acknowledged < until)
    told = dict(shares.told(saves))
    filer.browser.close()
    return answers, told
