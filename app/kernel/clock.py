"""The only place that reads the clock (时钟).

Rules never ask what day it is: they are given the day. Everything else asks here, so that a test
can hold time still.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has kept one zone without daylight saving since 1991, so a fixed offset is exact."""

_held: ContextVar[datetime | None] = ContextVar("held_moment", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _held.get() or datetime.now(UTC)


def today() -> date:
    """The present day in Asia/Shanghai (北京时间)."""
    return now().astimezone(SHANGHAI).date()


def day_of(moment: datetime) -> date:
    """The day in Asia/Shanghai (北京时间) on which a moment lies."""
    return moment.astimezone(SHANGHAI).date()


def shown(moment: datetime, *, seconds: bool = False) -> str:
    """A moment as a person in China reads it: ``2025-06-30 09:05``."""
    return moment.astimezone(SHANGHAI).strftime(
        "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M"
    )


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC with microseconds and ``Z``; sorts like the moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_moment(text: str) -> datetime:
    """The moment an ISO 8601 text means; without an offset it is Beijing time (北京时间).

    A day alone means its last microsecond: "as known on that day" includes the whole day.
    Raises ValueError for anything else.
    """
    cleaned = text.strip()
    if len(cleaned) == 10:
        day = date.fromisoformat(cleaned)
        return datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI).astimezone(
            UTC
        ) - timedelta(microseconds=1)
    moment = datetime.fromisoformat(cleaned)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return moment.astimezone(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at ``moment`` (aware) for the length of the block; for tests and the demo."""
    token = _held.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _held.reset(token)
