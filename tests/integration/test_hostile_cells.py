"""Every column of every sheet of the ledger with every kind of harm: told, and nothing written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import openpyxl
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.kernel.database import db
from app.kernel.models import Job
from app.ledger.sheets import SHEETS
from tests.hostile import multipart
from tests.ledger_pages import work_off
from tests.pages import CheckedClient
from tests.people import ClientAs
from tests.tally import Tally
from tests.watch import fingerprint
from tests.workbooks import lawful

HARM = {
    "NUL": "正常_x0000_值",
    "half a character": "_xD800_甲",
    "more than a cell can hold": random.Random(1).randbytes(25_000).hex(),  # noqa: S311
    "a formula in words": "=cmd|' /C calc'!A0",
    "directions": "\u202e甲乙\u200b\u2066",
    "markup": "<script>alert(1)</script>{{7777*7777}}",
    "another number": "9" * 400,
    "control characters": "a_x001B_[31m_x000D__x000A_b",
}
ITS_OWN = frozenset({"ledger_import", "stored_file", "job", "download"})
"""Tables that a file which was only looked at writes to."""


def harmed(text: str, folder: Path) -> tuple[bytes, int]:
    """A workbook with a lawful row for each column of each sheet, that column replaced."""
    book, cells = openpyxl.Workbook(), 0
    del book["Sheet"]
    tables = lawful()
    for sheet in SHEETS:
        rows = tables.get(sheet.name) or [{}]
        page = book.create_sheet(sheet.name)
        page.append([column.header for column in sheet.columns])
        for column in sheet.columns:
            row = {**rows[0], column.header: text}
            page.append([str(row.get(it.header) or "") for it in sheet.columns])
            cells += 1
        for row in page.iter_rows():
            for cell in row:
                cell.data_type = "s"
    path = folder / "harm.xlsx"
    book.save(path)
    return path.read_bytes(), cells


def rows_of(app: Flask) -> dict[str, str]:
    return {name: it for name, it in fingerprint(app).items() if name not in ITS_OWN}


def faults_of(app: Flask) -> Iterator[str]:
    with app.app_context():
        for job in db.session.query(Job):
            if job.state != "done" or job.error:
                yield f"job {job.id}: {job.state} {job.error}"
        db.session.rollback()


def looked_at(app: Flask, client: CheckedClient, content: bytes) -> TestResponse:
    """The page of the import once the background has looked at the file."""
    sent = FlaskClient.open(
        client, "/ledger/", method="POST", headers={"X-CSRFToken": client.token or ""},
        data=multipart("workbook", "台账.xlsx".encode(), content),
        content_type="multipart/form-data; boundary=MARK",
    )  # fmt: skip
    assert sent.status_code == 303
    work_off(app)
    return client.get(sent.location)


def test_no_cell_of_a_workbook_breaks_the_check_or_is_written(
    app: Flask, client_as: ClientAs, tmp_path: Path, tally: Tally
) -> None:
    client = client_as("city-officer")
    before, tried, faults = rows_of(app), 0, []
    for what, text in HARM.items():
        content, cells = harmed(text, tmp_path)
        tried += cells
        answer = looked_at(app, client, content)
        page = answer.get_data(as_text=True)
        if answer.status_code != 200 or "<script>alert" in page or "60481729" in page:
            faults.append(f"{what}: {answer.status}")
    changed = [name for name, rows in rows_of(app).items() if rows != before[name]]
    faults += [*faults_of(app), *(f"{name} is not as it was" for name in changed)]
    columns = sum(len(sheet.columns) for sheet in SHEETS)
    tally("cells of a workbook × hostile texts", tried, faults, at_least=columns * len(HARM))
