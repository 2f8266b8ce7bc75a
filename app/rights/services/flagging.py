"""Having signed allocations looked at again when what they rest on changes (应有不同的行)."""

from __future__ import annotations

from collections.abc import Iterable

from app.issuing.services.flags import queue_review
from app.rights.domain import Level
from app.rights.queries.issued import allocations_in_force


def reconsider(matters: Iterable[tuple[str, int]]) -> None:
    """Compare the signed allocations of these pollutants and years with what they would be now."""
    for pollutant, year in sorted(set(matters)):
        lists = [it.id for level in Level for it in allocations_in_force(level, pollutant, year)]
        if lists:
            queue_review(lists)
