"""Periods of law (期间), as 民法典 articles 201 to 203 compute them.

Whoever needs "one year from" or "36 months back" asks here, so that the 29th of February and
the last days of short months are answered once. The calendar ends where `date` does: a period
that would run past it ends on `date.max`, one that would reach back before it on `date.min`.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import MAXYEAR, MINYEAR, date, timedelta

from app.kernel.workdays import WorkCalendar

__all__ = [
    "corresponding_day",
    "day_after",
    "first_day_outside",
    "last_day_of",
    "months_before",
    "moved_to_workday",
]


def corresponding_day(start: date, *, years: int = 0, months: int = 0) -> date:
    """The day of the same number (对应日) so many years and months later, 民法典第二百零二条.

    A month without that day gives its last day: 29 February and one year is 28 February.
    """
    ordinal = start.year * 12 + (start.month - 1) + years * 12 + months
    year, month = divmod(ordinal, 12)
    if year > MAXYEAR:
        return date.max
    if year < MINYEAR:
        return date.min
    _, days_in_month = monthrange(year, month + 1)
    return date(year, month + 1, min(start.day, days_in_month))


def last_day_of(start: date, *, years: int = 0, months: int = 0, days: int = 0) -> date:
    """The last day (最后一日), inclusive, of a period that an event on `start` sets running.

    民法典第二百零一条: the day of the event is not counted. 7 days from the 1st end on the 8th;
    one year from 1 March ends on 1 March. A period is in years and months, or in days.
    """
    if min(years, months, days) < 0:
        raise ValueError("a period does not run backwards")
    if days and (years or months):
        raise ValueError("a period is counted in years and months, or in days, not in both")
    if days:
        return start + timedelta(days=min(days, (date.max - start).days))
    return corresponding_day(start, years=years, months=months)


def months_before(day: date, months: int) -> date:
    """The corresponding day so many months earlier; 29 February less 36 months is 28 February."""
    return corresponding_day(day, months=-months)


def first_day_outside(event: date, *, months: int) -> date | None:
    """The first day D for which `event` no longer lies after D less so many months.

    The day of the same number where the month has one, else the first of the month after it:
    29 February 2024 is left by a window of 36 months on 1 March 2027, not on 28 February.
    None: the calendar ends before.
    """
    if event.year * 12 + event.month - 1 + months > MAXYEAR * 12 + 11:
        return None
    due = corresponding_day(event, months=months)
    return due if due.day == event.day else day_after(due)


def moved_to_workday(last_day: date, calendar: WorkCalendar) -> date:
    """The last day of a period after 民法典第二百零三条: a day off gives way to the next work day.

    Only for periods in which somebody must act; a ban or a grade is not moved by it.
    """
    return calendar.next_workday(last_day)


def day_after(day: date) -> date:
    """The next day (次日); the last day of the calendar has none and is returned itself."""
    return day if day == date.max else day + timedelta(days=1)
