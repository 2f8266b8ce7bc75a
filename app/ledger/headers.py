"""Which column of a sheet holds which field (表头), over one or two header lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from app.kernel.spreadsheets import Row, Sheet, header_key
from app.ledger.sheets import ColumnSpec, SheetSpec, Subject

_ERROR_HEADER = "错误"
"""The column of an earlier report, which a mended workbook may still carry."""


class Header:
    """Which column of a sheet holds which field."""

    def __init__(self, sheet: Sheet, start: int, spec: SheetSpec) -> None:
        self.spec = spec
        self.lines = [sheet.rows[start]]
        by_title = {column.header: column for column in spec.columns}
        titles = _titles(sheet.rows[start])
        if len(sheet.rows) > start + 1:
            below = sheet.rows[start + 1]
            if _continues(below, titles, by_title):
                self.lines.append(below)
                titles |= {place: t for place, t in _titles(below).items() if t in by_title}
        known = [(place, by_title[title]) for place, title in titles.items() if title in by_title]
        self.columns = {place: column.field for place, column in known}
        self._doubled = [
            title for title, n in Counter(column.header for _, column in known).items() if n > 1
        ]
        self.ignored = [
            f"工作表“{spec.name}”的列“{title}”不属于台账，未予读取。"
            for title in titles.values()
            if title not in by_title and title != _ERROR_HEADER
        ]

    def faults(self) -> Iterator[tuple[str, str]]:
        """(column title, sentence) for each fault that keeps the sheet from being read."""
        for title in self._doubled:
            yield title, f"有两列“{title}”，无法判断以哪一列为准，请只保留一列"
        for column in self.spec.columns:
            if self._is_needed(column) and column.field not in self.columns.values():
                yield (
                    column.header,
                    f"工作表缺少列“{column.header}”，无法分清每一行说的是谁，请补上这一列",
                )

    def cautions(self) -> Iterator[tuple[str, str]]:
        """(column title, sentence) for what a missing column means for every row."""
        if self.spec.subject is Subject.EITHER and "plant" not in self.columns.values():
            yield (
                self.spec.column("plant").header,
                "工作表没有“厂区编号”列，各行均按适用于企业全部厂区处理，请核对是否如此",
            )

    @property
    def is_faulty(self) -> bool:
        """Whether the rows cannot be told apart with these columns."""
        return any(True for _ in self.faults())

    def _is_needed(self, column: ColumnSpec) -> bool:
        return column.required and column.field in self.spec.key_fields


def _titles(row: Row) -> dict[int, str]:
    return {
        place: header_key(cell)
        for place, cell in enumerate(row.cells)
        if isinstance(cell, str) and header_key(cell)
    }


def _continues(below: Row, above: Mapping[int, str], by_title: Mapping[str, ColumnSpec]) -> bool:
    """Whether the row is the second line of a header: only titles, none under a known one."""
    own = _titles(below)
    known_above = {place for place, title in above.items() if title in by_title}
    return (
        len(own) == sum(cell is not None for cell in below.cells)
        and any(title in by_title for title in own.values())
        and not known_above & own.keys()
    )
