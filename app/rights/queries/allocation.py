"""Computing the allocation of a day (排污权分配)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.kernel import clock
from app.policy.documents import Document, Table
from app.policy.queries import PolicyRun, county_names, run_measure
from app.registry.queries import closed_plants
from app.rights.documents import allocation_table, to_canonical
from app.rights.domain import (
    MEASURE_OF,
    PARTIAL,
    Allocation,
    Level,
    Matter,
    Share,
    allocate,
    remaining_asks,
)
from app.rights.queries.applications import list_applications
from app.rights.queries.reserves import reserve_of
from app.rulebook.domain import RulebookInfo
from app.rulebook.queries import flag


@dataclass(frozen=True, slots=True)
class AllocationRun:
    """An allocation of a day, as known at a moment."""

    allocation: Allocation
    known_at: datetime
    rulebook: RulebookInfo
    document: Document
    edge: Share | None
    """The first application of the whole register that does not get all it asks for."""

    def table(self, number: str = "") -> Table:
        """The same as the bureau's table."""
        return allocation_table(
            self.allocation,
            rulebook=self.rulebook.title,
            rulebook_status=self.rulebook.status,
            sha256=str(self.document["sha256"]),
            county_names=county_names(),
            number=number,
        )


def run_allocation(
    level: Level,
    pollutant: str,
    year: int,
    on: date,
    *,
    known: datetime | None = None,
    counties: Iterable[str] | None = None,
    given: Mapping[Matter, Decimal] | None = None,
    trial: Decimal | None = None,
    ranking: PolicyRun | None = None,
) -> AllocationRun:
    """Share out a level's reserve of a pollutant and year among the applications of the day.

    Applications of plants that are closed (关闭) on the day take no part. ``given`` is what another
    level gave already: only the rest is asked. ``trial`` stands in for the reserve (试算);
    ``ranking`` is the level's list of the day where the caller has it already.
    Computed over the whole register, then cut to ``counties`` (None: all). Raises what
    run_measure raises, and AllocationFault.
    """
    moment = known or clock.now()
    if ranking is None:
        ranking = run_measure(MEASURE_OF[level], on, known=known)
    closed = closed_plants(on, known)
    asking = [
        it for it in list_applications(pollutant, year, known) if (it.uscc, it.plant) not in closed
    ]
    allocation = allocate(
        level,
        pollutant,
        year,
        asking if given is None else remaining_asks(asking, given),
        ranking.ranked,
        reserve_of(level, pollutant, year, known) if trial is None else trial,
        partial=flag(PARTIAL, on, known=known),
    )
    edge = allocation.edge
    if counties is not None:
        allocation = allocation.of_counties(counties)
    document = to_canonical(allocation, known_at=moment)
    return AllocationRun(allocation, moment, ranking.rulebook, document, edge)
