"""What must hold of a plant and its industries, however they are entered (厂区、行业规则). Pure.

A workbook and a form are refused by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from app.registry.domain import coordinates_problem, coordinates_warning, permit_number_problem

__all__ = ["likely_place", "main_industry_fault", "own_permit", "possible_place"]

Found: TypeAlias = Iterator[tuple[str, str]]


def possible_place(values: Mapping[str, Any]) -> Found:
    """经度、纬度 are both given and lie in China, or neither is given."""
    if wrong := coordinates_problem(values.get("longitude"), values.get("latitude")):
        yield "longitude", wrong


def likely_place(values: Mapping[str, Any]) -> Found:
    """A place outside Zhejiang is pointed out."""
    if odd := coordinates_warning(values.get("longitude"), values.get("latitude")):
        yield "longitude", odd


def own_permit(values: Mapping[str, Any], uscc: str | None) -> Found:
    """排污许可证编号 is that of the enterprise itself."""
    number = values.get("permit_number")
    if number and uscc and (wrong := permit_number_problem(number, uscc)):
        yield "permit_number", wrong


def main_industry_fault(mains: Sequence[str]) -> str | None:
    """Each plant has exactly one main industry (PLAN-CROSS); ``mains`` are those it would have."""
    if len(mains) == 1:
        return None
    if mains:
        return (
            f"该厂区有 {len(mains)} 个主要行业：{'、'.join(mains)}，而每个厂区只能有一个，"
            "请只保留一个“主要”，其余改为“参照”"
        )
    return "该厂区没有主要行业，而每个厂区应有且只有一个，请把其中一行的角色改为“主要”"
