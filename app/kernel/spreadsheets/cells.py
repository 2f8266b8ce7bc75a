"""What a workbook (工作簿) is once it has been read: sheets, rows, cells and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple


class UnreadableWorkbook(Exception):
    """A file that cannot be taken: the text says what happened, why, and what to do."""


@dataclass(frozen=True, slots=True)
class UncomputedFormula:
    """A formula cell in which no program has yet stored a result (公式未计算)."""

    formula: str = ""


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that shows an error value such as `#REF!` (错误值)."""

    code: str


Cell = str | int | Decimal | bool | date | datetime | time | UncomputedFormula | CellError | None
"""One cell: whole numbers are int, others Decimal; a date without time of day is date."""


class Row(NamedTuple):
    """One filled row with the number Excel shows beside it; cells start at column A."""

    number: int
    cells: tuple[Cell, ...]


class Merged(NamedTuple):
    """Cells merged into one (合并单元格); only the first holds a value. Columns count from 0."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet (工作表); rows without any value are left out, numbers stay as Excel shows them.

    ``hidden_rows`` are filled rows that a person does not see, mostly because of a filter (筛选).
    """

    name: str
    rows: tuple[Row, ...]
    hidden: bool = False
    merged: tuple[Merged, ...] = ()
    hidden_rows: tuple[int, ...] = ()
    formulas: frozenset[tuple[int, int]] = frozenset()
    """Row number and column (from 0) of cells that hold a stored result of a formula; of the first
    ten thousand of them."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """Everything that was read from one file.

    `notes` are sentences about what was left aside; `date1904` says that day numbers
    count from 1904 (old Macintosh files).
    """

    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
    date1904: bool = False

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of that name, or None."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one workbook may hold; every figure keeps reading fast and memory small.

    `blank_run` counts rows and cells that hold only formatting, one after the other without
    a value between them. `ratio` is checked only above `ratio_from` unpacked bytes, because
    an honest small sheet of equal rows also packs very well.
    """

    file_bytes: int = 100 * 1024 * 1024
    entries: int = 1000
    unpacked_bytes: int = 300 * 1024 * 1024
    ratio: int = 200
    ratio_from: int = 20 * 1024 * 1024
    sheets: int = 200
    rows: int = 200_000
    columns: int = 512
    cells: int = 8_000_000
    blank_run: int = 300_000
    merged: int = 50_000
    child_seconds: int = 60
    child_bytes: int = 2 * 1024**3


DEFAULT_LIMITS = Limits()


def is_invisible(char: str) -> bool:
    """Whether a character is a control, direction, zero-width or half-pair mark.

    Characters unknown to this Python and private ones stay: rare names are written with them.
    """
    return unicodedata.category(char) in ("Cc", "Cf", "Cs")


def too_many_merged(sheet: str, limits: Limits) -> str:
    """Why a sheet with that many merged cells is not read."""
    return (
        f"工作表“{sheet}”的合并单元格超过 {limits.merged // 10_000} 万处，系统未予读取。"
        "请选中整张表，取消合并单元格后逐行填写，再上传。"
    )


ErrorTexts = Mapping[str, Mapping[int, str]]
"""Sheet name → row number as Excel shows it → what is wrong in that row."""

ERROR_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "#REF!": "公式引用的单元格已被删除",
        "#N/A": "公式没有查到对应的值",
        "#NAME?": "公式里有不认识的名称",
        "#DIV/0!": "公式除以了零",
        "#VALUE!": "公式里的数据类型不对",
        "#NUM!": "数字超出了可表示的范围",
        "#NULL!": "公式引用的区域没有交集",
    }
)


@dataclass(frozen=True, slots=True)
class WorkbookKind:
    """What the content (not the name) of a file shows it to be, with what will be left aside."""

    format: str
    """One of `xlsx`, `xls`, `csv`, `csv-zip`, `csv-folder`."""
    notes: tuple[str, ...] = field(default=())
