"""Periods of law (期间): 民法典第二百零一条至第二百零三条, at their boundaries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.periods import (
    corresponding_day,
    day_after,
    first_day_outside,
    last_day_of,
    months_before,
    moved_to_workday,
)
from app.kernel.workdays import CalendarMissing, WorkCalendar
from app.supervision.domain import ban_last_day, filing_possible_again


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "years", "months", "expected"),
    [
        ("2024-05-10", 1, 0, "2025-05-10"),
        ("2024-02-28", 1, 0, "2025-02-28"),
        ("2024-02-29", 1, 0, "2025-02-28"),
        ("2024-03-01", 1, 0, "2025-03-01"),
        ("2023-02-28", 1, 0, "2024-02-28"),
        ("2024-02-29", 4, 0, "2028-02-29"),
        ("2024-01-30", 0, 1, "2024-02-29"),
        ("2024-01-31", 0, 1, "2024-02-29"),
        ("2023-01-31", 0, 1, "2023-02-28"),
        ("2024-08-31", 0, 6, "2025-02-28"),
        ("2024-12-15", 0, 1, "2025-01-15"),
        ("2024-11-30", 1, 3, "2026-02-28"),
    ],
)
def test_the_corresponding_day_is_the_same_number_or_the_last_of_the_month(
    start: str, years: int, months: int, expected: str
) -> None:
    assert corresponding_day(day(start), years=years, months=months) == day(expected)


@pytest.mark.parametrize(
    ("from_day", "expected"),
    [
        ("2024-02-28", "2021-02-28"),
        ("2024-02-29", "2021-02-28"),
        ("2024-03-01", "2021-03-01"),
        ("2027-02-28", "2024-02-28"),
        ("2025-01-01", "2022-01-01"),
    ],
)
def test_36_months_back_from_29_february_is_28_february(from_day: str, expected: str) -> None:
    assert months_before(day(from_day), 36) == day(expected)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2024-03-01", 1, "2024-03-02"),
        ("2024-03-01", 7, "2024-03-08"),
        ("2024-02-25", 7, "2024-03-03"),
        ("2023-12-20", 15, "2024-01-04"),
    ],
)
def test_a_period_in_days_begins_on_the_day_after(start: str, days: int, expected: str) -> None:
    assert last_day_of(day(start), days=days) == day(expected)


def test_a_period_in_years_ends_on_the_corresponding_day_itself() -> None:
    assert last_day_of(day("2024-02-29"), years=1) == day("2025-02-28")
    assert last_day_of(day("2024-05-31"), months=1) == day("2024-06-30")


def test_a_period_is_not_counted_in_months_and_in_days_at_once_nor_backwards() -> None:
    with pytest.raises(ValueError, match="not in both"):
        last_day_of(day("2024-01-01"), months=1, days=1)
    with pytest.raises(ValueError, match="backwards"):
        last_day_of(day("2024-01-01"), days=-1)


def test_a_ban_of_one_year_leaves_the_filing_free_on_the_day_after_its_last_day() -> None:
    assert ban_last_day(day("2024-02-29")) == day("2025-02-28")
    assert filing_possible_again(day("2024-02-29")) == day("2025-03-01")
    assert filing_possible_again(day("2023-02-28")) == day("2024-02-29")


def test_the_calendar_ends_where_dates_end() -> None:
    assert corresponding_day(date.max, years=1) == date.max
    assert months_before(date.min, 36) == date.min
    assert last_day_of(date.max, days=7) == date.max
    assert day_after(date.max) == date.max


def test_a_last_day_off_work_gives_way_to_the_next_work_day() -> None:
    """民法典第二百零三条: 4 to 6 April 2024 were off for 清明节, 7 April was a worked Sunday."""
    off = dict.fromkeys((date(2024, 4, 4), date(2024, 4, 5), date(2024, 4, 6)), False)
    calendar = WorkCalendar({**off, date(2024, 4, 7): True}, frozenset({2024}))
    assert moved_to_workday(date(2024, 4, 3), calendar) == date(2024, 4, 3)
    assert moved_to_workday(date(2024, 4, 4), calendar) == date(2024, 4, 7)
    assert moved_to_workday(date(2024, 4, 7), calendar) == date(2024, 4, 7)
    with pytest.raises(CalendarMissing):
        moved_to_workday(date(2025, 4, 4), calendar)


some_day = st.dates(date(1990, 1, 1), date(2060, 12, 31))
some_months = st.integers(1, 60)


@given(some_day, some_months)
def test_the_first_day_outside_a_window_is_the_first_one_that_no_longer_sees_the_event(
    event: date, months: int
) -> None:
    outside = first_day_outside(event, months=months)
    assert outside is not None
    assert months_before(outside, months) >= event
    assert months_before(outside - timedelta(days=1), months) < event


def test_a_window_that_the_calendar_ends_before_has_no_day_outside() -> None:
    assert first_day_outside(date(9996, 12, 31), months=36) == date(9999, 12, 31)
    assert first_day_outside(date(9997, 1, 1), months=36) is None


@given(some_day, some_day, some_months)
def test_going_back_in_months_keeps_days_in_order(one: date, other: date, months: int) -> None:
    earlier, later = sorted((one, other))
    assert months_before(earlier, months) <= months_before(later, months)


@given(some_day, some_months)
def test_the_corresponding_day_lies_so_many_months_later_and_never_beyond_the_number(
    start: date, months: int
) -> None:
    due = corresponding_day(start, months=months)
    assert (due.year - start.year) * 12 + due.month - start.month == months
    assert due.day == start.day or (due.day < start.day and day_after(due).day == 1)
