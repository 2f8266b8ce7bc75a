"""A table as TOML (指标表的 TOML 文件), for keeping in version control and for shipping, both ways.

Requirements are written as in the sheet, so that a difference between two files reads as one
between two tables. Anything else than these keys is refused, by name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from app.indicators.checking import Fault
from app.indicators.criteria import Cell, Evidence, IndicatorTable, Row
from app.indicators.sheets import Problem, UnreadableTable
from app.indicators.wording import UnreadableCriterion, read, written
from app.kernel.spreadsheets import clean_text

_TABLE = ("rulebook", "industry", "subtype", "title", "grades", "source")
_ROW = ("key", "dimension", "title", "may_not_apply", "source", "evidence", "cell")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\t": "\\t", "\x7f": "\\u007f"}


def to_toml(table: IndicatorTable) -> str:
    """The file; the same table gives the same text."""
    return "\n".join(_lines(table)) + "\n"


def _lines(table: IndicatorTable) -> Iterator[str]:
    yield f"rulebook = {_text(table.rulebook)}"
    yield f"industry = {_text(table.industry)}"
    if table.subtype:
        yield f"subtype = {_text(table.subtype)}"
    yield f"title = {_text(table.title)}"
    yield f"grades = [{', '.join(map(_text, table.grades))}]"
    yield f"source = {_text(table.source)}"
    for row in table.rows:
        yield from _row_lines(row)


def _row_lines(row: Row) -> Iterator[str]:
    yield ""
    yield "[[row]]"
    yield f"key = {_text(row.key)}"
    yield f"dimension = {_text(row.dimension)}"
    yield f"title = {_text(row.title)}"
    if row.may_not_apply:
        yield "may_not_apply = true"
    if row.source:
        yield f"source = {_text(row.source)}"
    for it in row.evidence:
        period = f", period = {_text(it.period)}" if it.period else ""
        yield ""
        yield "[[row.evidence]]"
        yield f"kind = {_text(it.kind)}"
        if period:
            yield f"period = {_text(it.period)}"
    for cell in row.cells:
        yield ""
        yield "[[row.cell]]"
        yield f"grades = [{', '.join(map(_text, cell.grades))}]"
        yield f"asks = {_text(written(cell.criterion))}"
        if cell.source:
            yield f"source = {_text(cell.source)}"


def _text(text: str) -> str:
    """A basic string; one of several lines opens a line of its own for each."""
    escaped = "".join(_ESCAPES.get(it, it) for it in text)
    return f'"""\n{escaped}"""' if "\n" in text else f'"{escaped}"'


def from_toml(text: str) -> IndicatorTable:
    """The table of a file. Raises UnreadableTable with everything that is wrong, by row and key."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UnreadableTable(
            [Problem("", f"不符合 TOML 写法（{error}）。请改正该处。")]
        ) from error
    reading = _Reading()
    table = reading.table(raw)
    if reading.problems:
        raise UnreadableTable(reading.problems)
    return table


class _Reading:
    """One pass over a file; mistakes are gathered."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def table(self, raw: dict[str, Any]) -> IndicatorTable:
        self._refuse_keys(raw, (*_TABLE, "row"), "文件")
        rows = self._tables(raw, "row", "文件")
        return IndicatorTable(
            industry=self._string(raw, "industry", "文件", wanted=True),
            subtype=self._string(raw, "subtype", "文件"),
            rulebook=self._string(raw, "rulebook", "文件", wanted=True),
            title=self._string(raw, "title", "文件", wanted=True),
            grades=self._strings(raw, "grades", "文件"),
            rows=tuple(self._row(it, f"第 {n} 个 row") for n, it in enumerate(rows, start=1)),
            source=self._string(raw, "source", "文件"),
        )

    def _row(self, raw: dict[str, Any], where: str) -> Row:
        self._refuse_keys(raw, _ROW, where)
        key = self._string(raw, "key", where, wanted=True)
        where = f"编号 {key}" if key else where
        applies = raw.get("may_not_apply", False)
        if not isinstance(applies, bool):
            self._say(where, "may_not_apply 应为 true 或 false。请改正。")
        cells = self._tables(raw, "cell", where)
        return Row(
            key=key,
            dimension=self._string(raw, "dimension", where, wanted=True),
            title=self._string(raw, "title", where, wanted=True),
            cells=tuple(self._cell(it, where) for it in cells),
            may_not_apply=applies is True,
            evidence=tuple(
                Evidence(
                    self._string(it, "kind", where, wanted=True), self._string(it, "period", where)
                )
                for it in self._tables(raw, "evidence", where)
            ),
            source=self._string(raw, "source", where),
        )

    def _cell(self, raw: dict[str, Any], where: str) -> Cell:
        self._refuse_keys(raw, ("grades", "asks", "source"), where)
        asks = self._string(raw, "asks", where)
        grades = self._strings(raw, "grades", where)
        try:
            criterion = read(asks)
        except UnreadableCriterion as problem:
            self._say(f"{where}，{'、'.join(grades)}", str(problem))
            criterion = read("")
        return Cell(grades, criterion, self._string(raw, "source", where))

    def _refuse_keys(self, raw: dict[str, Any], known: tuple[str, ...], where: str) -> None:
        for key in raw.keys() - set(known):
            self._say(where, f"没有“{str(key)[:30]}”这一项。请核对键名或删去。")

    def _string(self, raw: dict[str, Any], key: str, where: str, *, wanted: bool = False) -> str:
        found = raw.get(key, "")
        if not isinstance(found, str) or (wanted and not found.strip()):
            self._say(where, f"{key} 应为加引号的文字，且不能为空。请改正。")
            return ""
        lines = found.split("\n") if key == "asks" else [found]
        return "\n".join(map(clean_text, lines)).strip()

    def _strings(self, raw: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
        found = raw.get(key)
        if not isinstance(found, list) or not all(isinstance(it, str) for it in found):
            self._say(where, f'{key} 应为等级的列表，如 ["A", "B"]。请改正。')
            return ()
        return tuple(found)

    def _tables(self, raw: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
        found = raw.get(key, [])
        if not isinstance(found, list) or not all(isinstance(it, dict) for it in found):
            self._say(where, f"{key} 应写成 [[{key}]]。请改正。")
            return []
        return found

    def _say(self, where: str, text: str) -> None:
        self.problems.append(Problem(where, text))


def placed(found: list[Fault]) -> list[Problem]:
    """What is wrong with a table as a whole, told by row."""
    return [Problem(f"编号 {it.key}" if it.key else "", it.text) for it in found]
