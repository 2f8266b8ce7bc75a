"""A filing with 60 rows and 200 materials signed and submitted; then its papers made by the job.

The signatory opens the page, accepts each statement and types the password, which is where the
server spends a good part of the time on purpose. Submitting checks everything again and freezes
content, files and hashes inside one transaction. The hashes are those under which the materials lie
already: nothing of them is read, so it makes no difference how large they are. Held against
nothing: the answer to the form, once it is durable, 1 s; its statements against those of a filing
with ten times the materials: not one fewer. Then the job worker makes the copy of record, the
commitment and the receipt (存证件、承诺书、回执) as PDF: how long until all three are on record is
told, and the worker's processor time; the most memory it held: 1024 MiB.

Settings: ``filings`` (3) submitted one after the other; the median counts.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, field

from bench.ground import Ground
from bench.load.browser import Browser
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
from bench.load.people import PASSWORD
from bench.load.served import Server, served
from bench.load.timing import percentile
from bench.measuring import Result, limit
from flask import Flask
from sqlalchemy import event, text

from app.accounts.domain import Role
from app.kernel.database import db
from tests.people import PASSWORD as TESTERS
from tests.people import signed_in

NEEDS_COUNTRY = False
MANY, REACH_MS, REACH_MIB, PATIENCE = 10, 1000, 1024, 120
_BOX = re.compile(r'name="accept" value="([^"]+)"')
_PAPERS = text("SELECT count(*) FROM filing_paper")


def measure(place: Ground) -> list[Result]:
    """The statements in this process, the time over the wire, the papers in the worker."""
    many = int(place.setting("filings", 3, 3))
    with place.blank() as blank:
        app = blank.app()
        with app.app_context():
            drafts = _drafts(many + 2)
        large = _statements(app, drafts[0])
        usual = _statements(app, drafts[1])
        with app.app_context():
            db.engine.dispose()
        with served(blank) as server:
            done = asyncio.run(_submit(server, blank, drafts[2:]))
    name, engine = "filing_submit", place.engine
    case = f"{ROWS} rows, {FILES} materials"
    seconds = percentile(done.papers, 50)
    return [
        limit(name, f"{case}: signed and submitted", engine, percentile(done.answers, 50), REACH_MS,
              "ms", statements=usual, each_ms=[round(it) for it in done.answers],
              page_ms=[round(it) for it in done.pages]),
        limit(name, f"statements more with {MANY * FILES:,} materials", engine, large - usual, 0,
              "statements"),
        Result(name, f"{case}: until its papers are on record", engine, f"{seconds:.3g} s", "–",
               reached=True, details={"worker_cpu_s": round(done.worker_seconds / many, 2)}),
        limit(name, f"{case}: memory of the job worker", engine, done.worker_mib, REACH_MIB, "MiB"),
    ]  # fmt: skip


def _drafts(many: int) -> list[Draft]:
    """Ready to be submitted; the first with ten times the materials."""
    made = indicators()
    open_bureau(made)
    drafts = [a_draft(number, role=Role.SIGNATORY) for number in range(1, many + 1)]
    for number, it in enumerate(drafts):
        answer_all(it, made)
        add_files(it, made, FILES * (1 if number else MANY))
    return drafts


def _statements(app: Flask, draft: Draft) -> int:
    client = signed_in(app, Role.SIGNATORY, uscc=draft.uscc)
    path = f"/filing/{draft.id}/submit"
    page = client.get(path).text
    sent = {"accept": _BOX.findall(page), "password": TESTERS,
            "form_key": f"测量{draft.id}", "csrf_token": client.token}  # fmt: skip
    said: list[object] = []

    def note(*about: object) -> None:
        said.append(about[2])

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    answer = client.post(path, data=sent)
    event.remove(engine, "before_cursor_execute", note)
    if answer.status_code != 303:
        raise RuntimeError(f"{path}: {answer.status} {answer.text[-2000:]}")
    return len(said)


@dataclass
class Done:
    """What was taken: milliseconds of pages and answers, seconds until the papers were there."""

    pages: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    papers: list[float] = field(default_factory=list)
    worker_seconds: float = 0.0
    worker_mib: float = 0.0


async def _submit(server: Server, place: Ground, drafts: list[Draft]) -> Done:
    done = Done()
    there = _papers(place, 6)  # those of the filings submitted before
    begin = server.cpu_seconds()["worker"]
    for draft in drafts:
        browser = Browser(server.port)
        await browser.sign_in(draft.filers[0], PASSWORD)
        path = f"/filing/{draft.id}/submit"
        page = await browser.get(path)
        form = {name: it for name, it in page.form(path).items() if name != "accept"}
        boxes = [("accept", it) for it in _BOX.findall(page.text)]
        answer = await browser.post(path, [*{**form, "password": PASSWORD}.items(), *boxes])
        if answer.status != 303:
            raise RuntimeError(f"{path}: {answer.status} {answer.words(2000)}")
        done.pages.append(page.seconds * 1000)
        done.answers.append(answer.seconds * 1000)
        start = time.perf_counter()
        there = await asyncio.to_thread(_papers, place, there + 3)
        done.papers.append(time.perf_counter() - start)
        browser.close()
    done.worker_seconds = server.cpu_seconds()["worker"] - begin
    done.worker_mib = server.peaks()["worker"]
    return done


def _papers(place: Ground, wanted: int) -> int:
    """Wait until so many papers are on record."""
    deadline = time.monotonic() + PATIENCE
    raw = place.raw()
    try:
        while True:
            (found,) = raw.execute(_PAPERS.text).fetchone()
            if found >= wanted:
                return int(found)
            if time.monotonic() > deadline:
                raise RuntimeError(f"{found} papers of {wanted}")
            if hasattr(raw, "rollback"):
                raw.rollback()
            time.sleep(0.01)
    finally:
        raw.close()
