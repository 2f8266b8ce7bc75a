"""Deriving the standings of the whole register anew (全部重新推算), part by part.

Each part is a writing transaction of its own, a fraction of a second long, so others go on working;
how far it is stands in the same transaction. Killed at any moment it goes on after the last part,
whoever takes it up: the job worker, `grades refresh`, the next start. Two at once share the parts.
Until the last part is done nothing is read from the intervals (`app.grades.queries.is_current`):
standings follow from the facts, and what cannot wait for that says so. No answer ever comes from
rows of both kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, insert, select, update

from app.grades.models import ProjectionRebuild, ProjectionState
from app.grades.queries import is_current, projection_fingerprint, settings_fingerprint
from app.grades.services.projecting import project, project_between
from app.grades.services.shown import show_day
from app.kernel import audit, clock, collector, jobs
from app.kernel.database import db, known_at, run
from app.kernel.transaction import transaction, writing
from app.registry.models import PlantRecord
from app.registry.queries import list_plant_ids
from app.registry.services import refresh_industry_places

JOB = "grades.rebuild"
PART = 1_000
"""Plants a transaction: a twentieth of a second, several times that where every row is written."""
NOTE = "正在按现行规则推算各厂区的状态"
Progress = Callable[[int, int, str], object]
"""Told how far it is: plants done, plants in all, and what is being done."""


def refresh_all_if_stale() -> int:
    """Rebuild every plant's intervals inside this transaction, if the settings have changed.

    Returns how many plants were rebuilt; 0 when the projection is already the present one.
    """
    show_day(clock.today())
    plant_ids = list_plant_ids()
    if not plant_ids or not _is_stale():
        return 0
    refresh_industry_places()
    project(plant_ids)
    note_built(settings_fingerprint())
    _tell(len(plant_ids))
    return len(plant_ids)


def refresh_in_parts(via: str, progress: Progress = lambda *_: None) -> int:
    """The same for a register of any size, each part in a transaction of its own.

    Goes on where an earlier one was interrupted. Returns how many plants this one rebuilt.
    """
    with writing(via):
        show_day(clock.today())
        if _is_stale() and _rebuilding() != settings_fingerprint():
            _begin()
    return go_on(via, progress)


def go_on(via: str, progress: Progress = lambda *_: None) -> int:
    """Do what is left of a rebuild that was begun; returns how many plants this one rebuilt."""
    rebuilt = 0
    while True:
        with collector.put_off(), writing(via):
            part = _next_part()
        if part is None:
            return rebuilt
        rebuilt += part.plants
        progress(part.done, part.total, NOTE)


def begin_in_background() -> None:
    """Begin inside this transaction; a job goes on once it is kept."""
    _begin()
    jobs.enqueue(JOB, {}, key=f"{JOB}:{transaction().moment.isoformat()}")


def note_built(fingerprint: str) -> None:
    """Put on record that all intervals are those of these settings."""
    db.session.execute(delete(ProjectionRebuild))
    db.session.execute(delete(ProjectionState))
    values = {"fingerprint": fingerprint, "built_at": transaction().moment}
    db.session.execute(insert(ProjectionState).values(values))


def _tell(plants: int) -> None:
    wanted = settings_fingerprint()
    audit.record("standings.rebuilt", "settings", wanted[:16], {"厂区数": plants})


def _is_stale() -> bool:
    return not is_current() or projection_fingerprint() != settings_fingerprint()


def _rebuilding() -> str | None:
    """The fingerprint of the settings by which a rebuild is under way."""
    return db.session.execute(select(ProjectionRebuild.fingerprint)).scalar_one_or_none()


def _begin() -> None:
    """From here on nothing is read from the intervals until all are rebuilt."""
    moment, wanted = transaction().moment, settings_fingerprint()
    plants = select(func.count()).where(known_at(PlantRecord, None))
    total = db.session.execute(plants).scalar_one()
    refresh_industry_places()
    db.session.execute(delete(ProjectionRebuild))
    db.session.execute(delete(ProjectionState))
    db.session.execute(
        insert(ProjectionRebuild).values(
            fingerprint=wanted, begun_at=moment, went_on_at=moment, through=0, done=0, total=total
        )
    )
    audit.record("standings.rebuild_begun", "settings", wanted[:16], {"厂区数": total})


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that was done, and how far the whole is."""

    plants: int
    done: int
    total: int


_LAST_ID = 2**62


def _next_part() -> _Part | None:
    """Rebuild the next plants; None when there is nothing left to do for this process.

    A process that knows other settings than the rebuild, such as one that runs since before the
    settings file changed, has no part in it.
    """
    row = run(_HOW_FAR).first()
    if row is None or row.fingerprint != settings_fingerprint():
        return None
    plant_ids = list(run(_NEXT, {"after": row.through, "part": PART}).scalars())
    if not plant_ids:
        project_between(row.through + 1, _LAST_ID, ())  # rows of plants no longer on record go
        note_built(row.fingerprint)
        _tell(row.done)
        return None
    last = plant_ids[-1]
    project_between(row.through + 1, last, plant_ids)
    done = row.done + len(plant_ids)
    run(_GO_ON, {"last": last, "so_far": done, "now": transaction().moment})
    return _Part(len(plant_ids), done, max(done, row.total))


_HOW_FAR = select(
    ProjectionRebuild.fingerprint,
    ProjectionRebuild.through,
    ProjectionRebuild.done,
    ProjectionRebuild.total,
)
_NEXT = (
    select(PlantRecord.plant_id)
    .where(PlantRecord.plant_id > bindparam("after"), known_at(PlantRecord, None))
    .order_by(PlantRecord.plant_id)
    .limit(bindparam("part"))
)
_GO_ON = update(ProjectionRebuild).values(
    through=bindparam("last"), done=bindparam("so_far"), went_on_at=bindparam("now")
)


def _do(job: jobs.JobRun) -> None:
    go_on("后台推算", job.progress)


jobs.define(JOB, _do, title="按现行规则推算全部厂区的状态", repeatable=True)
