"""Lists whose search, filters and order stand in the address of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from flask import request

from app.kernel.look import url_with
from app.rulebook.domain import folded

Row = TypeVar("Row")
Keys: TypeAlias = Mapping[str, Callable[[Row], Any]]
Filters: TypeAlias = Mapping[str, tuple[str, Mapping[str, str]]]
"""Name in the address → what it is called, and its options with their words."""


@dataclass(frozen=True)
class Listing:
    """What a list page shows: the rows asked for; `heads` sort, by key (label, address, state)."""

    rows: Sequence[Any]
    total: int
    heads: Mapping[str, tuple[str, str, str]]
    chips: Sequence[tuple[str, str, str]]


def listing(
    rows: Sequence[Row],
    total: int,
    keys: Keys[Row],
    labels: Mapping[str, str],
    filters: Filters,
) -> Listing:
    """Rows in the order asked for (the first key where none is), with heads and chips."""
    sort = asked("sort", keys) or next(iter(keys))
    falling = typed("order") == "desc"
    heads = {}
    for key, label in labels.items():
        here = key == sort
        state = ("descending" if falling else "ascending") if here else ""
        order = "desc" if here and not falling else None
        heads[key] = (label, url_with(sort=key, order=order, page=None), state)
    chips = [("搜索", typed("q"), url_with(q=None, page=None))] if typed("q") else []
    for name, (label, options) in filters.items():
        if chosen := asked(name, options):
            chips.append((label, options[chosen], url_with(**{name: None, "page": None})))
    return Listing(sorted(rows, key=keys[sort], reverse=falling), total, heads, chips)


def typed(name: str) -> str:
    """What the address says under that name, without blanks around it."""
    return request.args.get(name, "").strip()


def asked(name: str, options: Mapping[str, Any]) -> str:
    """The option asked for in the address; one that does not exist counts as none."""
    return typed(name) if typed(name) in options else ""


def mentions(*texts: str) -> bool:
    """Whether every word of the search stands in one of the texts."""
    held = [folded(entry) for entry in texts]
    return all(any(folded(word) in entry for entry in held) for word in typed("q").split())
