"""Walking through the pages of the ledger with a test client (台账页面测试)."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import openpyxl
from flask import Flask
from openpyxl.workbook import Workbook
from werkzeug.test import TestResponse

from tests.ledger_imports import work
from tests.pages import CheckedClient
from tests.workbooks import Tables, saved


def send(client: CheckedClient, content: bytes, name: str = "台账.xlsx") -> TestResponse:
    """Upload a file by the form."""
    return client.post("/ledger/", data={"workbook": (io.BytesIO(content), name)})


def taken(client: CheckedClient, content: bytes, name: str = "台账.xlsx") -> str:
    """Upload a file that is taken in; the address of its import."""
    answer = send(client, content, name)
    assert answer.status_code == 303, said(answer)
    return answer.location


def file_of(tables: Tables, folder: Path) -> bytes:
    """The tables as the bytes of a workbook."""
    return saved(tables, folder / "sent.xlsx").read_bytes()


def work_off(app: Flask) -> None:
    """Do everything that waits in the background."""
    with app.app_context():
        work()


def checked(app: Flask, client: CheckedClient, content: bytes, name: str = "台账.xlsx") -> str:
    """Upload a file and have it checked; the address of its import."""
    address = taken(client, content, name)
    work_off(app)
    return address


def said(answer: TestResponse) -> str:
    """The text of a page as a person reads it, spaces run together."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))
    return re.sub(r"\s+", " ", text)


def press(client: CheckedClient, address: str, verb: str) -> TestResponse:
    """Press a button of an import's page as it stands now."""
    page = client.get(address).get_data(as_text=True)
    changes = re.search(r'name="changes" value="(\w+)"', page)
    data = {"changes": changes[1]} if changes else {}
    return client.post(f"{address}/{verb}", data=data, follow_redirects=True)


def fetched(client: CheckedClient, address: str, **data: str) -> tuple[str, Workbook]:
    """Have a file made and fetch it; its name and content."""
    made = client.post(address, data=data)
    assert made.status_code == 303, said(made)
    with client.get(made.location) as answer:
        assert answer.status_code == 200
        content, name = answer.data, answer.headers["Content-Disposition"]
    return name, openpyxl.load_workbook(io.BytesIO(content))
