"""The waterfall of an allocation (分配图): reserve, what each takes, what is left. Pure.

Every value is written out beside its bar, so that the drawing prints in grey and needs no pointer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.rights.domain import ZERO, Allocation, Section, Share, total_of

MOST_STEPS = 12
"""More applications than this and the rest are drawn as one bar."""
LONGEST_LABEL = 22
WIDTH, LEFT, RIGHT, TOP, STEP, BAR, BELOW = 940, 330, 120, 34, 26, 16, 46
_ROOM = WIDTH - LEFT - RIGHT


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: from what was there before it to what is left after it."""

    label: str
    kind: str
    """whole (the reserve, the remainder) or part (what is taken)."""
    tonnes: Decimal
    left: Decimal
    """What is left after it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A step in units of the drawing."""

    step: Step
    label: str
    x: float
    y: int
    width: float

    @property
    def end(self) -> float:
        """Where the value is written."""
        return self.x + self.width + 6


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The drawing with its axis of tonnes below."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[Decimal, float], ...]
    height: int
    floor: int
    width: int = WIDTH
    left: int = LEFT
    bar: int = BAR
    top: int = TOP


def steps_of(allocation: Allocation) -> tuple[Step, ...]:
    """The reserve, what each application took in turn, and the remainder.

    Applications that took nothing are not drawn; the many are drawn together, and so are those of
    other counties, of which only the sum is known.
    """
    shares = [it for it in allocation.of_section(Section.PRIORITY) if it.allocated]
    shown = shares if len(shares) <= MOST_STEPS else shares[: MOST_STEPS - 1]
    others = shares[len(shown) :]
    rest = total_of(it.allocated for it in others)
    elsewhere = allocation.allocated_total - total_of(it.allocated for it in shares)
    left = allocation.reserve
    steps = [Step("储备量", "whole", left, left)]
    parts = [(_name(it), it.allocated or ZERO) for it in shown]
    parts += [(f"其余 {len(others)} 件", rest)] if others else []
    parts += [("其他区县", elsewhere)] if elsewhere else []
    for label, tonnes in parts:
        left -= tonnes
        steps.append(Step(label, "part", tonnes, left))
    return (*steps, Step("余量", "whole", left, left))


def _name(share: Share) -> str:
    its = share.plant.candidate
    project = f" {share.application.project}" if share.application.project else ""
    return f"{share.rank} {its.name}（{its.plant}）{project}"


def waterfall(steps: Sequence[Step]) -> Waterfall:
    """The bars of the steps from the top down, on one scale from nothing to the reserve."""
    end = _nice_end(max(it.tonnes for it in steps))
    scale = Decimal(_ROOM) / end
    floor = TOP + len(steps) * STEP
    bars = tuple(
        Bar(
            step,
            _short(step.label),
            float(round(LEFT + (step.left if step.kind == "part" else ZERO) * scale, 1)),
            TOP + place * STEP,
            float(round(step.tonnes * scale, 1)),
        )
        for place, step in enumerate(steps)
    )
    ticks = tuple(
        (end * part / 4, float(round(LEFT + _ROOM * Decimal(part) / 4, 1))) for part in range(5)
    )
    return Waterfall(bars, ticks, floor + BELOW, floor)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def _nice_end(largest: Decimal) -> Decimal:
    """The end of the axis: 1, 2, 4 or 8 times a power of ten, not below the largest value."""
    size = Decimal("0.001")
    while True:
        for factor in (1, 2, 4, 8):
            if largest <= size * factor:
                return size * factor
        size *= 10
