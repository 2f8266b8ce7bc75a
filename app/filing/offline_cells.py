"""The cells of a form (填报表): where they are, what is said of them, the list of materials."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.filing.offline import MATERIAL_HEADS
from app.kernel.asked import read_day
from app.kernel.spreadsheets import Cell, Sheet, cell_problem, header_key
from app.kernel.spreadsheets.delimited import plain_text

FORMULA = (
    "单元格里是公式。请直接填写数值或文字（可以复制后用“选择性粘贴”中的“数值”粘回），"
    "再重新压缩交来。"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a cell of a sheet, and what to do; without a cell, in the file."""

    sheet: str
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class MaterialLine:
    """A line of 材料清单: a file, where it belongs, which period it covers."""

    sheet: str
    at: str
    """Of the file's name, as a spreadsheet names the cell."""
    folder: str
    kind: str
    file: str
    first: date | None
    last: date | None
    note: str


def columns_of(sheet: Sheet, heads: Sequence[str]) -> tuple[int, dict[str, int]] | None:
    """The number of the header row, and in which column each of these titles stands."""
    for row in sheet.rows:
        titles = {header_key(cell): at for at, cell in enumerate(row.cells)
                  if isinstance(cell, str)}  # fmt: skip
        if all(it in titles for it in heads):
            return row.number, {it: titles[it] for it in heads}
    return None


def material_columns(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The same of the list of materials."""
    return columns_of(sheet, [it for it in MATERIAL_HEADS if it != "要求"])


def number_in(cell: Cell) -> str:
    """The number of a line or a folder, as it is compared."""
    text = plain_text(cell) if cell is not None and cell_problem(cell) is None else ""
    return "".join(unicodedata.normalize("NFKC", text).split())


def cell_at(cells: Sequence[Cell], at: int) -> Cell:
    """The cell in this column; None when it is blank."""
    cell = cells[at] if at < len(cells) else None
    return None if isinstance(cell, str) and not cell.strip() else cell


def address(column: int, row: int) -> str:
    """As a spreadsheet names a cell: AB7."""
    letters, rest = "", column + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return f"{letters}{row}"


# --- The list of materials ----------------------------------------------------------------------


def material_lines(sheet: Sheet, problems: list[Problem]) -> Iterator[MaterialLine]:
    """The lines of 材料清单 that name a file; what is wrong with them is added to the problems."""
    found = material_columns(sheet)
    if found is None:
        return
    header, at = found
    for row in sheet.rows:
        if row.number > header and cell_at(row.cells, at["文件名"]) is not None:
            yield _Line(sheet, row.number, row.cells, at, problems).read()


@dataclass(frozen=True, slots=True)
class _Line:
    sheet: Sheet
    number: int
    cells: Sequence[Cell]
    at: dict[str, int]
    problems: list[Problem]

    def read(self) -> MaterialLine:
        days = [self._day("所属时段起"), self._day("所属时段止")]
        first, last = days[0] or days[1], days[1] or days[0]
        if first and last and last < first:
            self._tell("所属时段止", "所属时段的止日早于起日。请核对后改正。")
        return MaterialLine(
            self.sheet.name, self._address("文件名"), number_in(self._text("材料文件夹")),
            self._text("材料")[:100], self._text("文件名"), first, last,
            self._text("说明")[:200],
        )  # fmt: skip

    def _address(self, title: str) -> str:
        return address(self.at[title], self.number)

    def _tell(self, title: str, text: str) -> None:
        self.problems.append(Problem(self.sheet.name, self._address(title), text))

    def _text(self, title: str) -> str:
        cell = cell_at(self.cells, self.at[title])
        if (problem := cell_problem(cell)) is not None:
            self._tell(title, f"{problem}。")
            return ""
        if (self.number, self.at[title]) in self.sheet.formulas:
            self._tell(title, FORMULA)
            return ""
        return "" if cell is None else plain_text(cell).strip()

    def _day(self, title: str) -> date | None:
        cell = cell_at(self.cells, self.at[title])
        if isinstance(cell, datetime):
            return cell.date()
        try:
            return read_day(self._text(title))
        except ValueError as fault:
            self._tell(title, str(fault))
            return None
