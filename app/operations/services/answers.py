"""Every list and allocation of an installation by its SHA-256 (清单的摘要), to compare two of them.

Two databases that hold the same rows must also answer the same: sorting, numbers and days are the
engine's, and a digest of the rows says nothing of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.kernel import clock
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.policy.documents import Document, Table
from app.policy.exports import content_of
from app.policy.queries import CANNOT_RUN, all_measures, run_measure
from app.rights.domain import POLLUTANTS, AllocationFault, Level
from app.rights.queries import run_allocation

_YEARS_BACK = 2


def days_to_ask(today: date) -> list[date]:
    """Today, a month ahead, and the ends of the years before."""
    ends = [date(today.year - back, 12, 31) for back in range(1, _YEARS_BACK + 1)]
    return [today, today + timedelta(days=30), *ends]


def moments_to_ask() -> list[datetime]:
    """Now, and when a third and two thirds of what is on record had been entered."""
    db.session.rollback()
    entered = db.session.scalars(select(AuditEntry.at).order_by(AuditEntry.sequence)).all()
    db.session.rollback()
    thirds = [entered[len(entered) * part // 3] for part in (1, 2)] if entered else []
    return [*thirds, clock.now()]


def answers(days: Sequence[date], moments: Sequence[datetime]) -> dict[str, str]:
    """The digest of every measure's list and every allocation, for each day as known each time."""
    found = {}
    for moment in moments:
        for day in days:
            asked = f"{day.isoformat()} {clock.iso(moment)}"
            for measure in all_measures():
                found[f"{measure} {asked}"] = _digest(_list_of(measure, day, moment))
            for level in Level:
                for pollutant in POLLUTANTS:
                    key = f"{level} {pollutant} {day.year} {asked}"
                    found[key] = _digest(_allocation_of(level, pollutant, day, moment))
    return found


def _list_of(measure: str, day: date, moment: datetime) -> Callable[[], tuple[Document, Table]]:
    def ask() -> tuple[Document, Table]:
        answer = run_measure(measure, day, known=moment)
        return answer.document, answer.table()

    return ask


def _allocation_of(
    level: Level, pollutant: str, day: date, moment: datetime
) -> Callable[[], tuple[Document, Table]]:
    def ask() -> tuple[Document, Table]:
        answer = run_allocation(level, pollutant, day.year, day, known=moment)
        return answer.document, answer.table()

    return ask


def _digest(ask: Callable[[], tuple[Document, Table]]) -> str:
    """Of the list as JSON; of the sentence where there is none to be had."""
    try:
        content = content_of(*ask(), "json")
    except (*CANNOT_RUN, AllocationFault) as refused:
        content = str(refused).encode()
    return hashlib.sha256(content).hexdigest()
