"""Filings that others enter for an enterprise (窗口代录、离线填报包): for whom, and who did."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from app.filing.domain import Way
from app.filing.models import FilingRow, FilingStep
from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.permissions import within
from app.registry.models import PlantSearch
from app.registry.queries import PlantOnRecord, plants_by_id
from app.registry.search import search_term

_ENTERING = ("start", "enter", "fill", "import", "submit")


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


def plants_found(
    scope: Scope, typed: str, *, page: int = 1, size: int = 20
) -> tuple[list[PlantOnRecord], int]:
    """A page of the plants in reach that are found by this, as in the register, and how many.

    A page beyond the last is the last.
    """
    words = [it for it in map(search_term, typed.split()) if it]
    if not words:
        return [], 0
    query = select(PlantSearch.plant_id).where(
        within(scope, PlantSearch.county),
        or_(PlantSearch.closed_on.is_(None), PlantSearch.closed_on > clock.today()),
        *(PlantSearch.text.contains(it, autoescape=True) for it in words),
    )
    total = db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    shown = min(page, max(1, -(-total // size)))
    query = query.order_by(PlantSearch.sort_key, PlantSearch.plant_id)
    ids = list(db.session.execute(query.limit(size).offset((shown - 1) * size)).scalars())
    found = plants_by_id(ids)
    return [found[it] for it in ids if it in found], total
