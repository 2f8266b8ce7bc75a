"""Recording emission-rights applications and reserves (登记排污权申请与储备)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import insert

from app.kernel import facts
from app.kernel.database import db
from app.rights.domain import Evidence, Level
from app.rights.models import ApplicationRecord, EvidenceRecord, ReserveRecord
from app.rights.queries.applications import evidence_of
from app.rights.services.flagging import reconsider
from app.rights.services.reserves import set_supplies
from app.rights.tonnage import Account


@dataclass(frozen=True, slots=True)
class ApplicationEntry:
    """What a plant asks for, in tonnes a year with three decimals (申请量)."""

    plant_id: int
    project_name: str
    pollutant: str
    year: int
    asked: Decimal
    applied_on: date
    evidence: tuple[Evidence, ...] = ()
    """The files that support it (证明材料), in the order they were added."""


@dataclass(frozen=True, slots=True)
class ReserveEntry:
    """What the reserve of a level (``province`` or ``city``) may share out in a year, in tonnes."""

    level: str
    pollutant: str
    year: int
    tonnes: Decimal


def record_applications(entries: Sequence[ApplicationEntry]) -> list[int]:
    """Enter applications (PLAN-RIGHTS)."""
    reconsider((entry.pollutant, entry.year) for entry in entries)
    columns = facts.columns_of(entries)
    columns.pop("evidence", None)
    made = facts.record_columns(ApplicationRecord, columns)
    _attach(zip(made, entries, strict=True))
    return made


def correct_applications(corrections: Mapping[int, ApplicationEntry]) -> None:
    """Replace applications (fact id → entry) by a workbook, which has no evidence: theirs stays."""
    reconsider((entry.pollutant, entry.year) for entry in corrections.values())
    kept = evidence_of(corrections)
    entries = [replace(it, evidence=kept.get(i, ())) for i, it in corrections.items()]
    made = facts.replace(ApplicationRecord, {i: _row(it) for i, it in corrections.items()})
    _attach(zip(made, entries, strict=True))


def _row(entry: ApplicationEntry) -> dict[str, object]:
    return {name: value for name, value in facts.row_of(entry).items() if name != "evidence"}


def _attach(made: Iterable[tuple[int, ApplicationEntry]]) -> None:
    rows = [
        {"application_id": fact_id, "place": place, **asdict(file)}
        for fact_id, entry in made
        for place, file in enumerate(entry.evidence, start=1)
    ]
    if rows:
        db.session.execute(insert(EvidenceRecord), rows)


def record_reserves(entries: Sequence[ReserveEntry]) -> list[int]:
    """Enter the opening quantities (期初) of reserves that are not on record (PLAN-RIGHTS)."""
    return facts.record_columns(ReserveRecord, facts.columns_of(entries))


def correct_reserves(corrections: Mapping[int, ReserveEntry]) -> None:
    """Let the supply of reserves be so many tonnes (fact id of the opening quantity → entry).

    The opening quantity is replaced by what makes the year's supply that number; entries booked by
    hand stay as they are. Raises Refused where they would leave a balance below zero.
    """
    reconsider((entry.pollutant, entry.year) for entry in corrections.values())
    set_supplies(
        {
            fact_id: (Account(Level(it.level), it.pollutant, it.year), it.tonnes)
            for fact_id, it in corrections.items()
        }
    )
