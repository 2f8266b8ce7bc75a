"""The standings of one day beside the plants (所示日期的状态), so that an index can sort by them.

The register list asks for today nearly always. Its rows keep the standing of the shown day, copied
from the intervals in the transaction that changes them; every morning the day moves on, which
touches only the plants whose standing is another now. Any other day is joined from the intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from sqlalchemy import ColumnElement, Date, Table, case, func, literal, select, true, update

from app.grades.models import StandingInterval
from app.kernel import daily
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.models import PlantSearch, ShownDay

BANNED, LOWERED, BLOCKED, UNGRADED, CLEAR = range(5)
"""What a standing is sorted by: the first that is so."""

_ROW = cast("Table", PlantSearch.__table__)
_INTERVAL = cast("Table", StandingInterval.__table__)
_LOWERED = func.coalesce(_INTERVAL.c.basis, "") == "finding"
PLACE: ColumnElement[int] = case(
    (_INTERVAL.c.banned_until.is_not(None), BANNED),
    (_LOWERED, LOWERED),
    (_INTERVAL.c.blocked, BLOCKED),
    (_INTERVAL.c.grade.is_(None), UNGRADED),
    else_=CLEAR,
)


def shown_day() -> date:
    """The day whose standings the rows keep."""
    return db.session.execute(select(ShownDay.day)).scalar_one()


def follow_standings(plant_ids: Sequence[int]) -> None:
    """Copy the shown day's standings of these plants, whose intervals were made anew."""
    _copy(select(ShownDay.day).scalar_subquery(), _ROW.c.plant_id.in_(plant_ids))


def show_day(day: date) -> None:
    """Move the shown day; nothing happens when it is that day already."""
    shown = shown_day()
    if shown == day:
        return
    _copy(literal(day, Date), _ROW.c.standing_until <= day if day > shown else true())
    db.session.execute(update(ShownDay).values(day=day))


def _copy(day: ColumnElement[date], which: ColumnElement[bool]) -> None:
    db.session.connection().execute(
        update(_ROW)
        .values(
            grade=_INTERVAL.c.grade,
            grade_rank=_INTERVAL.c.grade_rank,
            standing_place=PLACE,
            blocked=_INTERVAL.c.blocked,
            banned_until=_INTERVAL.c.banned_until,
            lowered=_LOWERED,
            verified=_INTERVAL.c.verified,
            standing_until=_INTERVAL.c.until_on,
        )
        .where(
            _INTERVAL.c.plant_id == _ROW.c.plant_id,
            _INTERVAL.c.from_on <= day,
            _INTERVAL.c.until_on > day,
            which,
        )
    )


def _show(day: date) -> None:
    with writing("每日事项"):
        show_day(day)


daily.each_day("台账列表换日", _show)
