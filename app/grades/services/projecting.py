"""Writing the interval projection of standings (区间投影): only the rows that read otherwise.

Rows are plain tuples in the order of :data:`COLUMNS`, as they are read and as they are derived, so
that a plant whose rows are the same costs one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import bindparam, delete, insert, select

from app.grades.domain import Interval, PlantFacts
from app.grades.life import RulePeriod, through_periods
from app.grades.models import StandingInterval
from app.grades.queries import END_OF_TIME, facts_between, facts_of, rule_periods
from app.grades.services.shown import show_again
from app.kernel import bulk
from app.kernel.database import among, run
from app.kernel.facts import in_parts
from app.rulebook.domain import GradeOrder

_NAMES = tuple(StandingInterval.__table__.columns.keys())
COLUMNS = tuple(getattr(StandingInterval, name) for name in _NAMES)
"""A row of the projection whole, in the order of its table."""
Row: TypeAlias = tuple[Any, ...]

_STANDING = select(*COLUMNS).order_by(StandingInterval.plant_id, StandingInterval.from_on)
_OF_PLANTS = _STANDING.where(StandingInterval.plant_id.in_(among("plants")))
_BETWEEN = _STANDING.where(StandingInterval.plant_id.between(bindparam("first"), bindparam("last")))
_ENTER = insert(StandingInterval)
_MANY = 100
"""From so many rows on it pays to prepare the statement for the driver."""
_REMOVE = delete(StandingInterval).where(
    StandingInterval.plant_id == bindparam("plant"), StandingInterval.from_on == bindparam("from")
)


def project(plant_ids: Iterable[int]) -> None:
    """Bring the rows of these plants in step with the facts known now."""
    plants, periods = sorted(plant_ids), rule_periods()
    if len(plants) == 1:
        project_between(plants[0], plants[0], plants)
        return
    for part in in_parts(plants):
        _write(facts_of(part), periods, run(_OF_PLANTS, {"plants": part}))


def project_between(first: int, last: int, plant_ids: Sequence[int]) -> None:
    """The same for plants that are all there are from ``first`` to ``last``."""
    standing = run(_BETWEEN, {"first": first, "last": last})
    _write(facts_between(first, last, plant_ids), rule_periods(), standing)


def _write(
    facts: Mapping[int, PlantFacts], periods: Sequence[RulePeriod], standing: Iterable[Any]
) -> None:
    held: dict[int, list[Row]] = {}
    for row in standing:
        held.setdefault(row[0], []).append(row)
    removed: list[Row] = []
    entered: list[Row] = []
    for plant_id, known in facts.items():
        rows, before = _rows(plant_id, known, periods), held.pop(plant_id, ())
        if rows != before:
            removed += [row for row in before if row not in rows]
            entered += [row for row in rows if row not in before]
    for rows in held.values():  # of plants that are on record no longer
        removed += rows
    if removed:
        run(_REMOVE, [{"plant": row[0], "from": row[1]} for row in removed])
    if entered:
        named = [dict(zip(_NAMES, row, strict=True)) for row in entered]
        if len(named) < _MANY:
            run(_ENTER, named)
        else:
            bulk.insert_rows(StandingInterval, named)
        show_again({row[0] for row in entered})


def _rows(plant_id: int, known: PlantFacts, periods: Sequence[RulePeriod]) -> list[Row]:
    """The plant's intervals, each under the settings of its days."""
    rows = [
        _row(plant_id, interval, period.rules.order)
        for interval, period in through_periods(known, periods)
    ]
    return rows if rows[-1][1] < END_OF_TIME else rows[:-1]  # no day is left for that one


def _row(plant_id: int, interval: Interval, order: GradeOrder) -> Row:
    from_on, until_on, standing = interval
    grade, rulebook, basis, basis_id, verified, blocked, blocking, banned, counted, since = standing
    return (
        plant_id, from_on, until_on or END_OF_TIME, grade, order.rank(grade), rulebook, basis,
        basis_id, verified, blocked, ",".join(map(str, blocking)) if blocked else "", banned,
        counted, since,
    )  # fmt: skip
