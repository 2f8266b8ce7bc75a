"""Gives a person their own workbook back with what is wrong written beside each row."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from .cells import Cell, ErrorTexts, Row, Sheet, UncomputedFormula, Workbook
from .delimited import plain_text
from .layout import (
    ERROR_COLOR,
    ERROR_FILL,
    FONT,
    MOMENT_FORMAT,
    NUMBER_FORMATS,
    sheet_names,
    showable,
    written,
)
from .writer import FIXED_MOMENT, WORKBOOK_OPTIONS, write_value

ERROR_HEADER = "错误"
_ERROR_WIDTH = 60
_WIDEST = 40
_ROWS_TO_MEASURE = 200


def write_report_copy(
    workbook: Workbook, errors: ErrorTexts, header_rows: Mapping[str, int] | None = None
) -> bytes:
    """The workbook as .xlsx: same sheets, rows and values, with a red column 错误 at the end.

    `errors` gives by sheet and row number the text of that row's cell; `header_rows` the row
    number of each sheet's header, where the column's title goes (otherwise its first row).
    A column 错误 of an earlier report is written anew. Uncomputed formulas are shown as text,
    nothing becomes a formula, dates stay dates. Sheets without errors get no column.
    """
    import xlsxwriter  # takes long to load

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, WORKBOOK_OPTIONS)
    book.set_properties({"created": FIXED_MOMENT})
    pen = _Pen(book)
    for name, sheet in zip(
        sheet_names(s.name for s in workbook.sheets), workbook.sheets, strict=True
    ):
        page = book.add_worksheet(name)
        texts = errors.get(sheet.name, {})
        header = (header_rows or {}).get(sheet.name) or _first_row(sheet, texts)
        column = _error_column(sheet, header)
        _set_widths(page, sheet, column)
        for row in sheet.rows:
            pen.copy_row(page, row, without=column if texts else None)
        if texts:
            pen.write_errors(page, column, header, texts)
            page.set_column(column, column, _ERROR_WIDTH)
            page.freeze_panes(header, 0)
    if not workbook.sheets:
        book.add_worksheet("工作表")
    book.close()
    return buffer.getvalue()


class _Pen:
    """The few formats of a report copy, and how its cells are written."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": FONT, "font_size": 10}
        self._plain = book.add_format(base)
        self._day = book.add_format({**base, "num_format": NUMBER_FORMATS["date"]})
        self._moment = book.add_format({**base, "num_format": MOMENT_FORMAT})
        red = {**base, "font_color": ERROR_COLOR, "text_wrap": True, "valign": "top"}
        self._error = book.add_format(red)
        self._error_header = book.add_format({**red, "bold": True, "bg_color": ERROR_FILL})

    def copy_row(self, page: Any, row: Row, without: int | None) -> None:
        """Writes the person's own cells of one row."""
        for column, cell in enumerate(row.cells):
            if cell is not None and column != without:
                value = _kept(cell)
                write_value(
                    page, row.number - 1, column, value, self._plain, self._day, self._moment
                )

    def write_errors(self, page: Any, column: int, header: int, texts: Mapping[int, str]) -> None:
        """Writes the column 错误; a text for the header row itself follows the title there."""
        for number, text in sorted(texts.items()):
            if number != header:
                page.write_string(number - 1, column, showable(text), self._error)
        title = ERROR_HEADER if header not in texts else f"{ERROR_HEADER}：{texts[header]}"
        page.write_string(header - 1, column, showable(title), self._error_header)


def _kept(cell: Cell) -> object:
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, UncomputedFormula):
        return showable(plain_text(cell))
    return written(cell, "number")


def _first_row(sheet: Sheet, texts: Mapping[int, str]) -> int:
    """Where the title goes when the header row is not known: above the first error if it can."""
    first = min([row.number for row in sheet.rows], default=1)
    return max(1, min([first, *(number - 1 for number in texts)]))


def _error_column(sheet: Sheet, header: int) -> int:
    """The column of an earlier report if its title stands in the header row, else the next."""
    for row in sheet.rows:
        if row.number == header:
            for column, cell in enumerate(row.cells):
                if isinstance(cell, str) and cell.strip().partition("：")[0] == ERROR_HEADER:
                    return column
    return max((len(row.cells) for row in sheet.rows), default=0)


def _set_widths(page: Any, sheet: Sheet, columns: int) -> None:
    """Widths by what the first rows hold, so that nothing shows as ####."""
    widths = [8] * columns
    for row in sheet.rows[:_ROWS_TO_MEASURE]:
        filled = sum(cell is not None for cell in row.cells)
        for column, cell in enumerate(row.cells[:columns]):
            if filled > 1 and cell is not None:
                widths[column] = max(widths[column], _shown_width(cell) + 2)
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width, _WIDEST))


def _shown_width(cell: Cell) -> int:
    if isinstance(cell, datetime):
        return 19
    if isinstance(cell, date):
        return 10
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in plain_text(cell)[:99])
