"""Two versions of a table side by side (版本对照): what changed, and which way.

Also how a provincial supplement (省级补充要求) is laid over a table: it may tighten rows, never
loosen them (PLAN-INDICATORS).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.indicators.domain import (
    Cell,
    Clauses,
    Criterion,
    IndicatorTable,
    Limit,
    Limits,
    Row,
    Share,
    Unverified,
)
from app.indicators.wording import written
from app.rulebook.domain import Grade


class Direction(StrEnum):
    """Which way a requirement went, in the words of the page."""

    SAME = "未变"
    STRICTER = "更严"
    LOOSER = "更宽"
    REWORDED = "有改动"
    """Changed, and no rule can tell which way: a person reads both."""
    STATED = "新载明"
    """未核实 before."""
    DROPPED = "改为未核实"


@dataclass(frozen=True, slots=True)
class CellChange:
    """What one grade asks of one row, before and now, each as its cell is written."""

    grade: Grade
    before: str
    now: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row of either version; ``before`` or ``now`` None where it is missing there."""

    key: str
    before: Row | None
    now: Row | None
    cells: tuple[CellChange, ...]

    @property
    def is_same(self) -> bool:
        """Whether nothing about the row changed, title, evidence and 不涉及 included."""
        return self.before is not None and self.now is not None and _plain(self.before) == _plain(
            self.now
        )  # fmt: skip


def _plain(row: Row) -> tuple[object, ...]:
    return row.dimension, row.title, row.cells, row.may_not_apply, row.evidence


def differences(before: IndicatorTable, now: IndicatorTable) -> tuple[RowChange, ...]:
    """Every row of both versions, in the order of the newer one, dropped ones at the end."""
    keys = list(dict.fromkeys([row.key for row in (*now.rows, *before.rows)]))
    return tuple(_row_change(key, before.row(key), now.row(key), now.grades) for key in keys)


def _row_change(
    key: str, before: Row | None, now: Row | None, grades: Sequence[Grade]
) -> RowChange:
    cells = []
    for grade in grades:
        old = before.asked(grade) if before else Unverified()
        new = now.asked(grade) if now else Unverified()
        cells.append(CellChange(grade, written(old), written(new), direction(old, new)))
    return RowChange(key, before, now, tuple(cells))


def direction(before: Criterion, now: Criterion) -> Direction:
    """Which way a requirement went."""
    if before == now:
        return Direction.SAME
    if isinstance(before, Unverified):
        return Direction.STATED
    if isinstance(now, Unverified):
        return Direction.DROPPED
    steps: list[int] | None = None
    if isinstance(before, Limits) and isinstance(now, Limits):
        steps = _limit_steps(before, now)
    elif isinstance(before, Share) and isinstance(now, Share):
        steps = _share_steps(before, now)
    elif isinstance(before, Clauses) and isinstance(now, Clauses):
        steps = _clause_steps(before, now)
    if not steps or (min(steps) < 0 < max(steps)):
        return Direction.REWORDED
    return Direction.STRICTER if max(steps) > 0 else Direction.LOOSER


def _limit_steps(before: Limits, now: Limits) -> list[int] | None:
    """+1 for each limit that is new or lower, -1 for each that is gone or higher; None: unlike."""
    old = {limit.quantity: limit for limit in before.items}
    new = {limit.quantity: limit for limit in now.items}
    steps = [1] * len(new.keys() - old.keys()) + [-1] * len(old.keys() - new.keys())
    for quantity in old.keys() & new.keys():
        if old[quantity].reference_oxygen != new[quantity].reference_oxygen:
            return None
        steps += _ends(old[quantity], new[quantity])
    return [step for step in steps if step]


def _ends(old: Limit, new: Limit) -> list[int]:
    pairs = ((old.upper, new.upper), (old.lower or old.upper, new.lower or new.upper))
    return [(was > now_is) - (was < now_is) for was, now_is in pairs]


def _share_steps(before: Share, now: Share) -> list[int] | None:
    if (before.subject, before.at_most) != (now.subject, now.at_most):
        return None
    step = (now.percent > before.percent) - (now.percent < before.percent)
    return [-step if now.at_most else step]


def _clause_steps(before: Clauses, now: Clauses) -> list[int] | None:
    old, new = ({item.id for item in it.items} for it in (before, now))
    if before.need is None and now.need is None:
        return [1] * len(new - old) + [-1] * len(old - new)
    if old == new:
        return [(now.needed > before.needed) - (now.needed < before.needed)]
    return None


class Loosened(ValueError):
    """A supplement would ask for less than the table it tightens, or cannot be shown not to."""


def tightened(table: IndicatorTable, supplement: IndicatorTable) -> IndicatorTable:
    """The table as a supplement makes it: its stated cells take the place of the table's.

    A cell of the supplement that is 未核实 says nothing. Rows that only the supplement has are
    added. Raises Loosened where a cell is looser; where no rule can tell, the person who approves
    the supplement has read both, so it stands.
    """
    rows = [_tightened_row(row, supplement.row(row.key), table.grades) for row in table.rows]
    added = [row for row in supplement.rows if table.row(row.key) is None]
    return replace(table, rows=(*rows, *added))


def _tightened_row(row: Row, extra: Row | None, grades: Sequence[Grade]) -> Row:
    if extra is None:
        return row
    cells: list[Cell] = []
    for grade in grades:
        asked = extra.asked(grade)
        if isinstance(asked, Unverified):
            cells.append(Cell((grade,), row.asked(grade), row.source))
            continue
        if direction(row.asked(grade), asked) is Direction.LOOSER:
            raise Loosened(
                f"指标“{row.title}”{grade}级的补充要求“{written(asked)}”比原要求"
                f"“{written(row.asked(grade))}”更宽。补充要求只能加严，请核对原文。"
            )
        cells.append(Cell((grade,), asked, extra.source))
    return replace(row, cells=_merged(cells), evidence=(*row.evidence, *extra.evidence))


def _merged(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """Neighbouring cells that ask for the same from the same source, as one."""
    found: list[Cell] = []
    for cell in cells:
        last = found[-1] if found else None
        if last and (last.criterion, last.source) == (cell.criterion, cell.source):
            found[-1] = replace(last, grades=(*last.grades, *cell.grades))
        else:
            found.append(cell)
    return tuple(found)
