"""Filings that others enter for an enterprise (窗口代录、离线填报包): for whom, and who did."""

from __future__ import annotations

from sqlalchemy import or_, select

from app.filing.domain import Way
from app.filing.models import FilingRow, FilingStep
from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.registry.models import EnterpriseRecord, PlantRecord
from app.registry.queries import PlantOnRecord, exists_on, plants_by_id
from app.registry.search import search_term

_ENTERING = ("start", "enter", "import", "submit")


def entered_by(filing_id: int) -> frozenset[int]:
    """Who entered something of a filing for its enterprise; none of them may review it.

    Empty where the enterprise filled it in itself in the browser.
    """
    rows = db.session.execute(
        select(FilingStep.done_by)
        .join(FilingRow, FilingRow.id == FilingStep.filing_id)
        .where(
            FilingStep.filing_id == filing_id, FilingStep.action.in_(_ENTERING),
            FilingRow.way != Way.BROWSER, FilingStep.done_by.is_not(None),
        )
    ).scalars()  # fmt: skip
    return frozenset(it for it in rows if it is not None)


def plants_found(scope: Scope, typed: str, most: int) -> list[PlantOnRecord]:
    """The plants in reach whose enterprise has this in its name, or a code that begins so."""
    term, code = search_term(typed), typed.strip().upper()
    if not term:
        return []
    ids = db.session.execute(
        select(PlantRecord.plant_id)
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .where(
            known_at(PlantRecord, None), known_at(EnterpriseRecord, None),
            within(scope, PlantRecord.county), exists_on(clock.today()),
            or_(EnterpriseRecord.name_key.contains(term, autoescape=True),
                EnterpriseRecord.uscc.startswith(code, autoescape=True)),
        )
        .order_by(EnterpriseRecord.uscc, PlantRecord.number)
        .limit(most)
    ).scalars().all()  # fmt: skip
    found = plants_by_id(ids)
    return [found[it] for it in ids if it in found]
