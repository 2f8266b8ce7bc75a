"""A table in the shape of the printed guide (指标表的表样), merged cells and all, both ways.

The first sheet is the table; the second, 来源, says where a cell was read if not where its row was.
What is written is read back as it was; what a person typed wrongly is named by its cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from app.indicators.checking import Fault, faults
from app.indicators.criteria import Cell, Criterion, IndicatorTable, Row, Unverified
from app.indicators.wording import (
    UnreadableCriterion,
    UnreadableEvidence,
    evidence_written,
    read,
    read_evidence,
    written,
)
from app.kernel.spreadsheets import Cell as Content
from app.kernel.spreadsheets import Merged, Sheet, Workbook, cell_problem, clean_text
from app.kernel.spreadsheets.delimited import plain_text
from app.kernel.spreadsheets.printed import Placed, PrintedSheet, write_printed
from app.rulebook.domain import Grade

KEY, DIMENSION, TITLE = "编号", "维度", "指标"
MAY_NOT_APPLY, EVIDENCE, SOURCE = "可不涉及", "佐证材料", "来源"
BEFORE = (KEY, DIMENSION, TITLE)
AFTER = (MAY_NOT_APPLY, EVIDENCE, SOURCE)
SHEET, SOURCES = "指标表", "来源"
"""Names of the two sheets."""
YES, NO = "是", "否"
TITLED, READ_IN = "表名：", "来源："
"""How the lines above the header begin."""
_WIDTHS_BEFORE, _WIDTHS_AFTER = (7.0, 14.0, 20.0), (9.0, 24.0, 24.0)
_WIDTH_OF_GRADES = 120.0
_PARTS = {"key": 0, "dimension": 1, "title": 2}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell of a sheet, and how to mend it."""

    at: str
    """As a spreadsheet names it: E7; empty: the file as a whole."""
    text: str
    sheet: str = ""


