"""Reads a filled form (填报表): by the numbers of its lines, every mistake by its cell.

What is typed is read by the readers of the pages on which it would be filled in, so that the same
entry means the same whichever way it came.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from app.filing.answers import fitting
from app.filing.domain import TRANSPORT, Transport
from app.filing.entry import EntryForm, entry_form
from app.filing.forms import TypedRow, read_answer
from app.filing.offline import (
    CLAUSE,
    HEADS,
    KEPT,
    NO,
    NUMBER_TITLE,
    YES,
    Ask,
    Line,
    kept_line,
    lines_of_table,
    lines_of_transport,
)
from app.filing.offline_cells import (
    FORMULA,
    MaterialLine,
    Problem,
    address,
    cell_at,
    columns_of,
    material_columns,
    material_lines,
    number_in,
)
from app.filing.summary import UNITS, read_summary
from app.indicators.domain import Answer, IndicatorTable, Row
from app.kernel.spreadsheets import Cell, Sheet, Workbook, cell_problem, parse_yes_no
from app.kernel.spreadsheets.delimited import plain_text

Key = tuple[int, str]
_NUMBER = re.compile(NUMBER_TITLE.rstrip("：") + r"[：:]\s*([0-9A-Za-z-]{4,40})")
_ROWS_ABOVE = 12
_SHOWN = 30


@dataclass(slots=True)
class FormRead:
    """What stands in a form."""

    answers: dict[Key, Answer] = field(default_factory=dict)
    kept: set[Key] = field(default_factory=set)
    """Rows whose carried content was confirmed."""
    summary: Transport | None = None
    materials: list[MaterialLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _At:
    """A line as it was found."""

    sheet: str
    cell: str
    value: Cell
    is_formula: bool


def numbers_of(book: Workbook) -> set[str]:
    """The numbers of packages (填报包编号) that its sheets name."""
    found = set()
    for sheet in book.sheets:
        for row in sheet.rows[:_ROWS_ABOVE]:
            for cell in row.cells:
                if isinstance(cell, str) and (match := _NUMBER.search(cell)):
                    found.add(match[1].upper())
    return found


def read_form(book: Workbook, tables: Sequence[tuple[int, str, IndicatorTable]]) -> FormRead:
    """Everything in the form of these tables (place, label, rows)."""
    done = FormRead()
    lines = {it.number: it for it in _expected(tables)}
    placed = _find_lines(book, lines, done)
    _tell_missing(lines, placed, tables, done)
    for place, _, table in tables:
        for row in table.rows:
            _read_row(place, row, table, lines, placed, done)
    _read_transport(lines, placed, done)
    if not any(material_columns(sheet) for sheet in book.sheets):
        done.problems.append(Problem("材料清单", "", "缺少“材料清单”工作表。请从原填报表恢复。"))
    for sheet in book.sheets:
        done.materials += material_lines(sheet, done.problems)
    return done


def _expected(tables: Sequence[tuple[int, str, IndicatorTable]]) -> Iterator[Line]:
    for place, _, table in tables:
        yield from lines_of_table(place, table, {}, frozenset())
        for at, row in enumerate(table.rows):
            yield kept_line(place, at, row.key)
    yield from lines_of_transport(Transport(), is_carried=False)
    yield kept_line(0, 0, TRANSPORT)


# --- Where the lines are ------------------------------------------------------------------------


def _find_lines(book: Workbook, lines: Mapping[str, Line], done: FormRead) -> dict[str, _At]:
    placed: dict[str, _At] = {}
    for sheet in book.sheets:
        found = columns_of(sheet, (HEADS[0], HEADS[2]))
        if found is None:
            continue
        header, at = found
        for row in sheet.rows:
            if row.number <= header:
                continue
            number = number_in(cell_at(row.cells, at[HEADS[0]]))
            value = cell_at(row.cells, at[HEADS[2]])
            here = address(at[HEADS[2]], row.number)
            if not number and value is None:
                continue
            if number not in lines:
                done.problems.append(_stray(sheet, number, here, row.number, at[HEADS[0]]))
            elif number in placed:
                words = f"填报序号 {number} 出现两次，无法判断以哪一行为准。请删去重复的行。"
                done.problems.append(Problem(sheet.name, here, words))
            else:
                is_formula = (row.number, at[HEADS[2]]) in sheet.formulas
                placed[number] = _At(sheet.name, here, value, is_formula)
    return placed


def _stray(sheet: Sheet, number: str, here: str, row: int, column: int) -> Problem:
    if not number:
        words = "这一行没有填报序号，不知道填的是哪一项。请把内容填到原有的行里，删去插入的行。"
        return Problem(sheet.name, here, words)
    words = f"“{number[:_SHOWN]}”不是本填报包的填报序号。请按原填报表恢复这一格。"
    return Problem(sheet.name, address(column, row), words)


def _tell_missing(
    lines: Mapping[str, Line],
    placed: Mapping[str, _At],
    tables: Sequence[tuple[int, str, IndicatorTable]],
    done: FormRead,
) -> None:
    labels = {place: f"指标{place} {label}" for place, label, _ in tables} | {0: "运输汇总"}
    for place, label in labels.items():
        own = [it for it in lines.values() if it.place == place and it.ask.name != KEPT]
        gone = [it for it in own if it.number not in placed]
        if gone and len(gone) == len(own):
            words = f"缺少工作表“{label}”，可能被删除或者表头被改。请从原填报表恢复后重新交来。"
            done.problems.append(Problem(label, "", words))
            continue
        for it in gone:
            words = (
                f"缺少填报序号 {it.number}（{it.ask.label[:_SHOWN]}）的一行，可能被删除。"
                "请从原填报表恢复这一行。"
            )
            done.problems.append(Problem(label, "", words))


# --- One row of a table -------------------------------------------------------------------------


def _read_row(
    place: int,
    row: Row,
    table: IndicatorTable,
    lines: Mapping[str, Line],
    placed: Mapping[str, _At],
    done: FormRead,
) -> None:
    form = entry_form(row, table.grades)
    own = {it.ask.name: it for it in lines.values() if (it.place, it.row_key) == (place, row.key)}
    before = len(done.problems)
    typed = _typed(own, placed, form, done)
    answer = None if len(done.problems) > before else read_answer(typed, form)
    for name, text in typed.errors.items():
        there = placed.get(own[name].number) if name in own else None
        done.problems.append(Problem(there.sheet if there else "", there.cell if there else "",
                                     text))  # fmt: skip
    if answer is not None:
        done.answers[place, row.key] = fitting(answer, row, table.grades)


def _typed(
    own: Mapping[str, Line], placed: Mapping[str, _At], form: EntryForm, done: FormRead
) -> TypedRow:
    """The row as if it had been typed on its page; what no reader can take is told here."""
    texts: dict[str, str] = {}
    for name, line in own.items():
        there = placed.get(line.number)
        if there is not None and there.value is not None:
            texts[name] = _said(line.ask, there, done, is_share=name in _shares(form))
    if texts.get(KEPT) == YES:
        done.kept.add((next(iter(own.values())).place, next(iter(own.values())).row_key))
    questions = {it.name for it in form.questions}
    return TypedRow(
        ticked=frozenset(name.removeprefix(CLAUSE) for name, text in texts.items()
                         if name.startswith(CLAUSE) and text == YES),
        texts={name: {YES: "yes", NO: "no"}.get(text, "") if name in questions else text
               for name, text in texts.items()},
        not_applicable=texts.get("na") == YES,
        nothing_met=texts.get("none") == YES,
        chosen=texts.get("g", ""),
        reason=texts.get("why", ""),
    )  # fmt: skip


def _shares(form: EntryForm) -> set[str]:
    return {it.name for it in form.shares}


def _said(ask: Ask, there: _At, done: FormRead, *, is_share: bool) -> str:
    """The text of a cell; empty where it was told what is wrong with it."""

    def tell(text: str) -> str:
        done.problems.append(Problem(there.sheet, there.cell, text))
        return ""

    value = there.value
    if there.is_formula:  # also one that was not computed: saving it once more is no help
        return tell(FORMULA)
    if (problem := cell_problem(value)) is not None:
        return tell(f"{problem}。")
    if isinstance(value, date | time):
        return tell(
            f"单元格被表格软件当成了日期或时间（{plain_text(value)}）。"
            "请把单元格设为文本格式后重新填写。"
        )
    if is_share and isinstance(value, Decimal) and 0 < value < 1:
        return tell(
            f"单元格是数值 {plain_text(value)}，分不清是 {plain_text(value)}% 还是百分数。"
            "请把单元格设为文本格式，填写 0 至 100 之间的数，例如 95。"
        )
    text = plain_text(value).strip()
    if ask.choices:
        return _chosen(ask, value, text) or tell(
            f"“{text[:_SHOWN]}”不在可选范围内。请填写：{'、'.join(ask.choices)}，或者留空。"
        )
    return text


def _chosen(ask: Ask, value: Cell, text: str) -> str:
    """Which of the choices it is; 否 where only 是 can be said is as good as nothing."""
    if YES in ask.choices:
        said = parse_yes_no(value).value
        return "" if said is None else YES if said else NO
    folded = unicodedata.normalize("NFKC", text).upper().removesuffix("级").strip()
    return next((it for it in ask.choices if it.upper() == folded), "")


def _read_transport(lines: Mapping[str, Line], placed: Mapping[str, _At], done: FormRead) -> None:
    own = {it.ask.name: it for it in lines.values() if it.row_key == TRANSPORT and it.place == 0}
    before = len(done.problems)
    texts = dict.fromkeys((name for name in own if name != KEPT), "")
    for name, line in own.items():
        there = placed.get(line.number)
        if there is not None and there.value is not None:
            texts[name] = _said(line.ask, there, done, is_share=UNITS.get(name) == "%")
    if texts.pop(KEPT, "") == YES:
        done.kept.add((0, TRANSPORT))
    texts["gate_connected"] = {YES: "yes", NO: "no"}.get(texts["gate_connected"], "")
    summary, wrong = read_summary(texts)
    for name, text in wrong.items():
        there = placed[own[name].number]
        done.problems.append(Problem(there.sheet, there.cell, text))
    if len(done.problems) == before:
        done.summary = summary
