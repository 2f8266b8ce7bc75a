"""The engine for large workbooks: rows written as the text of the file, around a finished workbook.

The portable engine makes the workbook whole, with every style, title, header and setting of the
page, and in place of the rows one row of blanks for each way in which cells are styled. Here the
real rows take their place. What comes again in a column (grades, reasons, clauses) is made into
its cell once; texts stand in the table of the workbook's texts, so none can be a formula or a link.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import date, datetime, time
from itertools import islice
from xml.sax.saxutils import escape

from .layout import Kind, SheetLayout, Written, showable, written

STYLES = ("own", "day", "moment")
"""The rows of blanks in which the cells of each column bear its own style, a day's, a moment's."""

_TEXTS_PART = "xl/sharedStrings.xml"
_ROWS_AT_ONCE = 500
_LEVEL = 2
"""Of compression: a third of the time of the usual 6 for a fifth more bytes."""
_FIRST_MOMENT = datetime(1899, 12, 30)  # noqa: DTZ001 - cells have no zone
_SECONDS_A_DAY = 86_400
_LOOKS_ESCAPED = re.compile(r"(_x[0-9a-fA-F]{4}_)")
_STYLE = re.compile(r'<c r="[A-Z]+\d+" s="(\d+)"/>')
_DIMENSION = re.compile(r'(?<=<dimension ref="A1:)[A-Z]+\d+')
_COUNTS = re.compile(r' count="\d+" uniqueCount="(\d+)"')


def filled(skeleton: bytes, sheets: Sequence[SheetLayout]) -> bytes:
    """The workbook of blanks with the rows of the sheets; the same input gives the same bytes."""
    target = io.BytesIO()
    with (
        ThreadPoolExecutor(1) as pool,
        zipfile.ZipFile(io.BytesIO(skeleton)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive,
    ):
        parts = {f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in enumerate(sheets, start=1)}
        held = source.read(_TEXTS_PART).decode()
        texts = _Texts(held)
        for info in source.infolist():
            if info.filename in parts:
                chunks = _sheet(source.read(info).decode(), parts[info.filename], texts)
            elif info.filename == _TEXTS_PART:
                continue
            else:
                chunks = iter([source.read(info).decode()])
            _write(archive, info.filename, chunks, pool)
        _write(archive, _TEXTS_PART, texts.chunks(held), pool)
    return target.getvalue()


def _write(archive: zipfile.ZipFile, name: str, chunks: Iterator[str], pool: Executor) -> None:
    """A part of the archive; while one chunk is compressed by the pool, the next is made."""
    with archive.open(name, "w") as part:  # dated 1980, as every part that is not told a time
        waiting: Future[int] | None = None
        try:
            for chunk in chunks:
                if waiting is not None:
                    waiting.result()
                waiting = pool.submit(part.write, chunk.encode())
        finally:  # also when a row cannot be made: nobody closes a part that is being written
            if waiting is not None:
                waiting.result()


class _Texts(dict[str, int]):
    """The table of texts: each once, by its number; those of titles and headers stand already."""

    def __init__(self, held: str) -> None:
        super().__init__()
        counts = _COUNTS.search(held)
        self._first = int(counts[1]) if counts else 0

    def __missing__(self, text: str) -> int:
        number = self[text] = self._first + len(self)
        return number

    def chunks(self, held: str) -> Iterator[str]:
        """The part that holds the table, those already in it first."""
        total = self._first + len(self)
        head, end = held.rsplit("</sst>", 1)
        yield _COUNTS.sub(f' count="{total}" uniqueCount="{total}"', head)
        texts = iter(self)
        while some := list(islice(texts, _ROWS_AT_ONCE)):
            yield "".join(map(_text, some))
        yield f"</sst>{end}"


def _text(text: str) -> str:
    kept = ' xml:space="preserve"' if text != text.strip() else ""
    if "_x" in text:
        text = _LOOKS_ESCAPED.sub(r"_x005F\1", text)
    return f"<si><t{kept}>{escape(text)}</t></si>"


def _sheet(skeleton: str, layout: SheetLayout, texts: _Texts) -> Iterator[str]:
    """The sheet with its rows where the rows of blanks stand."""
    from xlsxwriter.utility import xl_col_to_name

    first = layout.header_row + 2  # counted from 1, below the header
    start = skeleton.index(f'<row r="{first}"')
    end = skeleton.index("</row>", skeleton.index(f'<row r="{first + len(STYLES) - 1}"'))
    styles = _STYLE.findall(skeleton[start:end])
    count = len(layout.columns)
    columns = [
        _Cells(column.kind, styles[number::count], texts)
        for number, column in enumerate(layout.columns)
    ]
    corner = f"{xl_col_to_name(max(1, count - 1))}{first + max(1, len(layout.rows)) - 1}"
    yield _DIMENSION.sub(corner, skeleton[:start])
    cells = "".join(f'<c r="{xl_col_to_name(number)}#"%s' for number in range(count))
    template = f'<row r="#">{cells}</row>'
    for at in range(0, len(layout.rows), _ROWS_AT_ONCE):
        yield "".join(
            [
                (
                    template
                    % tuple(
                        [
                            of[cell] if cell.__class__ is str else of.cell(cell)
                            for of, cell in zip(columns, row, strict=True)
                        ]
                    )
                ).replace("#", str(number))
                for number, row in enumerate(layout.rows[at : at + _ROWS_AT_ONCE], first + at)
            ]
        )
    yield skeleton[end + len("</row>") :]


class _Cells(dict[str, str]):
    """The cells of a column behind their address, by the texts that they hold."""

    def __init__(self, kind: Kind, styles: Sequence[str], texts: _Texts) -> None:
        super().__init__()
        self._kind, self._texts = kind, texts
        self._own, self._day, self._moment = (f' s="{style}"' for style in styles)
        self._blank = f"{self._own}/>"

    def __missing__(self, text: str) -> str:
        found = self[text] = self._text(showable(text)) if text else self._blank
        return found

    def _text(self, text: str) -> str:
        return f'{self._own} t="s"><v>{self._texts[text]}</v></c>'

    def cell(self, value: object) -> str:
        """The cell of a value that is no text."""
        if value is None:
            return self._blank
        return self._cell(written(value, self._kind))  # type: ignore[arg-type]

    def _cell(self, value: Written) -> str:
        if value is None:
            return self._blank
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, date):
            style = self._moment if isinstance(value, datetime) else self._day
            return f"{style}><v>{_day_number(value):.16G}</v></c>"
        return f"{self._own}><v>{value!r}</v></c>"


def _day_number(day: date) -> float:
    moment = day if isinstance(day, datetime) else datetime.combine(day, time())
    since = moment - _FIRST_MOMENT
    return since.days + (since.seconds + since.microseconds / 1e6) / _SECONDS_A_DAY
