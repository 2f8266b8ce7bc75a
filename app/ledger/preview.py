"""What a person sees before they confirm (导入预览), as a value that is kept and read again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.ledger.comparing import Comparison, Counts, shown
from app.ledger.matching import MatchedRow
from app.ledger.problems import Level, Problem
from app.ledger.reading import Skipped
from app.ledger.sheets import SHEETS

NEW, CHANGED = "new", "changed"


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell whose value differs from the register: what stands, and what the workbook says."""

    column: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that would be entered or changed; ``label`` says in words what identifies it."""

    sheet: str
    row: int
    kind: str
    label: str
    cells: tuple[CellChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything found in a workbook, ready to be shown by sheet and row.

    ``changes_sha256`` names the change set: what is written later is exactly that, or nothing.
    """

    counts: Mapping[str, Counts]
    problems: tuple[Problem, ...]
    changes: tuple[RowChange, ...]
    skipped: tuple[Skipped, ...]
    ignored: tuple[str, ...]
    changes_sha256: str
    is_unaltered_export: bool = False

    @property
    def refused(self) -> tuple[Problem, ...]:
        """What must be mended before anything is written."""
        return self._of(Level.REFUSED)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is pointed out and does not stop the import."""
        return self._of(Level.WARNING)

    @property
    def read_as(self) -> tuple[Problem, ...]:
        """What was read as something else than it says."""
        return self._of(Level.READ_AS)

    @property
    def is_refused(self) -> bool:
        """Whether something must be mended first."""
        return bool(self.refused)

    @property
    def is_unchanged(self) -> bool:
        """Whether the register says all of it already."""
        return not self.is_refused and not self.changes

    @property
    def totals(self) -> Counts:
        """The counts of all sheets together."""
        names = ("new", "changed", "same", "refused", "skipped")
        return Counts(**{n: sum(getattr(it, n) for it in self.counts.values()) for n in names})

    def _of(self, level: Level) -> tuple[Problem, ...]:
        return tuple(found for found in self.problems if found.level is level)

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "changes_sha256": self.changes_sha256,
            "is_unaltered_export": self.is_unaltered_export,
            "sheets": {name: asdict(counts) for name, counts in self.counts.items()},
            "problems": [found.as_json() for found in self.problems],
            "changes": [asdict(change) for change in self.changes],
            "skipped": [asdict(rows) for rows in self.skipped],
            "ignored": list(self.ignored),
        }

    def as_bytes(self) -> bytes:
        """The same as a file."""
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Preview:
        """What :meth:`as_bytes` made."""
        held = json.loads(content)
        return cls(
            counts={name: Counts(**counts) for name, counts in held["sheets"].items()},
            problems=tuple(Problem.from_json(found) for found in held["problems"]),
            changes=tuple(
                RowChange(**{**it, "cells": tuple(CellChange(**cell) for cell in it["cells"])})
                for it in held["changes"]
            ),
            skipped=tuple(Skipped(**rows) for rows in held["skipped"]),
            ignored=tuple(held["ignored"]),
            changes_sha256=held["changes_sha256"],
            is_unaltered_export=held["is_unaltered_export"],
        )


def preview_of(comparison: Comparison) -> Preview:
    """The preview of a comparison."""
    return Preview(
        counts=comparison.counts,
        problems=tuple(comparison.ledger.problems),
        changes=tuple(_changes(comparison)),
        skipped=tuple(comparison.ledger.skipped),
        ignored=tuple(comparison.ledger.ignored),
        changes_sha256=comparison.sha256,
        is_unaltered_export=comparison.ledger.is_unaltered_export,
    )


def _changes(comparison: Comparison) -> Iterator[RowChange]:
    for spec in SHEETS:
        for change in comparison.changes(spec.name):
            kind = CHANGED if change.old else NEW
            yield RowChange(spec.name, change.row.number, kind, _label(change), _cells(change))


def _label(change: MatchedRow) -> str:
    """What identifies the row, as the register names it today."""
    fields = change.spec.key_fields
    words = [
        shown(column, change.values.get(column.field))
        for column in change.spec.columns
        if column.field in fields
    ]
    if change.spec.name in ("企业", "厂区"):
        words.append(shown(change.spec.column("name"), change.values.get("name")))
    return " ".join(word for word in words if word)


def _cells(change: MatchedRow) -> tuple[CellChange, ...]:
    if change.old is None:
        return ()
    return tuple(
        CellChange(
            column.header,
            shown(column, change.old.values.get(column.field)),
            shown(column, change.values.get(column.field)),
        )
        for column in change.spec.columns
        if column.field in change.changed
    )
