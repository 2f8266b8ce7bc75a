"""Writes workbooks in the bureau's layout; large ones row by row, with equal cells."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from . import streamed
from .layout import (
    ERROR_COLOR,
    ERROR_FILL,
    FONT,
    FOOTER,
    HEADER_FILL,
    MOMENT_FORMAT,
    NUMBER_FORMATS,
    Column,
    SheetLayout,
    sheet_names,
    showable,
    written,
)

Engine = Literal["auto", "portable", "fast"]

ROWS_FOR_FAST_ENGINE = 5000
FIXED_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
WORKBOOK_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "in_memory": True,
}


def write_xlsx(
    target: Path | BinaryIO, sheets: Sequence[SheetLayout], *, engine: Engine = "auto"
) -> None:
    """Writes the sheets as .xlsx; the same input always gives the same bytes.

    Texts are never formulas or links. Above 5,000 rows the fast engine is taken; `engine` forces
    one of the two. Both give the same cells.
    """
    rows = sum(len(sheet.rows) for sheet in sheets)
    if engine == "fast" or (engine == "auto" and rows > ROWS_FOR_FAST_ENGINE):
        content = streamed.filled(_workbook(sheets, blank=True), sheets)
    else:
        content = _workbook(sheets)
    if isinstance(target, Path):
        target.write_bytes(content)
    else:
        target.write(content)


def _workbook(sheets: Sequence[SheetLayout], *, blank: bool = False) -> bytes:
    """The whole workbook, or with blanks of every style in place of the rows."""
    import xlsxwriter  # takes long to load, and few commands ever write a workbook

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, WORKBOOK_OPTIONS)
    book.set_properties({"created": FIXED_MOMENT})
    for name, layout in zip(sheet_names(sheet.name for sheet in sheets), sheets, strict=True):
        write_sheet(book, book.add_worksheet(name), layout, blank=blank)
    book.close()
    return buffer.getvalue()


def write_sheet(book: Any, sheet: Any, layout: SheetLayout, *, blank: bool = False) -> None:
    """One sheet by the portable engine; `blank`: blanks of every style in place of the rows."""
    from xlsxwriter.utility import xl_range

    last_column = len(layout.columns) - 1
    header_row = layout.header_row
    last_row = header_row + max(1, len(layout.rows))
    _write_titles(book, sheet, layout, last_column)
    formats = [_cell_formats(book, column) for column in layout.columns]
    for index, column in enumerate(layout.columns):
        sheet.set_column(index, index, column.width)
        sheet.write_string(header_row, index, column.header, _header_format(book, column))
    if blank:
        for style, _ in enumerate(streamed.STYLES):
            for index, of_column in enumerate(formats):
                sheet.write_blank(header_row + 1 + style, index, None, of_column[style])
    else:
        _write_rows(sheet, layout, formats)
    _set_page(sheet, header_row)
    sheet.freeze_panes(header_row + 1, 0)
    sheet.autofilter(header_row, 0, last_row, last_column)
    ranges = [
        xl_range(header_row + 1, index, last_row, index)
        for index, column in enumerate(layout.columns)
        if column.header in layout.text_headers
    ]
    sheet.ignore_errors({"number_stored_as_text": " ".join(ranges)} if ranges else {})


def _write_rows(sheet: Any, layout: SheetLayout, formats: Sequence[tuple[Any, Any, Any]]) -> None:
    for row, cells in enumerate(layout.rows, start=layout.header_row + 1):
        for index, cell in enumerate(cells):
            value = written(cell, layout.columns[index].kind)
            write_value(sheet, row, index, value, *formats[index])


def _set_page(sheet: Any, header_row: int) -> None:
    """A4 across, as wide as the paper, header on every page, page numbers below."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(header_row)
    sheet.set_footer(FOOTER)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)


def _write_titles(book: Any, sheet: Any, layout: SheetLayout, last_column: int) -> None:
    for row, text in enumerate([*layout.titles, *layout.notes]):
        large = row == 0 and bool(layout.titles)
        style = book.add_format(
            {
                "font_name": FONT,
                "bold": large,
                "font_size": 16 if large else 10,
                "align": "center" if large else "left",
                "valign": "vcenter",
            }
        )
        if large:
            sheet.set_row(row, 30)
        sheet.merge_range(row, 0, row, max(1, last_column), "", style)
        sheet.write_string(row, 0, showable(text), style)


def _header_format(book: Any, column: Column) -> Any:
    return book.add_format(
        {
            "font_name": FONT,
            "font_size": 10,
            "bold": True,
            "border": 1,
            "align": "center",
            "valign": "vcenter",
            "text_wrap": True,
            "bg_color": ERROR_FILL if column.error else HEADER_FILL,
            **({"font_color": ERROR_COLOR} if column.error else {}),
        }
    )


def _cell_formats(book: Any, column: Column) -> tuple[Any, Any, Any]:
    """The formats of a column for its own kind, for a day and for a moment."""
    base = {
        "font_name": FONT,
        "font_size": 10,
        "border": 1,
        "valign": "vcenter",
        "text_wrap": column.kind == "text",
        **({"font_color": ERROR_COLOR} if column.error else {}),
    }
    numbers = (NUMBER_FORMATS[column.kind], NUMBER_FORMATS["date"], MOMENT_FORMAT)
    own, day, moment = (book.add_format({**base, "num_format": number}) for number in numbers)
    return own, day, moment


def write_value(
    sheet: Any, row: int, column: int, value: object, own: Any, day: Any, moment: Any
) -> None:
    """Writes one prepared value by its type; a text can never become a formula or a link."""
    if value is None:
        sheet.write_blank(row, column, None, own)
    elif isinstance(value, str):
        sheet.write_string(row, column, value, own)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, own)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, own)
    else:
        sheet.write_datetime(row, column, value, moment if isinstance(value, datetime) else day)
