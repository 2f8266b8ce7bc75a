"""Whether a table can be kept as a version (能否保存), and what in it looks odd (提示)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.indicators.comparing import Direction, direction
from app.indicators.criteria import (
    Below,
    Cell,
    Criterion,
    IndicatorTable,
    Limits,
    Row,
    SameAsAbove,
    Unverified,
)
from app.indicators.wording import (
    UnreadableCriterion,
    UnreadableEvidence,
    evidence_written,
    read,
    read_evidence,
    written,
)
from app.rulebook.domain import Grade

KEY = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")
MOST_ROWS, MOST_EVIDENCE = 300, 12
LONGEST_CRITERION = 4_000
LONGEST = {"dimension": 30, "title": 120, "source": 200, "kind": 60, "period": 30}
"""Characters of the texts of a row."""
_WORDS = {
    "dimension": "维度",
    "title": "指标名称",
    "source": "来源",
    "kind": "佐证材料",
    "period": "期间",
}
MINISTRY, SUBGRADE = "A+", "B-"
"""Chosen among A by the ministry (NAT-TOP); counted as B wherever a guide does not tell it apart
(PLAN-GRADES)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where: a row, and of it a cell; both empty: the table as a whole."""

    text: str
    key: str = ""
    part: str = ""
    """A grade, or a field of the row: key, dimension, title, source, evidence."""


def columns_of(scheme: Sequence[Grade]) -> tuple[tuple[Grade, ...], ...]:
    """The columns that a table under a scheme may have, the fullest first.

    A+ has none, since no county gives it; B- may be left out where a guide does not tell it apart.
    """
    given = tuple(grade for grade in scheme if grade != MINISTRY)
    return tuple(dict.fromkeys((given, tuple(grade for grade in given if grade != SUBGRADE))))


def faults(table: IndicatorTable, columns: Sequence[Sequence[Grade]]) -> list[Fault]:
    """What keeps a table from being kept; empty: nothing does."""
    found: list[Fault] = []
    if table.grades not in {tuple(it) for it in columns}:
        wanted = "，或 ".join("、".join(it) for it in columns)
        found.append(Fault(f"等级列应为 {wanted}。请按本行业的等级方案填写。"))
    if not 1 <= len(table.rows) <= MOST_ROWS:
        found.append(
            Fault(f"指标应为 1 至 {MOST_ROWS} 行，现有 {len(table.rows)} 行。请补充或分表。")
        )
    if not table.title or len(table.title) > LONGEST["title"]:
        found.append(Fault(f"表名应为 1 至 {LONGEST['title']} 个字。请填写。"))
    seen: set[str] = set()
    for row in table.rows:
        if row.key in seen:
            found.append(
                Fault(f"编号 {row.key} 用了两次。请给其中一行另编一个号。", row.key, "key")
            )
        seen.add(row.key)
        found += row_faults(row, table.grades)
    return found


def row_faults(row: Row, grades: Sequence[Grade]) -> Iterator[Fault]:
    """What is wrong with one row."""
    if not KEY.fullmatch(row.key):
        words = "编号应为 1 至 20 个字母、数字、点或短横，在本表中保持不变。请填写。"
        yield Fault(words, row.key, "key")
    for name in ("dimension", "title"):
        if not getattr(row, name):
            yield Fault(f"没有写{_WORDS[name]}。请填写。", row.key, name)
    yield from _lengths(row)
    yield from _evidence_faults(row)
    covered = tuple(grade for cell in row.cells for grade in cell.grades)
    if covered != tuple(grades):
        words = f"编号 {row.key} 没有逐级填写要求。请为每一等级填写，未知的写“未核实”。"
        yield Fault(words, row.key)
        return
    for cell in row.cells:
        for words in _cell_faults(cell, grades):
            yield Fault(words, row.key, cell.grades[0])
    yield from _units(row)


def _evidence_faults(row: Row) -> Iterator[Fault]:
    if len(row.evidence) > MOST_EVIDENCE:
        yield Fault(f"佐证材料最多 {MOST_EVIDENCE} 项。请合并。", row.key, "evidence")
    for it in row.evidence:
        try:
            same = list(read_evidence(evidence_written(it))) == [it]
        except UnreadableEvidence:
            same = False
        if not same:
            words = f"佐证材料“{it.kind[:30]}”的名称和期间里不能有括号。请改写。"
            yield Fault(words, row.key, "evidence")


def _lengths(row: Row) -> Iterator[Fault]:
    texts = [(name, name, getattr(row, name)) for name in ("dimension", "title", "source")]
    for it in row.evidence:
        texts += [("evidence", "kind", it.kind), ("evidence", "period", it.period)]
    texts += [(cell.grades[0], "source", cell.source) for cell in row.cells if cell.grades]
    for part, name, text in texts:
        if len(text) > LONGEST[name]:
            words = f"{_WORDS[name]}最多 {LONGEST[name]} 个字，现有 {len(text)} 个字。请改短。"
            yield Fault(words, row.key, part)


def _cell_faults(cell: Cell, grades: Sequence[Grade]) -> Iterator[str]:
    asked = cell.criterion
    if isinstance(asked, SameAsAbove) and grades[0] in cell.grades:
        yield "最高等级没有“上一级”，不能写“同上一级”。请写明要求，未知的写“未核实”。"
    if isinstance(asked, Below):
        before = grades[: grades.index(cell.grades[0])]
        unknown = [it for it in (*asked.better, asked.grade) if it not in before]
        if unknown:
            words = f"“{written(asked)}”指的等级应在本列左侧，{'、'.join(unknown)} 不是。请改正。"
            yield words
    text = written(asked)
    if len(text) > LONGEST_CRITERION:
        yield f"要求最多 {LONGEST_CRITERION} 个字，现有 {len(text)} 个字。请精简。"
    elif not _is_read_back(asked, text):
        yield (
            f"“{text[:40]}”写出后会被读成另一种要求。请避免在名称中使用 ≤、≥、换行和“1、”一类序号。"
        )


def _is_read_back(asked: Criterion, text: str) -> bool:
    try:
        return read(text) == asked
    except UnreadableCriterion:
        return False


def _units(row: Row) -> Iterator[Fault]:
    """The same quantity in two units would be compared by its bare number."""
    units: dict[str, str] = {}
    for cell in row.cells:
        for limit in cell.criterion.items if isinstance(cell.criterion, Limits) else ():
            first = units.setdefault(limit.quantity.id, limit.quantity.unit)
            if first != limit.quantity.unit:
                words = (
                    f"{limit.quantity.name}在本行用了两种单位（{first}、{limit.quantity.unit}）。"
                    "请换算为同一单位。"
                )
                yield Fault(words, row.key, cell.grades[0])


def oddities(table: IndicatorTable) -> list[Fault]:
    """What a person should look at twice: a lower grade that asks for more than a better one."""
    found = []
    for row in table.rows:
        for cell, after in zip(row.cells, row.cells[1:], strict=False):
            better, lower = row.asked(cell.grades[0]), row.asked(after.grades[0])
            if direction(better, lower) is Direction.STRICTER:
                words = f"{after.grades[0]}级的要求严于{cell.grades[-1]}级，请与原文核对。"
                found.append(Fault(words, row.key, after.grades[0]))
    return found


def unverified_cells(table: IndicatorTable) -> int:
    """How many cells are 未核实."""
    return sum(isinstance(it.criterion, Unverified) for row in table.rows for it in row.cells)
