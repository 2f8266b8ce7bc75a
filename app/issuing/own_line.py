"""What an enterprise is told of its own line (本企业结果): pure, from that line alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from app.issuing.domain import Line
from app.kernel.periods import day_after

OFF_THE_LIST = (
    "绩效等级提高、不再符合上列条件的，以后签发的清单不再列入；提高等级须重新申报并经核定。"
)


def what_would_change(
    line: Line, conditions: Sequence[str], on: date, *, is_burden: bool = False
) -> list[str]:
    """What would have to change for the plant to be admitted, in sentences; empty when it is.

    Of a list that lays a duty on those it admits (减排): what would have to change to be off it.
    ``conditions`` are those of the list, in the order of the line's reasons.
    """
    if is_burden:
        return [OFF_THE_LIST] if line.admitted else []
    return [] if line.admitted else list(_needed(line, conditions, on))


def _needed(line: Line, conditions: Sequence[str], on: date) -> Iterator[str]:
    for place, reason in enumerate(line.reasons):
        if not reason.met:
            wanted = conditions[place] if place < len(conditions) else ""
            yield f"需要符合的条件：{wanted.rstrip('。') or reason.text.rstrip('。')}。"
    if line.raw.get("blocked"):
        yield (
            f"{on.year} 年有所列环境违法行为，当年不得申报 B 级（含引领性）及以上；"
            f"有关决定没有撤销的，{on.year + 1}-01-01 起不再计入当年。"
        )
    until = line.raw.get("banned_until")
    if until:
        again = day_after(date.fromisoformat(str(until)))
        yield f"到 {until}（含）为止不得再次申报，{again} 起可以再次申报；等级不自行恢复。"
    if line.grade is None:
        yield "目前未定级；取得等级并登记后，在以后签发的清单中按该等级判定。"
