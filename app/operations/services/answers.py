"""Every list and allocation of an installation by its SHA-256 (清单的摘要), to compare two of them.

Two databases that hold the same rows must also answer the same: sorting, numbers and days are the
engine's, and a digest of the rows says nothing of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.kernel import clock
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.policy.documents import as_json
from app.policy.queries import CANNOT_RUN, PolicyRun, run_every_measure
from app.rights.domain import MEASURE_OF, POLLUTANTS, AllocationFault, Level
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
    found: dict[str, str] = {}
    for moment in moments:
        for day in days:
            found.update(_answers(day, moment))
    return found


def _answers(day: date, moment: datetime) -> Iterator[tuple[str, str]]:
    asked = f"{day.isoformat()} {clock.iso(moment)}"
    rankings: dict[str, PolicyRun | Exception] = {}
    for measure, ranking in run_every_measure(day, moment):
        yield f"{measure} {asked}", _digest(_written(ranking))
        if measure in MEASURE_OF.values():
            rankings[measure] = ranking
    for level in Level:
        for pollutant in POLLUTANTS:
            key = f"{level} {pollutant} {day.year} {asked}"
            yield key, _digest(_allocation(level, pollutant, day, moment, rankings))


def _written(ranking: PolicyRun | Exception) -> Iterable[bytes]:
    """The list as JSON; the sentence where there is none to be had."""
    return [str(ranking).encode()] if isinstance(ranking, Exception) else ranking.listed.chunks()


def _allocation(
    level: Level,
    pollutant: str,
    day: date,
    moment: datetime,
    rankings: Mapping[str, PolicyRun | Exception],
) -> Iterable[bytes]:
    """The same of an allocation."""
    ranking = rankings.get(MEASURE_OF[level])
    if isinstance(ranking, Exception):
        return [str(ranking).encode()]
    try:
        answer = run_allocation(level, pollutant, day.year, day, known=moment, ranking=ranking)
    except (*CANNOT_RUN, AllocationFault) as refused:
        return [str(refused).encode()]
    return [as_json(answer.document)]


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
