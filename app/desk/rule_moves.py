"""What a change of 规则库 would move (规则变动的影响), as plain values: on a page, in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import date
from typing import Any

FIRST_ROWS = 20
"""How many rows of a part a summary shows."""
PLANTS = "plants"
"""The part that is no list: plants whose standing would be another."""
OUT, IN, RANK = "退出", "进入", "位次变动"


@dataclass(frozen=True, slots=True)
class Moved:
    """A plant that moves: how, and what it was and would be, in words."""

    plant_id: int
    uscc: str
    number: str
    plant_name: str
    name: str
    county: str
    change: str
    before: str
    after: str

    @property
    def label(self) -> str:
        """The plant as lists name it: 某公司（001 本部厂区）."""
        return f"{self.name}（{self.number} {self.plant_name}）"


@dataclass(frozen=True, slots=True)
class Part:
    """What moves in one list, or the plants whose standing moves; in a summary the first rows."""

    id: str
    title: str
    count: int
    changes: Mapping[str, int]
    rows: tuple[Moved, ...]

    @classmethod
    def of(cls, part_id: str, title: str, rows: Sequence[Moved]) -> Part:
        """A part with all its rows."""
        return cls(part_id, title, len(rows), dict(Counter(it.change for it in rows)), tuple(rows))

    @property
    def is_list(self) -> bool:
        """Whether it is a ranked list, whose rows tell how they move."""
        return self.id != PLANTS


@dataclass(frozen=True, slots=True)
class AllocationMoves:
    """An allocation that would come out otherwise: its totals, and how many shares differ."""

    title: str
    before: str
    after: str
    shares: int


@dataclass(frozen=True, slots=True)
class DayEffects:
    """What would be otherwise on one day."""

    on: date
    label: str
    graded: int = 0
    """Plants whose grade would be another."""
    blocked: int = 0
    banned: int = 0
    counted: int = 0
    """Plants of which only counts or days that decide an order differ."""
    parts: tuple[Part, ...] = ()
    allocations: tuple[AllocationMoves, ...] = ()
    notes: tuple[str, ...] = ()
    """What lists would print otherwise, and what cannot be computed."""

    @property
    def is_nothing(self) -> bool:
        """Whether the day stays as it is."""
        return not (self.parts or self.allocations or self.notes)

    @property
    def lists(self) -> tuple[Part, ...]:
        """The parts that are ranked lists."""
        return tuple(it for it in self.parts if it.is_list)


@dataclass(frozen=True, slots=True)
class RuleEffects:
    """What a change would move today and on its effective day."""

    from_on: date
    today: date
    days: tuple[DayEffects, ...]

    @property
    def is_past(self) -> bool:
        """Whether it begins before today: what follows from old days changes with it."""
        return self.from_on < self.today

    @property
    def is_nothing(self) -> bool:
        """Whether no plant, list or allocation of these days moves."""
        return all(day.is_nothing for day in self.days)

    def to_summary(self) -> dict[str, Any]:
        """As JSON holds it, of every part only the first rows."""
        days = [
            replace(day, parts=tuple(replace(it, rows=it.rows[:FIRST_ROWS]) for it in day.parts))
            for day in self.days
        ]
        told = asdict(replace(self, days=tuple(days)))
        told["from_on"], told["today"] = self.from_on.isoformat(), self.today.isoformat()
        for day in told["days"]:
            day["on"] = day["on"].isoformat()
        return told

    @classmethod
    def of_summary(cls, told: Mapping[str, Any]) -> RuleEffects:
        """Read back what `to_summary` gave."""
        days = tuple(_day(day) for day in told["days"])
        return cls(date.fromisoformat(told["from_on"]), date.fromisoformat(told["today"]), days)


def _day(told: Mapping[str, Any]) -> DayEffects:
    parts = tuple(
        Part(**{**part, "rows": tuple(Moved(**row) for row in part["rows"])})
        for part in told["parts"]
    )
    allocations = tuple(AllocationMoves(**it) for it in told["allocations"])
    plain = {**told, "on": date.fromisoformat(told["on"]), "notes": tuple(told["notes"])}
    return DayEffects(**{**plain, "parts": parts, "allocations": allocations})


def rows_to_json(rows: Sequence[Moved]) -> list[tuple[Any, ...]]:
    """All rows of a part, short, as JSON holds them."""
    return [astuple(row) for row in rows]


def rows_of_json(told: Sequence[Sequence[Any]]) -> tuple[Moved, ...]:
    """Read back what `rows_to_json` gave."""
    return tuple(Moved(*row) for row in told)
