"""The ledger of tonnes of a reserve (储备收支台账): what came in, what went out, what is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from app.rights.domain import LEVEL_WORDS, ZERO, Level, total_of


class EntryKind(StrEnum):
    """What an entry (收支) does; the opening quantity (期初) is a record of its own."""

    IN = "in"
    OUT = "out"
    CARRY_IN = "carry-in"
    CARRY_OUT = "carry-out"
    ALLOCATION = "allocation"
    """Booked by the signing of an allocation, taken back by its withdrawal, never by hand."""

    @property
    def words(self) -> str:
        """What the bureau calls it."""
        return ENTRY_WORDS[self]

    @property
    def adds(self) -> bool:
        """Whether the reserve grows by it."""
        return self in (EntryKind.IN, EntryKind.CARRY_IN)


OPENING_WORDS = "期初（台账登记）"
ENTRY_WORDS = {
    EntryKind.IN: "收储",
    EntryKind.OUT: "其他支出",
    EntryKind.CARRY_IN: "结转转入",
    EntryKind.CARRY_OUT: "结转转出",
    EntryKind.ALLOCATION: "分配支出",
}
BY_HAND = (EntryKind.IN, EntryKind.OUT)
"""The kinds that a person books; the others follow from a carry-over or an issued allocation."""


@dataclass(frozen=True, slots=True)
class Account:
    """One reserve (储备): of a level, a pollutant and a year."""

    level: Level
    pollutant: str
    year: int

    @property
    def words(self) -> str:
        """2025 年度市级 VOCs 储备."""
        return f"{self.year} 年度{LEVEL_WORDS[self.level]} {self.pollutant} 储备"

    @property
    def next_year(self) -> Account:
        """The same reserve of the year after, where what is left may be carried."""
        return Account(self.level, self.pollutant, self.year + 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of tonnes, by a document (文件)."""

    id: int
    kind: EntryKind
    tonnes: Decimal
    booked_on: date
    document: str
    reason: str = ""
    counterpart_id: int | None = None
    """The other half of a carry-over."""
    list_id: int | None = None
    """The issued allocation that booked it."""
    recorded_at: datetime | None = None
    recorded_by: int | None = None

    @property
    def change(self) -> Decimal:
        """What it does to the balance."""
        return self.tonnes if self.kind.adds else -self.tonnes


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with the balance after it."""

    entry: Entry
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """A reserve's opening quantity and entries in the order of their days, with the balances.

    Every page, export and check takes its sums from here, so that they agree to the kilogram.
    """

    account: Account
    opening: Decimal
    lines: tuple[Line, ...]

    def of_kind(self, kind: EntryKind) -> Decimal:
        """The tonnes of all entries of a kind."""
        return total_of(it.entry.tonnes for it in self.lines if it.entry.kind is kind)

    @property
    def supply(self) -> Decimal:
        """What the year's allocation may share out (可分配量): all but what allocations took."""
        taken = self.of_kind(EntryKind.ALLOCATION)
        return self.balance + taken

    @property
    def balance(self) -> Decimal:
        """What is left (结余)."""
        return self.lines[-1].balance if self.lines else self.opening

    @property
    def lowest(self) -> Decimal:
        """The least it ever held; a ledger that is sound never falls below zero."""
        return min((self.opening, *(line.balance for line in self.lines)))

    @property
    def least_supply(self) -> Decimal:
        """The least that the supply could be set to without a balance below zero."""
        return self.supply - self.lowest

    def with_supply(self, supply: Decimal) -> Statement:
        """The same entries with the opening quantity that makes the supply this many tonnes."""
        return statement(
            self.account, self.opening + supply - self.supply, (it.entry for it in self.lines)
        )


def statement(account: Account, opening: Decimal | None, entries: Iterable[Entry]) -> Statement:
    """The statement of a reserve; on one day what comes in stands before what goes out."""
    balance = start = opening or ZERO
    lines: list[Line] = []
    for entry in sorted(entries, key=lambda it: (it.booked_on, not it.kind.adds, it.id)):
        balance += entry.change
        lines.append(Line(entry, balance))
    return Statement(account, start, tuple(lines))


def why_not_sound(found: Statement) -> str | None:
    """Why this statement may not stand, in one sentence; None when no balance is below zero."""
    if found.lowest >= 0:
        return None
    if found.opening < 0:
        return (
            f"{found.account.words}的期初将为 {found.opening} 吨，小于零：已登记的收支要求可分配量"
            f"不少于 {found.least_supply} 吨。请核对数量。"
        )
    line = next(it for it in found.lines if it.balance < 0)
    return (
        f"{found.account.words}在 {line.entry.booked_on} {line.entry.kind.words} "
        f"{line.entry.tonnes} 吨后结余将为 {line.balance} 吨，储备不得透支。"
        "请核对数量和日期，或先登记收储。"
    )
