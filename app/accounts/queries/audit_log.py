"""The audit log (审计日志) as the auditor reads it: newest first, page by page."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from app.kernel.clock import SHANGHAI
from app.kernel.database import db
from app.kernel.models import AuditEntry

PAGE_SIZE = 50
LONGEST_EXPORT = 100_000
"""More entries than this are exported in parts, by narrowing the days."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to list. ``before`` / ``after`` are sequence numbers to page from."""

    person: str = ""
    action: str = ""
    object: str = ""
    from_on: date | None = None
    until_on: date | None = None
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry of the chain, to be read."""

    sequence: int
    at: datetime
    actor_name: str
    via: str
    address: str
    action: str
    object_type: str
    object_id: str
    county: str | None
    succeeded: bool
    detail: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries of one page and whether there are newer and older ones."""

    rows: list[AuditRow]
    has_newer: bool
    has_older: bool


def list_actions() -> list[str]:
    """Every kind of act that stands in the log."""
    return list(
        db.session.execute(
            select(AuditEntry.action).distinct().order_by(AuditEntry.action)
        ).scalars()
    )


def list_entries(wanted: AuditFilter) -> AuditPage:
    """One page of entries, the newest first."""
    rising = wanted.after is not None
    rows = _find(wanted, PAGE_SIZE + 1, rising=rising)
    more, rows = len(rows) > PAGE_SIZE, rows[:PAGE_SIZE]
    if rising:
        return AuditPage(rows[::-1], has_newer=more, has_older=True)
    return AuditPage(rows, has_newer=wanted.before is not None, has_older=more)


def list_all_entries(wanted: AuditFilter) -> list[AuditRow]:
    """Every entry asked for, the newest first; one more than can be exported at most."""
    everything = replace(wanted, before=None, after=None)
    return _find(everything, LONGEST_EXPORT + 1, rising=False)


def _find(wanted: AuditFilter, limit: int, *, rising: bool) -> list[AuditRow]:
    order = AuditEntry.sequence.asc() if rising else AuditEntry.sequence.desc()
    query = select(AuditEntry).where(*_conditions(wanted)).order_by(order).limit(limit)
    return [_row(entry) for entry in db.session.execute(query).scalars()]


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.person:
        found.append(AuditEntry.actor_name.contains(wanted.person, autoescape=True))
    if wanted.action:
        found.append(AuditEntry.action == wanted.action)
    if wanted.object:
        found.append(
            or_(
                AuditEntry.object_id.contains(wanted.object, autoescape=True),
                AuditEntry.detail.contains(wanted.object, autoescape=True),
            )
        )
    if wanted.from_on:
        found.append(AuditEntry.at >= _start_of(wanted.from_on))
    if wanted.until_on:
        found.append(AuditEntry.at < _start_of(wanted.until_on + timedelta(days=1)))
    if wanted.before is not None:
        found.append(AuditEntry.sequence < wanted.before)
    if wanted.after is not None:
        found.append(AuditEntry.sequence > wanted.after)
    return found


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, SHANGHAI)


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        sequence=entry.sequence,
        at=entry.at,
        actor_name=entry.actor_name,
        via=entry.via,
        address=entry.address,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        county=entry.county,
        succeeded=entry.succeeded,
        detail=tuple((key, _words(value)) for key, value in json.loads(entry.detail).items()),
    )


def _words(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
