"""The calendar of work days (工作日历): weekends, public holidays (放假) and shifted days (调休).

Which days are worked is announced year by year, so the calendar is data that the bureau can
edit. A year that nobody has loaded is an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import NamedTuple

import chinese_calendar

__all__ = ["CalendarMissing", "PublishedDay", "WorkCalendar", "seed_days"]

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5

_HOLIDAY_NAMES: Mapping[str, str] = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


class CalendarMissing(LookupError):
    """The work days of a year are needed and nobody has loaded them (该年工作日历未载入)."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            f"{year} 年的工作日历尚未载入，无法确定该年哪些天是工作日。"
            f"请管理员按国务院办公厅的放假通知载入 {year} 年的工作日历，然后重试。"
        )


class PublishedDay(NamedTuple):
    """One day of the calendar and what the announcement says of it."""

    day: date
    is_workday: bool
    note: str
    """春节, 春节调休上班, 周末, or empty for an ordinary work day."""


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked (工作日), for the years that have been loaded.

    `days` holds what is known day by day (True: worked). In a loaded year a day that is not
    listed follows the week: Monday to Friday are worked.
    """

    days: Mapping[date, bool]
    years: frozenset[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", MappingProxyType(dict(self.days)))

    def is_workday(self, day: date) -> bool:
        """Whether people work on that day; CalendarMissing if its year is not loaded."""
        if day.year not in self.years:
            raise CalendarMissing(day.year)
        return self.days.get(day, day.weekday() < _SATURDAY)

    def add_workdays(self, start: date, count: int) -> date:
        """The last day of a period of so many work days; the starting day is not counted.

        民法典第二百零一条: the period runs from the next day. `count` 0 gives `start` itself.
        """
        if count < 0:
            raise ValueError("a period cannot have fewer than 0 work days")
        day = start
        while count:
            day += _ONE_DAY
            count -= self.is_workday(day)
        return day

    def workdays_between(self, start: date, end: date) -> int:
        """How many work days lie after `start` up to and including `end`, `end` not earlier."""
        if end < start:
            raise ValueError("the end lies before the start")
        following = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(self.is_workday(day) for day in following)

    def next_workday(self, day: date) -> date:
        """That day if it is worked, else the first work day after it."""
        while not self.is_workday(day):
            day += _ONE_DAY
        return day


def seed_days(year: int) -> tuple[PublishedDay, ...]:
    """Every day of a year as published by the State Council (国务院办公厅放假通知).

    CalendarMissing for a year whose announcement this version of the software does not carry.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    try:
        return tuple(_published(day) for day in chinese_calendar.get_dates(first, last))
    except NotImplementedError as unknown:  # how the library says that it has no such year
        raise CalendarMissing(year) from unknown


def _published(day: date) -> PublishedDay:
    is_workday = chinese_calendar.is_workday(day)
    return PublishedDay(day, is_workday, _note(day, is_workday))


def _note(day: date, is_workday: bool) -> str:
    _, name = chinese_calendar.get_holiday_detail(day)
    if name is None:
        return "" if is_workday else "周末"
    festival = _HOLIDAY_NAMES[name]
    return f"{festival}调休上班" if is_workday else festival
