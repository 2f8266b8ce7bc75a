"""Standings and lists of every day, as known at several moments, against the model (逐日对照)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Any

from tests.chronicles.allocating import allocation_of
from tests.chronicles.life import COUNTIES, Life
from tests.chronicles.model import (
    MEASURES,
    STATUS,
    Register,
    days_of,
    list_of,
)


@dataclass
class Tally:
    """How much was compared."""

    days: int = 0
    lists: int = 0
    rows: int = 0
    issued: int = 0
    acts: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(one + more for one, more in zip(astuple(self), astuple(other), strict=True)))


def compare(life: Life, tally: Tally, *, moments: int = 3, share: float = 1.0) -> None:
    """Ask the command about the days from before the first event to after the last.

    Every day on which something begins or ends is asked with its neighbours, and one day in thirty
    of the rest; of all these the given share. Each is asked for one list, in turn, which also
    tells every plant's standing, and one in five for an allocation.
    """
    life.pass_minutes()
    turns = days_of(it for _, it in life.known) | {life.today}
    asked = {day + timedelta(step) for day in turns for step in (-1, 0, 1)}
    first, last = min(asked), max(asked)
    asked |= {first + timedelta(it) for it in range(0, (last - first).days, 30)}
    measures = cycle(life.chance.sample(MEASURES, len(MEASURES)))
    for moment in _moments(life, moments):
        known = life.as_known(moment)
        for day in sorted(asked):
            if life.chance.random() >= share:
                continue
            tally.days += 1
            _one(life, tally, known, next(measures), day, moment)
            if life.chance.random() < 0.2:
                level = life.chance.choice(("city", "province"))
                _allocated(life, tally, known, level, day, moment)


def _moments(life: Life, count: int) -> list[datetime]:
    known = [moment + timedelta(seconds=1) for moment, _ in life.known]
    some = life.chance.sample(known, min(count - 1, len(known)))
    just_before = [it - timedelta(seconds=1, microseconds=1) for it in some[1::2]]
    return sorted({*some[0::2], *just_before, life.now})


def answer(life: Life, *words: str) -> tuple[dict[str, Any], bytes]:
    """What the command says, as JSON and as bytes."""
    with life.held():
        result = life.app.test_cli_runner().invoke(args=["policy", *words, "--format", "json"])
    assert result.exit_code == 0, (words, result.output)
    return json.loads(result.stdout), result.stdout_bytes


def _one(
    life: Life, tally: Tally, known: Register, measure: str, day: date, moment: datetime
) -> None:  # fmt: skip
    county = life.chance.choice(COUNTIES) if life.chance.random() < 0.1 else ""
    words = ["run", measure, "--as-of", str(day), "--known-at", moment.isoformat()]
    found, _ = answer(life, *words, *(["--county", county] if county else []))
    expected = list_of(known, measure, day)
    if county:
        expected = [it for it in expected if it["county"] == county]
    tally.lists += 1
    tally.rows += len(expected)
    where = f"{measure} {county} on {day} as known at {moment.isoformat()}"
    _same_rows(life, where, [_plain(it) for it in found["rows"]], expected)
    book = known.setting("rulebook_in_force", day, county)
    if (found["rulebook"], found["rulebook_status"]) != (book, STATUS[book]):
        life.fault(f"{where}: rulebook {found['rulebook']}, expected {book}")
    _hashed(life, where, found)


def _hashed(life: Life, where: str, found: dict[str, Any]) -> None:
    """The contract's hash: without known_at and sha256, no blanks, no escapes."""
    content = {key: it for key, it in found.items() if key not in ("known_at", "sha256")}
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != found["sha256"]:
        life.fault(f"{where}: sha256 is not that of the contract")


def _allocated(
    life: Life, tally: Tally, known: Register, level: str, day: date, moment: datetime
) -> None:  # fmt: skip
    year = day.year
    found, _ = answer(
        life, "allocate", level, "--pollutant", "VOCs", "--year", str(year), "--as-of", str(day),
        "--known-at", moment.isoformat(),
    )  # fmt: skip
    expected = allocation_of(known, level, "VOCs", year, day)
    tally.lists += 1
    tally.rows += len(expected["rows"])
    where = f"allocation {level} on {day} as known at {moment.isoformat()}"
    for name in ("reserve", "allocated_total"):
        if found[name] != expected[name]:
            life.fault(f"{where}: {name} {found[name]}, expected {expected[name]}")
    rows = [{key: it for key, it in row.items() if key != "reasons"} for row in found["rows"]]
    _same_rows(life, where, rows, expected["rows"])
    _hashed(life, where, found)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row without the words of its reasons, which are free."""
    return {
        **row, "reasons": [{"clause": it["clause"], "met": it["met"]} for it in row["reasons"]],
    }  # fmt: skip


def _same_rows(
    life: Life, where: str, found: Iterable[dict[str, Any]], expected: Iterable[dict[str, Any]]
) -> None:
    found, expected = list(found), list(expected)
    if found == expected:
        return
    if len(found) != len(expected):
        life.fault(f"{where}: {len(found)} rows, expected {len(expected)}")
    for one, other in zip(found, expected, strict=False):
        if one != other:
            apart = {key: (one[key], other[key]) for key in other if one.get(key) != other[key]}
            life.fault(f"{where}: {other['uscc']}/{other['plant']} {apart}")
            return
