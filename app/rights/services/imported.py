"""Recording emission-rights applications and reserves (登记排污权申请与储备)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from app.kernel import facts
from app.kernel.database import db
from app.rights.domain import Level
from app.rights.models import ApplicationRecord, ReserveRecord
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
    evidence_sha256: str | None = None
    """The file kept as evidence (证明材料), if any."""
    evidence_name: str = ""


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
    return facts.record(ApplicationRecord, [asdict(entry) for entry in entries])


def correct_applications(corrections: Mapping[int, ApplicationEntry]) -> None:
    """Replace applications (fact id → entry); evidence that is not replaced stays with them."""
    reconsider((entry.pollutant, entry.year) for entry in corrections.values())
    kept = _evidence_of(corrections)
    rows = {}
    for fact_id, entry in corrections.items():
        own = {} if entry.evidence_sha256 else kept.get(fact_id, {})
        rows[fact_id] = {**asdict(entry), **own}
    facts.replace(ApplicationRecord, rows)


def _evidence_of(fact_ids: Iterable[int]) -> dict[int, dict[str, str | None]]:
    found: dict[int, dict[str, str | None]] = {}
    for part in facts.in_parts(sorted(fact_ids)):
        rows = db.session.execute(
            select(
                ApplicationRecord.id,
                ApplicationRecord.evidence_sha256,
                ApplicationRecord.evidence_name,
            ).where(ApplicationRecord.id.in_(part))
        )
        for fact_id, sha256, name in rows:
            found[fact_id] = {"evidence_sha256": sha256, "evidence_name": name}
    return found


def record_reserves(entries: Sequence[ReserveEntry]) -> list[int]:
    """Enter the opening quantities (期初) of reserves that are not on record (PLAN-RIGHTS)."""
    return facts.record(ReserveRecord, [asdict(entry) for entry in entries])


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
