"""The workday calendar (工作日历) in the database: dated rows, replaced but never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import false, func, or_, select, update

from app.kernel import audit
from app.kernel.database import db
from app.kernel.models import CalendarDay
from app.kernel.transaction import transaction
from app.kernel.workdays import WorkCalendar


def work_calendar() -> WorkCalendar:
    """The calendar as it stands now; years that were never loaded are missing from it."""
    rows = db.session.execute(
        select(CalendarDay.day, CalendarDay.is_workday).where(CalendarDay.replaced_at.is_(None))
    ).all()
    return WorkCalendar(
        days={row.day: row.is_workday for row in rows},
        years=frozenset(row.day.year for row in rows),
    )


def list_days(year: int) -> list[CalendarDay]:
    """Every day of a year as it stands now, in order; empty when the year was never loaded."""
    return list(
        db.session.execute(
            select(CalendarDay)
            .where(
                CalendarDay.day >= date(year, 1, 1),
                CalendarDay.day <= date(year, 12, 31),
                CalendarDay.replaced_at.is_(None),
            )
            .order_by(CalendarDay.day)
        ).scalars()
    )


def loaded_years() -> list[int]:
    """The years the calendar knows, newest first."""
    days = db.session.execute(
        select(CalendarDay.day).where(CalendarDay.replaced_at.is_(None))
    ).scalars()
    return sorted({day.year for day in days}, reverse=True)


def newest_entry(years: Iterable[int]) -> int:
    """The number of the last entry of a day of these years; another one when any day changes."""
    in_year = [CalendarDay.day.between(date(it, 1, 1), date(it, 12, 31)) for it in sorted(years)]
    newest = select(func.max(CalendarDay.id)).where(or_(false(), *in_year))
    return db.session.execute(newest).scalar_one() or 0


def record_days(days: Iterable[tuple[date, bool, str]], source: str, reason: str = "") -> int:
    """Enter days (day, is it a workday, note) with the notice they come from; returns how many."""
    current = transaction()
    rows = list(days)
    known = {
        row.day: row
        for row in db.session.execute(
            select(CalendarDay).where(CalendarDay.replaced_at.is_(None))
        ).scalars()
    }
    changed = [
        row for row in rows
        if row[0] not in known
        or (known[row[0]].is_workday, known[row[0]].note) != (row[1], row[2])
    ]  # fmt: skip
    for day, _is_workday, _note in changed:
        if day in known:
            db.session.execute(
                update(CalendarDay)
                .where(CalendarDay.id == known[day].id)
                .values(replaced_at=current.moment)
            )
    db.session.add_all(
        CalendarDay(
            day=day,
            is_workday=is_workday,
            note=note,
            source=source,
            recorded_at=current.moment,
            recorded_by=current.actor_id,
        )
        for day, is_workday, note in changed
    )
    if changed:
        span = f"{min(day for day, _, _ in changed)}～{max(day for day, _, _ in changed)}"
        audit.record(
            "calendar.recorded",
            "calendar",
            span,
            {"依据": source, "天数": len(changed), "理由": reason},
        )
    return len(changed)
