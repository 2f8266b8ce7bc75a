"""What every list page shows around its rows: heads that sort, chips, the way on (列表).

Search, filters, order and page stand in the address, so that a list can be sent to a colleague.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from app.kernel.look import url_with

_LONGEST_PAGE_NUMBER = 6
Chip = tuple[str, str, str]
"""Label, value, and the address of the list without this filter."""


def page_number(typed: str) -> int:
    """The page that the address asks for; what is no number is the first."""
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_PAGE_NUMBER
    return max(1, int(typed)) if is_number else 1


def heads(
    labels: Mapping[str, str], sort: str, *, falling: bool, newest_first: Container[str] = ()
) -> dict[str, tuple[str, str, str]]:
    """The heads that sort, by key: label, address, and how the rows stand by it now.

    A second click turns the order round; the first click on one of ``newest_first`` sorts falling.
    """
    found = {}
    for key, label in labels.items():
        here = key == sort
        turns_falling = not falling if here else key in newest_first
        url = url_with(sort=key, order="desc" if turns_falling else "asc", page=None)
        found[key] = (label, url, ("descending" if falling else "ascending") if here else "")
    return found


def chips(chosen: Iterable[tuple[str, str, str]]) -> list[Chip]:
    """The filters at work, of (label, name in the address, words); empty words ask for nothing."""
    return [
        (label, words, url_with(**{name: None, "page": None}))
        for label, name, words in chosen
        if words
    ]


def ways(page: int, pages: int) -> dict[str, str | None]:
    """The addresses of the page before and the page after, for ``ui.pager``."""
    back = url_with(page=page - 1 if page > 2 else None) if page > 1 else None
    return {"previous_url": back, "next_url": url_with(page=page + 1) if page < pages else None}
