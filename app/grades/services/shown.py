"""The standings of the shown day (所示日期), beside the plants.

The register list asks for today nearly always, and an index can sort only by what stands in one
row. So the rows keep the standing of one day, copied from the intervals in the transaction that
changes them; each morning the day moves on, which touches only the plants whose standing is
another now. Any other day is joined from the intervals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Date,
    Table,
    Update,
    and_,
    bindparam,
    literal,
    or_,
    select,
    true,
    update,
)

from app.grades.models import StandingInterval
from app.grades.queries import IS_LOWERED, STANDING_PLACE, shown_day
from app.kernel import daily, driver_rows
from app.kernel.database import among, db, run
from app.kernel.facts import in_parts
from app.kernel.transaction import touch, writing
from app.registry.models import PlantSearch, ShownDay
from app.registry.topics import STANDINGS

_ROW = cast("Table", PlantSearch.__table__)
STANDING_OF_ROW: Mapping[str, Any] = {
    "grade": StandingInterval.grade,
    "grade_rank": StandingInterval.grade_rank,
    "standing_place": STANDING_PLACE,
    "blocked": StandingInterval.blocked,
    "banned_until": StandingInterval.banned_until,
    "lowered": IS_LOWERED,
    "verified": StandingInterval.verified,
    "standing_until": StandingInterval.until_on,
}


def show_day(day: date) -> None:
    """Move the shown day; nothing happens when it is that day already."""
    shown = shown_day()
    if shown == day:
        return
    overdue = _ROW.c.standing_until <= day if day > shown else true()
    run(_copy(literal(day, Date), overdue))
    touch(STANDINGS)
    db.session.execute(update(ShownDay).values(day=day))


def show_again(plant_ids: Iterable[int]) -> None:
    """Copy the shown day's standing once more: the intervals of these plants have changed."""
    plants = sorted(plant_ids)
    if len(plants) == 1:
        _noted(driver_rows.carry_out(_SHOW_ONE_AGAIN, {"plant": plants[0]}))
        return
    for part in in_parts(plants):
        _noted(run(_SHOW_AGAIN, {"plants": part}).rowcount)


def show_again_between(first: int, last: int) -> None:
    """The same for all plants from ``first`` to ``last``."""
    _noted(run(_SHOW_BETWEEN_AGAIN, {"first": first, "last": last}).rowcount)


def _noted(changed: int) -> None:
    if changed:  # or where the engine cannot tell how many
        touch(STANDINGS)


def shown_standings(plant_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The same columns for plants that have no row yet, as far as their intervals are made."""
    return {
        row[0]: dict(zip(STANDING_OF_ROW, row[1:], strict=True))
        for row in run(_OF_SHOWN_DAY, {"plants": plant_ids})
    }


def _copy(day: ColumnElement[date], which: ColumnElement[bool]) -> Update:
    return (
        update(_ROW)
        .values(STANDING_OF_ROW)
        .where(
            StandingInterval.plant_id == _ROW.c.plant_id,
            StandingInterval.from_on <= day,
            StandingInterval.until_on > day,
            which,
            or_(*(_ROW.c[name].is_distinct_from(it) for name, it in STANDING_OF_ROW.items())),
        )
    )


_SHOWN = select(ShownDay.day).scalar_subquery()
_OF_SHOWN_DAY = select(StandingInterval.plant_id, *STANDING_OF_ROW.values()).where(
    StandingInterval.plant_id.in_(among("plants")),
    StandingInterval.from_on <= _SHOWN,
    StandingInterval.until_on > _SHOWN,
)
_SHOW_AGAIN = _copy(_SHOWN, _ROW.c.plant_id.in_(among("plants")))
_SHOW_BETWEEN_AGAIN = _copy(
    _SHOWN,
    and_(
        _ROW.c.plant_id.between(bindparam("first"), bindparam("last")),
        StandingInterval.plant_id.between(bindparam("first"), bindparam("last")),
    ),
)
_SHOW_ONE_AGAIN = _copy(_SHOWN, _ROW.c.plant_id == bindparam("plant"))


def _show(day: date) -> None:
    with writing("每日事项"):
        show_day(day)


daily.each_day("台账列表换日", _show)
