"""Reading the yearly notice on holidays as it is pasted."""

from __future__ import annotations

from datetime import date

import pytest

from app.kernel.workdays import seed_days
from app.portal.calendar_notice import read_notice

NOTICE_2026 = """\
一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
二、春节：2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。

三、清明节：4月4日（周六）至6日（周一）放假，共3天。
四、劳动节：5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
五、端午节：6月19日（周五）至21日（周日）放假，共3天。
六、中秋节：9月25日（周五）至27日（周日）放假，共3天。
七、国庆节：10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。
"""


def test_the_notice_as_issued_gives_the_calendar_as_published() -> None:
    notice = read_notice(2026, NOTICE_2026, ())
    assert notice.problems == ()
    assert [(it.day, it.is_workday) for it in notice.days] == [
        (it.day, it.is_workday) for it in seed_days(2026)
    ]
    assert (len(notice.rests), len(notice.shifts)) == (33, 6)
    assert {it.day: it.note for it in notice.shifts}[date(2026, 2, 14)] == "春节调休上班"


@pytest.mark.parametrize(
    "line",
    [
        "2026-02-15至2026-02-17 春节",
        "2026年2月15日到17日 春节",
        "春节 2026/2/15～2026/2/17",
        "春节：２月１５日（周日）至１７日放假调休，共３天。",
    ],
)
def test_days_are_read_however_they_are_written(line: str) -> None:
    notice = read_notice(2026, line, ())
    assert notice.problems == ()
    assert [it.day.day for it in notice.rests] == [15, 16, 17]
    assert {it.note for it in notice.rests} == {"春节"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "没有读到放假日期"),
        ("春节放假", "没有读到日期"),
        ("2月30日 春节", "没有 2026 年 2 月 30 日"),
        ("2月15日至10日 春节", "起止不对"),
        ("1月1日至6月1日 元旦", "起止不对"),
        ("2月15日", "没有写明是哪个节日"),
        ("2月16日 春节上班", "不是周末"),
        ("2月15日 春节\n2月15日 春节上班", "同时列为放假和上班"),
        ("2025年12月31日 元旦", "2025 年的日历尚未载入"),
    ],
)
def test_what_cannot_be_right_is_said_with_its_line(text: str, said: str) -> None:
    assert any(said in problem for problem in read_notice(2026, text, ()).problems)


def test_a_day_of_the_year_before_is_taken_where_that_year_is_loaded() -> None:
    notice = read_notice(2026, "2025年12月31日至2026年1月2日 元旦", {2025})
    assert notice.problems == ()
    assert notice.days[0].day == date(2025, 12, 31)
    assert len(notice.days) == 366
