"""The register list while all standings are being derived anew (推算期间的台账列表).

Its rows follow from the facts, a page of them at a time; what narrows, sorts or counts the whole
register by standing has to wait for the intervals.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from app.grades.queries import is_current, standings_on

_FIELDS = ("grade", "verified", "basis", "blocked", "banned_until")


def as_derived(rows: list[tuple[Any, ...]], first: int, on: date) -> list[tuple[Any, ...]]:
    """The rows with what their standings are now; ``first`` is the place of the grade in a row."""
    if is_current():
        return rows
    standings = standings_on([row[0] for row in rows], on)
    last = first + len(_FIELDS)
    return [
        (*row[:first], *(getattr(standings[row[0]], it) for it in _FIELDS), *row[last:])
        for row in rows
    ]
