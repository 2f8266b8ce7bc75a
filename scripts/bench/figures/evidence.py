"""Materials of a filing: the page of a large table with many files, and memory while files come.

One filing with a table of 60 rows, three materials asked for in each third row, and 200 files of
200 different contents spread over the rows. Held against nothing:

* the page with all rows and all files, from the request to the last byte, as the served program
  answers a filer, best of rounds: 300 ms;
* the statements of that page against those of the same page with 20 files: not one more;
* the list of what is needed, likewise: 300 ms.

Then the filer sends 1 GB in files of 48 MB, each in parts of 4 MB and looked at when it is whole,
as the page's script does. Held against nothing: the most memory that a web process ever held, less
what it held before the first of them: 160 MiB, three files' worth, however much is sent. The
processes that look at the files are not in it: each is bounded by itself and gone afterwards.

Settings: ``megabytes`` (192; 1024 in full).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench.ground import Ground
from bench.load.browser import Browser
from bench.load.people import PASSWORD
from bench.load.served import Server, served
from bench.measuring import Result, limit
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.accounts.services import set_up_bureau
from app.filing.services import Where, add_evidence
from app.indicators.domain import Evidence, Row
from app.kernel import audit, uploads
from app.kernel.database import db
from app.kernel.files import Stored
from app.kernel.materials import Examined
from app.kernel.transaction import writing
from tests.evidence_files import assembled
from tests.facts import a_plant, code
from tests.filings import begun, put_in_force, row, table
from tests.people import signed_in

NEEDS_COUNTRY = False
ROWS, FILES, FEW = 60, 200, 20
FILE_MB, ROUNDS = 48, 6
NAME = "填报人"


def measure(place: Ground) -> list[Result]:
    """The pages first, then the sending."""
    with place.blank() as blank:
        app = blank.app()
        with app.app_context():
            draft = _a_draft()
            _add_files(draft, FEW)
        client = signed_in(app, Role.FILER, uscc=code(1))
        few = _statements(app, client, draft)
        with app.app_context():
            _add_files(draft, FILES - FEW)
        many = _statements(app, client, draft)
        with app.app_context():
            db.engine.dispose()
        with served(blank) as server:
            page, needed = asyncio.run(_open(server, draft))
            before, after, sent = asyncio.run(_send(server, draft, _megabytes(place)))
    name, engine = "evidence", place.engine
    return [
        limit(name, f"page of {ROWS} rows with {FILES} files", engine, page * 1000, 300, "ms"),
        limit(name, f"statements more than with {FEW} files", engine, many - few, 0, "statements",
              statements=many),
        limit(name, "list of what is needed", engine, needed * 1000, 300, "ms"),
        limit(name, "memory while files come", engine, after - before, 160, "MiB",
              sent_mb=sent, before_mib=round(before), after_mib=round(after)),
    ]  # fmt: skip


def _megabytes(place: Ground) -> int:
    return int(place.setting("megabytes", 4 * FILE_MB, 1024))


def _a_draft() -> int:
    cells = ("A", "须做到：甲"), ("B B-", "须做到：乙"), ("C", "须做到：丙"), ("D", "未达到C级要求")
    asked = tuple(Evidence(kind, "各季度") for kind in ("监测报告", "台账", "照片"))
    rows: list[Row] = [
        row(str(number), f"维度{number % 9}", f"指标{number}", *cells,
            evidence=asked if number % 3 == 0 else ())
        for number in range(1, ROWS + 1)
    ]  # fmt: skip
    with writing("测量"):
        set_up_bureau()
        audit.record("test.set_up", "bureau", "all")
    put_in_force(table(tuple(rows)), date(2026, 1, 1))
    _, plant = a_plant(1)
    with writing("测量"):
        kept = passwords.hashed(PASSWORD)
        person = services.open_account(NAME, NAME, password_hash=kept)
        services.grant_role(person.user_id, Role.FILER, uscc=code(1))
    return begun(plant)


def _add_files(draft: int, count: int) -> None:
    """Rows only: what lies on disk does not matter to a page."""
    with writing("测量", actor_name=NAME):
        for _ in range(count):
            digest = hashlib.sha256(os.urandom(16)).hexdigest()
            number = int(digest, 16) % ROWS + 1
            add_evidence(draft, Where(1, str(number)), Stored(digest, 1_000_000, Path()),
                         Examined("pdf", 3, f"2025年度材料{digest[:6]}.pdf"))  # fmt: skip


def _page_of(draft: int) -> str:
    return f"/filing/{draft}/assess?place=1&d=all"


def _getting(client: FlaskClient, path: str) -> Callable[[], object]:
    def get() -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status}")

    return get


def _statements(app: Flask, client: FlaskClient, draft: int) -> int:
    """Of the page once everything that is kept in the process is there."""
    said: list[object] = []

    def note(*about: object) -> None:
        said.append(about[2])

    get = _getting(client, _page_of(draft))
    get()
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    get()
    with app.app_context():
        event.remove(db.engine, "before_cursor_execute", note)
    return len(said)


async def _open(server: Server, draft: int) -> tuple[float, float]:
    """Seconds of the large page and of the list of what is needed, the best of some rounds."""
    browser = Browser(server.port)
    await browser.sign_in(NAME, PASSWORD)
    best = []
    for path in (_page_of(draft), f"/filing/{draft}/materials"):
        answers = [await browser.get(path) for _ in range(ROUNDS)]
        if any(it.status != 200 for it in answers):
            raise RuntimeError(f"{path}: {answers[0].status}")
        best.append(min(it.seconds for it in answers))
    return best[0], best[1]


async def _send(server: Server, draft: int, megabytes: int) -> tuple[float, float, int]:
    """MiB of the web server before and after, and the MB that were sent."""
    browser = Browser(server.port)
    await browser.sign_in(NAME, PASSWORD)
    page = await browser.get(f"/filing/{draft}/materials")
    token = page.form(f"/filing/{draft}/evidence")["csrf_token"]
    await _send_one(browser, draft, token, _pdf(1))
    before, sent = server.most_memory(), 0
    while sent < megabytes:
        await _send_one(browser, draft, token, _pdf(FILE_MB))
        sent += FILE_MB
    return before, server.most_memory(), sent


async def _send_one(browser: Browser, draft: int, token: str, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    begun = await browser.post(f"/filing/{draft}/uploads", {
        "csrf_token": token, "place": "0", "row": "", "name": f"{digest[:8]}.pdf",
        "size": str(len(content)), "mark": "1", "digest": digest})  # fmt: skip
    url, arrived = f"/filing/{draft}/uploads/{json.loads(begun.text)['token']}", 0
    while arrived < len(content):
        part = content[arrived : arrived + uploads.PART]
        answer = await browser.send_bytes(f"{url}?at={arrived}", part, token)
        arrived = json.loads(answer.text)["arrived"]
    done = await browser.send_bytes(f"{url}/whole", b"", token)
    if "added" not in json.loads(done.text):
        raise RuntimeError(done.text)


def _pdf(megabytes: int) -> bytes:
    """A pdf of a page and so much that cannot be packed any smaller, each unlike the others."""
    filling = os.urandom(megabytes * 1024 * 1024 - 4096)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"
    return assembled([
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page,
        b"<</Length %d>>stream\n%s\nendstream" % (len(filling), filling),
    ])  # fmt: skip
