"""What a workbook would change (比较结果): the set of changes, in one form that can be hashed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from app.ledger.sheets import EXPORT_NOTE_SHEET, SHEETS, ColumnSpec, SheetSpec

_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_text = json.encoder.encode_basestring
"""A text as that encoder writes it."""


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

    def changes(self, sheet: str) -> Sequence[MatchedRow]:
        """The new and changed rows of a sheet, in the workbook's order."""
        return self._changes.get(sheet, ())

    @cached_property
    def _changes(self) -> dict[str, list[MatchedRow]]:
        return {
            sheet: [it for it in rows if not it.is_same and not it.row.is_refused]
            for sheet, rows in self.rows.items()
        }

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
                new=sum(it.old is None for it in self.changes(name)),
                changed=sum(bool(it.changed) for it in self.changes(name)),
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
        for spec in SHEETS:
            changes = self.changes(spec.name)
            if changes:
                digest.update("".join(_canonical(spec, changes)).encode())
        return digest.hexdigest()


def _canonical(spec: SheetSpec, changes: Iterable[MatchedRow]) -> Iterator[str]:
    """Each change as canonical JSON (sorted keys, no spaces) on a line of its own."""
    named = [(name, f"{_text(name)}:") for name in sorted(it.field for it in spec.columns)]
    sheet = _text(spec.name)
    for it in changes:
        old = it.old
        before = _object(named, old.values) if old else "null"
        yield (
            f'{{"after":{_object(named, it.values)},"before":{before},'
            f'"enterprise":{_json(it.enterprise)},"plant":{_json(it.plant)},'
            f'"replaces":{old.fact_id if old else "null"},"sheet":{sheet}}}\n'
        )


def _object(named: Iterable[tuple[str, str]], values: Mapping[str, Any]) -> str:
    """The values that are not blank, each said as the ledger says it."""
    said = [
        label + (_text(value) if type(value) is str else _json(_said(value)))
        for name, label in named
        if (value := values.get(name)) is not None
    ]
    return f"{{{','.join(said)}}}"


def _said(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date) else value


def _json(value: Any) -> str:
    if type(value) is str:
        return _text(value)
    if type(value) is tuple:
        return f"[{','.join(map(_json, value))}]"
    return _CANONICAL.encode(value)


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
