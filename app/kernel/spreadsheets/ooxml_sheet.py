"""Streams one worksheet (工作表) of an .xlsx into rows without ever building it in memory.

A reader of our own, because the ones at hand turn `#REF!` and uncomputed formulas into blanks,
turn every number into a binary fraction, and ask for as much memory as the farthest cell
demands: a file of a few kilobytes with one cell in the last corner stops the whole process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import IO

from .archive import DAMAGED
from .cells import (
    Cell,
    CellError,
    Limits,
    Merged,
    Row,
    Sheet,
    UncomputedFormula,
    UnreadableWorkbook,
    too_many_merged,
)
from .ooxml_parts import parse_xml, unescaped
from .plain import TEXT, WithoutPlain

_REGION = re.compile(
    r"(?P<left>[A-Z]{1,3})(?P<top>\d{1,7}):(?P<right>[A-Z]{1,3})(?P<bottom>\d{1,7})"
)
_PLAIN_ROW = re.compile(r'\s*<row r="([1-9][0-9]{0,6})"((?: [A-Za-z][A-Za-z0-9:]*="[^"<>&]*")*)>')
_ROW_ENDS = "</row>"
_ATTRIBUTE = re.compile(r' ([A-Za-z0-9:]+)="([^"]*)"')
_PLAIN_CELL = re.compile(
    r'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="([0-9]+)")?'
    rf'(?:(?: t="(s|n|str|b)")?(?:/>|></c>|><v>({TEXT})</v></c>)'
    rf'| t="inlineStr"><is><t(?: xml:space="preserve")?>({TEXT})</t></is></c>)'
    r"|.+",
    re.DOTALL,
)
"""A cell as office programs write it, or all that is left and is none, without a place then."""
_EXACT_DIGITS = 15
_MOST_REMEMBERED = 50_000
_MOST_FORMULAS = 10_000
_LAST_EXCEL_ROW = 1_048_576
_LAST_SERIAL = 2_958_466
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a cell's date has no time zone
_SERIALS_1904 = 1462
_FIRST_SAFE_SERIAL = 61


class Budget:
    """How many cells the whole workbook may still hold; shared by its sheets."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.cells

    def take(self, cells: int) -> None:
        """Counts cells off; raises UnreadableWorkbook when none are left."""
        self._left -= cells
        if self._left < 0:
            raise UnreadableWorkbook(
                f"工作簿的单元格超过 {self.limits.cells // 10_000} 万个，系统一次读不了这么多。"
                "请按年度或工作表分成几个文件上传。"
            )


