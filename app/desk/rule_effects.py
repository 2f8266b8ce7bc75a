"""What a change of 规则库 would move, day by day (规则变动的影响).

The edit is supposed, not made: every list is computed as if it were on record, by the same
functions and without writing, so nobody waits for it and nothing has to be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.desk.rule_moves import (
    IN,
    OUT,
    PLANTS,
    RANK,
    AllocationMoves,
    DayEffects,
    Moved,
    Part,
    RuleEffects,
)
from app.grades.domain import Standing
from app.kernel import clock
from app.policy.domain import Candidate, Measure, RankedList
from app.policy.queries import (
    CANNOT_RUN,
    all_measures,
    candidates,
    rank_by_every_measure,
    settings_of,
)
from app.rights.domain import (
    LEVEL_WORDS,
    MEASURE_OF,
    PARTIAL,
    Allocation,
    AllocationFault,
    Level,
    allocate,
    tonnes,
)
from app.rights.queries import POLLUTANTS, list_applications, reserve_of
from app.rulebook.changes import Change
from app.rulebook.queries import (
    Supposition,
    flag,
    rulebook_on,
    rulebook_titles,
    supposing,
)

Step = Callable[[int, int, str], object]
"""Told how far the work is: steps done, steps in all, and what is being done."""
_STEPS_A_DAY = 4


def foresee_change(
    change: Change, from_on: date | None = None, step: Step = lambda _done, _all, _what: None
) -> RuleEffects:
    """What the change would move today and on its effective day.

    ``from_on`` is the effective day of the edit that it annuls, if it is earlier.
    """
    today = clock.today()
    first = min(change.from_on, from_on or change.from_on)
    days = [("今天", today)]
    if first != today:
        days.insert(0 if first < today else 1, ("生效日", first))
    supposition = Supposition(change.edit, change.replaces)
    total = _STEPS_A_DAY * len(days)
    seen = []
    for number, (label, on) in enumerate(days):

        def further(part: int, what: str, number: int = number, on: date = on) -> None:
            step(number * _STEPS_A_DAY + part, total, f"{on}：{what}")

        # the old value keeps ruling old days
        seen.append(DayEffects(on, label) if on < first
                    else _effects(label, on, supposition, further))  # fmt: skip
    return RuleEffects(first, today, tuple(seen))


@dataclass(frozen=True, slots=True)
class _Picture:
    """One day, as it is or as it is supposed; lists are made of it only where they can differ."""

    on: date
    plants: Mapping[int, Candidate]
    settings: Mapping[str, Mapping[str, object]]
    """By measure: the values it reads, the order of grades among them."""
    partial: bool
    rulebook: str
    fault: str
    """Why no list can be made at all, as when a measure file is broken."""


Ranked = Mapping[str, RankedList]


def _picture(on: date) -> _Picture:
    order = rulebook_on(on).grade_order.ranks
    measures, fault = _measures()
    return _Picture(
        on,
        {it.plant_id: it for it in candidates(on)},
        {it.id: {**settings_of(it, on), "order": order} for it in measures},
        flag(PARTIAL, on),
        rulebook_titles().get(rulebook_on(on).id, ""),
        fault,
    )


def _measures() -> tuple[list[Measure], str]:
    try:
        return list(all_measures().values()), ""
    except CANNOT_RUN as fault:
        return [], f"清单和分配的变化无法计算：{fault}"


def _effects(
    label: str, on: date, supposition: Supposition, further: Callable[[int, str], None]
) -> DayEffects:
    further(0, "现在的等级和状态")
    before = _picture(on)
    further(1, "改后的等级和状态")
    with supposing(supposition):
        after = _picture(on)
    further(2, "现在的清单")
    changed = [
        (before.plants[it], plant)
        for it, plant in after.plants.items()
        if before.plants[it].standing != plant.standing
    ]
    differ = {it for it, read in after.settings.items() if read != before.settings[it] or changed}
    shared = {MEASURE_OF[level] for level in Level} if before.partial != after.partial else set()
    shared &= after.settings.keys()
    was, faults = _ranked(before, differ | shared)
    further(3, "改后的清单和分配")
    with supposing(supposition):
        becomes, more = _ranked(after, differ | shared)
    return DayEffects(
        on=on,
        label=label,
        graded=sum(old.standing.grade != new.standing.grade for old, new in changed),
        blocked=sum(old.standing.blocked != new.standing.blocked for old, new in changed),
        banned=sum(old.standing.banned_until != new.standing.banned_until for old, new in changed),
        counted=sum(_only_counts(old.standing, new.standing) for old, new in changed),
        parts=(
            *([Part.of(PLANTS, "厂区", [_moved(*pair) for pair in changed])] if changed else []),
            *_lists(was, becomes),
        ),
        allocations=tuple(_allocations(_allocated(before, was), _allocated(after, becomes))),
        notes=(
            *_rulebook_note(before, after),
            *([after.fault] if after.fault else []),
            *(it for it in more if it not in faults),
        ),
    )


def _rulebook_note(before: _Picture, after: _Picture) -> Iterator[str]:
    if before.rulebook != after.rulebook:
        yield f"全市清单依据的规则集由“{before.rulebook}”变为“{after.rulebook}”。"


def _ranked(picture: _Picture, wanted: Collection[str]) -> tuple[Ranked, list[str]]:
    if not wanted:
        return {}, []
    plants = list(picture.plants.values())
    return rank_by_every_measure(picture.on, plants=plants, only=wanted)


def _allocated(picture: _Picture, ranked: Ranked) -> dict[str, Allocation]:
    """The allocations of the year's applications by level and pollutant, by their titles."""
    found: dict[str, Allocation] = {}
    year = picture.on.year
    for level in Level:
        ranking = ranked.get(MEASURE_OF[level])
        for pollutant in POLLUTANTS if ranking else ():
            applications = list_applications(pollutant, year)
            if not applications or ranking is None:
                continue
            with suppress(AllocationFault):  # told where the allocation itself is made
                found[f"{year} 年度{LEVEL_WORDS[level]}储备（{pollutant}）"] = allocate(
                    level, pollutant, year, applications, ranking,
                    reserve_of(level, pollutant, year), partial=picture.partial,
                )  # fmt: skip
    return found


