"""The mark an export carries (导出标记), by which an unaltered export is known again.

The hash is over what the cells say, not over the file's bytes: opening and saving the workbook in
an office program keeps it, changing one cell does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from app.kernel.spreadsheets import Cell, Sheet, Workbook, clean_text, find_header
from app.kernel.spreadsheets.delimited import plain_text
from app.kernel.spreadsheets.layout import showable
from app.ledger.places import place_rows_in
from app.ledger.sheets import EXPORT_NOTE_SHEET, SHEETS

HASH_LABEL = "内容摘要（SHA-256）"
_HASH_LENGTH = 64
_LINE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def contents_sha256(sheets: Iterable[tuple[str, Iterable[Sequence[Cell]]]]) -> str:
    """The hash of named tables, each given by its header and then its rows."""
    digest = hashlib.sha256()
    for name, rows in sheets:
        for row in rows:
            cells = [_said(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                digest.update(_LINE.encode([name, *cells]).encode() + b"\n")
    return digest.hexdigest()


def _said(cell: Cell) -> str:
    if type(cell) is str:
        return showable(cell)
    if isinstance(cell, int | Decimal) and not isinstance(cell, bool):
        return format(Decimal(cell).normalize(), "f")
    return showable(plain_text(cell))


def is_unaltered_export(workbook: Workbook) -> bool:
    """Whether the workbook is an export of this system in which no cell has been changed."""
    note = workbook.sheet(EXPORT_NOTE_SHEET)
    return note is not None and _declared(note) == contents_sha256(_tables(workbook))


def _declared(note: Sheet) -> str | None:
    for row in note.rows:
        texts = [clean_text(cell) for cell in row.cells if isinstance(cell, str)]
        if texts[:1] == [HASH_LABEL]:
            return next((text for text in texts[1:] if len(text) == _HASH_LENGTH), None)
    return None


def _tables(workbook: Workbook) -> Iterator[tuple[str, Iterable[Sequence[Cell]]]]:
    note = workbook.sheet(EXPORT_NOTE_SHEET)
    if note is not None:
        yield EXPORT_NOTE_SHEET, place_rows_in(note)
    for spec in SHEETS:
        sheet = workbook.sheet(spec.name)
        start = find_header(sheet, spec.first_header) if sheet is not None else None
        if sheet is not None and start is not None:
            yield spec.name, (row.cells for row in sheet.rows[start:])
