"""The fast engine for large workbooks, wrapped so that it gives the same cells, bytes-stable.

What the library does unasked and is undone here: it writes a row's values by position and
ignores their names, takes column titles from the first row, and stamps the current time.
"""

from __future__ import annotations

import importlib.util
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from .layout import (
    ERROR_COLOR,
    FONT,
    FOOTER,
    HEADER_FILL,
    NUMBER_FORMATS,
    Column,
    SheetLayout,
    Written,
    sheet_names,
    showable,
    written,
)

_CORE_PART = "docProps/core.xml"
_CORE = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    b'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms='
    b'"http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    b'<dcterms:created xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:created>'
    b'<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z</dcterms:modified>'
    b"</cp:coreProperties>"
)
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_DOS_1980 = 0x21


def is_installed() -> bool:
    """Whether this machine has the fast engine (some processors have no build of it)."""
    return importlib.util.find_spec("rustpy_xlsxwriter") is not None


def workbook_bytes(sheets: Sequence[SheetLayout]) -> bytes:
    """The whole workbook; texts are text, the same input gives the same bytes."""
    import rustpy_xlsxwriter as engine

    names = sheet_names(sheet.name for sheet in sheets)
    by_name = dict(zip(names, sheets, strict=True))
    buffer = io.BytesIO()
    engine.write_worksheets(
        [(name, _records(sheet)) for name, sheet in by_name.items()],
        buffer,
        freeze_panes={
            name: {"row": sheet.header_row + 1, "col": 0} for name, sheet in by_name.items()
        },
        datetime_format=NUMBER_FORMATS["date"],
        column_widths={
            name: [column.width for column in sheet.columns] for name, sheet in by_name.items()
        },
        column_formats={
            name: {column.header: _column_format(engine, column) for column in sheet.columns}
            for name, sheet in by_name.items()
        },
        header_format={name: _header_format(engine) for name in names},
        header_row={name: sheet.header_row for name, sheet in by_name.items()},
        merge_ranges={name: _titles(engine, sheet) for name, sheet in by_name.items()},
        ignore_errors={name: sheet.text_headers for name, sheet in by_name.items()},
        autofilter=dict.fromkeys(names, True),
        page_setup={name: _page(sheet) for name, sheet in by_name.items()},
    )
    return _with_fixed_properties(buffer.getvalue())


def _records(sheet: SheetLayout) -> Iterator[dict[str, Written]]:
    """Rows under their titles; a sheet without rows gets a blank one, which carries the titles."""
    headers = [column.header for column in sheet.columns]
    kinds = [column.kind for column in sheet.columns]
    for row in sheet.rows or [[None] * len(headers)]:
        values = [_as_moment(written(cell, kind)) for cell, kind in zip(row, kinds, strict=True)]
        yield dict(zip(headers, values, strict=True))


def _as_moment(value: Written) -> Written:
    """A day as a moment: after one day in a column the engine cuts moments down to days."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - cells have no zone
    return value


def _titles(engine: Any, sheet: SheetLayout) -> list[tuple[Any, ...]]:
    last = max(1, len(sheet.columns) - 1)
    lines: list[tuple[Any, ...]] = []
    for row, text in enumerate([*sheet.titles, *sheet.notes]):
        style = engine.Format().set_font_name(FONT).set_align("vcenter")
        if row == 0 and sheet.titles:
            style = style.set_bold().set_font_size(16).set_align("center")
        else:
            style = style.set_font_size(10).set_align("left")
        lines.append((row, 0, row, last, showable(text), style))
    return lines


def _header_format(engine: Any) -> Any:
    style = engine.Format().set_font_name(FONT).set_font_size(10).set_bold().set_border("thin")
    style = style.set_align("center").set_align("vcenter").set_text_wrap()
    return style.set_background_color(HEADER_FILL)


def _column_format(engine: Any, column: Column) -> Any:
    style = engine.Format().set_font_name(FONT).set_font_size(10).set_border("thin")
    style = style.set_align("vcenter").set_num_format(NUMBER_FORMATS[column.kind])
    if column.kind == "text":
        style = style.set_text_wrap()
    return style.set_font_color(ERROR_COLOR) if column.error else style


def _page(sheet: SheetLayout) -> dict[str, Any]:
    return {
        "landscape": True,
        "paper_size": 9,
        "fit_to_pages": (1, 0),
        "repeat_rows": sheet.header_row,
        "footer": FOOTER,
        "margins": {"left": 0.5, "right": 0.5, "top": 0.6, "bottom": 0.7},
    }


def _with_fixed_properties(package: bytes) -> bytes:
    """The package with the part that holds the time of writing replaced; the rest is copied."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        infos, directory_at = archive.infolist(), archive.start_dir
    core = next(info for info in infos if info.filename == _CORE_PART)
    ends = [info.header_offset for info in infos if info.header_offset > core.header_offset]
    old_end = min([*ends, directory_at])
    name, check = _CORE_PART.encode(), zlib.crc32(_CORE)
    sizes = (check, len(_CORE), len(_CORE))
    local = _LOCAL.pack(b"PK\x03\x04", 20, 0, 0, 0, _DOS_1980, *sizes, len(name), 0)
    part = local + name + _CORE
    shift = len(part) - (old_end - core.header_offset)
    directory = b"".join(
        _central(info, shift if info.header_offset > core.header_offset else 0)
        if info is not core
        else _CENTRAL.pack(
            *(b"PK\x01\x02", 20, 20, 0, 0, 0, _DOS_1980, *sizes, len(name)),
            *(0, 0, 0, 0, 0, core.header_offset),
        )
        + name
        for info in infos
    )
    at = directory_at + shift
    end = _END.pack(b"PK\x05\x06", 0, 0, len(infos), len(infos), len(directory), at, 0)
    body = package[: core.header_offset] + part + package[old_end:directory_at]
    return body + directory + end


def _central(info: zipfile.ZipInfo, shift: int) -> bytes:
    name = info.filename.encode()
    return (
        _CENTRAL.pack(
            *(b"PK\x01\x02", 20, 20, info.flag_bits, info.compress_type, 0, _DOS_1980),
            *(info.CRC, info.compress_size, info.file_size, len(name)),
            *(0, 0, 0, 0, 0, info.header_offset + shift),
        )
        + name
    )