class UnreadableTable(ValueError):
    """A file that is no indicator table, or one with mistakes; nothing of it is taken."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("；".join(f"{it.at}：{it.text}" if it.at else it.text for it in problems))
        self.problems = tuple(problems)


# --- Out ------------------------------------------------------------------------------------


def column_heads(grades: Iterable[Grade]) -> tuple[str, ...]:
    """The header row: 编号, 维度, 指标, the grades, 可不涉及, 佐证材料, 来源."""
    return (*BEFORE, *(head_of(grade) for grade in grades), *AFTER)


def head_of(grade: Grade) -> str:
    """A级 for A, 引领性 as it is."""
    return grade if grade.endswith("性") else f"{grade}级"


def write_table(target: BinaryIO, table: IndicatorTable) -> None:
    """The table as a workbook in the shape of the guide."""
    share = _WIDTH_OF_GRADES / len(table.grades)
    widths = (*_WIDTHS_BEFORE, *(share for _ in table.grades), *_WIDTHS_AFTER)
    heads = ("编号", "等级", "来源")
    sources = [
        Placed(row, column, text, row, column)
        for row, line in enumerate(cell_sources(table))
        for column, text in enumerate(line)
    ]
    titles = (f"{TITLED}{table.title}", f"{READ_IN}{table.source}")
    printed = PrintedSheet(SHEET, column_heads(table.grades), widths, laid_out(table), titles)
    beside = PrintedSheet(SOURCES, heads, (10.0, 20.0, 60.0), sources)
    write_printed(target, [printed, beside])


def laid_out(table: IndicatorTable) -> list[Placed]:
    """Every text of the table below its header, merged as the guide prints it."""
    placed: list[Placed] = []
    last = len(table.rows) - 1
    start = 0
    for number, row in enumerate(table.rows):
        placed += _row_laid_out(row, number)
        if number == last or table.rows[number + 1].dimension != row.dimension:
            placed.append(Placed(start, 1, row.dimension, number, 1))
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


def cell_sources(table: IndicatorTable) -> list[tuple[str, str, str]]:
    """编号, 等级, 来源 of every cell that was read elsewhere than its row says."""
    return [
        (row.key, "、".join(cell.grades), cell.source)
        for row in table.rows
        for cell in row.cells
        if cell.source
    ]


# --- In -------------------------------------------------------------------------------------


def read_table(
    book: Workbook, about: IndicatorTable, columns: Sequence[Sequence[Grade]] = ()
) -> IndicatorTable:
    """The rows of a workbook as a version of ``about`` (industry, rulebook, title, grades).

    The grades may be those of any of ``columns``. Raises UnreadableTable with everything that is
    wrong, by cell.
    """
    wanted = [tuple(it) for it in columns] or [about.grades]
    reading = _Reading(book, wanted)
    table = replace(
        about, rows=reading.rows(), grades=reading.grades,
        title=reading.said(TITLED) or about.title, source=reading.said(READ_IN) or about.source,
    )  # fmt: skip
    if not reading.problems:
        reading.place(faults(table, wanted))
    if reading.problems:
        raise UnreadableTable(reading.problems)
    return table


class _Reading:
    """One pass over a workbook; mistakes are gathered, so that a person mends them all at once."""

    def __init__(self, book: Workbook, columns: Sequence[tuple[Grade, ...]]) -> None:
        self.problems: list[Problem] = []
        self.grades = columns[0]
        self._sheet, self._start = self._find(book, columns)
        self._heads = column_heads(self.grades)
        self._at: dict[str, int] = {}
        self._cells_of_row = {it.number: it.cells for it in self._sheet.rows}
        self._sources = self._cell_sources(book.sheet(SOURCES))

    def _find(self, book: Workbook, columns: Sequence[tuple[Grade, ...]]) -> tuple[Sheet, int]:
        """The sheet with our header, and where its rows begin."""
        seen = ""
        for sheet in book.sheets:
            for place, row in enumerate(sheet.rows):
                texts = tuple(_text(cell) for cell in row.cells)
                if texts[: len(BEFORE)] != BEFORE:
                    continue
                for grades in columns:
                    heads = column_heads(grades)
                    if texts[: len(heads)] == heads:
                        self.grades = grades
                        return sheet, place + 1
                seen = "、".join(text for text in texts if text)
        wanted = "；或 ".join("、".join(column_heads(it)) for it in columns)
        found = f"文件中的表头是“{seen[:200]}”，与本表的等级或列不符" if seen else "没有找到表头"
        raise UnreadableTable(
            [Problem("", f"{found}。表头一行应依次为：{wanted}。请导出本表，在导出的文件上修改。")]
        )

    def said(self, beginning: str) -> str:
        """What a line above the header says after these words."""
        for row in self._sheet.rows[: self._start - 1]:
            text = _text(row.cells[0]) if row.cells else ""
            if text.startswith(beginning):
                return text[len(beginning) :].strip()
        return ""

    def _cell_sources(self, sheet: Sheet | None) -> Mapping[tuple[str, Grade], str]:
        found: dict[tuple[str, Grade], str] = {}
        for row in sheet.rows[1:] if sheet else ():
            texts = [_text(cell) for cell in (*row.cells, None, None, None)]
            for grade in texts[1].split("、"):
                if grade not in self.grades:
                    words = f"“{grade[:20]}”不是本表的等级。请改正或删去这一行。"
                    self.problems.append(Problem(f"B{row.number}", words, SOURCES))
                found[texts[0], grade] = texts[2]
        return found

    def rows(self) -> tuple[Row, ...]:
        """Every row below the header."""
        made: list[Row] = []
        dimension = ""
        for row in self._sheet.rows[self._start :]:
            self._refuse_errors(row.number, row.cells)
            texts = [_text(cell) for cell in row.cells]
            texts += [""] * (len(self._heads) - len(texts))
            if not any(texts[: len(self._heads)]):
                continue
            dimension = texts[1] or dimension
            made.append(self._row(row.number, texts, dimension))
        self._refuse_strangers({row.key for row in made})
        return tuple(made)

    def _refuse_errors(self, number: int, cells: Sequence[Content]) -> None:
        for column, cell in enumerate(cells[: len(self._heads)]):
            if (problem := cell_problem(cell)) is not None:
                self._say(_address(column, number), f"{problem}。")

    def _refuse_strangers(self, keys: set[str]) -> None:
        for key in dict.fromkeys(it for it, _ in self._sources):
            if key not in keys:
                words = f"编号 {key[:20]} 在“{SHEET}”中没有。请改正或删去这一行。"
                self.problems.append(Problem("", words, SOURCES))

    def _row(self, number: int, texts: Sequence[str], dimension: str) -> Row:
        key = texts[0]
        self._at.setdefault(key, number)
        after = len(BEFORE) + len(self.grades)
        applies = texts[after]
        if applies not in {"", YES, NO}:
            self._say(_address(after, number), f"“{applies[:20]}”应为“是”或“否”。请改正。")
        try:
            evidence = tuple(read_evidence(texts[after + 1]))
        except UnreadableEvidence as problem:
            self._say(_address(after + 1, number), str(problem))
            evidence = ()
        cells = tuple(self._cells(number, key))
        return Row(key, dimension, texts[2], cells, applies == YES, evidence, texts[after + 2])

    def _cells(self, number: int, key: str) -> Iterator[Cell]:
        place = 0
        while place < len(self.grades):
            column = len(BEFORE) + place
            merged = self._merged(number, column)
            width = merged.last_column - column + 1 if merged else 1
            grades = tuple(self.grades[place : place + width])
            yield Cell(
                grades,
                self._criterion(merged.first_row if merged else number, column, number),
                self._sources.get((key, grades[0]), ""),
            )
            place += width

    def _criterion(self, row: int, column: int, number: int) -> Criterion:
        cells = self._cells_of_row.get(row, ())
        try:
            return read(_text(cells[column]) if column < len(cells) else "")
        except UnreadableCriterion as problem:
            self._say(_address(column, number), str(problem))
            return Unverified()

    def _merged(self, number: int, column: int) -> Merged | None:
        """The merged cells that begin in this column and cover the row; of several rows alike."""
        last = len(BEFORE) + len(self.grades) - 1
        for it in self._sheet.merged:
            if not it.first_row <= number <= it.last_row or it.first_column != column:
                continue
            if it.last_column > last:
                words = "等级要求只能在相邻的等级之间合并。请取消超出等级列的合并。"
                self._say(_address(column, number), words)
                return None
            return it
        return None

    def place(self, found: Iterable[Fault]) -> None:
        """Say what is wrong with the table as a whole, at its cells."""
        for fault in found:
            number = self._at.get(fault.key)
            column = _PARTS.get(fault.part)
            after = len(BEFORE) + len(self.grades)
            if fault.part in self.grades:
                column = len(BEFORE) + self.grades.index(fault.part)
            elif fault.part in {"evidence", "source"}:
                column = after + (1 if fault.part == "evidence" else 2)
            at = "" if number is None else _address(column or 0, number)
            self._say(at, fault.text)

    def _say(self, at: str, text: str) -> None:
        self.problems.append(Problem(at, text, self._sheet.name))


def _text(cell: Content) -> str:
    """A cell's text without invisible signs; its lines stay."""
    if cell is None or cell_problem(cell) is not None:  # which has been told already
        return ""
    lines = plain_text(cell).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean_text(line) for line in lines).strip()


def _address(column: int, number: int) -> str:
    return f"{chr(ord('A') + column)}{number}"
