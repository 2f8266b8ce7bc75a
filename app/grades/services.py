"""Recording grades, and keeping the interval projection in step with the facts (等级登记)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Date,
    Table,
    delete,
    literal,
    select,
    true,
    update,
)

from app.grades.domain import PlantFacts
from app.grades.life import intervals
from app.grades.models import GradeRow, ProjectionState, StandingInterval
from app.grades.queries import (
    END_OF_TIME,
    IS_LOWERED,
    STANDING_PLACE,
    RulePeriod,
    facts_of,
    projection_fingerprint,
    rule_periods,
    settings_fingerprint,
    shown_day,
)
from app.kernel import audit, bulk, clock, daily, facts
from app.kernel.database import db
from app.kernel.transaction import rulebook_changed, standing_changed, transaction, writing
from app.registry.models import PlantSearch, ShownDay
from app.registry.queries import list_plant_ids
from app.registry.services import refresh_industries


@dataclass(frozen=True, slots=True)
class GradeEntry:
    """A grade given to a plant (等级), from 生效日期 until 失效日期 (exclusive) or open.

    The last two, for which a workbook has no column, say by what and why it was ended. None: as
    on the record that this one replaces.
    """

    plant_id: int
    rulebook: str
    grade: str
    effective_on: date
    expires_on: date | None
    source: str
    document: str = ""
    ending_document: str | None = None
    ending_reason: str | None = None


def record_grades(entries: Sequence[GradeEntry]) -> list[int]:
    """Enter grade records; of two that start on one day the later one here decides."""
    standing_changed.emit(entry.plant_id for entry in entries)
    return facts.record(GradeRow, [_row(entry) for entry in entries])


def correct_grades(corrections: Mapping[int, GradeEntry], reason: str = "") -> list[int]:
    """Replace grade records of the same plants (fact id → entry); returns the new ids."""
    standing_changed.emit(entry.plant_id for entry in corrections.values())
    endings = _endings(corrections)
    rows = {i: _row(entry, endings[i]) for i, entry in corrections.items()}
    return facts.replace(GradeRow, rows, reason)


def annul_grades(ids: Collection[int], reason: str) -> None:
    """Annul grade records that should never have been entered (作废)."""
    for part in facts.in_parts(sorted(set(ids))):
        plants = select(GradeRow.plant_id).where(GradeRow.id.in_(part))
        standing_changed.emit(db.session.execute(plants).scalars())
    facts.annul(GradeRow, ids, reason)


def _endings(ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for part in facts.in_parts(sorted(set(ids))):
        query = select(GradeRow.id, GradeRow.ending_document, GradeRow.ending_reason)
        for i, document, reason in db.session.execute(query.where(GradeRow.id.in_(part))):
            found[i] = (document, reason)
    return found


def _row(entry: GradeEntry, before: tuple[str, str] = ("", "")) -> dict[str, object]:
    """The entry as a row, with what it leaves unsaid of its end taken from the record before."""
    row = facts.row_of(entry)
    for name, old in zip(("ending_document", "ending_reason"), before, strict=True):
        said = old if row[name] is None else row[name]
        row[name] = said if entry.expires_on is not None else ""
    return row


def follow_facts() -> None:
    """Rebuild the intervals of plants whose facts or rules change, in the same transaction."""
    standing_changed.subscribe(rebuild_intervals)
    rulebook_changed.subscribe(_follow_rulebook)


def _follow_rulebook(_edits: frozenset[int]) -> None:
    """An edit of 规则库 changes every plant's intervals, or, where standings ask not of it, none.

    Held against what was known just before this transaction, since the projection follows every
    edit at once and so stood by those settings.
    """
    before = transaction().moment - timedelta(microseconds=1)
    if settings_fingerprint() == settings_fingerprint(before):
        return
    standing_changed.emit(list_plant_ids())
    _note_built(settings_fingerprint())


def _note_built(fingerprint: str) -> None:
    db.session.execute(delete(ProjectionState))
    db.session.add(ProjectionState(fingerprint=fingerprint, built_at=transaction().moment))


def rebuild_intervals(plant_ids: frozenset[int]) -> None:
    """Make these plants' intervals anew from the facts known now."""
    periods = rule_periods()
    for part in facts.in_parts(sorted(plant_ids)):
        db.session.execute(delete(StandingInterval).where(StandingInterval.plant_id.in_(part)))
        rows = [
            row
            for plant_id, known in facts_of(part).items()
            for period in periods
            for row in _rows_within(plant_id, known, period)
        ]
        if rows:
            bulk.insert_rows(StandingInterval, rows)
        _copy_standings(select(ShownDay.day).scalar_subquery(), _ROW.c.plant_id.in_(part))


def _rows_within(
    plant_id: int, known: PlantFacts, period: RulePeriod
) -> Iterator[dict[str, object]]:
    """The plant's intervals under one period's settings, cut to that period."""
    period_ends = period.until_on or END_OF_TIME
    for interval in intervals(known, period.rules):
        from_on = max(interval.from_on, period.from_on)
        until_on = min(interval.until_on or END_OF_TIME, period_ends)
        if from_on < until_on:
            standing = interval.standing._asdict()
            standing["blocking"] = ",".join(str(i) for i in interval.standing.blocking)
            rank = period.rules.order.rank(interval.standing.grade)
            yield {
                "plant_id": plant_id,
                "from_on": from_on,
                "until_on": until_on,
                "grade_rank": rank,
                **standing,
            }


def refresh_all_if_stale() -> int:
    """Rebuild every plant's intervals when the settings they were built with have changed.

    Returns how many plants were rebuilt; 0 when the projection is already the present one.
    """
    show_day(clock.today())
    wanted = settings_fingerprint()
    plant_ids = list_plant_ids()
    if not plant_ids or projection_fingerprint() == wanted:
        return 0
    refresh_industries(plant_ids)
    rebuild_intervals(frozenset(plant_ids))
    _note_built(wanted)
    audit.record("standings.rebuilt", "settings", wanted[:16], {"厂区数": len(plant_ids)})
    return len(plant_ids)


# --- The standings of the shown day (所示日期), beside the plants --------------------------------
#
# The register list asks for today nearly always, and an index can sort only by what stands in one
# row. So the rows keep the standing of one day, copied from the intervals in the transaction that
# changes them; each morning the day moves on, which touches only the plants whose standing is
# another now. Any other day is joined from the intervals.

_ROW = cast("Table", PlantSearch.__table__)
_STANDING_OF_ROW: Mapping[str, Any] = {
    "grade": StandingInterval.grade,
    "grade_rank": StandingInterval.grade_rank,
    "standing_place": STANDING_PLACE,
    "blocked": StandingInterval.blocked,
    "banned_until": StandingInterval.banned_until,
    "lowered": IS_LOWERED,
    "verified": StandingInterval.verified,
    "standing_until": StandingInterval.until_on,
}


def show_day(day: date) -> None:
    """Move the shown day; nothing happens when it is that day already."""
    shown = shown_day()
    if shown == day:
        return
    _copy_standings(literal(day, Date), _ROW.c.standing_until <= day if day > shown else true())
    db.session.execute(update(ShownDay).values(day=day))


def _copy_standings(day: ColumnElement[date], which: ColumnElement[bool]) -> None:
    db.session.connection().execute(
        update(_ROW)
        .values(_STANDING_OF_ROW)
        .where(
            StandingInterval.plant_id == _ROW.c.plant_id,
            StandingInterval.from_on <= day,
            StandingInterval.until_on > day,
            which,
        )
    )


def _show(day: date) -> None:
    with writing("每日事项"):
        show_day(day)


daily.each_day("台账列表换日", _show)
