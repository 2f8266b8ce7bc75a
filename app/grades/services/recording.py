"""Recording grades (等级登记): entered, corrected and annulled, never overwritten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.grades.models import GradeRow
from app.kernel import facts
from app.kernel.database import db
from app.kernel.transaction import standing_changed


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
