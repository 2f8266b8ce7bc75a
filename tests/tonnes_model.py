"""Reserves, applications and lists as they should be, in whole kilograms (对照模型).

Plain dictionaries that share no code with the app: they add up entries, forbid an overdraft, and
share out by rank.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

ON = date(2025, 12, 31)
GRADES = ("A", "B", "C", "A")
"""Of the plants by their codes; C is admitted by neither level, B by the city alone."""
TURN = {"city": {0: 1, 3: 2, 1: 3}, "province": {0: 1, 3: 2}}
"""Plant → rank, by level."""
YEARS = (2025, 2026)
ADDS = {"in", "carry-in"}


@dataclass
class Movement:
    """Tonnes in or out of a reserve (level and year)."""

    id: int
    reserve: tuple[str, int]
    kind: str
    kilograms: int
    day: date
    list_id: int | None = None
    other: int | None = None


@dataclass
class Asking:
    """An application; the plant by its place."""

    id: int
    plant: int
    project: str
    kilograms: int
    day: date


@dataclass
class Issue:
    """A signed allocation that holds."""

    id: int
    level: str
    after: int | None
    given: dict[tuple[int, str], int]


@dataclass
class Model:
    """What should be on record, in kilograms."""

    openings: dict[tuple[str, int], int]
    movements: dict[int, Movement] = field(default_factory=dict)
    askings: dict[int, Asking] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)

    def lines(self, reserve: tuple[str, int], without: Any = (), more: Any = ()) -> list[int]:
        """The balances one after the other, what comes in on a day first."""
        held = [it for it in self.movements.values() if it.reserve == reserve]
        held = [it for it in held if it.id not in without] + [
            it for it in more if it.reserve == reserve
        ]
        held.sort(key=lambda it: (it.day, it.kind not in ADDS, it.id))
        found = [self.openings.get(reserve, 0)]
        for it in held:
            found.append(found[-1] + (it.kilograms if it.kind in ADDS else -it.kilograms))
        return found

    def supply(self, reserve: tuple[str, int]) -> int:
        taken = sum(
            it.kilograms
            for it in self.movements.values()
            if it.reserve == reserve and it.kind == "allocation"
        )
        return self.lines(reserve)[-1] + taken

    def is_sound(self, without: Any = (), more: Any = ()) -> bool:
        return all(
            min(self.lines((level, year), without, more)) >= 0 for level in TURN for year in YEARS
        )

    def shares(self, level: str, given: dict[tuple[int, str], int]) -> dict[tuple[int, str], int]:
        """What each application of an admitted plant gets, in turn, until all is used up."""
        left, found = self.supply((level, 2025)), {}
        turn = [it for it in self.askings.values() if it.day <= ON and it.plant in TURN[level]]
        turn.sort(key=lambda it: (TURN[level][it.plant], it.day, it.project))
        for it in turn:
            wanted = it.kilograms - given.get((it.plant, it.project), 0)
            if wanted > 0:
                found[it.plant, it.project] = min(wanted, left)
                left -= found[it.plant, it.project]
        return found

    def answers(self) -> dict[Any, Any]:
        """Everything that the app is asked for."""
        found: dict[Any, Any] = {
            (level, year): (self.supply((level, year)), self.lines((level, year)))
            for level in TURN
            for year in YEARS
        }
        return found | {level: self.shares(level, {}) for level in TURN}
