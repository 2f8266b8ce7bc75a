"""The lists of filings as a whole city reads them: who must renew, and what was submitted.

In a copy of the country every plant has a filing of this year that was submitted: a renewal where
it must renew but for every fifth, which has none, a first filing elsewhere. An officer of the city,
who sees all, opens both lists in the program served as shipped: the first page, one in the middle,
the last, each of the orders, every filter, a search for two characters. Held against nothing: the
slowest page, each in its best of some rounds, 150 ms, as of the register; told beside it what each
takes. A page must not ask more statements than the first one. The counts are kept until something
is recorded; the very first answer, which counts, is told by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.filings import statements
from bench.load.people import PASSWORD, employ
from bench.load.served import Server, served
from bench.measuring import Result, limit
from sqlalchemy import insert, select, text

from app.accounts.domain import Role
from app.filing.models import FilingRow, FilingSubmission
from app.kernel import audit, clock
from app.kernel.database import db, known_at
from app.kernel.transaction import writing
from app.registry.models import PlantRecord
from tests.people import signed_in

ROUNDS, REACH = 4, 150
LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "renewals": ("/filing/renewals", (
        "", "part=none", "part=done", "part=overdue", "sort=held", "sort=county", "sort=progress",
        "sort=sent&order=desc", "grade=B", "q=华", "county={county}",
    )),
    "submissions": ("/filing/submissions", (
        "", "sort=plant&order=asc", "sort=target", "sort=state", "order=asc", "kind=renewal",
        "state=submitted", "target=B", "q=华", "county={county}",
    )),
}  # fmt: skip


_HELD = text(
    "SELECT plant_id FROM standing_interval WHERE from_on <= :day AND until_on > :day"
    " AND grade IN ('A', 'B', 'B-', '引领性')"
)


def measure(place: Ground) -> list[Result]:
    """Both lists, page by page."""
    with place.copied() as copy:
        app = copy.app()
        with app.app_context():
            filings, county = _file_for_all()
            db.engine.dispose()
        client = signed_in(app, Role.CITY_HEAD)
        asked = {}
        for name, (path, _) in LISTS.items():
            first = statements(app, client, path)
            asked[name] = first, statements(app, client, f"{path}?page=40&sort=plant&order=asc")
        (officer,) = employ(copy, [(Role.CITY_OFFICER, None)])
        with app.app_context():
            db.engine.dispose()
        with served(copy) as server:
            taken = asyncio.run(_open(server, officer.name, county))
    return [it for name in LISTS for it in _results(place, name, taken[name], asked[name], filings)]


def _results(
    place: Ground, name: str, taken: Mapping[str, float], asked: tuple[int, int], filings: int
) -> list[Result]:
    figure, engine = "filing_lists", place.engine
    pages = {it: ms for it, ms in taken.items() if it != "counted anew"}
    slowest = max(pages, key=lambda it: pages[it])
    told: dict[str, Any] = {it: round(ms, 1) for it, ms in pages.items()}
    return [
        limit(figure, f"{name}, a page of the city at worst", engine, pages[slowest], REACH, "ms",
              slowest=slowest, filings=filings, **told),
        Result(figure, f"{name}, counted anew", engine, f"{taken['counted anew']:.4g} ms", "–",
               reached=True),
        limit(figure, f"{name}, statements more on a later page", engine, asked[1] - asked[0], 0,
              "statements", statements=asked[0]),
    ]  # fmt: skip


# --- Filings of the whole country -----------------------------------------------------------


def _file_for_all() -> tuple[int, str]:
    """A submitted filing of nearly every plant; how many, and the county with most plants."""
    year = clock.today().year
    renewing = set(db.session.execute(_HELD, {"day": date(year - 1, 12, 31)}).scalars())
    plants = list(db.session.execute(
        select(PlantRecord.plant_id, PlantRecord.enterprise_id, PlantRecord.county)
        .where(known_at(PlantRecord, None)).order_by(PlantRecord.plant_id)))  # fmt: skip
    filed = [it for n, it in enumerate(plants) if it.plant_id not in renewing or n % 5]
    db.session.rollback()
    with writing("测量") as current:
        numbered = list(enumerate(filed, start=1))
        for part in (numbered[it : it + 5000] for it in range(0, len(numbered), 5000)):
            db.session.execute(insert(FilingRow), [
                {"id": n, "plant_id": it.plant_id, "enterprise_id": it.enterprise_id,
                 "county": it.county, "year": year,
                 "kind": "renewal" if it.plant_id in renewing else "first",
                 "target": "BAC"[n % 3], "rulebook": "shaoxing-2023", "way": "browser",
                 "paper": "", "state": "draft", "revision": 1, "opened_at": current.moment,
                 "opened_by": 1, "opened_by_name": "填报人", "judged_on": date(year, 1, 1),
                 "form_key": f"测量{n}"}
                for n, it in part
            ])  # fmt: skip
            db.session.execute(insert(FilingSubmission), [
                {"filing_id": n, "number": 1, "receipt": f"{it.county}-{year}-{n:06d}",
                 "content": json.dumps({"n": n}), "sha256": "0" * 64, "grade": "B",
                 "submitted_at": current.moment - timedelta(seconds=len(filed) - n),
                 "submitted_by": 1,
                 "submitted_by_name": "王签署", "form_key": f"测量{n}"}
                for n, it in part
            ])  # fmt: skip
        db.session.execute(text("UPDATE filing SET state = 'submitted', revision = 2"))
        audit.record("test.filed", "filing", "all")
    counties = [it.county for it in plants]
    return len(filed), max(set(counties), key=counties.count)


async def _open(server: Server, officer: str, county: str) -> dict[str, dict[str, float]]:
    """Milliseconds of each page, the best of some rounds."""
    browser = Browser(server.port)
    await browser.sign_in(officer, PASSWORD)
    taken: dict[str, dict[str, float]] = {}
    for name, (path, queries) in LISTS.items():
        await browser.get(f"{path}?page=2")  # what is kept in the process
        found = taken[name] = {}
        for it in (*queries, "page=100", "page=999999"):
            asked = it.format(county=county)
            answers = [await browser.get(f"{path}?{asked}") for _ in range(ROUNDS)]
            if any(answer.status != 200 for answer in answers):
                raise RuntimeError(f"{path}?{asked}: {answers[0].status} {answers[0].words()}")
            found[it or "first page"] = min(answer.seconds for answer in answers[1:]) * 1000
            if not it:
                found["counted anew"] = answers[0].seconds * 1000
    browser.close()
    return taken
