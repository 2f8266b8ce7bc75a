"""What is done once a day without anybody asking (每日事项): bans that end, plans that fall due.

A duty is idempotent and takes the day. The job worker queues each duty once for every day, in
Beijing time; after an outage only the present day's are queued, so a duty looks at everything due
by its day, not only at what fell on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.kernel import clock, jobs
from app.kernel.database import db
from app.kernel.models import Job
from app.kernel.transaction import close, writing

KIND = "daily"
Duty = Callable[[date], None]


@dataclass(frozen=True, slots=True)
class _Timed:
    """A duty, and the hour of Beijing time before which it is not due."""

    duty: Duty
    hour: Callable[[date], int]


_duties: dict[str, _Timed] = {}


def _at_once(_day: date) -> int:
    return 0


def each_day(name: str, duty: Duty, hour: Callable[[date], int] = _at_once) -> None:
    """Have ``duty(day)`` done once a day, from that hour on; it opens its own transaction."""
    _duties[name] = _Timed(duty, hour)


def names() -> frozenset[str]:
    """Every duty there is."""
    return frozenset(_duties)


def queue_todays_duties() -> None:
    """Queue what is due and not yet queued for today; cheap when nothing is missing."""
    moment = clock.now().astimezone(clock.SHANGHAI)
    today = moment.date()
    due = (name for name, timed in _duties.items() if timed.hour(today) <= moment.hour)
    wanted = {f"daily:{today}:{name}": name for name in due}
    try:
        found = db.session.execute(select(Job.key).where(Job.key.in_(list(wanted)))).scalars()
        missing = set(wanted) - set(found)
    finally:
        close()
    if missing:
        with writing("每日事项"):
            for key in filter(missing.__contains__, wanted):
                jobs.enqueue(KIND, {"duty": wanted[key], "day": today.isoformat()}, key=key)


def _do_duty(run: jobs.JobRun) -> None:
    _duties[run.payload["duty"]].duty(date.fromisoformat(run.payload["day"]))


jobs.define(KIND, _do_duty, title="{duty}（{day} 每日事项）", repeatable=True, in_parts=True)
