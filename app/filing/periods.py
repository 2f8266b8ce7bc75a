"""Which period a material must cover (佐证材料所属时段), in the words an indicator table uses.

Pure. A table says 上一自然年, 各季度, 近三个月 …; what it says in other words no rule can hold a
file against, so a person does: nothing is reported then.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.kernel.periods import day_after, last_day_of, months_before

_YEAR = re.compile(r"(上一?(自然)?年度?)(全年)?")
_PARTS = re.compile(r"(上一?(自然)?年度?)?(各|每个?|逐)(?P<part>季度?|月)(份|度)?")
_RECENT = re.compile(
    r"(最?近)(?P<number>[一二两三四五六七八九十]+|\d{1,2})(?P<unit>年|个?月|个季度)内?"
)
_THIS_YEAR = re.compile(r"(当年|本年|当年度|本年度)")
_VALID = re.compile(r"(在?有效期内?|现行有效)")
_DIGITS = {it: number for number, it in enumerate("一二三四五六七八九十", start=1)} | {"两": 2}


@dataclass(frozen=True, slots=True)
class Span:
    """Days from the first to the last, both included."""

    first: date
    last: date

    @property
    def words(self) -> str:
        """As a sentence names it."""
        return f"{self.first} 至 {self.last}"


@dataclass(frozen=True, slots=True)
class Covers:
    """All of these days, every one of them."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Recent:
    """Some of these days: the material reaches into them."""

    span: Span


@dataclass(frozen=True, slots=True)
class ValidOn:
    """The material is still valid on the day."""

    day: date


Requirement = Covers | Recent | ValidOn


def required(period: str, year: int, on: date) -> Requirement | None:
    """What the words of a table ask for in a filing of ``year``, seen from the day.

    上一自然年 and 各季度 are of the year before that of the filing. None: nothing is asked, or in
    words that no rule can hold a file against.
    """
    said = "".join(period.split())
    if _YEAR.fullmatch(said):
        return Covers((Span(date(year - 1, 1, 1), date(year - 1, 12, 31)),))
    if parts := _PARTS.fullmatch(said):
        return Covers(_parts_of(year - 1, 1 if parts["part"] == "月" else 3))
    if recent := _RECENT.fullmatch(said):
        number = _number(recent["number"])
        months = {"年": 12, "个季度": 3}.get(recent["unit"], 1) * number
        return Recent(Span(day_after(months_before(on, months)), on))
    if _THIS_YEAR.fullmatch(said):
        return Recent(Span(date(year, 1, 1), date(year, 12, 31)))
    return ValidOn(on) if _VALID.fullmatch(said) else None


def _number(text: str) -> int:
    """二 → 2, 十二 → 12, 3 → 3."""
    if text.isdecimal():
        return int(text)
    if text.startswith("十"):
        return 10 + _DIGITS.get(text[1:], 0)
    return _DIGITS[text[0]] * 10 + _DIGITS.get(text[2:], 0) if "十" in text else _DIGITS[text[0]]


def _parts_of(year: int, months: int) -> tuple[Span, ...]:
    starts = [date(year, month, 1) for month in range(1, 13, months)]
    return tuple(Span(it, last_day_of(it, months=months) - timedelta(days=1)) for it in starts)


def what_is_missing(requirement: Requirement | None, held: Sequence[Span]) -> tuple[str, ...]:
    """What the materials with these periods leave open, in words; empty: nothing.

    Several materials may cover a period together, without a day left out between them.
    """
    match requirement:
        case None:
            return ()
        case Covers(spans):
            return tuple(it.words for it in spans if not _covered(it, held))
        case Recent(span):
            reaches = any(it.last >= span.first and it.first <= span.last for it in held)
            return () if reaches else (span.words,)
        case ValidOn(day):
            return () if any(it.last >= day for it in held) else (f"{day} 仍然有效",)


def is_of_use(requirement: Requirement | None, span: Span | None) -> bool:
    """Whether a material of an earlier filing still proves something of what is asked for now."""
    if requirement is None:
        return True
    if span is None:
        return False
    if isinstance(requirement, Covers):
        return any(span.last >= it.first and span.first <= it.last for it in requirement.spans)
    return not what_is_missing(requirement, [span])


def _covered(wanted: Span, held: Iterable[Span]) -> bool:
    open_from = wanted.first
    for span in sorted(held, key=lambda it: (it.first, it.last)):
        if span.first > open_from:
            return False
        if span.last >= open_from:
            if span.last >= wanted.last:
                return True
            open_from = day_after(span.last)
    return False
