"""Reading applications and reserves, and computing the allocation of a day (排污权分配)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVarTuple

from sqlalchemy import Select, select

from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.policy.documents import Document, Table
from app.policy.queries import county_names, run_measure
from app.registry.models import EnterpriseRecord, PlantRecord
from app.rights.documents import allocation_table, to_canonical
from app.rights.domain import MEASURE_OF, PARTIAL, Allocation, Application, Level, Share, allocate
from app.rights.models import ApplicationRecord, ReserveRecord
from app.rulebook.domain import RulebookInfo
from app.rulebook.queries import flag
from app.upgrading.queries import new_enterprise_marks

POLLUTANTS = ("SO2", "NOx", "VOCs", "PM")
_Columns = TypeVarTuple("_Columns")


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
) -> AllocationRun:
    """Share out a level's reserve of a pollutant and year among the applications of the day.

    Computed over the whole register, then cut to ``counties`` (None: all). Raises what
    run_measure raises, and AllocationFault.
    """
    moment = known or clock.now()
    ranking = run_measure(MEASURE_OF[level], on, known=known)
    allocation = allocate(
        level,
        pollutant,
        year,
        list_applications(pollutant, year, known),
        ranking.ranked,
        reserve_of(level, pollutant, year, known),
        partial=flag(PARTIAL, on),
    )
    edge = allocation.edge
    if counties is not None:
        allocation = allocation.of_counties(counties)
    document = to_canonical(allocation, known_at=moment)
    return AllocationRun(allocation, moment, ranking.rulebook, document, edge)


def list_applications(
    pollutant: str, year: int, known: datetime | None = None
) -> list[Application]:
    """The applications of a year for a pollutant.

    A 项目名称 that stands among the plant's projects is that project, and tells whether it is an
    investment of a newly founded enterprise (新办企业).
    """
    query = (
        select(
            ApplicationRecord.plant_id,
            EnterpriseRecord.uscc,
            PlantRecord.number,
            ApplicationRecord.project_name,
            ApplicationRecord.asked,
            ApplicationRecord.applied_on,
        )
        .where(ApplicationRecord.pollutant == pollutant, ApplicationRecord.year == year)
        .order_by(ApplicationRecord.id)
    )
    new_enterprise = new_enterprise_marks(known)
    return [
        Application(
            uscc=uscc,
            plant=number,
            project=project,
            new_enterprise=bool(new_enterprise(plant_id, project)),
            pollutant=pollutant,
            year=year,
            asked=asked,
            applied_on=applied_on,
        )
        for plant_id, uscc, number, project, asked, applied_on in db.session.execute(
            _joined(query, known)
        )
    ]


def _joined(query: Select[*_Columns], known: datetime | None = None) -> Select[*_Columns]:
    """Applications as known at a moment, each with its plant."""
    return (
        query.join(PlantRecord, PlantRecord.plant_id == ApplicationRecord.plant_id)
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .where(
            known_at(ApplicationRecord, known),
            known_at(PlantRecord, known),
            known_at(EnterpriseRecord, known),
        )
    )


def reserve_of(
    level: Level, pollutant: str, year: int, known: datetime | None = None
) -> Decimal | None:
    """The tonnes on record in a reserve; None when none is recorded."""
    return db.session.execute(
        select(ReserveRecord.tonnes).where(
            ReserveRecord.level == str(level),
            ReserveRecord.pollutant == pollutant,
            ReserveRecord.year == year,
            known_at(ReserveRecord, known),
        )
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class ApplicationOnRecord:
    """An application as it is listed (排污权申请), with its plant."""

    plant_id: int
    uscc: str
    name: str
    number: str
    plant_name: str
    county: str
    project: str
    pollutant: str
    year: int
    asked: Decimal
    applied_on: date
    new_enterprise: bool | None
    """None: the project does not stand among the plant's projects."""


def list_applications_on_record(
    scope: Scope, year: int, pollutant: str = ""
) -> list[ApplicationOnRecord]:
    """The applications of a year that the person may see, by day, then code and plant."""
    query: Select[*tuple[Any, ...]] = (
        select(
            PlantRecord.plant_id,
            EnterpriseRecord.uscc,
            EnterpriseRecord.name,
            PlantRecord.number,
            PlantRecord.name,
            PlantRecord.county,
            ApplicationRecord.project_name,
            ApplicationRecord.pollutant,
            ApplicationRecord.year,
            ApplicationRecord.asked,
            ApplicationRecord.applied_on,
        )
        .where(
            ApplicationRecord.year == year,
            within(scope, PlantRecord.county, PlantRecord.enterprise_id),
        )
        .order_by(ApplicationRecord.applied_on, EnterpriseRecord.uscc, PlantRecord.number,
                  ApplicationRecord.project_name, ApplicationRecord.pollutant)
    )  # fmt: skip
    if pollutant:
        query = query.where(ApplicationRecord.pollutant == pollutant)
    new_enterprise = new_enterprise_marks()
    return [
        ApplicationOnRecord(*(*values, new_enterprise(values[0], values[6])))
        for values in _plain(db.session.execute(_joined(query)))
    ]


def _plain(rows: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Rows whose columns are known by their places."""
    return (tuple(row) for row in rows)


def reserves_on_record() -> dict[int, dict[tuple[Level, str], Decimal]]:
    """The tonnes of every reserve on record, by year (newest first), then level and pollutant."""
    rows = db.session.execute(
        select(
            ReserveRecord.year, ReserveRecord.level, ReserveRecord.pollutant, ReserveRecord.tonnes
        )
        .where(known_at(ReserveRecord, None))
        .order_by(ReserveRecord.year.desc())
    )
    found: dict[int, dict[tuple[Level, str], Decimal]] = {}
    for year, level, pollutant, held in rows:
        found.setdefault(year, {})[Level(level), pollutant] = held
    return found


def years_on_record() -> list[int]:
    """The years that have applications or reserves, newest first."""
    years = set(
        db.session.execute(
            select(ApplicationRecord.year).where(known_at(ApplicationRecord, None)).distinct()
        ).scalars()
    )
    years |= set(
        db.session.execute(
            select(ReserveRecord.year).where(known_at(ReserveRecord, None)).distinct()
        ).scalars()
    )
    return sorted(years, reverse=True)
