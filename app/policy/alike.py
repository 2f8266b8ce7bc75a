"""Plants that are alike in what rules read (同样情形): what rules say of them is said once.

A country has hundreds of thousands of plants and some dozens of cases: to judge each plant by
itself would build the same sentences a thousand times, and to compare the keys of every two plants
would find out the same a million times. Only here is a plant looked at by the names of its fields;
what the rules say stays in their own functions, and a rule that does not declare what it reads, as
a plugin's, is asked about every plant.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any, Protocol, TypeVar

Plant = TypeVar("Plant", bound=Hashable)
Answer = TypeVar("Answer")
_OF_STANDING = "standing."
_UNSAID = object()


class Rule(Protocol):
    """A condition or criterion with the fields that it declares to read."""

    @property
    def reads(self) -> tuple[str, ...] | None:
        """Names of fields; None: not declared."""


def answers(
    plants: Sequence[Plant], rules: Iterable[Rule], answer: Callable[[Plant], Answer]
) -> list[Answer]:
    """The answer for each plant; one that depends on the rules alone is asked for once a case."""
    known: dict[Hashable, Any] = {}
    found: list[Answer] = []
    for plant, case in zip(plants, _cases(plants, rules), strict=True):
        said = known.get(case, _UNSAID)
        if said is _UNSAID:
            said = known[case] = answer(plant)
        found.append(said)
    return found


def order(plants: Sequence[Plant], rules: Iterable[Rule], key: Callable[[Plant], Any]) -> list[int]:
    """The places of the plants in the order of their keys; those of equal keys as they come."""
    cases = list(_cases(plants, rules))
    examples = dict(zip(cases, plants, strict=True))
    keyed = sorted(((key(it), case) for case, it in examples.items()), key=lambda pair: pair[0])
    numbers = dict(
        zip((case for _, case in keyed), _numbered(key for key, _ in keyed), strict=True)
    )
    held = [numbers[case] for case in cases]
    return sorted(range(len(held)), key=held.__getitem__)


def _numbered(keys: Iterable[Any]) -> Iterator[int]:
    """Keys in their order by numbers, equal ones by the same."""
    number, before = 0, None
    for key in keys:
        number += before is not None and before < key
        before = key
        yield number


def _cases(plants: Sequence[Hashable], rules: Iterable[Rule]) -> Iterator[Hashable]:
    """For each plant the values of everything that the rules read, or the plant itself."""
    declared = [rule.reads for rule in rules]
    names = sorted({name for reads in declared if reads is not None for name in reads})
    if None in declared:
        return iter(plants)
    if not names:
        return repeat((), len(plants))
    if all(name.startswith(_OF_STANDING) for name in names):  # one step less for each name
        standings = map(attrgetter("standing"), plants)
        return map(attrgetter(*(name.removeprefix(_OF_STANDING) for name in names)), standings)
    return map(attrgetter(*names), plants)
