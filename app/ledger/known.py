"""What cells of a workbook were read as (已读单元格): equal cells alike, so once."""

from __future__ import annotations

from typing import Any, TypeAlias

from app.kernel.spreadsheets import Cell, Parsed
from app.ledger.parsing import Parse, Tools
from app.ledger.sheets import ColumnSpec

Plain: TypeAlias = dict[str | tuple[type, Cell], Any]
"""By cell, the value that was read without a word; a number by its type too, as 1 is not 是."""


class KnownCells:
    """What cells were read as: equal cells of columns that are read alike are read once.

    Most columns stand on several sheets or repeat few values, so most cells are known already.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._told: dict[tuple[Parse, type, Cell], Parsed[Any]] = {}
        self._plain: dict[tuple[Parse, str], Plain] = {}

    def plain(self, column: ColumnSpec) -> Plain:
        """The values of cells so far that need no word said about them."""
        return self._plain.setdefault((column.parse, column.kind), {})

    def parsed(self, column: ColumnSpec, cell: Cell) -> Parsed[Any]:
        """What the cell says in this column; kept where a word is said about it."""
        kind = (column.parse, type(cell), cell)
        found = self._told.get(kind)
        if found is None:
            found = column.parse(cell, self._tools)
            if found.read_as is not None or found.problem is not None:
                self._told[kind] = found
        return found
