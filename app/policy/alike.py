"""Plants that are alike in what rules read (同样情形): what rules say of them is said once.

A country has hundreds of thousands of plants and some dozens of cases: to judge each plant by
itself would build the same sentences a thousand times, and to compare the keys of every two plants
would find out the same a million times. Only here is a plant looked at by the names of its fields;
what the rules say stays in their own functions, and a rule that does not declare what it reads, as
a plugin's, is asked about every plant.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

Plant = TypeVar("Plant", bound=Hashable)
Answer = TypeVar("Answer")
_OF_STANDING = "standing."


class Rule(Protocol):
    """A condition or criterion with the fields that it declares to read."""

    @property
    def reads(self) -> tuple[str, ...] | None:
        """Names of fields; None: not declared."""


@dataclass(frozen=True, slots=True)
class Cases(Generic[Plant]):
    """Plants by their cases: those of one case get the same answer from each of the rules."""

    numbers: Sequence[int]
    """The number of each plant's case."""
    examples: Sequence[Plant]
    """A plant of each case, by its number."""

    def answers(self, answer: Callable[[Plant], Answer]) -> list[Answer]:
        """The answer for each plant, asked for once a case."""
        said = list(map(answer, self.examples))
        return [said[number] for number in self.numbers]

    def order(self, places: Sequence[int], key: Callable[[Plant], Any]) -> list[int]:
        """The plants at some places in the order of their keys, equal ones as they stand."""
        held = {self.numbers[place] for place in places}
        keyed = sorted(((key(self.examples[it]), it) for it in sorted(held)), key=_first)
        rank = dict(zip((it for _, it in keyed), _numbered(key for key, _ in keyed), strict=True))
        numbers = self.numbers
        return sorted(places, key=lambda place: rank[numbers[place]])


def cases(plants: Sequence[Plant], names: tuple[str, ...] | None) -> Cases[Plant]:
    """The plants by the values of some fields; None: each plant is a case by itself."""
    if names is None:
        return Cases(range(len(plants)), plants)
    numbers: list[int] = []
    examples: list[Plant] = []
    known: dict[Hashable, int] = {}
    for plant, values in zip(plants, _values(plants, names), strict=True):
        number = known.get(values)
        if number is None:
            number = known[values] = len(examples)
            examples.append(plant)
        numbers.append(number)
    return Cases(numbers, examples)


def names_read(rules: Iterable[Rule]) -> tuple[str, ...] | None:
    """Everything that the rules read; None where one does not declare it."""
    names: set[str] = set()
    for rule in rules:
        if rule.reads is None:
            return None
        names.update(rule.reads)
    return tuple(sorted(names))


def _values(plants: Sequence[object], names: Sequence[str]) -> Iterable[Hashable]:
    if not names:
        return repeat((), len(plants))
    if all(name.startswith(_OF_STANDING) for name in names):  # one step less for each name
        standings = map(attrgetter("standing"), plants)
        return map(attrgetter(*(name.removeprefix(_OF_STANDING) for name in names)), standings)
    return map(attrgetter(*names), plants)


def _first(pair: tuple[Any, int]) -> Any:
    return pair[0]


def _numbered(keys: Iterable[Any]) -> Iterator[int]:
    """Keys in their order by numbers, equal ones by the same."""
    number, before = 0, None
    for key in keys:
        number += before is not None and before < key
        before = key
        yield number
