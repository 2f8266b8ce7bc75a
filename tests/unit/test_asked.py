"""Days and moments as people type them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.kernel.asked import DAYS, read_day, read_moment


@pytest.mark.parametrize(
    "text",
    [
        "2025-06-30", "2025/6/30", "2025.6.30", "2025年6月30日", "2025 年 6 月 30 日", "20250630",
        " ２０２５-06-30 ", "２０２５．６．３０", "2025。6。30", "2025年6月30号",
        "2025年０６月30日",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(text: str) -> None:
    assert read_day(text) == date(2025, 6, 30)
    assert read_moment(text) == datetime(2025, 6, 30, 16, tzinfo=UTC) - timedelta(microseconds=1)


def test_nothing_typed_is_no_day_and_no_moment() -> None:
    assert read_day("  ") is None
    assert read_moment("  ") is None


def test_the_first_and_the_last_day_are_read() -> None:
    assert [read_day(str(day)) for day in DAYS] == list(DAYS)


@pytest.mark.parametrize(
    "text",
    ["25-06-30", "2025-02-30", "1899-12-31", "3000-01-01", "0001-01-01", "9999-12-31", "昨天",
     "2025", "45838", "2025年6月", "二〇二五年六月三十日"],
)  # fmt: skip
def test_what_is_no_day_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=f"^“{text}”不是有效日期，请按 2025-06-30 的样式填写。$"):
        read_day(text)
    with pytest.raises(ValueError, match=f"^“{text}”不是有效时间，请按 .* 的样式填写。$"):
        read_moment(text)


@pytest.mark.parametrize(
    "text",
    [
        "2025-06-30 09:05", "2025/6/30 9:05", "2025年6月30日 9：05", "2025 年 6 月 30 日 09:05:00",
        "2025-06-30T09:05", "2025-06-30T01:05:00Z", "2025-06-30T09:05:00+08:00",
    ],
)  # fmt: skip
def test_a_moment_is_beijing_time_unless_it_says_otherwise(text: str) -> None:
    assert read_moment(text) == datetime(2025, 6, 30, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2025-06-30 25:00", "2025-06-30 下午", "25-06-30 09:05"])
def test_what_is_no_moment_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="不是有效时间"):
        read_moment(text)
