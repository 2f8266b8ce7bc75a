"""Offline packages for tests (离线填报包): exported, filled in and zipped as people do it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl
from flask import Flask
from flask.testing import FlaskClient

from app.kernel import jobs

FORM = "填报表.xlsx"
Parts = dict[str, bytes]
Cells = Mapping[str, object]


def exported(client: FlaskClient, filing_id: int) -> Parts:
    """What a package holds, by name."""
    answer = client.post(f"/filing/{filing_id}/package")
    assert answer.status_code == 303, answer.text
    with client.get(answer.location) as fetched, zipfile.ZipFile(io.BytesIO(fetched.data)) as it:
        return {name: it.read(name) for name in it.namelist()}


def filled(parts: Parts, cells: Cells, change: Callable[[Any], None] | None = None) -> Parts:
    """The package with these lines filled in, by their numbers (填报序号)."""
    book: Any = openpyxl.load_workbook(io.BytesIO(parts[FORM]))
    left = dict(cells)
    for sheet in book:
        at = place_of(sheet)
        if at is None:
            continue
        for row in sheet.iter_rows(min_row=4):
            number = row[at].value
            if number in left:
                row[at + 2].value = left.pop(number)
    assert not left, left
    if change is not None:
        change(book)
    target = io.BytesIO()
    book.save(target)
    return {**parts, FORM: target.getvalue()}


def place_of(sheet: Any) -> int | None:
    """The column of the numbers of lines; None where the sheet has none."""
    heads = [cell.value for cell in sheet[3]]
    return heads.index("填报序号") if "填报序号" in heads else None


def cell_of(parts: Parts, number: str) -> str:
    """Where a line is filled in: N4."""
    for sheet in openpyxl.load_workbook(io.BytesIO(parts[FORM])):
        at = place_of(sheet)
        for row in sheet.iter_rows(min_row=4) if at is not None else ():
            if at is not None and row[at].value == number:
                return str(row[at + 2].coordinate)
    raise AssertionError(number)


def listed(book: Any, *lines: tuple[str, str, str, str, str]) -> None:
    """Write materials into 材料清单: folder, kind, file, from, until."""
    sheet = book["材料清单"]
    blank = [row for row in sheet.iter_rows(min_row=4) if not row[0].value]
    for row, (folder, kind, name, first, last) in zip(blank, lines, strict=False):
        for at, text in zip((0, 1, 3, 4, 5), (folder, kind, name, first, last), strict=True):
            row[at].value = text


def zipped(parts: Parts, *, within: str = "", gbk: bool = False, slashes: str = "/") -> bytes:
    """As a zip program makes it: a folder around it, GBK names, backslashes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            told = (within + name).replace("/", slashes)
            info = _Gbk(told.encode("gbk").decode("latin-1")) if gbk else zipfile.ZipInfo(told)
            info.filename = info.filename if gbk else told
            made.writestr(info, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


class _Gbk(zipfile.ZipInfo):
    """An entry whose name is written as GBK without saying so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's own name
        return self.filename.encode("latin-1"), self.flag_bits


def carried_in(app: Flask, client: FlaskClient, filing_id: int, content: bytes) -> str:
    """Upload it and let the worker read it; the address of its page."""
    form = {"package": (io.BytesIO(content), "交回.zip")}
    answer = client.post(f"/filing/{filing_id}/package/arrivals", data=form)
    assert answer.status_code == 303, answer.text
    with app.app_context():
        while jobs.run_next():
            pass
    return str(answer.location)


def mark_on(page: str) -> str:
    """The mark of a preview."""
    return page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]
