"""Plots drawn on the server (统计图): every value is written out and prints in grey. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_WIDTH = 520
_LABELS = 74
_VALUES = 64
_STEP = 26
_BAR = 16
_TOP = 10
_BELOW = 40


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its label and value; places and lengths in units of the drawing."""

    label: str
    value: int
    y: int
    length: float


@dataclass(frozen=True, slots=True)
class Bars:
    """A plot of horizontal bars with an axis of whole numbers below."""

    rows: tuple[Bar, ...]
    ticks: tuple[tuple[int, float], ...]
    width: int = _WIDTH
    height: int = 0
    left: int = _LABELS
    bar: int = _BAR
    floor: int = 0


def bars(values: Sequence[tuple[str, int]]) -> Bars:
    """Bars from the top down, the longest as long as the drawing allows."""
    step = _tick_step(max((value for _, value in values), default=0))
    largest = max((value for _, value in values), default=0)
    end = max(step, -(-largest // step) * step)
    room = _WIDTH - _LABELS - _VALUES
    floor = _TOP + len(values) * _STEP
    return Bars(
        rows=tuple(
            Bar(label, value, _TOP + place * _STEP, round(room * value / end, 1))
            for place, (label, value) in enumerate(values)
        ),
        ticks=tuple(
            (tick, round(_LABELS + room * tick / end, 1)) for tick in range(0, end + 1, step)
        ),
        height=floor + _BELOW,
        floor=floor,
    )


def _tick_step(largest: int) -> int:
    """A step of 1, 2 or 5 times a power of ten that gives at most five ticks above zero."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if largest <= 5 * step:
                return step
        size *= 10
