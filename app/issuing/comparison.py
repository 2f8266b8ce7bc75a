"""What differs between two lists, line by line and in words (清单比对): pure.

The same function tells the next issue from the last one, and a list as it was signed from what it
would be by what is known since.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.issuing.domain import Line
from app.issuing.reading import fact_words
from app.kernel.verdicts import Reason

Fact = Mapping[str, Any]


class Kind(StrEnum):
    """What became of a line (变化)."""

    ENTERED = "entered"
    LEFT = "left"
    MOVED = "moved"
    CHANGED = "changed"

    @property
    def words(self) -> str:
        """What people call it."""
        return KIND_WORDS[self]


KIND_WORDS = {
    Kind.ENTERED: "新纳入",
    Kind.LEFT: "不再纳入",
    Kind.MOVED: "位次变动",
    Kind.CHANGED: "其他变化",
}


UNCHANGED = "本行情况未变"
"""Begins the words of a line that only gave way to others or moved up."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that is not the same in both lists, and why."""

    kind: Kind
    before: Line | None
    after: Line | None
    was: str
    becomes: str
    why: tuple[str, ...]
    """Sentences; what happened to the line itself comes first."""
    is_its_own: bool
    """Whether the line's own facts differ; otherwise it only gave way to others or moved up."""

    @property
    def line(self) -> Line:
        """The line as the later list has it, or as it last stood."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a difference is one of a line")
        return found

    @property
    def climb(self) -> int:
        """How many places it moved up (down: negative); 0 when it was not ranked in both."""
        if self.before is None or self.after is None:
            return 0
        return (self.before.rank or 0) - (self.after.rank or 0) if self.kind is Kind.MOVED else 0


Days = tuple[date, date]
"""The days (截至日期) that two lists are for, the earlier list's first."""


def compare(
    before: Sequence[Line], after: Sequence[Line], days: Days | None = None
) -> tuple[Difference, ...]:
    """Every line that differs: entered, left, moved, changed; in that order, then by place.

    ``days`` None: both are for the same day.
    """
    then, now = {it.key: it for it in before}, {it.key: it for it in after}
    flow = _Flow.between(then, now)
    keys = [it.key for it in after] + [it.key for it in before if it.key not in now]
    found = [
        difference
        for key in keys
        if (difference := _difference(then.get(key), now.get(key), flow, days)) is not None
    ]
    order = list(Kind)
    return tuple(sorted(found, key=lambda it: order.index(it.kind)))


def count_by_kind(differences: Sequence[Difference]) -> dict[Kind, int]:
    """How many lines of each kind."""
    counted = Counter(it.kind for it in differences)
    return {kind: counted[kind] for kind in Kind}


@dataclass(frozen=True, slots=True)
class _Flow:
    """Which ranks were newly taken and which were given up, for those who only made way."""

    entered: tuple[int, ...]
    left: tuple[int, ...]

    @classmethod
    def between(cls, then: Mapping[str, Line], now: Mapping[str, Line]) -> _Flow:
        return cls(_ranks_missing(now, then), _ranks_missing(then, now))

    def words(self, before: int, after: int) -> str:
        """Why a line whose own facts are the same stands elsewhere."""
        entered, left = bisect_left(self.entered, after), bisect_left(self.left, before)
        passed = (after - before) - (entered - left)
        parts = []
        if entered:
            parts.append(f"前面新纳入 {entered} 个")
        if left:
            parts.append(f"前面不再纳入 {left} 个")
        if passed:
            parts.append(f"{abs(passed)} 个由{'后面移到前面' if passed > 0 else '前面移到后面'}")
        return f"{UNCHANGED}；{'，'.join(parts)}。" if parts else f"{UNCHANGED}。"


def _ranks_missing(ranked: Mapping[str, Line], other: Mapping[str, Line]) -> tuple[int, ...]:
    """The ranks in one list of lines that have none in the other, ascending."""
    return tuple(
        sorted(
            line.rank
            for key, line in ranked.items()
            if line.rank is not None and (key not in other or other[key].rank is None)
        )
    )


def _difference(
    before: Line | None, after: Line | None, flow: _Flow, days: Days | None
) -> Difference | None:
    kind = _kind(before, after)
    if kind is None:
        return None
    own = tuple(_own_causes(before, after, days))
    why = own
    if not own and before is not None and after is not None and before.rank and after.rank:
        why = (flow.words(before.rank, after.rank),)
    changed = _changed_labels(before, after)
    return Difference(kind, before, after, _words(before, changed), _words(after, changed),
                      why, is_its_own=bool(own))  # fmt: skip


def _kind(before: Line | None, after: Line | None) -> Kind | None:
    was, becomes = bool(before and before.admitted), bool(after and after.admitted)
    if was != becomes:
        return Kind.ENTERED if becomes else Kind.LEFT
    if before is None or after is None:
        return Kind.CHANGED
    if before.rank != after.rank:
        return Kind.MOVED
    return None if _decided(before) == _decided(after) else Kind.CHANGED


def _decided(line: Line) -> tuple[object, ...]:
    """What the line says: whose it is as well, since a plant sold later reads otherwise."""
    reasons = [(it.clause, it.met) for it in line.reasons]
    return line.uscc, line.plant, line.result, dict(line.values), reasons


