"""Writing the interval projection of standings (区间投影): only plants that read otherwise.

One of which any row is another is written anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, delete

from app.grades.models import StandingInterval
from app.grades.queries import Differences, differences_between, differences_of
from app.grades.services.shown import show_again, show_again_between
from app.kernel import driver_rows
from app.kernel.database import among, run
from app.kernel.facts import in_parts

_REMOVE = delete(StandingInterval).where(StandingInterval.plant_id.in_(among("plants")))
_REMOVE_ONE = delete(StandingInterval).where(StandingInterval.plant_id == bindparam("plant"))
_MANY = 100
"""From so many plants on a range is shown again as a whole."""


def project(plant_ids: Iterable[int]) -> None:
    """Bring the rows of these plants in step with the facts known now."""
    for part in in_parts(sorted(plant_ids)):
        if part[-1] - part[0] == len(part) - 1:  # new ones are numbered in a row
            project_between(part[0], part[-1], part)
            continue
        found = differences_of(part)
        _write(found)
        show_again(found.otherwise)


def project_between(first: int, last: int, plant_ids: Sequence[int]) -> None:
    """The same for plants that are all there are from ``first`` to ``last``."""
    found = differences_between(first, last, plant_ids)
    _write(found)
    if len(found.otherwise) > _MANY:
        show_again_between(first, last)
    else:
        show_again(found.otherwise)


def _write(found: Differences) -> None:
    if len(found.removed) == 1:
        driver_rows.carry_out(_REMOVE_ONE, {"plant": found.removed[0]})
    else:
        for part in in_parts(found.removed):
            run(_REMOVE, {"plants": part})
    driver_rows.enter(StandingInterval, found.entered)
