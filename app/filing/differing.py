"""What differs from last year, or from the permit, by so much that a reason is asked for (说明).

Pure. The checks (`app.filing.checks`) make warnings of what is told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from app.filing.domain import Transport
from app.filing.queries.working import Capacity
from app.indicators.domain import Answer, shown
from app.registry.queries import IndustryOfPlant

ZERO = Decimal(0)


class Figure(NamedTuple):
    """A number that was entered, and its unit."""

    name: str
    value: Decimal
    unit: str = ""

    @property
    def words(self) -> str:
        """As a sentence names it."""
        return f"{shown(self.value)}{self.unit}"


def figures_of_answer(answer: Answer) -> dict[str, Figure]:
    """The measured values and shares of a row, by a lasting key."""
    measured = {
        f"measured:{key}": Figure(key.split("@")[0], it.value)
        for key, it in answer.measured.items()
    }
    return measured | {f"share:{key}": Figure(key, it) for key, it in answer.shares.items()}


def figures_of_transport(transport: Transport) -> dict[str, Figure]:
    """The numbers of the transport summary (HJ 1321) that were entered."""
    trips = None if transport.trips is None else Decimal(transport.trips)
    every = {
        "trips": ("车次", trips, " 辆次"),
        "gv_share": ("国五及以上比例", transport.gv_share, "%"),
        "new_energy_share": ("新能源比例", transport.new_energy_share, "%"),
        "transmission_rate": ("数据传输率", transport.transmission_rate, "%"),
    }
    return {
        key: Figure(name, value, unit)
        for key, (name, value, unit) in every.items()
        if value is not None
    }


def moved(
    before: Mapping[str, Figure], now: Mapping[str, Figure], share: Decimal
) -> tuple[str, ...]:
    """Which figures differ from those before by more than the share of them, in words."""
    return tuple(
        f"{it.name}由 {before[key].words} 变为 {it.words}"
        for key, it in now.items()
        if key in before and abs(it.value - before[key].value) > share * abs(before[key].value)
    )


# --- The permit -----------------------------------------------------------------------------


def capacity_differences(
    lines: Sequence[Capacity], industries: Sequence[IndustryOfPlant]
) -> tuple[str, ...]:
    """Where a recorded capacity (产能) is not that of the permit (许可产能), in words.

    The register keeps a permit's capacity line by line and nowhere else. Held against it are what
    the line made last year (上年实际产能), what its environmental assessment allows (环评批复产能),
    and the capacity recorded for the plant's industry (行业产能).

    What cannot be compared: a line without a permitted capacity, or with nothing beside it; an
    industry recorded in another unit than the lines, or in none; a plant of several industries, as
    no line says to which it belongs; an industry of which one line has no permitted capacity. Lines
    one after the other (工序) make the same goods, so the industry's capacity may be that of all
    lines together or of the lines of one process. What the permit itself says, and whether it
    still holds, stands on the national platform, which is not asked.
    """
    return (*_of_lines(lines), *_of_industry(lines, industries))


def _of_lines(lines: Iterable[Capacity]) -> Iterator[str]:
    for it in lines:
        if it.permitted is None:
            continue
        others = (("实际产能", it.actual), ("环评批复产能", it.approved))
        differing = [
            f"{name} {shown(value)}"
            for name, value in others
            if value is not None and value != it.permitted
        ]
        if differing:
            words = "、".join([f"许可产能 {shown(it.permitted)}", *differing])
            yield f"{it.name}{words} {it.unit}".strip()


def _of_industry(lines: Sequence[Capacity], industries: Sequence[IndustryOfPlant]) -> Iterator[str]:
    if len(industries) != 1:
        return
    (industry,) = industries
    capacity = industry.capacity
    if capacity is None or not industry.capacity_unit:
        return
    if not lines or any(it.permitted is None or it.unit != industry.capacity_unit for it in lines):
        return
    by_process: dict[str, Decimal] = {}
    for it in lines:
        by_process[it.process] = by_process.get(it.process, ZERO) + (it.permitted or ZERO)
    total = sum(by_process.values(), ZERO)
    if capacity not in {total, *by_process.values()}:
        yield (
            f"行业“{industry.label}”产能 {shown(capacity)}、"
            f"各生产线许可产能合计 {shown(total)} {industry.capacity_unit}"
        )
