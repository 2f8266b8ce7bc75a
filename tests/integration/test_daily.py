"""What is done once a day: each duty once, whatever the worker does (每日事项)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.kernel import daily, jobs
from app.kernel.clock import frozen

NEW_YEAR = datetime(2025, 12, 31, 16, 30, tzinfo=UTC)
"""Half past midnight of 1 January 2026 in Beijing."""


def test_a_duty_is_done_once_a_day_by_beijing_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    days: list[date] = []
    monkeypatch.setattr(daily, "_duties", {})
    daily.each_day("test", days.append)
    with app.app_context(), frozen(NEW_YEAR):
        for _ in range(2):
            daily.queue_todays_duties()
            while jobs.run_next():
                pass
    assert days == [date(2026, 1, 1)]


def test_a_duty_waits_for_its_hour(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    days: list[date] = []
    monkeypatch.setattr(daily, "_duties", {})
    daily.each_day("test", days.append, hour=lambda _day: 2)
    with app.app_context():
        for minutes, expected in ((0, 0), (89, 0), (90, 1), (300, 1)):
            with frozen(NEW_YEAR + timedelta(minutes=minutes)):
                daily.queue_todays_duties()
                jobs.run_next()
            assert len(days) == expected
