"""Pages of one filing with a table of 60 rows and 200 materials (自评、检查、材料).

The table has limits, lists, shares, questions and what is 未核实 in nine dimensions; every row is
answered, each third asks for three materials. Held against nothing, as the served program answers
a filer, from the request to the last byte, best of rounds:

* the self-assessment with all rows on one page, and one dimension of it: 300 ms;
* the page of checks and the list of materials: 300 ms;
* the statements of any of them with ten times the materials against those with 200: not one more.

Told beside it: how long the pages with ten times the materials take, which show that much more.
"""

from __future__ import annotations

import asyncio

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.filings import (
    FILES,
    ROWS,
    a_draft,
    add_files,
    answer_all,
    indicators,
    open_bureau,
    statements,
)
from bench.load.people import PASSWORD
from bench.load.served import served
from bench.measuring import Result, limit

from app.accounts.domain import Role
from app.kernel.database import db
from tests.people import signed_in

NEEDS_COUNTRY = False
MANY, ROUNDS, REACH = 10, 8, 300
PAGES = {
    "all rows": "assess?place=1&d=all",
    "one dimension": "assess?place=1&d=1",
    "checks": "checks",
    "materials": "materials",
}


def measure(place: Ground) -> list[Result]:
    """Each page with 200 materials and with ten times as many."""
    with place.blank() as blank:
        app, made = blank.app(), indicators()
        with app.app_context():
            open_bureau(made)
            draft = a_draft(1)
            answer_all(draft, made)
            add_files(draft, made, FILES)
        client = signed_in(app, Role.FILER, uscc=draft.uscc)
        paths = {name: f"/filing/{draft.id}/{rest}" for name, rest in PAGES.items()}
        few = {name: statements(app, client, path) for name, path in paths.items()}
        with served(blank) as server:
            usual = asyncio.run(_opened(server.port, draft.filers[0], paths))
        with app.app_context():
            add_files(draft, made, (MANY - 1) * FILES, first=FILES)
        many = {name: statements(app, client, path) for name, path in paths.items()}
        with app.app_context():
            db.engine.dispose()
        with served(blank) as server:
            large = asyncio.run(_opened(server.port, draft.filers[0], paths))
    name, engine = "filing_page", place.engine
    more = max(many[it] - few[it] for it in PAGES)
    return [
        *(
            limit(name, f"{it}, {ROWS} rows, {FILES} materials", engine, usual[it], REACH, "ms",
                  statements=few[it], ms_with_ten_times=round(large[it], 1))
            for it in PAGES
        ),
        limit(name, f"statements more with {MANY * FILES:,} materials, at most", engine, more, 0,
              "statements", **many),
    ]  # fmt: skip


async def _opened(port: int, filer: str, paths: dict[str, str]) -> dict[str, float]:
    """Milliseconds of each page, the best of some rounds."""
    browser = Browser(port)
    await browser.sign_in(filer, PASSWORD)
    best = {}
    for name, path in paths.items():
        answers = [await browser.get(path) for _ in range(ROUNDS)]
        if any(it.status != 200 for it in answers):
            raise RuntimeError(f"{path}: {answers[0].status}")
        best[name] = min(it.seconds for it in answers) * 1000
    browser.close()
    return best
