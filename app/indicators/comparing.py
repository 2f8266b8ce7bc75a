"""Two versions of a table side by side (版本对照): what changed, and which way.

Also how a provincial supplement (省级补充要求) is laid over a table: it may tighten rows, never
loosen them (PLAN-INDICATORS).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from app.indicators.criteria import (
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
from app.indicators.wording import evidence_written, written
from app.rulebook.domain import Grade


class Direction(StrEnum):
    """Which way a requirement went, in the words of the page."""

    SAME = "未变"
    STRICTER = "加严"
    LOOSER = "放宽"
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
        return self.before == self.now

    @property
    def words(self) -> tuple[str, ...]:
        """What happened to the row: 新增, 删除, or each way its cells went; 有改动 beside them."""
        if self.before is None or self.now is None:
            return ("新增" if self.before is None else "删除",)
        if self.is_same:
            return ("未变",)
        ways = [it.direction for it in self.cells if it.direction is not Direction.SAME]
        return tuple(dict.fromkeys(str(it) for it in ways)) or ("有改动",)

    @property
    def lines(self) -> tuple[tuple[tuple[Grade, ...], CellChange], ...]:
        """The cells to be shown, neighbouring grades alike together; of a kept row what moved."""
        is_kept = self.before is not None and self.now is not None
        found: list[tuple[tuple[Grade, ...], CellChange]] = []
        for it in self.cells:
            last = found[-1] if found else None
            if is_kept and it.direction is Direction.SAME:
                continue
            if last is not None and replace(last[1], grade=it.grade) == it:
                found[-1] = ((*last[0], it.grade), last[1])
            else:
                found.append(((it.grade,), it))
        return tuple(found)

    @property
    def besides(self) -> tuple[tuple[str, str, str], ...]:
        """What changed beside the requirements: what it is called, before, and now."""
        if self.before is None or self.now is None:
            return ()
        was, row = _beside(self.before), _beside(self.now)
        return tuple((name, was[name], now) for name, now in row.items() if was[name] != now)


def _beside(row: Row) -> dict[str, str]:
    return {
        "维度": row.dimension,
        "指标": row.title,
        "可否不涉及": "可以" if row.may_not_apply else "不可以",
        "佐证材料": "；".join(evidence_written(it) for it in row.evidence) or "无",
        "来源": "；".join(dict.fromkeys([row.source, *(it.source for it in row.cells)])).strip(
            "；"
        ),
    }


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
        was, now_is = old[quantity], new[quantity]
        if (was.reference_oxygen, was.at_least) != (now_is.reference_oxygen, now_is.at_least):
            return None
        ends = _ends(was, now_is)
        steps += [-step for step in ends] if was.at_least else ends
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


def tightened(table: IndicatorTable, supplement: IndicatorTable) -> IndicatorTable:
    """The table as a supplement makes it: its stated cells take the place of the table's.

    A cell of the supplement that is 未核实 says nothing, and one that is looser than the table's
    does not count (PLAN-INDICATORS): the table may have become stricter since. Limits are laid over
    one by one, so that one of another pollutant leaves the table's own in force. Where no rule can
    tell, the person who approved the supplement has read both. Rows that only the supplement has
    are added, if they ask for anything.
    """
    rows = [_tightened_row(row, supplement.row(row.key), table.grades) for row in table.rows]
    added = [
        replace(row, cells=_by_grade(row, table.grades))
        for row in supplement.rows
        if table.row(row.key) is None
        and any(not isinstance(it.criterion, Unverified) for it in row.cells)
    ]
    return replace(table, rows=(*rows, *added))


def _by_grade(row: Row, grades: Sequence[Grade]) -> tuple[Cell, ...]:
    """A row's cells in the columns of another table."""
    return _merged([Cell((it,), row.asked(it), _source_of(row, it)) for it in grades])


def loosened(table: IndicatorTable, supplement: IndicatorTable) -> list[str]:
    """The cells by which a supplement would ask for less, each in a sentence; they do not count."""
    found = []
    for row in table.rows:
        extra = supplement.row(row.key)
        for grade in table.grades if extra else ():
            asked, base = extra.asked(grade) if extra else Unverified(), row.asked(grade)
            if unit := _other_unit(row, asked):
                found.append(
                    f"编号 {row.key}“{row.title}”{grade}级的补充要求“{written(asked)}”"
                    f"与原表的单位（{unit}）不同，无法比较。请换算为原表的单位。"
                )
            elif direction(base, _laid_over(base, asked)) is Direction.LOOSER or any(
                _is_looser(base, it) for it in _limits_of(asked)
            ):
                found.append(
                    f"编号 {row.key}“{row.title}”{grade}级的补充要求“{written(asked)}”"
                    f"比原要求“{written(base)}”宽。补充要求只能加严，请核对原文。"
                )
    return found


def _tightened_row(row: Row, extra: Row | None, grades: Sequence[Grade]) -> Row:
    if extra is None:
        return row
    cells: list[Cell] = []
    for grade in grades:
        base = row.asked(grade)
        asked = Unverified() if _other_unit(row, extra.asked(grade)) else extra.asked(grade)
        made = _laid_over(base, asked)
        if isinstance(asked, Unverified) or direction(base, made) is Direction.LOOSER:
            cells.append(Cell((grade,), base, _source_of(row, grade)))
        else:
            cells.append(Cell((grade,), made, _source_of(extra, grade)))
    evidence = tuple(dict.fromkeys((*row.evidence, *extra.evidence)))
    return replace(row, cells=_merged(cells), evidence=evidence)


def _limits_of(criterion: Criterion) -> tuple[Limit, ...]:
    return criterion.items if isinstance(criterion, Limits) else ()


def _is_looser(base: Criterion, limit: Limit) -> bool:
    """Whether a limit is looser than the one of the same quantity."""
    return any(
        direction(Limits((it,)), Limits((limit,))) is Direction.LOOSER
        for it in _limits_of(base)
        if it.quantity.id == limit.quantity.id
    )


def _laid_over(base: Criterion, asked: Criterion) -> Criterion:
    """What both ask for together, of limits: each quantity once, never looser than it was."""
    if not (isinstance(base, Limits) and isinstance(asked, Limits)):
        return asked
    extra = {it.quantity.id: it for it in asked.items if not _is_looser(base, it)}
    kept = [extra.pop(it.quantity.id, it) for it in base.items]
    return Limits((*kept, *extra.values()))


def _other_unit(row: Row, asked: Criterion) -> str:
    """The row's unit of a quantity that is asked for in another one; bare numbers are compared."""
    own = {
        it.quantity.id: it.quantity.unit for cell in row.cells for it in _limits_of(cell.criterion)
    }
    units = ((own.get(it.quantity.id, ""), it.quantity.unit) for it in _limits_of(asked))
    return next((mine for mine, theirs in units if mine and mine != theirs), "")


def _source_of(row: Row, grade: Grade) -> str:
    return next((it.source for it in row.cells if grade in it.grades), "") or row.source


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
