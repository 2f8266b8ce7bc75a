"""What counts and choices of the register list follow (台账计数的变动).

Kept answers name it; without a topic an answer holds until the next entry in the trail.
"""

from __future__ import annotations

from datetime import date

from app.grades.queries import shown_day
from app.portal.queries.conditions import RegisterFilter
from app.registry.topics import ROWS, STANDINGS, WHERE, of_column

_PLANTS = WHERE | {of_column("closed_on")}
_STANDINGS = frozenset({STANDINGS, "rulebook_edit"})
"""Grades are ordered by the rulebook."""
_COLUMNS = {
    "search": "text", "town": "town", "officer": "officer", "permit": "permit_until",
    "state": "state_place",
}  # fmt: skip
"""What a filter looks at beside the plants themselves; for an industry, the catalogue as well."""

TOWNS = WHERE | {of_column("town")}
OFFICERS = WHERE | {of_column("officer")}
TEXTS = frozenset({ROWS, of_column("text")})


def of_list(whole: RegisterFilter) -> frozenset[str]:
    """By the count of a list."""
    if whole.industry:
        return frozenset()
    columns = {of_column(column) for name, column in _COLUMNS.items() if getattr(whole, name)}
    if not (whole.grade or whole.standing):
        return _PLANTS | columns
    return _PLANTS | columns | _STANDINGS if _is_shown(whole.on) else frozenset()


def of_standings(on: date) -> frozenset[str]:
    """By the counts of all grades, and of all standings and permits."""
    if not _is_shown(on):
        return frozenset()
    return _PLANTS | _STANDINGS | {of_column("permit_until")}


def _is_shown(on: date) -> bool:
    """Any other day's standings are asked of the intervals, of which no topic tells."""
    return on == shown_day()
