"""A table as a lasting document (指标表文本): canonical JSON with its hash, and back.

Criteria are written as in the sheet, so that whoever opens the file reads what an officer reads,
and beside it by their parts, which is what is read back.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.indicators.criteria import Cell, Criterion, Evidence, IndicatorTable, Row
from app.indicators.kept import from_parts, from_words, to_parts
from app.indicators.wording import written

Document = dict[str, Any]


def to_document(table: IndicatorTable) -> Document:
    """The table as a JSON object; the same table gives the same one."""
    return {
        "industry": table.industry,
        "subtype": table.subtype,
        "rulebook": table.rulebook,
        "title": table.title,
        "source": table.source,
        "grades": list(table.grades),
        "rows": [_row_to_document(row) for row in table.rows],
    }


def _row_to_document(row: Row) -> Document:
    return {
        "key": row.key,
        "dimension": row.dimension,
        "title": row.title,
        "may_not_apply": row.may_not_apply,
        "source": row.source,
        "evidence": [{"kind": it.kind, "period": it.period} for it in row.evidence],
        "cells": [
            {
                "grades": list(it.grades),
                "asks": written(it.criterion),
                "parts": to_parts(it.criterion),
                "source": it.source,
            }
            for it in row.cells
        ],
    }


def from_document(document: Document) -> IndicatorTable:
    """The table that a document holds. Raises KeyError or TypeError for what is none."""
    return IndicatorTable(
        industry=document["industry"],
        subtype=document["subtype"],
        rulebook=document["rulebook"],
        title=document["title"],
        grades=tuple(document["grades"]),
        rows=tuple(_row_from_document(row) for row in document["rows"]),
        source=document["source"],
    )


def _row_from_document(row: Document) -> Row:
    return Row(
        key=row["key"],
        dimension=row["dimension"],
        title=row["title"],
        cells=tuple(Cell(tuple(it["grades"]), _criterion(it), it["source"]) for it in row["cells"]),
        may_not_apply=row["may_not_apply"],
        evidence=tuple(Evidence(it["kind"], it["period"]) for it in row["evidence"]),
        source=row["source"],
    )


def _criterion(cell: Document) -> Criterion:
    """By its parts; tables kept before these were kept have the words alone."""
    return from_parts(cell["parts"]) if "parts" in cell else from_words(cell["asks"])


def as_text(table: IndicatorTable) -> str:
    """The canonical text: compact UTF-8 JSON in the order above."""
    return json.dumps(to_document(table), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> IndicatorTable:
    """The table of a canonical text."""
    return from_document(json.loads(text))


@dataclass(frozen=True, slots=True)
class _Kept:
    """A version's text, known by its hash."""

    sha256: str
    text: str = field(compare=False)


@lru_cache(maxsize=128)
def _read_once(kept: _Kept) -> IndicatorTable:
    return from_text(kept.text)


def remembered(sha256: str, text: str) -> IndicatorTable:
    """The table of a kept version: it never changes, and reading one takes its time."""
    return _read_once(_Kept(sha256, text))


def digest(text: str) -> str:
    """The sha256 (hex) by which a version is known."""
    return hashlib.sha256(text.encode()).hexdigest()
