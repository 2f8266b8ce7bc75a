"""A table in the shape of the printed guide (指标表的表样), merged cells and all, both ways.

The first sheet is the table; the second, 来源, says where a cell was read if not where its row was.
What is written is read back as it was; what a person typed wrongly is named by its cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.indicators.domain import Cell, Evidence, IndicatorTable, Row
from app.indicators.wording import UnreadableCriterion, read, written
from app.kernel.spreadsheets import Cell as Content
from app.kernel.spreadsheets import Sheet, Workbook
from app.kernel.spreadsheets.delimited import plain_text
from app.rulebook.domain import Grade

KEY, DIMENSION, TITLE = "编号", "维度", "指标"
MAY_NOT_APPLY, EVIDENCE, SOURCE = "可不涉及", "佐证材料", "来源"
BEFORE = (KEY, DIMENSION, TITLE)
AFTER = (MAY_NOT_APPLY, EVIDENCE, SOURCE)
SOURCES = "来源"
"""Name of the second sheet, and of the column."""
YES, NO = "是", "否"
_KEY = re.compile(r"[0-9A-Za-z.-]{1,20}")
_EVIDENCE = re.compile(r"(?P<kind>[^（(]+)(?:[（(](?P<period>[^）)]+)[）)])?")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell of the sheet, and how to mend it."""

    at: str
    """As a spreadsheet names it: E7."""
    text: str


