"""年度更新 as rules: who is called upon, until when, what is late, when to remind (PLAN-RENEW)."""

from __future__ import annotations

from datetime import date

import pytest

from app.filing import renewal
from app.filing.admission import Window
from app.filing.domain import Kind
from app.filing.periods_of_year import WindowWanted, why_not
from app.filing.renewal import Progress, RenewalRules
from app.rulebook.domain import GradeOrder

ORDER = GradeOrder.from_tiers(["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"])
GRADES = ("A", "引领性", "B", "B-")
DAY = date(2026, 6, 1)


def window(from_on: date, until_on: date, kind: Kind = Kind.RENEWAL, year: int = 2026) -> Window:
    return Window(1, year, kind, from_on, until_on, "文1号")


def test_a_and_b_minus_and_the_one_above_a_renew() -> None:
    stated = ("A", "引领性", "B", "B-")
    every = ("A+", "A", "B", "B-", "C", "D", "引领性", "非引领性")
    assert renewal.renewing_grades(stated, every, ORDER) == ("A+", "A", "引领性", "B", "B-")


@pytest.mark.parametrize(
    ("held", "closed_on", "called"),
    [
        ("A", None, True),
        ("B-", None, True),
        ("引领性", None, True),
        ("C", None, False),
        ("非引领性", None, False),
        (None, None, False),
        ("B", date(2026, 6, 2), True),
        ("B", date(2026, 6, 1), False),
        ("B", date(2026, 1, 1), False),
    ],
)
def test_last_years_grade_alone_calls_upon_a_plant_that_exists(
    held: str | None, closed_on: date | None, called: bool
) -> None:
    assert renewal.must_renew(held, closed_on, DAY, GRADES) is called


@pytest.mark.parametrize(
    ("sent_on", "on", "overdue", "late"),
    [
        (None, date(2026, 4, 29), False, False),
        (None, date(2026, 4, 30), False, False),
        (None, date(2026, 5, 1), True, False),
        (date(2026, 4, 30), date(2026, 5, 1), False, False),
        (date(2026, 5, 1), date(2026, 5, 1), False, True),
    ],
)
def test_the_last_day_itself_is_in_time(
    sent_on: date | None, on: date, overdue: bool, late: bool
) -> None:
    due_on = date(2026, 4, 30)
    assert renewal.is_overdue(sent_on, due_on, on) is overdue
    assert renewal.was_late(sent_on, due_on) is late


def test_without_a_last_day_nothing_is_ever_overdue() -> None:
    assert not renewal.is_overdue(None, None, date(2099, 1, 1))
    assert renewal.left_words(None, DAY) == ("neutral", "没有期限")
    rules = RenewalRules(2026, date(2025, 12, 31), GRADES, (2026,), tuple(Kind), None)
    assert "没有规定截止日" in rules.due_words
    assert rules.consequence == "逾期未提交的，等级如何处理，方案未规定。"


def test_the_last_window_names_the_last_day_and_a_weekend_does_not_move_it() -> None:
    saturday = date(2026, 5, 30)
    assert saturday.isoweekday() == 6
    windows = [
        window(date(2026, 3, 1), date(2026, 3, 31)),
        window(date(2026, 5, 1), saturday),
        window(date(2026, 7, 1), date(2026, 9, 30), Kind.UPGRADE),
        window(date(2025, 7, 1), date(2025, 9, 30), year=2025),
    ]
    assert renewal.last_day(windows, "09-30", 2026) == saturday
    assert renewal.first_day(windows, 2026) == date(2026, 3, 1)
    assert renewal.last_day((), "09-30", 2026) == date(2026, 9, 30)
    assert renewal.last_day((), None, 2026) is None


def test_last_year_is_judged_on_its_own_day() -> None:
    assert renewal.held_day("12-31", 2024) == date(2023, 12, 31)
    assert renewal.held_day("02-28", 2025) == date(2024, 2, 28)


def test_a_longer_interval_lets_earlier_filings_count() -> None:
    assert renewal.counted_years(2026, 1) == (2026,)
    assert renewal.counted_years(2026, 3) == (2024, 2025, 2026)
    assert renewal.counted_kinds("any") == tuple(Kind)
    assert renewal.counted_kinds("renewal") == (Kind.RENEWAL,)


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (date(2028, 1, 29), None),
        (date(2028, 1, 30), 30),
        (date(2028, 2, 21), 30),
        (date(2028, 2, 22), 7),
        (date(2028, 2, 29), 7),
        (date(2028, 3, 1), None),
    ],
)
def test_reminders_count_back_from_a_leap_day(on: date, found: int | None) -> None:
    assert renewal.reminder_due(on, date(2028, 2, 29), (30, 7)) == found


def test_no_reminder_without_a_last_day_or_before_it_may_be() -> None:
    assert renewal.reminder_due(DAY, None, (30, 7)) is None
    assert renewal.reminder_due(DAY, DAY, ()) is None
    assert renewal.reminder_due(DAY, DAY, (0,)) == 0


def test_what_changed_since_last_year_is_told() -> None:
    assert renewal.lowered_words("B", "B", ORDER) == ""
    assert renewal.lowered_words("A", "C", ORDER) == "现为 C 级，更新不高于现等级"
    assert renewal.lowered_words("B", "A", ORDER) == "现为 A 级"
    assert renewal.lowered_words("B", None, ORDER) == "现在没有等级"
    assert "2026-11-30" in renewal.hindrance(date(2026, 11, 30), blocked=True, year=2026)
    assert "B 级" in renewal.hindrance(None, blocked=True, year=2026)
    assert renewal.hindrance(None, blocked=False, year=2026) == ""


def test_the_state_is_a_word() -> None:
    due = date(2026, 4, 30)
    assert renewal.tag(None, due, due, has_begun=False) == ("neutral", "未办理")
    assert renewal.tag(None, due, due, has_begun=True) == ("soon", "填报中")
    assert renewal.tag(None, due, DAY, has_begun=True) == ("late", "填报中，已逾期")
    assert renewal.tag(due, due, DAY, has_begun=False) == ("done", "已提交")
    assert renewal.tag(DAY, due, DAY, has_begun=False) == ("done", "已提交（逾期）")
    assert renewal.progress(due, has_begun=True) is Progress.DONE


def test_windows_touch_but_never_overlap() -> None:
    standing = [window(date(2026, 3, 1), date(2026, 4, 30))]

    def wanted(first: date, last: date, kind: Kind = Kind.RENEWAL) -> str:
        return why_not(WindowWanted(2026, kind, first, last), standing)

    assert wanted(date(2026, 5, 1), date(2026, 5, 31)) == ""
    assert wanted(date(2026, 2, 1), date(2026, 2, 28)) == ""
    assert wanted(date(2026, 3, 1), date(2026, 4, 30), Kind.UPGRADE) == ""
    told = wanted(date(2026, 4, 30), date(2026, 5, 31))
    assert "2026-03-01 至 2026-04-30" in told
    assert "文1号" in told
    assert "早于" in wanted(date(2026, 5, 2), date(2026, 5, 1))
    assert "太远" in wanted(date(2026, 5, 2), date(2028, 5, 1))
