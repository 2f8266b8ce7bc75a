"""Which daily backups are kept (保留规则)."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.operations.domain import kept_backups

LAST = date(2026, 11, 22)
YEARS = [LAST - timedelta(days=n) for n in range(800)]


def test_after_two_years_of_days() -> None:
    kept = kept_backups(YEARS, daily=7, weekly=5, monthly=12)
    assert set(YEARS[:7]) <= kept
    assert date(2026, 10, 31) in kept, "the last day of a month stands for it"
    assert date(2025, 12, 31) in kept
    assert date(2025, 11, 30) not in kept
    assert len(kept) == 7 + 4 + 11


@given(
    st.lists(st.sampled_from(YEARS), min_size=1),
    st.integers(1, 10),
    st.integers(0, 10),
    st.integers(0, 10),
)
def test_the_newest_is_always_kept_and_time_brings_nothing_back(
    days: list[date], daily: int, weekly: int, monthly: int
) -> None:
    kept = kept_backups(days, daily=daily, weekly=weekly, monthly=monthly)
    assert max(days) in kept
    assert kept <= set(days)
    assert len(kept) <= daily + weekly + monthly
    assert kept_backups(kept, daily=daily, weekly=weekly, monthly=monthly) == kept
