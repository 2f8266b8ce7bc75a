"""What a workbook would change (比较结果): the set of changes, in one form that can be hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from app.kernel.spreadsheets.delimited import plain_text
from app.ledger.matching import MatchedRow, match_rows
from app.ledger.problems import Level, Problem, problem
from app.ledger.reading import ProgressCallback, TypedLedger
from app.ledger.register import Register
from app.ledger.rules.after import industries_after, plants_after
from app.ledger.rules.grades import check_grades
from app.ledger.rules.industries import check_main_industry
from app.ledger.rules.reach import Importer, check_reach
from app.ledger.rules.rows import check_rows
from app.ledger.sheets import EXPORT_NOTE_SHEET, SHEETS, ColumnSpec

_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of a sheet are what."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    skipped: int = 0


@dataclass(frozen=True)
class Comparison:
    """A workbook held against the register: what it would change, unless rows are refused."""

    ledger: TypedLedger
    rows: Mapping[str, tuple[MatchedRow, ...]]
    """Every row by sheet, those refused included."""

    @property
    def is_refused(self) -> bool:
        """Whether anything is refused, so that nothing may be written."""
        return any(found.level is Level.REFUSED for found in self.ledger.problems)

    def changes(self, sheet: str) -> list[MatchedRow]:
        """The new and changed rows of a sheet, in the workbook's order."""
        return [
            row for row in self.rows.get(sheet, ()) if not row.is_same and not row.row.is_refused
        ]

    @property
    def is_unchanged(self) -> bool:
        """Whether the register says all of it already."""
        return not any(self.changes(spec.name) for spec in SHEETS)

    @cached_property
    def counts(self) -> dict[str, Counts]:
        """Rows by sheet: new, changed, same, refused, skipped."""
        skipped = {
            name: sum(
                it.last - it.first + 1
                for it in self.ledger.skipped
                if it.sheet == name and it.first > sheet.header_row
            )
            for name, sheet in self.ledger.sheets.items()
        }
        return {
            name: Counts(
                new=sum(it.old is None and not it.row.is_refused for it in rows),
                changed=sum(bool(it.changed) and not it.row.is_refused for it in rows),
                same=sum(it.is_same and not it.row.is_refused for it in rows),
                refused=sum(it.row.is_refused for it in rows),
                skipped=skipped[name],
            )
            for name, rows in self.rows.items()
            if name in self.ledger.sheets
        }

    @cached_property
    def sha256(self) -> str:
        """The hash of the change set: of every change with what it replaces, in order."""
        digest = hashlib.sha256()
        for line in self._lines():
            digest.update(_CANONICAL.encode(line).encode() + b"\n")
        return digest.hexdigest()

    def _lines(self) -> Iterator[dict[str, Any]]:
        for spec in SHEETS:
            for change in self.changes(spec.name):
                yield {
                    "sheet": spec.name,
                    "enterprise": change.enterprise,
                    "plant": change.plant,
                    "replaces": change.old.fact_id if change.old else None,
                    "before": _plain(change.old.values) if change.old else None,
                    "after": _plain(change.values),
                }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _said(value) for name, value in values.items() if value is not None}


def _said(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value


_JUDGED_BEFORE = problem(
    Level.WARNING,
    EXPORT_NOTE_SHEET,
    None,
    "",
    "这是本系统导出后未改动的台账，登记簿为空：登记时已经判断过的规则（等级方案、禁止期、许可证归属）"
    "不再拒绝，只作提示",
)


def compare(
    ledger: TypedLedger,
    register: Register,
    importer: Importer,
    on: date,
    progress: ProgressCallback,
) -> Comparison:
    """Hold the workbook against the register and every rule, as of the day it is imported."""
    steps = 4
    progress(0, steps, "正在与登记簿比较")
    matched = match_rows(ledger, register)
    judged_before = ledger.is_unaltered_export and register.is_empty
    if judged_before:
        ledger.problems.append(_JUDGED_BEFORE)
    industries, plants = industries_after(matched), plants_after(matched)
    progress(1, steps, "正在核对各行规则")
    check_rows(matched, judged_before=judged_before)
    check_main_industry(matched, industries)
    progress(2, steps, "正在核对等级与虚假材料")
    check_grades(matched, industries, plants, on, judged_before=judged_before)
    progress(3, steps, "正在核对导入范围")
    check_reach(matched, importer, plants)
    progress(steps, steps, "核对完毕")
    ledger.problems.sort(key=_reading_order())
    return Comparison(ledger, {name: tuple(rows) for name, rows in matched.rows.items()})


def _reading_order() -> Callable[[Problem], tuple[int, int, int]]:
    """Sorts findings as a person reads the workbook: by sheet, row, then column."""
    sheets = {spec.name: place for place, spec in enumerate(SHEETS)}
    columns = {
        (spec.name, column.header): place
        for spec in SHEETS
        for place, column in enumerate(spec.columns)
    }

    def place(found: Problem) -> tuple[int, int, int]:
        return (
            sheets.get(found.sheet, -1),
            found.row or 0,
            columns.get((found.sheet, found.column), -1),
        )

    return place


def shown(column: ColumnSpec, value: Any) -> str:
    """A value as the ledger shows it; empty for a blank."""
    return "" if value is None else plain_text(column.shown(value))
