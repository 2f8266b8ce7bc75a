"""Whether a window of filing (申报期) may be set: its days in order, and free of every other.

Pure. The database refuses an overlap as well; here it gets a sentence that names the other window.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.filing.admission import Window
from app.filing.domain import Kind


@dataclass(frozen=True, slots=True)
class WindowWanted:
    """A window as somebody wants it, both days included."""

    year: int
    kind: Kind
    from_on: date
    until_on: date

    def overlaps(self, other: Window) -> bool:
        """Whether both are open on some day, for the same kind and year."""
        same = (self.year, self.kind) == (other.year, other.kind)
        return same and self.from_on <= other.until_on and other.from_on <= self.until_on


def why_not(wanted: WindowWanted, others: Iterable[Window]) -> str:
    """Why it cannot be; empty: it can. A window may lie in the year before or after its own."""
    if wanted.from_on > wanted.until_on:
        return (
            f"最后一天 {wanted.until_on} 早于第一天 {wanted.from_on}。"
            "请核对两个日期，最后一天当日仍可以申报。"
        )
    for day in (wanted.from_on, wanted.until_on):
        if abs(day.year - wanted.year) > 1:
            return f"{day} 离 {wanted.year} 年度太远。请核对年度和日期。"
    taken = next((it for it in others if wanted.overlaps(it)), None)
    if taken is None:
        return ""
    named = f"（{taken.document}）" if taken.document else ""
    return (
        f"与已经设定的 {taken.kind.in_year(taken.year)}申报期 {taken.words}{named}重叠，"
        "同一年度同一类型的申报期不能重叠。请改用其他日期，或修改、撤销原来的申报期。"
    )
