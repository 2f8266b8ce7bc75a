"""The interval projection held against the facts (区间投影与事实): which plants read otherwise.

Rows are plain tuples in the order of the table, as the driver has them, both as they are read and
as they are derived: a plant whose rows are the same costs one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select

from app.grades.domain import Interval, PlantFacts
from app.grades.life import RulePeriod, intervals, through_periods
from app.grades.models import StandingInterval
from app.grades.queries.standings import END_OF_TIME, facts_between, facts_of
from app.grades.settings import rule_periods
from app.kernel import collector, driver_rows
from app.kernel.database import among, known_at
from app.kernel.driver_rows import Row
from app.registry.models import PlantRecord
from app.rulebook.domain import GradeOrder

PART = 2_000
"""Plants that are read through at a time."""
LAST_ID = 2**62
"""No plant has a higher one."""
_COLUMNS = (getattr(StandingInterval, it.key) for it in StandingInterval.__table__.columns)
_STANDING = select(*_COLUMNS).order_by(StandingInterval.plant_id, StandingInterval.from_on)
_OF_PLANTS = _STANDING.where(StandingInterval.plant_id.in_(among("plants")))
_BETWEEN = _STANDING.where(StandingInterval.plant_id.between(bindparam("first"), bindparam("last")))
_NEXT = (
    select(PlantRecord.plant_id)
    .where(PlantRecord.plant_id > bindparam("after"), known_at(PlantRecord, None))
    .order_by(PlantRecord.plant_id)
    .limit(bindparam("most"))
)


@dataclass(slots=True)
class Differences:
    """Where the rows that stand are not what the facts known now make of them."""

    otherwise: list[int] = field(default_factory=list)
    """Plants on record whose rows read otherwise."""
    removed: list[int] = field(default_factory=list)
    """Plants with rows that have to go: those of them, and plants on record no longer."""
    entered: list[Row] = field(default_factory=list)
    """Every row of the former."""


def differences_of(plant_ids: Sequence[int]) -> Differences:
    """For some plants, few enough for a statement."""
    standing = driver_rows.fetched(_OF_PLANTS, {"plants": plant_ids})
    return _differences(facts_of(plant_ids), standing)


def differences_between(first: int, last: int, plant_ids: Sequence[int]) -> Differences:
    """For plants that are all there are from ``first`` to ``last``."""
    standing = driver_rows.fetched(_BETWEEN, {"first": first, "last": last})
    return _differences(facts_between(first, last, plant_ids), standing)


def next_plants(after: int, most: int) -> list[int]:
    """The next plants on record by their ids."""
    return [it for (it,) in driver_rows.fetched(_NEXT, {"after": after, "most": most})]


def plants_that_read_otherwise() -> Iterator[int]:
    """Of the whole register, the plants whose rows somebody has altered past this program."""
    after = 0
    while after < LAST_ID:
        plants = next_plants(after, PART)
        last = plants[-1] if plants else LAST_ID
        with collector.put_off():
            found = differences_between(after + 1, last, plants)
        yield from sorted({*found.otherwise, *found.removed})
        after = last


def _differences(facts: Mapping[int, PlantFacts], standing: Iterable[Row]) -> Differences:
    held: dict[int, list[Row]] = {}
    for row in standing:
        held.setdefault(row[0], []).append(row)
    periods, written, found = rule_periods(), driver_rows.written(), Differences()
    for plant_id, known in facts.items():
        rows, before = _rows(plant_id, known, periods, written), held.pop(plant_id, None)
        if rows != before:
            found.otherwise.append(plant_id)
            found.entered += rows
            if before is not None:
                found.removed.append(plant_id)
    found.removed += held
    return found


def _rows(
    plant_id: int, known: PlantFacts, periods: Sequence[RulePeriod], written: Mapping[Any, Any]
) -> list[Row]:
    """The plant's intervals, each under the settings of its days."""
    if len(periods) == 1:
        rules = periods[0].rules
        rows = [_row(plant_id, it, rules.order, written) for it in intervals(known, rules)]
    else:
        rows = [
            _row(plant_id, interval, period.rules.order, written)
            for interval, period in through_periods(known, periods)
        ]
    if len(rows) > 1 and rows[-1][1] == written[END_OF_TIME]:
        rows.pop()  # no day is left for that one
    return rows


def _row(plant_id: int, interval: Interval, order: GradeOrder, written: Mapping[Any, Any]) -> Row:
    from_on, until_on, standing = interval
    grade, rulebook, basis, basis_id, verified, blocked, blocking, banned, counted, since = standing
    return (
        plant_id, written[from_on], written[until_on or END_OF_TIME], grade, order.rank(grade),
        rulebook, basis, basis_id, written[verified], written[blocked],
        ",".join(map(str, blocking)) if blocked else "", written[banned], counted, written[since],
    )  # fmt: skip
