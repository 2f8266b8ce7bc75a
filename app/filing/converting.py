"""The conversion to reference oxygen (折算), told number by number beside what was entered."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from app.indicators.criteria import Limit, Limits
from app.indicators.domain import Answer, OxygenOfAir, Row, at_reference, shown
from app.rulebook.domain import Grade

_PLACES = Decimal("0.0001")


def conversions(row: Row, answer: Answer) -> list[str]:
    """A line for each measured value that a limit asks for at a reference oxygen, once entered.

    What is judged is the value with every digit; a longer one is shown rounded and says so.
    """
    found: dict[tuple[str, Decimal], list[tuple[tuple[Grade, ...], Limit]]] = {}
    for grades, limit in _limits(row):
        if limit.reference_oxygen is not None:
            key = (limit.quantity.id, limit.reference_oxygen)
            found.setdefault(key, []).append((grades, limit))
    lines = (_line(answer, reference, them) for (_, reference), them in found.items())
    return [it for it in lines if it]


def _limits(row: Row) -> Iterator[tuple[tuple[Grade, ...], Limit]]:
    for cell in row.cells:
        if isinstance(cell.criterion, Limits):
            yield from ((cell.grades, it) for it in cell.criterion.items)


def _line(answer: Answer, reference: Decimal, limits: list[tuple[tuple[Grade, ...], Limit]]) -> str:
    quantity = limits[0][1].quantity
    measured = answer.measured.get(quantity.id)
    if measured is None or measured.oxygen is None:
        return ""
    try:
        value = at_reference(measured, reference)
    except OxygenOfAir:
        return ""
    if value is None:
        return ""
    asked = "，".join(f"{'、'.join(grades)} {_bound(it)}" for grades, it in limits)
    return (
        f"{quantity.name}：实测 {shown(measured.value)} {quantity.unit}，"
        f"实测氧含量 {shown(measured.oxygen)}%，折算到基准氧含量 {shown(reference)}% "
        f"为{_told(value)} {quantity.unit}；限值：{asked}"
    )


def _bound(limit: Limit) -> str:
    if limit.lower is not None:
        return f"{shown(limit.lower)}～{shown(limit.upper)}"
    return f"≤ {shown(limit.upper)}"


def _told(value: Decimal) -> str:
    rounded = value.quantize(_PLACES, ROUND_HALF_UP)
    return f" {shown(rounded)}" if rounded == value else f"约 {shown(rounded)}"
