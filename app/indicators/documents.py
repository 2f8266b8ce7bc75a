"""A table as a lasting document (指标表文本): canonical JSON with its hash, and back.

Criteria are written as in the sheet, so that whoever opens the file reads what an officer reads.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from app.indicators.domain import Cell, Evidence, IndicatorTable, Row
from app.indicators.wording import read, written

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
            {"grades": list(it.grades), "asks": written(it.criterion), "source": it.source}
            for it in row.cells
        ],
    }


def from_document(document: Document) -> IndicatorTable:
    """The table that a document holds. Raises KeyError, TypeError or UnreadableCriterion."""
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
        cells=tuple(
            Cell(tuple(it["grades"]), read(it["asks"]), it["source"]) for it in row["cells"]
        ),
        may_not_apply=row["may_not_apply"],
        evidence=tuple(Evidence(it["kind"], it["period"]) for it in row["evidence"]),
        source=row["source"],
    )


def as_text(table: IndicatorTable) -> str:
    """The canonical text: compact UTF-8 JSON in the order above."""
    return json.dumps(to_document(table), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> IndicatorTable:
    """The table of a canonical text."""
    return from_document(json.loads(text))


def digest(text: str) -> str:
    """The sha256 (hex) by which a version is known."""
    return hashlib.sha256(text.encode()).hexdigest()


def faults(table: IndicatorTable, scheme: tuple[str, ...]) -> list[str]:
    """What is wrong with a table as a whole; empty: it may be kept."""
    found = []
    if tuple(table.grades) != scheme:
        found.append(f"等级列应为 {'、'.join(scheme)}。请按本行业的等级方案填写。")
    seen: set[str] = set()
    for row in table.rows:
        covered = tuple(grade for cell in row.cells for grade in cell.grades)
        if covered != tuple(table.grades):
            found.append(f"编号 {row.key} 没有逐级填写要求。请为每一等级填写，未知的写“未核实”。")
        if row.key in seen:
            found.append(f"编号 {row.key} 用了两次。请给其中一行另编一个号。")
        seen.add(row.key)
    return found
