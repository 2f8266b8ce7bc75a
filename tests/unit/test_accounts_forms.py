"""Days as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from app.accounts.forms import read_day


@pytest.mark.parametrize(
    "text",
    ["2025-06-30", "2025/6/30", "2025.6.30", "2025年6月30日", "20250630", " ２０２５-06-30 "],
)
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert read_day(text) == date(2025, 6, 30)


def test_nothing_typed_is_no_day() -> None:
    assert read_day("  ") is None


@pytest.mark.parametrize(
    "text", ["25-06-30", "2025-02-30", "0001-01-01", "9999-12-31", "昨天", "2025"]
)
def test_what_is_no_day_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="不是有效日期"):
        read_day(text)