class SheetReader:
    """Collects the filled rows of one sheet while the parser walks through it."""

    def __init__(
        self,
        name: str,
        strings: Mapping[str, str],
        date_styles: tuple[bool, ...],
        budget: Budget,
        *,
        date1904: bool = False,
    ) -> None:
        self.rows: list[Row] = []
        self._merged: list[Merged] = []
        self._hidden_rows: list[int] = []
        self._formulas: list[tuple[int, int]] = []
        self._is_hidden = False
        self._name = name
        self._strings = strings
        self._dates = {str(index) for index, is_date in enumerate(date_styles) if is_date}
        self._budget = budget
        self._limits = budget.limits
        self._date1904 = date1904
        self._columns: dict[str, int] = {}
        self._numbers: dict[tuple[str, str], Cell] = {}
        self._blank_run = 0
        self._row_number = 0
        self._row_text = "0"
        self._column = 0
        self._cells: list[Cell] = []
        self._text: list[str] = []
        self._inline: list[str] = []
        self._style = self._kind = ""
        self._value: str | None = None
        self._formula: str | None = None
        self._phonetic = False
        self._prefix = ""

    def read(self, stream: IO[bytes], *, hidden: bool) -> Sheet:
        """The sheet with its filled rows; raises UnreadableWorkbook beyond a limit."""
        rest = WithoutPlain(stream, '<row r="', "</row>", self._take_plain)
        parse_xml(rest, self._start, self._end, self._text.append)
        return Sheet(
            self._name, tuple(self.rows), hidden, tuple(self._merged), tuple(self._hidden_rows),
            frozenset(self._formulas),
        )  # fmt: skip

    def _take_plain(self, text: str, at: int) -> int:
        """Take the plain rows from here on; where a row is not plain the parser goes on."""
        while (found := _PLAIN_ROW.match(text, at)) is not None:
            number, attributes = found.groups()
            end = text.index(_ROW_ENDS, at)
            cells = self._plain_cells(number, text[found.end() : end])
            is_hidden = _says_hidden(attributes)
            if cells is None or is_hidden is None:
                break
            self._is_hidden = is_hidden
            self._start_row(number)
            self._blank_run, self._cells = 0, cells
            self._end_row()
            at = end + len(_ROW_ENDS)
        return at

    def _plain_cells(self, row: str, body: str) -> list[Cell] | None:
        """The cells of a row; None if one is not plain, or the row holds nothing."""
        cells: list[Cell] = []
        columns, texts, numbers = self._columns, self._strings, self._numbers
        for letters, digits, style, kind, value, inline in _PLAIN_CELL.findall(body):
            if digits != row:
                return None
            if kind == "s":
                cell: Cell = texts.get(value) or None
            elif not value:
                cell = unescaped(inline) or None
            elif kind in ("", "n"):
                cell = numbers.get((style, value)) or self._number(style, value)
            else:
                cell = self._other(kind, value)
            if cell is None:
                if value:
                    return None
                continue
            column = columns.get(letters) or self._column_of(letters)
            if column != len(cells) + 1 and not self._leave_blank(cells, column):
                return None
            cells.append(cell)
        return cells if 0 < len(cells) <= self._limits.columns else None

    def _leave_blank(self, cells: list[Cell], column: int) -> bool:
        """Fill up to the column with blanks; False if that lies behind, or beyond the limit."""
        if not len(cells) < column <= self._limits.columns:
            return False
        cells.extend([None] * (column - 1 - len(cells)))
        return True

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._start_cell(attributes)
        elif name in ("v", "t", "f"):
            self._text.clear()
        elif name == "row":
            self._is_hidden = attributes.get("hidden") in ("1", "true")
            self._start_row(attributes.get("r"))
        elif name == "rPh":
            self._phonetic = True
        elif name == "mergeCell":
            self._take_merged(attributes.get("ref", ""))
        elif ":" in name:
            self._start(name.rpartition(":")[2], attributes)

    def _end(self, name: str) -> None:
        if name == "v":
            text = self._text
            self._value = text[0] if len(text) == 1 else "".join(text)
        elif name == "c":
            self._end_cell()
        elif name == "row":
            self._end_row()
        elif name == "f":
            self._formula = "".join(self._text)
        elif name == "t":
            if not self._phonetic:
                self._inline.append("".join(self._text))
        elif name == "rPh":
            self._phonetic = False
        elif ":" in name:
            self._end(name.rpartition(":")[2])

    def _start_row(self, number: str | None) -> None:
        following = self._row_number + 1
        try:
            self._row_number = following if number is None else int(number)
        except ValueError as error:
            raise UnreadableWorkbook(DAMAGED) from error
        if not following <= self._row_number <= _LAST_EXCEL_ROW:
            raise UnreadableWorkbook(DAMAGED)
        self._row_text = str(self._row_number)
        self._cells = []
        self._column = 0
        self._count_blank()

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._kind = attributes.get("t", "n")
        self._style = attributes.get("s", "")
        self._value = self._formula = None
        reference = attributes.get("r")
        if reference is not None:
            letters = reference.removesuffix(self._row_text)
            self._column = self._columns.get(letters) or self._column_of(letters)
        else:
            self._column += 1

    def _column_of(self, letters: str) -> int:
        column = 0
        for letter in letters.upper():
            if not "A" <= letter <= "Z" or len(letters) > 3:
                raise UnreadableWorkbook(DAMAGED)
            column = column * 26 + ord(letter) - 64
        self._columns[letters] = column
        return column

    def _take_merged(self, reference: str) -> None:
        if (found := _REGION.fullmatch(reference)) is None:
            return
        if len(self._merged) >= self._limits.merged:
            raise UnreadableWorkbook(too_many_merged(self._name, self._limits))
        columns = [self._column_of(found[name]) - 1 for name in ("left", "right")]
        self._merged.append(Merged(int(found["top"]), columns[0], int(found["bottom"]), columns[1]))

    def _end_cell(self) -> None:
        value = self._cell_value()
        if value is None:
            self._count_blank()
            return
        self._blank_run = 0
        filled = len(self._cells)
        if self._column <= filled:
            raise UnreadableWorkbook(DAMAGED)
        if self._column > self._limits.columns:
            raise UnreadableWorkbook(
                f"工作表“{self._name}”第 {self._row_number} 行在第 {self._column} 列还有内容，"
                f"超过 {self._limits.columns} 列的上限。请删去右侧多余的列后保存，再上传。"
            )
        if self._column > filled + 1:
            self._cells.extend([None] * (self._column - filled - 1))
        self._cells.append(value)
        if self._formula is not None and len(self._formulas) < _MOST_FORMULAS:
            self._formulas.append((self._row_number, self._column - 1))

    def _end_row(self) -> None:
        if not self._cells:
            return
        if len(self.rows) >= self._limits.rows:
            raise UnreadableWorkbook(
                f"工作表“{self._name}”的数据超过 {self._limits.rows // 10_000} 万行，"
                "系统一次读不了这么多。请分成几个文件上传。"
            )
        self._budget.take(len(self._cells))
        self.rows.append(Row(self._row_number, tuple(self._cells)))
        if self._is_hidden:
            self._hidden_rows.append(self._row_number)
        self._cells = []

    def _count_blank(self) -> None:
        self._blank_run += 1
        if self._blank_run > self._limits.blank_run:
            last = self.rows[-1].number if self.rows else 0
            raise UnreadableWorkbook(
                f"工作表“{self._name}”在第 {last} 行之后有几十万个只有格式、没有内容的行或单元格，"
                "系统未予读取。请在 Excel 里选中数据下方的全部空白行（右侧的空白列同样处理），"
                "右键“删除”后保存，再上传。"
            )

    def _cell_value(self) -> Cell:
        value, kind = self._value, self._kind
        if self._inline:
            text = "".join(self._inline)
            self._inline.clear()
            if kind == "inlineStr":
                return unescaped(text) or None
        if not value:
            if self._formula is not None and not (kind == "str" and value is not None):
                return UncomputedFormula(self._formula)
            return None
        if kind == "s":
            return self._shared(value)
        if kind == "n":
            known = self._numbers.get((self._style, value))
            return known if known is not None else self._number(self._style, value)
        return self._other(kind, value)

    def _shared(self, value: str) -> str | None:
        try:
            return self._strings[str(int(value))] or None
        except (ValueError, KeyError) as error:
            raise UnreadableWorkbook(DAMAGED) from error

    def _number(self, style: str, value: str) -> Cell:
        cell: Cell = number_cell(value)
        if style in self._dates and isinstance(cell, int | Decimal):
            cell = day_cell(cell, date1904=self._date1904)
        if len(self._numbers) < _MOST_REMEMBERED:
            self._numbers[style, value] = cell
        return cell

    @staticmethod
    def _other(kind: str, value: str) -> Cell:
        if kind == "str":
            return unescaped(value)
        if kind == "e":
            return CellError(value.strip())
        if kind == "b":
            return value.strip() in ("1", "true")
        if kind == "d":
            return iso_cell(value)
        raise UnreadableWorkbook(DAMAGED)


