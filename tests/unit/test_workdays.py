"""The calendar of work days (工作日历): weekends, holidays, 调休, and years nobody loaded."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.workdays import CalendarMissing, WorkCalendar, seed_days


def calendar_of(*years: int) -> WorkCalendar:
    days = [row for year in years for row in seed_days(year)]
    return WorkCalendar({row.day: row.is_workday for row in days}, frozenset(years))


CALENDAR = calendar_of(2024, 2025)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2024, 9, 27), True),
        (date(2024, 9, 28), False),
        (date(2024, 9, 29), True),
        (date(2024, 9, 30), True),
        (date(2024, 10, 1), False),
        (date(2024, 10, 7), False),
        (date(2024, 10, 8), True),
        (date(2024, 10, 12), True),
        (date(2024, 10, 13), False),
    ],
)
def test_the_national_day_of_2024_and_its_shifted_days(day: date, worked: bool) -> None:
    assert CALENDAR.is_workday(day) is worked


def test_a_period_of_work_days_begins_on_the_day_after() -> None:
    monday = date(2024, 6, 17)
    assert CALENDAR.add_workdays(monday, 0) == monday
    assert CALENDAR.add_workdays(monday, 1) == date(2024, 6, 18)
    assert CALENDAR.add_workdays(monday, 5) == date(2024, 6, 24)
    assert CALENDAR.workdays_between(monday, monday) == 0
    assert CALENDAR.workdays_between(monday, date(2024, 6, 24)) == 5


def test_work_days_are_counted_over_a_holiday_and_its_shifted_days() -> None:
    assert CALENDAR.add_workdays(date(2024, 9, 30), 1) == date(2024, 10, 8)
    assert CALENDAR.add_workdays(date(2024, 9, 30), 5) == date(2024, 10, 12)
    assert CALENDAR.add_workdays(date(2024, 9, 30), 6) == date(2024, 10, 14)


def test_a_year_nobody_loaded_is_an_error_that_names_it_and_says_what_to_do() -> None:
    with pytest.raises(CalendarMissing) as missing:
        CALENDAR.add_workdays(date(2025, 12, 30), 5)
    assert missing.value.year == 2026
    assert "2026 年的工作日历尚未载入" in str(missing.value)
    assert "请管理员" in str(missing.value)


def test_a_year_that_was_never_announced_cannot_be_seeded() -> None:
    with pytest.raises(CalendarMissing) as missing:
        seed_days(2099)
    assert missing.value.year == 2099


def test_in_a_loaded_year_a_day_not_listed_follows_the_week() -> None:
    calendar = WorkCalendar({date(2030, 1, 1): False}, frozenset({2030}))
    assert not calendar.is_workday(date(2030, 1, 1))
    assert calendar.is_workday(date(2030, 1, 4))
    assert not calendar.is_workday(date(2030, 1, 5))
    assert not calendar.is_workday(date(2030, 1, 6))


def test_a_calendar_keeps_its_days_when_the_table_they_came_from_changes() -> None:
    days = {date(2030, 1, 1): False}
    calendar = WorkCalendar(days, frozenset({2030}))
    days[date(2030, 1, 1)] = True
    assert not calendar.is_workday(date(2030, 1, 1))


def test_a_period_of_work_days_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="fewer than 0"):
        CALENDAR.add_workdays(date(2024, 1, 2), -1)
    with pytest.raises(ValueError, match="before the start"):
        CALENDAR.workdays_between(date(2024, 1, 2), date(2024, 1, 1))


@pytest.mark.parametrize(("year", "days"), [(2023, 365), (2024, 366), (2025, 365), (2026, 365)])
def test_a_seeded_year_lists_each_of_its_days_once(year: int, days: int) -> None:
    rows = seed_days(year)
    assert len({row.day for row in rows}) == len(rows) == days
    assert {row.day.year for row in rows} == {year}


def test_a_seeded_day_says_in_chinese_why_it_is_off_or_worked() -> None:
    notes = {row.day: (row.is_workday, row.note) for row in seed_days(2024)}
    assert notes[date(2024, 2, 10)] == (False, "春节")
    assert notes[date(2024, 2, 4)] == (True, "春节调休上班")
    assert notes[date(2024, 6, 15)] == (False, "周末")
    assert notes[date(2024, 6, 17)] == (True, "")


@given(st.dates(date(2024, 1, 1), date(2025, 9, 30)), st.integers(0, 40))
def test_adding_work_days_and_counting_them_agree(start: date, count: int) -> None:
    end = CALENDAR.add_workdays(start, count)
    assert CALENDAR.workdays_between(start, end) == count
    assert count == 0 or CALENDAR.is_workday(end)
    assert end - start >= timedelta(days=count)
