"""What kept answers about the register list follow (台账列表的变动): rows, and columns of rows.

:mod:`app.kernel.kept` says what a topic is; whoever writes ``plant_search`` touches these.
"""

from __future__ import annotations

from functools import cache

ROWS = "plant_search"
"""A plant came into the list, or went out of it."""

STANDINGS = "plant_search.standing"
"""The standing on the shown day, all its columns."""


@cache
def of_column(name: str) -> str:
    """One of the columns that come from the facts, of any row."""
    return f"{ROWS}.{name}"


WHERE = frozenset({ROWS, of_column("county"), of_column("enterprise_id")})
"""Which plants there are and whose: what a person's reach is asked of."""