@lru_cache(maxsize=256)
def _says_hidden(attributes: str) -> bool | None:
    """Whether a row's attributes hide it; None if one stands twice, which only a parser refuses."""
    values = _ATTRIBUTE.findall(attributes)
    names = [name for name, _ in values]
    if len(set(names)) < len(names) or "r" in names:
        return None
    return dict(values).get("hidden") in ("1", "true")


def number_cell(text: str) -> int | Decimal | CellError:
    """The number a person sees: at most the fifteen digits Excel itself keeps.

    Excel stores 8.331 as 8.3309999999999995; fifteen digits give back what was typed.
    """
    text = text.strip()
    if text.isdecimal() and len(text) <= 2 * _EXACT_DIGITS:
        return int(text)
    try:
        number = float(text)
    except ValueError:
        return CellError("#VALUE!")
    if number != number or number in (float("inf"), float("-inf")):
        return CellError("#NUM!")
    exact = Decimal(f"{number:.{_EXACT_DIGITS}g}")
    if exact == exact.to_integral_value() and abs(exact) < 10**30:
        return int(exact)
    return exact


def day_cell(serial: int | Decimal, *, date1904: bool = False) -> Cell:
    """A day number under a date format as the date it shows; outside the calendar, the number.

    Day 60 (29 February 1900, which never was) and the days before it stay numbers: Excel and
    the calendar disagree about them.
    """
    days = serial + (_SERIALS_1904 if date1904 else 0)
    if 0 < days < 1 and not date1904:
        return _moment(days).time()
    if not _FIRST_SAFE_SERIAL <= days < _LAST_SERIAL:
        return serial
    moment = _moment(days)
    return moment.date() if moment.time() == time() else moment


def _moment(days: int | Decimal) -> datetime:
    seconds = int((days * 86_400).to_integral_value()) if isinstance(days, Decimal) else 0
    if isinstance(days, Decimal):
        return _DAY_ZERO + timedelta(seconds=seconds)
    return _DAY_ZERO + timedelta(days=days)


def iso_cell(text: str) -> Cell:
    """A date written out in the file (strict workbooks) as a date; else the text as it is."""
    try:
        moment = datetime.fromisoformat(text.strip().removesuffix("Z"))
    except ValueError:
        return text
    naive = moment.replace(tzinfo=None)
    day: date = naive.date()
    return day if naive.time() == time() else naive
