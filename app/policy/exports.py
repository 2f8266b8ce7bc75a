"""The bureau's table of a list as csv or xlsx (清单导出)."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Sequence
from decimal import Decimal

from app.kernel.spreadsheets import Column, SheetLayout, write_csv, write_xlsx
from app.policy.documents import CanonicalList, Cell, Document, Table, as_json

MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The forms a list is written in, by the ending of their files."""
TONNES = "（吨/年）"
"""Ends the header of a column of tonnes."""
_COLUMNS = {
    "位次": Column("位次", 6, "number"),
    "统一社会信用代码": Column("统一社会信用代码", 21, "code"),
    "企业名称": Column("企业名称", 30),
    "厂区编号": Column("厂区编号", 9, "code"),
    "厂区名称": Column("厂区名称", 14),
    "区县": Column("区县", 9),
    "行业": Column("行业", 16),
    "规则集": Column("规则集", 14),
    "等级": Column("等级", 8),
    "结论": Column("结论", 8),
    "理由": Column("理由", 60),
    "条款": Column("条款", 28),
    "项目名称": Column("项目名称", 20),
    "申请日期": Column("申请日期", 12),
    "依据文件": Column("依据文件", 24),
    "事由": Column("事由", 30),
}


def content_of(document: Document, table: Table, form: str) -> bytes:
    """A list as the bytes of a file: its document as json, its table as csv or xlsx."""
    if form == "json":
        return as_json(document)
    return table_as_csv(table) if form == "csv" else table_as_xlsx(table)


def list_in_parts(listed: CanonicalList, table: Callable[[], Table], form: str) -> Iterator[bytes]:
    """The same for a ranked list, whose json is written row by row."""
    if form == "json":
        yield from listed.chunks()
    else:
        yield content_of({}, table(), form)


def table_as_csv(table: Table) -> bytes:
    """Title and notes on top, then header and rows; UTF-8 that Excel opens as Chinese."""
    top: list[tuple[str, ...]] = [(table.title,), *((note,) for note in table.notes)]
    return write_csv([*top, table.columns, *table.rows])


def table_as_xlsx(table: Table) -> bytes:
    """The bureau's layout: title, notes, frozen header, A4 landscape, page numbers."""
    target = io.BytesIO()
    write_xlsx(target, [table_layout(table)])
    return target.getvalue()


def table_layout(table: Table) -> SheetLayout:
    """The table as a sheet: every column with its width and kind of value."""
    columns = tuple(_column(header) for header in table.columns)
    tonnes = [number for number, column in enumerate(columns) if column.kind == "tonnes"]
    rows = [_with_numbers(row, tonnes) for row in table.rows] if tonnes else table.rows
    return SheetLayout(table.title[:31], columns, rows, titles=(table.title,), notes=table.notes)


def _with_numbers(row: Sequence[Cell], tonnes: Collection[int]) -> list[str | int | Decimal | None]:
    """The row with its tonnes, which documents hold as texts, as numbers."""
    return [
        Decimal(cell) if number in tonnes and isinstance(cell, str) and cell else cell
        for number, cell in enumerate(row)
    ]


def _column(header: str) -> Column:
    if header.endswith(TONNES):
        return Column(header, 14, "tonnes")
    return _COLUMNS.get(header, Column(header))
