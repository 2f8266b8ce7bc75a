"""How a new table begins: a row for each dimension, or each of another table's; all 未核实."""

from __future__ import annotations

from dataclasses import replace

from app.indicators.criteria import Cell, IndicatorTable, Row, Unverified
from app.rulebook.domain import Grade

DIMENSIONS = (
    "能源类型",
    "装备水平",
    "污染治理技术",
    "排放限值",
    "无组织管控要求",
    "监测监控水平",
    "环境管理水平",
    "运输方式",
    "运输管控要求",
)
"""The nine of the plan (方案三（一）); an industry may have its own (PLAN-INDICATORS)."""


def blank_supplement(base: IndicatorTable, title: str, source: str = "") -> IndicatorTable:
    """A supplement that says nothing yet, with the rows of the table that it will tighten."""
    rows = tuple(
        Row(it.key, it.dimension, it.title, (Cell(base.grades, Unverified()),)) for it in base.rows
    )
    return replace(base, title=title, source=source, rows=rows)


def blank_table(
    rulebook: str,
    industry: str,
    subtype: str,
    title: str,
    grades: tuple[Grade, ...],
    source: str = "",
) -> IndicatorTable:
    """A table in which nothing is known yet."""
    rows = tuple(
        Row(str(number), name, name, (Cell(grades, Unverified()),))
        for number, name in enumerate(DIMENSIONS, start=1)
    )
    return IndicatorTable(industry, subtype, rulebook, title, grades, rows, source)
