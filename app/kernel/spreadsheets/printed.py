"""Writes a sheet in the shape of a printed table: texts in merged cells, rows high enough to read.

A sheet may be a form: what is printed is locked then, and its tinted cells are filled in by hand.

A spreadsheet program does not find the height of a row with merged cells by itself, so it is
reckoned here from the widths of the columns.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from .layout import FONT, FOOTER, HEADER_FILL, sheet_names, showable
from .writer import FIXED_MOMENT, WORKBOOK_OPTIONS

_LINE_POINTS = 13.5
ENTRY_FILL = "#FFF8E1"
_HIGHEST = 409.0
"""Points; a spreadsheet program allows no higher row."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A text on the sheet and the cells it takes; rows and columns count from 0."""

    row: int
    column: int
    text: str
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class EntryCell:
    """A cell that somebody fills in: tinted, not locked, kept as text; with choices a list."""

    row: int
    column: int
    text: str = ""
    choices: Sequence[str] = ()
    source: str = ""
    """Where more choices stand than a list holds: ='选项'!$A$4:$A$9."""


@dataclass(frozen=True, slots=True)
class PrintedSheet:
    """Title and notes, each on a line of its own, the header row, and texts placed below it.

    Rows of ``placed`` count from the first one below the header.
    """

    name: str
    heads: Sequence[str]
    widths: Sequence[float]
    placed: Sequence[Placed]
    titles: Sequence[str] = ()
    entries: Sequence[EntryCell] = ()
    """Rows count as those of ``placed``. With any of them the sheet is a form."""


def write_printed(target: BinaryIO, sheets: Sequence[PrintedSheet]) -> None:
    """Writes the sheets as .xlsx; the same input always gives the same bytes."""
    import xlsxwriter  # takes long to load, and few commands ever write a workbook

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, WORKBOOK_OPTIONS)
    book.set_properties({"created": FIXED_MOMENT})
    for name, sheet in zip(sheet_names(it.name for it in sheets), sheets, strict=True):
        _write(book, book.add_worksheet(name), sheet)
    book.close()
    target.write(buffer.getvalue())


def _write(book: Any, target: Any, sheet: PrintedSheet) -> None:
    plain = {"font_name": FONT, "font_size": 10, "border": 1, "valign": "vcenter"}
    cell = book.add_format({**plain, "text_wrap": True, "num_format": "@"})
    head = book.add_format({**plain, "bold": True, "align": "center", "bg_color": HEADER_FILL,
                            "text_wrap": True})  # fmt: skip
    title = book.add_format({"font_name": FONT, "font_size": 10, "valign": "vcenter"})
    last = len(sheet.heads) - 1
    for row, text in enumerate(sheet.titles):
        target.merge_range(row, 0, row, max(1, last), "", title)
        target.write_string(row, 0, showable(text), title)
    for column, (text, width) in enumerate(zip(sheet.heads, sheet.widths, strict=True)):
        target.set_column(column, column, width, None)
        target.write_string(len(sheet.titles), column, showable(text), head)
    start = len(sheet.titles) + 1
    for it in sheet.placed:
        place = (start + it.row, it.column, start + it.last_row, it.last_column)
        if (it.row, it.column) != (it.last_row, it.last_column):
            target.merge_range(*place, "", cell)
        target.write_string(place[0], place[1], showable(it.text), cell)
    _write_entries(book, target, sheet, start)
    for row, height in _heights(sheet).items():
        target.set_row(start + row, height)
    target.set_landscape()
    target.set_paper(9)
    target.fit_to_pages(1, 0)
    target.repeat_rows(len(sheet.titles))
    target.set_footer(FOOTER)
    target.freeze_panes(start, 0)


def _write_entries(book: Any, target: Any, sheet: PrintedSheet, start: int) -> None:
    """The cells to be filled in; everything else of the sheet is locked, without a password."""
    if not sheet.entries:
        return
    entry = book.add_format(
        {"font_name": FONT, "font_size": 10, "border": 1, "valign": "vcenter", "text_wrap": True,
         "num_format": "@", "bg_color": ENTRY_FILL, "locked": False}
    )  # fmt: skip
    for it in sheet.entries:
        target.write_string(start + it.row, it.column, showable(it.text), entry)
        if it.choices or it.source:
            target.data_validation(
                start + it.row, it.column, start + it.row, it.column,
                {"validate": "list", "source": it.source or list(it.choices),
                 "error_title": "请从列表中选择",
                 "error_message": "、".join(it.choices) or "请从下拉列表中选择，或者留空。"},
            )  # fmt: skip
    target.protect("", {"format_columns": True, "format_rows": True})


def _heights(sheet: PrintedSheet) -> dict[int, float]:
    """Of every row, so much that its longest text is shown whole."""
    found: dict[int, float] = {}
    filled = [Placed(it.row, it.column, it.text, it.row, it.column) for it in sheet.entries]
    for it in (*sheet.placed, *filled):
        width = sum(sheet.widths[it.column : it.last_column + 1])
        lines = sum(max(1, -(-_width(line) // int(width))) for line in it.text.split("\n"))
        share = lines * _LINE_POINTS / (it.last_row - it.row + 1) + 4
        for row in range(it.row, it.last_row + 1):
            found[row] = min(_HIGHEST, max(found.get(row, 0.0), share))
    return found


def _width(text: str) -> int:
    """In characters of a column's width; a Chinese one takes two."""
    return sum(2 if unicodedata.east_asian_width(it) in "WF" else 1 for it in text)
