"""The yearly notice on holidays (放假通知) as pasted, read into the days of a year. Pure.

Read as the notice itself writes, one festival a line, or as plain dates::

    春节：2月15日（周日）至23日（周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
    2026-02-15至2026-02-23 春节
    2026-02-14 春节上班
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

_SATURDAY = 5
_LONGEST_REST = 20
_NOTE_LENGTH = 30
_YEAR = r"(?:(\d{4})[-/.年])?"
_MONTH_AND_DAY = r"(\d{1,2})[-/.月](\d{1,2})日?(?:\([^()]*\))?"
_DAY_ALONE = r"(\d{1,2})日?(?:\([^()]*\))?"
_SPAN = re.compile(
    f"{_YEAR}{_MONTH_AND_DAY}(?:(?:至|到|~|—+)(?:{_YEAR}{_MONTH_AND_DAY}|{_DAY_ALONE}))?"
)
_NUMBERING = re.compile(r"^(?:[一二三四五六七八九十]+、|\(?[一二三四五六七八九十\d]+\)[、.]?)")
_NOT_A_NAME = re.compile(r"放假调休|放假|调休|上班|共\d+天|与周末连休|[,:、\s]+")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the year as the notice makes it: worked or not, and why."""

    day: date
    is_workday: bool
    note: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What a pasted notice says of a year, and what is wrong with it.

    ``days`` is the whole year, and days of a neighbouring year that the notice names; ``rests``
    (放假) and ``shifts`` (调休上班) are those it names.
    """

    days: tuple[CalendarDay, ...]
    rests: tuple[CalendarDay, ...]
    shifts: tuple[CalendarDay, ...]
    problems: tuple[str, ...]


@dataclass(slots=True)
class _Reading:
    year: int
    loaded_years: Collection[int]
    named: dict[date, CalendarDay] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_notice(year: int, text: str, loaded_years: Collection[int]) -> Notice:
    """Read what was pasted for a year.

    A day of another year is accepted only where that year is loaded already: one day alone would
    make the whole of it look loaded.
    """
    reading = _Reading(year, loaded_years)
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            _read_line(reading, unicodedata.normalize("NFKC", line).strip())
        except ValueError as problem:
            reading.problems.append(f"第 {number} 行“{line.strip()[:40]}”：{problem}")
    named = [reading.named[day] for day in sorted(reading.named)]
    rests = tuple(it for it in named if not it.is_workday)
    if not rests and not reading.problems:
        reading.problems.append("没有读到放假日期。请把通知中的放假安排逐行粘贴。")
    return Notice(
        days=tuple(sorted({**_plain(year), **reading.named}.values(), key=lambda it: it.day)),
        rests=rests,
        shifts=tuple(it for it in named if it.is_workday),
        problems=tuple(reading.problems),
    )


def _plain(year: int) -> dict[date, CalendarDay]:
    """The year as the week alone would have it."""
    first = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - first).days
    days = [first + timedelta(days=n) for n in range(length)]
    return {
        day: CalendarDay(day, is_workday=True, note="")
        if day.weekday() < _SATURDAY
        else CalendarDay(day, is_workday=False, note="周末")
        for day in days
    }


def _read_line(reading: _Reading, line: str) -> None:
    name, found = "", False
    for sentence in re.split(r"[。;]", _NUMBERING.sub("", line)):
        days = [day for span in _SPAN.finditer(sentence) for day in _days(reading.year, span)]
        name = _NOT_A_NAME.sub("", _SPAN.sub("", sentence))[:_NOTE_LENGTH] or name
        found = found or bool(days)
        if days and not name:
            raise ValueError("没有写明是哪个节日，请写上名称，例如“春节”。")
        for day in days:
            _enter(reading, day, name, is_workday="上班" in sentence)
    if line and not found:
        raise ValueError("没有读到日期，请写成“春节：2月15日至23日放假”或“2026-02-15 春节”。")


def _enter(reading: _Reading, day: date, name: str, *, is_workday: bool) -> None:
    if day.year != reading.year and day.year not in reading.loaded_years:
        raise ValueError(
            f"{day} 不在 {reading.year} 年，而 {day.year} 年的日历尚未载入，请先载入该年。"
        )
    if is_workday and day.weekday() < _SATURDAY:
        raise ValueError(f"{day} 不是周末，本来就是工作日，请对照通知核对日期。")
    known = reading.named.get(day)
    if known is not None and known.is_workday != is_workday:
        raise ValueError(f"{day} 同时列为放假和上班，请对照通知改正其中一处。")
    reading.named[day] = CalendarDay(day, is_workday, f"{name}调休上班" if is_workday else name)


def _days(year: int, span: re.Match[str]) -> Iterator[date]:
    own_year, month, day, last_year, last_month, last_day, day_alone = span.groups()
    first = last = _date(int(own_year or year), month, day)
    if last_month:
        last = _date(int(last_year or first.year), last_month, last_day)
    elif day_alone:
        last = _date(first.year, str(first.month), day_alone)
    if not first <= last <= first + timedelta(days=_LONGEST_REST):
        raise ValueError(f"{first} 至 {last} 的起止不对，请核对年份和先后。")
    yield from (first + timedelta(days=n) for n in range((last - first).days + 1))


def _date(year: int, month: str, day: str) -> date:
    try:
        return date(year, int(month), int(day))
    except ValueError:
        raise ValueError(f"没有 {year} 年 {month} 月 {day} 日，请核对日期。") from None