def _words(line: Line | None, labels: Sequence[str]) -> str:
    if line is None:
        return "不在清单中"
    place = f"，第 {line.rank} 位" if line.rank else ""
    told = (f"{label}：{_value(line, label)}" for label in labels)
    return "；".join((f"{line.result}{place}", *told))


def _changed_labels(before: Line | None, after: Line | None) -> list[str]:
    if before is None or after is None:
        return []
    labels = dict.fromkeys((*before.values, *after.values))
    return [it for it in labels if before.values.get(it) != after.values.get(it)]


def _value(line: Line, label: str) -> str:
    return line.values.get(label) or "—"


def _own_causes(before: Line | None, after: Line | None, days: Days | None) -> Iterator[str]:
    """What differs about the line itself, in sentences."""
    if before is None and after is not None:
        yield "前一份清单中没有该行。"
        yield from _unmet(after)
        return
    if after is None or before is None:
        yield "该行已不在清单范围内。"
        return
    if before.uscc != after.uscc or before.plant != after.plant:
        yield (
            f"厂区由 {before.name}（{before.uscc}，{before.plant}）"
            f"转为 {after.name}（{after.uscc}，{after.plant}）。"
        )
    events = [*fact_changes(before.facts, after.facts), *came_due(before.facts, after.facts, days)]
    yield from events
    turned = list(_turned(before, after))
    yield from turned
    if not events:  # what the columns beside say stands for itself where a fact explains it
        for label in _changed_labels(before, after):
            yield f"{label}由“{_value(before, label)}”变为“{_value(after, label)}”。"


def came_due(before: Sequence[Fact], after: Sequence[Fact], days: Days | None) -> Iterator[str]:
    """What was known beforehand and came about between the days: withdrawals, ends of grades."""
    if days is None:
        return
    then = _by_id(before)
    for name, fact in _by_id(after).items():
        for key, words in (("withdrawn_on", "已撤销"), ("expires_on", "已到失效日")):
            day = fact.get(key)
            known = name in then and then[name].get(key) == day
            if day and known and days[0] < date.fromisoformat(str(day)) <= days[1]:
                yield f"{words}：{fact_words(fact)}。"


def _turned(before: Line, after: Line) -> Iterator[str]:
    """The conditions that are met in one list and not in the other, or apply in one only."""
    then, now = _by_condition(before), _by_condition(after)
    for name, reason in now.items():
        if name not in then:
            met = "符合" if reason.met else "不符合"
            yield f"增加条件（{reason.clause}），{met}：{reason.text}"
        elif then[name].met is not reason.met:
            turn = "由不符合变为符合" if reason.met else "由符合变为不符合"
            yield f"条件（{reason.clause}）{turn}：{reason.text}"
    for name, reason in then.items():
        if name not in now:
            yield f"条件（{reason.clause}）不再适用。"


def _by_condition(line: Line) -> dict[tuple[str, int], Reason]:
    """The reasons by their clause, and which of several with that clause each is."""
    counted: Counter[str] = Counter()
    found = {}
    for reason in line.reasons:
        found[reason.clause, counted[reason.clause]] = reason
        counted[reason.clause] += 1
    return found


def _unmet(line: Line) -> Iterator[str]:
    for reason in line.reasons:
        if not reason.met:
            yield f"不符合（{reason.clause}）：{reason.text}"


def fact_changes(before: Sequence[Fact], after: Sequence[Fact]) -> Iterator[str]:
    """What was recorded, corrected, withdrawn or annulled between two sets of facts."""
    then, now = _by_id(before), _by_id(after)
    gone = [fact for name, fact in then.items() if name not in now]
    come = [fact for name, fact in now.items() if name not in then]
    for new in come:
        old = next((it for it in gone if _is_same_matter(it, new)), None)
        if old is None:
            yield f"登记了{fact_words(new)}。"
            continue
        gone.remove(old)
        yield _corrected(old, new)
    for old in gone:
        yield f"作废了{fact_words(old)}。"
    for name in then:
        if name in now and _told(then[name]) != _told(now[name]):
            yield _corrected(then[name], now[name])


def _corrected(old: Fact, new: Fact) -> str:
    if new.get("withdrawn_on") and not old.get("withdrawn_on"):
        return f"撤销了{fact_words(new)}。"
    return f"“{fact_words(old)}”更正为“{fact_words(new)}”。"


def _is_same_matter(old: Fact, new: Fact) -> bool:
    """Whether one record can be the correction of the other: same kind, same document or day."""
    kind = str(old["fact"]).split(":")[0]
    if kind != str(new["fact"]).split(":")[0]:
        return False
    day = {"grade_record": "effective_on", "violation": "decided_on"}.get(kind, "found_on")
    same_document = bool(old["document"]) and old["document"] == new["document"]
    return same_document or bool(old[day] == new[day])


def _by_id(facts: Sequence[Fact]) -> dict[str, Fact]:
    return {str(fact["fact"]): fact for fact in facts}


def _told(fact: Fact) -> dict[str, Any]:
    return {name: value for name, value in fact.items() if name != "plant_id"}
