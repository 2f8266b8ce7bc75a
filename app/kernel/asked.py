"""Days and moments as people type them (日期、时间), in an address, a form or a command.

The forms of a day are those of a ledger's cells (`parse_date`), and dots. What cannot be read is
never guessed: one sentence says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import request

from app.kernel import clock, htmx
from app.kernel.look import url_with
from app.kernel.spreadsheets import parse_date

DAYS = (date(1900, 1, 1), date(2999, 12, 31))
"""The first and the last day that is read; beyond them it is a slip of the finger."""

_LONGEST_SHOWN = 40
_TIME_AFTER_DAY = re.compile(r" (\d{1,2}:\S+)$")


def read_day(typed: str) -> date | None:
    """A day: 2025-06-30, 2025/6/30, 2025.6.30, 2025年6月30日 or 20250630; None when blank.

    Full width, spaces, a Chinese keyboard's full stop and 号 for 日 do not matter. Raises
    ValueError with a sentence for anything else.
    """
    text = _plain(typed)
    day = parse_date(_in_ledger_form(text)).value
    if text and not _is_in_range(day):
        raise ValueError(f"“{_shown(typed)}”不是有效日期，请按 2025-06-30 的样式填写。")
    return day


def read_exact_day(text: str) -> date:
    """A day as a command takes it: YYYY-MM-DD and nothing else. Raises ValueError."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):
            day = date.fromisoformat(text)
            if _is_in_range(day):
                return day
    raise ValueError(f"“{_shown(text)}”不是有效日期，请按 2025-06-30 的样式填写。")


def read_moment(typed: str) -> datetime | None:
    """A moment: a day as above, with or without 17:00 after it, or ISO 8601; None when blank.

    Beijing time where no offset is given; a day alone includes the whole day. Raises ValueError
    with a sentence for anything else.
    """
    text = _plain(typed)
    if not text:
        return None
    try:
        moment = clock.parse_moment(_in_iso_form(text))
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not _is_in_range(moment.date()):
        raise ValueError(
            f"“{_shown(typed)}”不是有效时间，请按 2025-06-30 或 2025-06-30 17:00 的样式填写。"
        )
    return moment


def _in_iso_form(text: str) -> str:
    """The day of a moment rewritten as 2025-06-30, its time left as typed."""
    time = _TIME_AFTER_DAY.search(text)
    day = parse_date(_in_ledger_form(text[: time.start()] if time else text)).value
    return text if day is None else f"{day} {time[1]:0>5}" if time else f"{day}"


def _in_ledger_form(text: str) -> str:
    """A day with dots, also those of a Chinese keyboard, or with 号, as a ledger's cell has it."""
    return text.translate(str.maketrans(".。号", "--日"))


def _plain(typed: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", typed).split())


def _shown(typed: str) -> str:
    return typed.strip()[:_LONGEST_SHOWN]


def _is_in_range(day: date | None) -> bool:
    return day is not None and DAYS[0] <= day <= DAYS[1]


@dataclass(frozen=True, slots=True)
class Asked:
    """The day (截至日期) and the moment of knowledge (按何时所知) that the address asks for."""

    on: date
    known: datetime | None
    typed_on: str
    """The day as its field shows it: as typed where it cannot be read."""
    typed_known: str
    day_fault: str
    known_fault: str

    @property
    def is_sound(self) -> bool:
        """Whether both could be read, so that what is shown is what was asked for."""
        return not (self.day_fault or self.known_fault)

    @property
    def parameters(self) -> dict[str, Any]:
        """The same as parameters of a link to another page of the same day and moment."""
        known = {"known_at": self.typed_known} if self.known is not None else {}
        return {"as_of": self.on.isoformat(), **known}

    def shown(self) -> dict[str, Any]:
        """What the frame and the filter need to show the day and the moment."""
        today = clock.today()
        return {
            "asked": self,
            "as_of": None if self.on == today else self.on,
            "as_of_reset_url": url_with(as_of=None) if request.method == "GET" else "",
        }

    def is_of_the_page_around(self) -> bool:
        """Whether the page that htmx asks a part of shows this day, or this fault, already."""
        its = asked_in(htmx.parameters_around())
        return (its.on, its.day_fault) == (self.on, self.day_fault)


def asked_in(values: Mapping[str, str]) -> Asked:
    """Read the day and the moment; what cannot be read counts as today and now, and is told."""
    typed_on, typed_known = values.get("as_of", "").strip(), values.get("known_at", "").strip()
    day, known, day_fault, known_fault = None, None, "", ""
    try:
        day = read_day(typed_on)
    except ValueError as fault:
        day_fault = f"{fault}现显示今天的情况。"
    try:
        known = read_moment(typed_known)
    except ValueError as fault:
        known_fault = f"{fault}现按现在所知显示。"
    on = day or clock.today()
    shown_on = typed_on if day_fault else on.isoformat()
    return Asked(on, known, shown_on, typed_known, day_fault, known_fault)
