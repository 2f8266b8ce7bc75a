"""The workday calendar of a year, month by month, as a wall calendar shows it."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.kernel.calendar import list_days

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Square:
    """One day on the wall: its number, and ``kind`` work, rest, holiday (放假) or shift (调休)."""

    day: date
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Month:
    """A month in weeks from Monday; None where a square belongs to another month."""

    month: int
    weeks: tuple[tuple[Square | None, ...], ...]
    workdays: int


@dataclass(frozen=True, slots=True)
class Span:
    """Days in a row that a notice names: 放假, or 调休上班."""

    first: date
    last: date
    is_workday: bool
    note: str


def get_year(year: int) -> tuple[list[Month], list[str]]:
    """The months of a year and the notices they come from; both empty when it is not loaded."""
    rows = list_days(year)
    if not rows:
        return [], []
    known = {row.day: (row.is_workday, row.note) for row in rows}
    months = [_month(year, month, known) for month in range(1, 13)]
    return months, sorted({row.source for row in rows})


def named_spans(months: Iterable[Month]) -> list[Span]:
    """The holidays and shifted days of the year, days in a row of one name as one stretch."""
    found: list[Span] = []
    squares = (square for month in months for week in month.weeks for square in week)
    for square in squares:
        if square is None or square.kind not in ("holiday", "shift"):
            continue
        is_shift, last = square.kind == "shift", found[-1] if found else None
        follows = last is not None and square.day - last.last == timedelta(days=1)
        if last and follows and (last.is_workday, last.note) == (is_shift, square.note):
            found[-1] = replace(last, last=square.day)
        else:
            found.append(Span(square.day, square.day, is_shift, square.note))
    return found


def days_as_recorded(years: Iterable[int]) -> dict[date, tuple[bool, str]]:
    """Per day of these years: is it a workday, and why, as recorded now."""
    return {
        row.day: (row.is_workday, row.note)
        for year in sorted(set(years))
        for row in list_days(year)
    }


def _month(year: int, month: int, known: Mapping[date, tuple[bool, str]]) -> Month:
    """A day of a loaded year that is not listed follows the week."""
    before, length = monthrange(year, month)
    squares: list[Square | None] = [None for _ in range(before)]
    workdays = 0
    for number in range(1, length + 1):
        day = date(year, month, number)
        is_workday, note = known.get(day, (day.weekday() < _SATURDAY, ""))
        squares.append(Square(day, _kind(day, note, is_workday=is_workday), note))
        workdays += is_workday
    squares.extend(None for _ in range(-len(squares) % 7))
    weeks = tuple(tuple(squares[i : i + 7]) for i in range(0, len(squares), 7))
    return Month(month, weeks, workdays)


def _kind(day: date, note: str, *, is_workday: bool) -> str:
    if is_workday:
        return "shift" if day.weekday() >= _SATURDAY else "work"
    return "rest" if note in ("", "周末") else "holiday"
