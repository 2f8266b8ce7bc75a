"""What an import would change (导入预览): the form held against the filing as it stands now.

Three sides of every row: what stood there when the package was made, what came back in it, what
stands there now. What only one of the two changed is no question; what both changed is, and a
person answers it row by row. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.filing.answers import answer_text, answer_words, transport_text, transport_words
from app.filing.domain import TRANSPORT, Entry, Transport
from app.indicators.domain import Answer, IndicatorTable, Row
from app.rulebook.domain import Grade

Key = tuple[int, str]


class Change(StrEnum):
    """What an import does to a row."""

    NEW = "new"
    CONFLICT = "conflict"
    CONFIRM = "confirm"
    KEPT = "kept"
    SAME = "same"

    @property
    def words(self) -> tuple[str, str]:
        """As a tag: kind and word."""
        return _WORDS[self]


_WORDS = {
    Change.NEW: ("soon", "导入"),
    Change.CONFLICT: ("late", "两边都改过，须选择"),
    Change.CONFIRM: ("soon", "确认带入内容"),
    Change.KEPT: ("neutral", "包中未改，保留现有内容"),
    Change.SAME: ("done", "相同"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """An entry as it stands in the filing."""

    entry: Entry
    revision: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One row with what an import does to it."""

    place: int
    row_key: str
    title: str
    change: Change
    mine: Entry
    """What the package says."""
    revision: int
    """Of what stands there now."""
    mine_words: str
    theirs_words: str

    @property
    def id(self) -> str:
        """By which a form names the choice."""
        return f"k{self.place}-{self.row_key}"


def compared(
    tables: Sequence[tuple[int, str, IndicatorTable]],
    base: Mapping[Key, Entry],
    mine: Mapping[Key, Entry],
    now: Mapping[Key, Side],
    kept: frozenset[Key],
) -> list[Compared]:
    """Every row of the tables and the transport summary, in their order."""
    found = []
    for place, label, table in tables:
        for row in table.rows:
            title = f"{label}：{row.title}"

            def words(it: Entry, row: Row = row, grades: Sequence[Grade] = table.grades) -> str:
                return answer_words(it, row, grades) if isinstance(it, Answer) else ""

            found.append(_one((place, row.key), title, Answer(), (base, mine, now, kept), words))
    found.append(_one((0, TRANSPORT), "运输汇总", Transport(), (base, mine, now, kept), _summary))
    return found


_Sides = tuple[Mapping[Key, Entry], Mapping[Key, Entry], Mapping[Key, Side], frozenset[Key]]


def _one(
    key: Key, title: str, blank: Entry, sides: _Sides, words: Callable[[Entry], str]
) -> Compared:
    base, mine, now, kept = sides
    said, there = mine.get(key, blank), now.get(key, Side(blank, 0, confirmed=True))
    before = base.get(key, blank)
    change = Change.CONFLICT
    if _text(said) == _text(there.entry):
        change = Change.CONFIRM if key in kept and not there.confirmed else Change.SAME
    elif _text(said) == _text(before):
        change = Change.KEPT
    elif _text(there.entry) == _text(before):
        change = Change.NEW
    return Compared(*key, title, change, said, there.revision, words(said), words(there.entry))


def _text(it: Entry) -> str:
    return answer_text(it) if isinstance(it, Answer) else transport_text(it)


def _summary(it: Entry) -> str:
    return transport_words(it) if isinstance(it, Transport) else ""
