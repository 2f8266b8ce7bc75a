"""A plant's history put in order (经过): what corrected what, and what counts on the day shown.

Pure: the rows come from the queries, already told in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.kernel import clock

__all__ = ["Entry", "FactRow", "History", "arrange", "through_words"]


COURSE = "plant_change"
"""The kind whose later records continue the earlier ones and correct nothing (预定、生效、撤销)."""


@dataclass(frozen=True, slots=True)
class FactRow:
    """A recorded fact told in words, with everything known of its recording.

    ``identity`` is by what a later record is known to be the same fact, corrected.
    """

    kind: str
    id: int
    day: date
    title: str
    text: str
    tag: tuple[str, str]
    document: str
    identity: tuple[object, ...]
    withdrawn_on: date | None
    recorded_at: datetime
    recorded_by: str
    recorded_via: str
    annulled_at: datetime | None = None
    annulled_by: str = ""
    annulled_via: str = ""
    annulled_reason: str = ""
    replaces_id: int | None = None
    """The record that this one took the place of, where it is known by id."""
    url: str = ""
    """The page of the fact, where it has one."""

    @property
    def anchor(self) -> str:
        """What a reason calls this fact, and its place on the page: ``violation:12``."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline, as the timeline component takes it."""

    id: str
    day: date
    title: str
    text: str
    tag: tuple[str, str]
    document: str
    recorded: str
    ended: str = ""
    url: str = ""
    corrections: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """What had happened by the day shown, and what is on record for later days; newest first."""

    past: tuple[Entry, ...]
    later: tuple[Entry, ...]


def arrange(
    rows: Sequence[FactRow], on: date, known: datetime | None, *, named: bool = True
) -> History:
    """The history as seen from a day, as known at a moment (None: now).

    A correction shows the present record with the annulled ones struck beside it; an annulled
    record without a successor stands struck by itself. ``named`` False leaves out who recorded.
    """
    known_rows = [
        _as_known(row, known) for row in rows if known is None or row.recorded_at <= known
    ]
    successors = _successors(known_rows)
    predecessors: dict[str, list[FactRow]] = {}
    for row in known_rows:
        if row.anchor in successors:
            predecessors.setdefault(successors[row.anchor], []).append(row)
    tops = [row for row in known_rows if row.anchor not in successors]
    tops.sort(key=lambda row: (row.day, row.recorded_at, row.id), reverse=True)
    entries = [(row.day, _entry(row, on, predecessors, named=named)) for row in tops]
    return History(
        past=tuple(entry for day, entry in entries if day <= on),
        later=tuple(entry for day, entry in entries if day > on),
    )


def _as_known(row: FactRow, known: datetime | None) -> FactRow:
    if known is None or row.annulled_at is None or row.annulled_at <= known:
        return row
    return replace(row, annulled_at=None, annulled_by="", annulled_via="", annulled_reason="")


def _successors(rows: Sequence[FactRow]) -> dict[str, str]:
    """Which record took the place of which: as it says itself, or the same fact at that moment."""
    named = {f"{row.kind}:{row.replaces_id}": row.anchor for row in rows if row.replaces_id}
    recorded = {(row.kind, row.identity, row.recorded_at): row.anchor for row in rows}
    pairs = (
        (row.anchor, recorded.get((row.kind, row.identity, row.annulled_at)))
        for row in rows
        if row.annulled_at is not None
    )
    return {**{old: new for old, new in pairs if new is not None}, **named}


def _entry(
    row: FactRow,
    on: date,
    predecessors: Mapping[str, list[FactRow]],
    *,
    named: bool,
    replaced: bool = False,
) -> Entry:
    before_it = sorted(predecessors.get(row.anchor, ()), key=lambda it: -it.id)
    is_course = row.kind == COURSE
    older = tuple(
        _entry(before, on, predecessors, named=named, replaced=True)
        for before in ([] if is_course else before_it)
    )
    corrections = tuple(
        part for entry in older for part in (replace(entry, corrections=()), *entry.corrections)
    )
    return Entry(
        id=row.anchor,
        day=row.day,
        title=row.title,
        text=row.text,
        tag=row.tag,
        document=row.document,
        recorded="；预定：".join(
            _told(it.recorded_at, it.recorded_by, it.recorded_via, named=named)
            for it in (row, *(before_it if is_course else ()))
        ),
        ended=_ended(row, on, named=named, replaced=replaced),
        url=row.url,
        corrections=corrections,
    )


def _ended(row: FactRow, on: date, *, named: bool, replaced: bool) -> str:
    if row.annulled_at is not None:
        told = _told(row.annulled_at, row.annulled_by, row.annulled_via, named=named)
        why = f"，理由：{row.annulled_reason}" if row.annulled_reason and named else ""
        return f"已由现记录更正：{told}{why}" if replaced else f"已作废：{told}{why}"
    if row.withdrawn_on is not None and row.withdrawn_on <= on:
        return f"已于 {row.withdrawn_on} 撤销，不再计入。"
    return ""


def _told(at: datetime, by: str, via: str, *, named: bool) -> str:
    if not named:
        return clock.shown(at)[:10]
    return f"{clock.shown(at)} {by}（{through_words(via)}）"


def through_words(via: str) -> str:
    """Through what a fact came in (登记途径), in words."""
    return _WAYS.get(via, via)


_WAYS = {"web": "网页登记"}