# --- Plants ---------------------------------------------------------------------------------


def _told(before: Standing, after: Standing) -> list[tuple[str, str]]:
    """What differs in a standing, as pairs of words."""
    words = [
        (_graded(before), _graded(after)),
        (_blocked(before), _blocked(after)),
        (_banned(before), _banned(after)),
        (f"计入违法行为 {before.violations_36m} 件", f"计入违法行为 {after.violations_36m} 件"),
        (f"等级保持自 {before.held_since}", f"等级保持自 {after.held_since}"),
    ]
    return [(was, becomes) for was, becomes in words if was != becomes]


def _graded(standing: Standing) -> str:
    if standing.grade is None:
        return "未定级"
    return f"{standing.grade}{'' if standing.verified else '（未核实）'}"


def _blocked(standing: Standing) -> str:
    return "当年不得申报 B 级及以上" if standing.blocked else "当年可以申报 B 级及以上"


def _banned(standing: Standing) -> str:
    until = standing.banned_until
    return "未禁止申报" if until is None else f"禁止申报至 {until}"


def _only_counts(before: Standing, after: Standing) -> bool:
    same = (before.grade, before.blocked, before.banned_until)
    return same == (after.grade, after.blocked, after.banned_until)


def _moved(old: Candidate, new: Candidate) -> Moved:
    told = _told(old.standing, new.standing)
    return _row(new, "", "，".join(was for was, _ in told), "，".join(it for _, it in told))


def _row(plant: Candidate, change: str, before: str, after: str) -> Moved:
    return Moved(
        plant.plant_id, plant.uscc, plant.plant, plant.plant_name, plant.name, plant.county,
        change, before, after,
    )  # fmt: skip


# --- Lists and allocations ------------------------------------------------------------------


def _lists(before: Ranked, after: Ranked) -> Iterator[Part]:
    for measure_id, ranked in after.items():
        if measure_id not in before:
            continue
        was = {row.candidate.plant_id: row.rank for row in before[measure_id].rows}
        moves = [
            _row(row.candidate, _change(old, row.rank), _placed(old), _placed(row.rank))
            for row in ranked.rows
            if (old := was[row.candidate.plant_id]) != row.rank
        ]
        if moves:
            moves.sort(key=lambda it: _ORDER[it.change])
            yield Part.of(measure_id, ranked.measure.title, moves)


_ORDER = {OUT: 0, IN: 1, RANK: 2}
"""Those who leave a list come first."""


def _change(old: int | None, new: int | None) -> str:
    return IN if old is None else OUT if new is None else RANK


def _placed(rank: int | None) -> str:
    return "不纳入" if rank is None else f"第 {rank} 位"


def _allocations(
    before: Mapping[str, Allocation], after: Mapping[str, Allocation]
) -> Iterator[AllocationMoves]:
    for title in sorted({*before, *after}):
        old, new = before.get(title), after.get(title)
        given, gives = _shares(old), _shares(new)
        differ = sum(given.get(it) != gives.get(it) for it in {*given, *gives})
        if differ:
            yield AllocationMoves(title, _total(old), _total(new), differ)


def _shares(allocation: Allocation | None) -> dict[Sequence[str], tuple[object, ...]]:
    shares = allocation.shares if allocation else ()
    return {
        (it.application.uscc, it.application.plant, it.application.project): (
            it.allocated, it.section,
        )
        for it in shares
    }  # fmt: skip


def _total(allocation: Allocation | None) -> str:
    return f"{tonnes(allocation.allocated_total if allocation else Decimal(0))}"
