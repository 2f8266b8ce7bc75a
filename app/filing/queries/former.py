"""What an enterprise filed for plants that it has no longer (以往厂区)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from app.filing.models import FilingRow, FilingSubmission
from app.filing.queries.filings import Filing, filings_of_plants
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.facts import in_parts
from app.registry.models import PlantRecord


@dataclass(frozen=True, slots=True)
class Sent:
    """A version that was submitted."""

    id: int
    number: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Former:
    """A filing of such a plant, with what was submitted of it."""

    filing: Filing
    sent: Sequence[Sent]


def former_filings(scope: Scope, today: date) -> list[Former]:
    """The enterprise's own filings of plants that are no longer its own or closed, newest first."""
    gone = (
        select(FilingRow.plant_id)
        .join(PlantRecord, PlantRecord.plant_id == FilingRow.plant_id)
        .where(
            FilingRow.enterprise_id.in_(sorted(scope.enterprises)),
            known_at(PlantRecord, None),
            or_(
                PlantRecord.enterprise_id != FilingRow.enterprise_id,
                PlantRecord.closed_on <= today,
            ),
        )
        .distinct()
    )
    own = Scope(frozenset(), scope.enterprises)
    filings = [
        it
        for them in filings_of_plants(db.session.execute(gone).scalars(), own).values()
        for it in them
    ]
    sent = _sent([it.id for it in filings])
    filings.sort(key=lambda it: it.id, reverse=True)
    return [Former(it, sent.get(it.id, ())) for it in filings]


def _sent(filing_ids: list[int]) -> dict[int, list[Sent]]:
    found: dict[int, list[Sent]] = {}
    for part in in_parts(filing_ids):
        query = select(
            FilingSubmission.filing_id, FilingSubmission.id, FilingSubmission.number,
            FilingSubmission.submitted_at,
        ).where(FilingSubmission.filing_id.in_(part))  # fmt: skip
        for row in db.session.execute(query.order_by(FilingSubmission.id)):
            made = Sent(row.id, row.number, row.submitted_at)
            found.setdefault(row.filing_id, []).append(made)
    return found
