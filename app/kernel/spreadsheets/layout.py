"""How a sheet that goes out looks, and which value each of its cells gets; engines obey it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from .cells import Cell
from .delimited import plain_text

Kind = Literal["text", "code", "number", "tonnes", "date"]
Written = str | int | float | date | datetime | None

FOOTER = "&C第 &P 页 共 &N 页"
NUMBER_FORMATS: dict[Kind, str] = {
    "text": "General",
    "code": "@",
    "number": "General",
    "tonnes": "0.000",
    "date": "yyyy-mm-dd",
}
MOMENT_FORMAT = "yyyy-mm-dd hh:mm:ss"
FONT = "宋体"
HEADER_FILL = "#DCE6F1"
ERROR_COLOR = "#C00000"
ERROR_FILL = "#FBE3E4"
LONGEST_CELL = 32_767
CUT_MARK = "…（超过单元格长度上限，已截断）"
UNSHOWABLE = "\ufffd"

_LONGEST_NAME = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_EXACT_DIGITS = 15
_LARGEST_EXACT = 10**_EXACT_DIGITS
_FIRST_SURE_DAY = date(1900, 3, 1)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, width in characters, kind of value; `error` shows it in red."""

    header: str
    width: float = 14
    kind: Kind = "text"
    error: bool = False


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """One sheet: title lines, note lines, the header row, then the rows in order.

    The first title is set large; further titles and the notes stand below it on one line each.
    Column titles must differ, because one engine addresses columns by them.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    titles: Sequence[str] = ()
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        headers = [column.header for column in self.columns]
        if not headers or len(set(headers)) < len(headers):
            raise ValueError(f"sheet {self.name!r} needs columns with different titles")
        if any(len(row) != len(headers) for row in self.rows):
            raise ValueError(f"sheet {self.name!r} has a row of another length than its header")

    @property
    def header_row(self) -> int:
        """The header row, counted from 0."""
        return len(self.titles) + len(self.notes)

    @property
    def text_headers(self) -> list[str]:
        """Titles of the columns whose digits are text on purpose (codes, numbers of documents)."""
        return [column.header for column in self.columns if column.kind in ("text", "code")]


def written(cell: Cell, kind: Kind) -> Written:
    """The value a file gets for a cell, the same for every engine.

    Text stays text whatever it begins with. Numbers of more than fifteen digits and days before
    March 1900 go out as text, since Excel would change them.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return showable(cell)
    if isinstance(cell, bool) or kind in ("text", "code"):
        return plain_text(cell) if not isinstance(cell, date) else _day(cell)
    if isinstance(cell, int | Decimal):
        return _number(cell)
    if isinstance(cell, date):
        return _day(cell)
    return showable(plain_text(cell))


def _day(cell: date) -> Written:
    day = cell.date() if isinstance(cell, datetime) else cell
    return cell if day >= _FIRST_SURE_DAY else plain_text(cell)


def _number(cell: int | Decimal) -> Written:
    if isinstance(cell, int) and abs(cell) < _LARGEST_EXACT:
        return cell
    exact = Decimal(cell)
    if not exact.is_finite():
        return str(cell)
    if len(exact.normalize().as_tuple().digits) > _EXACT_DIGITS:
        return plain_text(cell)
    return (
        int(exact)
        if exact == exact.to_integral_value() and exact < _LARGEST_EXACT
        else float(exact)
    )


def showable(text: str) -> str:
    """Text a cell can hold: control characters become `�`, what is too long is cut, visibly."""
    if text.isprintable() and len(text) * 2 <= LONGEST_CELL:
        return text
    text = _NOT_IN_XML.sub(UNSHOWABLE, text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) * 2 <= LONGEST_CELL:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * LONGEST_CELL:
        return text
    kept = units[: 2 * (LONGEST_CELL - len(CUT_MARK))].decode("utf-16-le", "ignore")
    return kept + CUT_MARK


def sheet_names(names: Iterable[str]) -> list[str]:
    """Names Excel accepts: no forbidden signs, at most 31 characters, all different."""
    used: set[str] = set()
    accepted: list[str] = []
    for name in names:
        base = _NOT_IN_NAMES.sub("_", name).strip(" '")[:_LONGEST_NAME] or "工作表"
        candidate, number = base, 1
        while candidate.casefold() in used:
            number += 1
            tail = f"({number})"
            candidate = base[: _LONGEST_NAME - len(tail)] + tail
        used.add(candidate.casefold())
        accepted.append(candidate)
    return accepted
