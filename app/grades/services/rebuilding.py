"""Deriving the standings of the whole register anew (全部重新推算), part by part.

Only what the change of settings concerns: an edit of the catalogue the plants with a finding, an
edit of what violations do those with a violation, another order of grades all of them. What is
being changed is not known of the intervals until the last part is done, so that a rebuild that
another change overtakes leaves nobody out.

Each part is a writing transaction of its own, a fraction of a second long, so others go on working;
how far it is stands in the same transaction. Killed at any moment it goes on after the last part,
whoever takes it up: the job worker, `grades refresh`, the next start. Two at once share the parts.
Until the last part is done nothing is read from the intervals (`app.grades.queries.is_current`):
standings follow from the facts, and what cannot wait for that says so. No answer ever comes from
rows of both kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, insert, select, update

from app.grades.models import ProjectionRebuild, ProjectionState
from app.grades.queries import LAST_ID, PART, is_current, next_plants, projection_fingerprint
from app.grades.services.projecting import project, project_between
from app.grades.services.shown import show_day
from app.grades.settings import Concern, concerned, not_known, settings_fingerprint
from app.kernel import audit, clock, collector, jobs
from app.kernel.database import db, known_at, run
from app.kernel.transaction import transaction, writing
from app.registry.models import PlantRecord
from app.registry.queries import list_plant_ids
from app.registry.services import refresh_industry_places
from app.supervision.models import FindingRecord, ViolationRecord
from app.supervision.queries import Models, count_plants_with, plants_with

JOB = "grades.rebuild"
NOTE = "正在按现行规则推算各厂区的状态"
Progress = Callable[[int, int, str], object]
"""Told how far it is: plants done, plants in all, and what is being done."""


def refresh_all_if_stale() -> int:
    """Rebuild every plant's intervals inside this transaction, if the settings have changed.

    Returns how many plants were rebuilt; 0 when the projection is already the present one.
    """
    show_day(clock.today())
    if not list_plant_ids() or not _is_stale():
        return 0
    refresh_industry_places()
    plant_ids = plants_concerned(concerned(projection_fingerprint(), settings_fingerprint()))
    project(plant_ids)
    note_built(settings_fingerprint())
    _tell(len(plant_ids))
    return len(plant_ids)


def plants_concerned(whom: Collection[Concern]) -> list[int]:
    """The plants that a change of settings concerns."""
    if Concern.ALL in whom:
        return list_plant_ids()
    return plants_with(_facts_of(whom)) if whom else []


def _facts_of(whom: Collection[Concern]) -> Models:
    by_concern: dict[Concern, type[ViolationRecord] | type[FindingRecord]] = {
        Concern.VIOLATIONS: ViolationRecord,
        Concern.FINDINGS: FindingRecord,
    }
    return [model for concern, model in by_concern.items() if concern in whom]


def refresh_in_parts(via: str, progress: Progress = lambda *_: None, *, whole: bool = False) -> int:
    """The same for a register of any size, each part in a transaction of its own.

    Goes on where an earlier one was interrupted. ``whole``: begins with every plant, whatever the
    settings it was derived by. Returns how many plants this one rebuilt.
    """
    with writing(via):
        show_day(clock.today())
        if whole:
            db.session.execute(delete(ProjectionRebuild))
            db.session.execute(delete(ProjectionState))
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
    """Put on record by which settings the intervals are."""
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
    built = projection_fingerprint()
    whom = concerned(built, wanted)
    total = _count(whom)
    refresh_industry_places()
    note_built(not_known(built, whom))
    db.session.execute(
        insert(ProjectionRebuild).values(
            fingerprint=wanted, begun_at=moment, went_on_at=moment, through=0, done=0, total=total
        )
    )
    audit.record("standings.rebuild_begun", "settings", wanted[:16], {"厂区数": total})


def _count(whom: Collection[Concern]) -> int:
    if Concern.ALL in whom:
        plants = select(func.count()).where(known_at(PlantRecord, None))
        return db.session.execute(plants).scalar_one()
    return count_plants_with(_facts_of(whom)) if whom else 0


@dataclass(frozen=True, slots=True)
class _Part:
    """A part that was done, and how far the whole is."""

    plants: int
    done: int
    total: int


def _next_part() -> _Part | None:
    """Rebuild the next plants; None when there is nothing left to do for this process.

    A process that knows other settings than the rebuild, such as one that runs since before the
    settings file changed, has no part in it.
    """
    row = run(_HOW_FAR).first()
    if row is None or row.fingerprint != settings_fingerprint():
        return None
    whom = concerned(projection_fingerprint(), row.fingerprint)
    last = _rebuild_all(row.through) if Concern.ALL in whom else _rebuild_some(row.through, whom)
    if last is None:
        note_built(row.fingerprint)
        _tell(row.done)
        return None
    through, plants = last
    done = row.done + plants
    run(_GO_ON, {"last": through, "so_far": done, "now": transaction().moment})
    return _Part(plants, done, max(done, row.total))


def _rebuild_all(after: int) -> tuple[int, int] | None:
    """The last of the next plants, and how many they were; None after the last of all."""
    plant_ids = next_plants(after, PART)
    if not plant_ids:
        project_between(after + 1, LAST_ID, ())  # rows of plants no longer on record go
        return None
    project_between(after + 1, plant_ids[-1], plant_ids)
    return plant_ids[-1], len(plant_ids)


def _rebuild_some(after: int, whom: Collection[Concern]) -> tuple[int, int] | None:
    """The same of the plants that the change concerns."""
    plant_ids = plants_with(_facts_of(whom), after, PART) if whom else []
    project(plant_ids)
    return (plant_ids[-1], len(plant_ids)) if plant_ids else None


_HOW_FAR = select(
    ProjectionRebuild.fingerprint,
    ProjectionRebuild.through,
    ProjectionRebuild.done,
    ProjectionRebuild.total,
)
_GO_ON = update(ProjectionRebuild).values(
    through=bindparam("last"), done=bindparam("so_far"), went_on_at=bindparam("now")
)


def _do(job: jobs.JobRun) -> None:
    go_on("后台推算", job.progress)


jobs.define(JOB, _do, title="按现行规则推算全部厂区的状态", repeatable=True, in_parts=True)
