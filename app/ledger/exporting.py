"""The register as a workbook (导出台账), in the form it is imported in again."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from app.kernel.authority import Scope
from app.kernel.spreadsheets import Cell, Column, SheetLayout, write_xlsx
from app.ledger.marks import HASH_LABEL, contents_sha256
from app.ledger.places import place_rows
from app.ledger.register import Register, RegisterRow
from app.ledger.sheets import EXPORT_NOTE_SHEET, SHEETS, SheetSpec

SYSTEM_NAME = "重点行业绩效分级管理系统"
_ALL = "全部（未限定日期）"
_WHEN_IT_ENDED = frozenset({"withdrawn_on", "closed_on"})
"""Days that an export as of an earlier one does not yet hold."""


@dataclass(frozen=True, slots=True)
class LedgerExport:
    """An exported workbook: its bytes, the hash over what its cells say, rows by sheet."""

    content: bytes
    contents_sha256: str
    rows: dict[str, int]


def export_ledger(register: Register, scope: Scope, as_of: date | None = None) -> LedgerExport:
    """The register in the contract's sheets, rows in recorded order; same facts, same bytes.

    ``as_of`` leaves out facts that came about after that day, and withdrawals dated after it.
    ``scope`` keeps the plants of some counties, their enterprises, and what holds for those.
    """
    is_wanted = _reach(register, scope)
    tables: list[tuple[SheetSpec, list[list[Cell]]]] = []
    for spec in SHEETS:
        rows = [
            _cells(spec, row, as_of)
            for row in register.rows.get(spec.name, ())
            if is_wanted(row) and _has_come_about(spec, row, as_of)
        ]
        if rows or not spec.optional:
            tables.append(_without_unused(spec, rows))
    places = place_rows(register.bureaus)
    said = ((spec.name, [_headers(spec), *rows]) for spec, rows in tables)
    digest = contents_sha256([(EXPORT_NOTE_SHEET, places), *said])
    note = _note(digest, places, scope, as_of)
    buffer = io.BytesIO()
    write_xlsx(buffer, [*(_layout(*table) for table in tables), note])
    return LedgerExport(buffer.getvalue(), digest, {spec.name: len(rows) for spec, rows in tables})


def _reach(register: Register, scope: Scope) -> Callable[[RegisterRow], bool]:
    """Whether a row lies within the scope; a fact of a whole enterprise when a plant of it does."""
    if scope.is_everything:
        return lambda _row: True
    plants = {
        plant_id
        for plant_id, place in register.places.items()
        if scope.covers(county=place.county, enterprise_id=place.enterprise_id)
    }
    enterprises = {register.places[plant_id].enterprise_id for plant_id in plants}

    def is_inside(row: RegisterRow) -> bool:
        if row.plant_id is not None:
            return row.plant_id in plants
        return row.enterprise_id is None or row.enterprise_id in enterprises

    return is_inside


def _has_come_about(spec: SheetSpec, row: RegisterRow, as_of: date | None) -> bool:
    return as_of is None or spec.dated is None or bool(row.values[spec.dated] <= as_of)


def _cells(spec: SheetSpec, row: RegisterRow, as_of: date | None) -> list[Cell]:
    cells: list[Cell] = []
    for column in spec.columns:
        value = row.values.get(column.field)
        if column.field in _WHEN_IT_ENDED and value and as_of and value > as_of:
            value = None
        cells.append(None if value is None else column.shown(value))
    return cells


def _without_unused(spec: SheetSpec, rows: list[list[Cell]]) -> tuple[SheetSpec, list[list[Cell]]]:
    """The table without the columns that are there only when used, and are not."""
    kept = [
        place
        for place, column in enumerate(spec.columns)
        if not column.when_used or any(row[place] is not None for row in rows)
    ]
    columns = tuple(spec.columns[place] for place in kept)
    return replace(spec, columns=columns), [[row[place] for place in kept] for row in rows]


def _headers(spec: SheetSpec) -> list[Cell]:
    return [column.header for column in spec.columns]


def _layout(spec: SheetSpec, rows: list[list[Cell]]) -> SheetLayout:
    columns = [Column(column.header, column.width, column.kind) for column in spec.columns]
    return SheetLayout(spec.name, columns, rows)


def _note(digest: str, places: list[list[Cell]], scope: Scope, as_of: date | None) -> SheetLayout:
    """What the workbook is and how an unaltered copy is known; without the time of day."""
    counties = "全部" if scope.counties is None else "、".join(sorted(scope.counties))
    rows: list[list[Cell]] = [
        ["系统", SYSTEM_NAME],
        ["内容", "企业台账，可以原样导入"],
        ["截至日期", _ALL if as_of is None else as_of.isoformat()],
        ["导出范围", counties],
        *places,
        [HASH_LABEL, digest],
        ["说明", "未改动本文件时，导入空的登记簿可还原同样的内容；已作废的记录不在其中。"],
    ]
    columns = [Column("项目", 20), Column("内容", 72)]
    return SheetLayout(EXPORT_NOTE_SHEET, columns, rows)