class UnreadableTable(ValueError):
    """A workbook that is no indicator table, or one with mistakes; nothing of it is taken."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("；".join(f"{it.at}：{it.text}" if it.at else it.text for it in problems))
        self.problems = tuple(problems)


# --- Out ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    """A text on the sheet and the cells it takes; rows and columns count from 0."""

    row: int
    column: int
    text: str
    last_row: int
    last_column: int


def column_heads(grades: Iterable[Grade]) -> tuple[str, ...]:
    """The header row: 编号, 维度, 指标, the grades, 可不涉及, 佐证材料, 来源."""
    return (*BEFORE, *(head_of(grade) for grade in grades), *AFTER)


def head_of(grade: Grade) -> str:
    """A级 for A, 引领性 as it is."""
    return grade if grade.endswith("性") else f"{grade}级"


def laid_out(table: IndicatorTable, first_row: int = 0) -> list[Placed]:
    """Every text of the table below its header, merged as the guide prints it."""
    placed: list[Placed] = []
    last = len(table.rows) - 1
    start = 0
    for number, row in enumerate(table.rows):
        placed += _row_laid_out(row, first_row + number)
        if number == last or table.rows[number + 1].dimension != row.dimension:
            placed.append(Placed(first_row + start, 1, row.dimension, first_row + number, 1))
            start = number + 1
    return placed


def _row_laid_out(row: Row, at: int) -> Iterator[Placed]:
    yield Placed(at, 0, row.key, at, 0)
    yield Placed(at, 2, row.title, at, 2)
    column = len(BEFORE)
    for cell in row.cells:
        end = column + len(cell.grades) - 1
        yield Placed(at, column, written(cell.criterion), at, end)
        column = end + 1
    evidence = "\n".join(evidence_written(it) for it in row.evidence)
    after = (YES if row.may_not_apply else NO, evidence, row.source)
    for text in after:
        yield Placed(at, column, text, at, column)
        column += 1


def evidence_written(evidence: Evidence) -> str:
    """监测报告（上一自然年）."""
    return f"{evidence.kind}（{evidence.period}）" if evidence.period else evidence.kind


def cell_sources(table: IndicatorTable) -> list[tuple[str, str, str]]:
    """编号, 等级, 来源 of every cell that was read elsewhere than its row says."""
    return [
        (row.key, "、".join(cell.grades), cell.source)
        for row in table.rows
        for cell in row.cells
        if cell.source and cell.source != row.source
    ]


# --- In -------------------------------------------------------------------------------------


def read_table(book: Workbook, about: IndicatorTable) -> IndicatorTable:
    """The rows of a workbook as a version of ``about`` (industry, rulebook, title, grades).

    Raises UnreadableTable with everything that is wrong, by cell.
    """
    reading = _Reading(book, about)
    rows = reading.rows()
    if reading.problems:
        raise UnreadableTable(reading.problems)
    return IndicatorTable(
        about.industry, about.subtype, about.rulebook, about.title, about.grades, rows, about.source
    )


class _Reading:
    """One pass over a workbook; mistakes are gathered, so that a person mends them all at once."""

    def __init__(self, book: Workbook, about: IndicatorTable) -> None:
        self._grades = about.grades
        self._heads = column_heads(about.grades)
        self.problems: list[Problem] = []
        self._sheet, self._start = self._find(book)
        self._sources = self._cell_sources(book.sheet(SOURCES))

    def _find(self, book: Workbook) -> tuple[Sheet, int]:
        """The sheet with our header, and where its rows begin."""
        seen = ""
        for sheet in book.sheets:
            for place, row in enumerate(sheet.rows):
                texts = tuple(_text(cell) for cell in row.cells)
                if texts[: len(BEFORE)] != BEFORE:
                    continue
                if texts[: len(self._heads)] == self._heads:
                    return sheet, place + 1
                seen = "、".join(text for text in texts if text)
        wanted = "、".join(self._heads)
        found = f"文件中的表头是“{seen}”，与本表的等级或列不符" if seen else "没有找到表头"
        raise UnreadableTable(
            [Problem("", f"{found}。表头一行应依次为：{wanted}。请导出本表，在导出的文件上修改。")]
        )

    def _cell_sources(self, sheet: Sheet | None) -> Mapping[tuple[str, Grade], str]:
        found: dict[tuple[str, Grade], str] = {}
        for row in sheet.rows[1:] if sheet else ():
            texts = [_text(cell) for cell in (*row.cells, None, None, None)]
            for grade in texts[1].split("、"):
                found[texts[0], grade] = texts[2]
        return found

    def rows(self) -> tuple[Row, ...]:
        made: list[Row] = []
        dimension = ""
        for row in self._sheet.rows[self._start :]:
            texts = [_text(cell) for cell in row.cells]
            texts += [""] * (len(self._heads) - len(texts))
            dimension = texts[1] or dimension
            made.append(self._row(row.number, texts, dimension))
        self._refuse_doubles(made)
        if not made:
            self._say("", "表中没有任何指标。请至少填写一行。")
        return tuple(made)

    def _row(self, number: int, texts: Sequence[str], dimension: str) -> Row:
        key, title = texts[0], texts[2]
        if not _KEY.fullmatch(key):
            self._say(f"A{number}", "编号应为 1 至 20 个字母或数字，在本表中保持不变。请填写。")
        if not dimension:
            self._say(f"B{number}", "第一行指标没有写维度。请填写。")
        if not title:
            self._say(f"C{number}", "没有写指标名称。请填写。")
        cells = tuple(self._cells(number, key, texts))
        after = len(BEFORE) + len(self._grades)
        applies = texts[after]
        if applies not in {"", YES, NO}:
            self._say(_address(after, number), f"“{applies[:20]}”应为“是”或“否”。请改正。")
        return Row(
            key, dimension, title, cells, applies == YES,
            tuple(self._evidence(_address(after + 1, number), texts[after + 1])),
            texts[after + 2],
        )  # fmt: skip

    def _cells(self, number: int, key: str, texts: Sequence[str]) -> Iterator[Cell]:
        place = 0
        while place < len(self._grades):
            column = len(BEFORE) + place
            width = self._width(number, column)
            grades = tuple(self._grades[place : place + width])
            try:
                criterion = read(texts[column])
            except UnreadableCriterion as problem:
                self._say(_address(column, number), str(problem))
            else:
                yield Cell(grades, criterion, self._sources.get((key, grades[0]), ""))
            place += width

    def _width(self, number: int, column: int) -> int:
        """Over how many grades the cell is merged."""
        last = len(BEFORE) + len(self._grades) - 1
        for it in self._sheet.merged:
            if not it.first_row <= number <= it.last_row or it.first_column != column:
                continue
            if it.first_row != it.last_row or it.last_column > last:
                self._say(
                    _address(column, number),
                    "等级要求只能在同一行相邻的等级之间合并。请取消跨行或跨出等级列的合并。",
                )
                return 1
            return it.last_column - it.first_column + 1
        return 1

    def _evidence(self, at: str, text: str) -> Iterator[Evidence]:
        for line in (part.strip() for part in text.split("\n")):
            found = _EVIDENCE.fullmatch(line) if line else None
            if found:
                yield Evidence(found["kind"].strip(), (found["period"] or "").strip())
            elif line:
                self._say(at, f"看不懂“{line[:30]}”。请写成“监测报告（上一自然年）”，一行一项。")

    def _refuse_doubles(self, rows: Sequence[Row]) -> None:
        seen: set[str] = set()
        for row in rows:
            if row.key and row.key in seen:
                self._say("", f"编号 {row.key} 用了两次。请给其中一行另编一个号。")
            seen.add(row.key)

    def _say(self, at: str, text: str) -> None:
        self.problems.append(Problem(at, text))


def _text(cell: Content) -> str:
    return "" if cell is None else plain_text(cell).strip()


def _address(column: int, number: int) -> str:
    return f"{chr(ord('A') + column)}{number}"
