"""What examples of addresses and forms are made of (示例的写法)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import count
from typing import Any

from tests.world import Principal, World

NOWHERE = 999_999
numbers = count(1)


class Kind(StrEnum):
    """How the object that an address names stands to the person who asks for it."""

    OWN = "own"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    """Within reach, but this act on it is never allowed: one's own account, a wrong parent."""


Values = Mapping[str, object]
Examples = Iterator[tuple[Kind, Values]]
Arguments = Callable[[World, Principal, str], Examples]
Form = Callable[[World, Principal], dict[str, Any]]
Query = Callable[[World, Principal], Mapping[str, object]]
