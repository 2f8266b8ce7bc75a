"""Reading emission-rights applications (排污权申请)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVarTuple

from sqlalchemy import Select, or_, select

from app.accounts.queries import names_of
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.facts import in_parts
from app.kernel.permissions import within
from app.registry.models import EnterpriseRecord, PlantRecord, PlantSearch
from app.registry.search import search_term, sort_key
from app.rights.domain import Application, Evidence
from app.rights.models import ApplicationRecord, EvidenceRecord, RightsCorrection
from app.upgrading.queries import new_enterprise_marks

_Columns = TypeVarTuple("_Columns")


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
            plant_id=plant_id,
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


@dataclass(frozen=True, slots=True)
class ApplicationOnRecord:
    """An application as it is listed (排污权申请), with its plant."""

    id: int
    plant_id: int
    enterprise_id: int
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
    recorded_at: datetime
    recorded_by: int | None
    annulled_at: datetime | None
    new_enterprise: bool | None
    """None: the project does not stand among the plant's projects."""
    evidence: tuple[Evidence, ...]

    @property
    def stands(self) -> bool:
        """Whether it was neither corrected nor withdrawn."""
        return self.annulled_at is None


@dataclass(frozen=True, slots=True)
class ApplicationFilter:
    """Which applications a list shows, and in which order."""

    year: int
    pollutant: str = ""
    county: str = ""
    search: str = ""
    sort: str = "applied"
    falling: bool = False


SORTS = ("applied", "name", "project", "asked")


def _shown() -> Select[*tuple[Any, ...]]:
    return select(
        ApplicationRecord.id,
        PlantRecord.plant_id,
        EnterpriseRecord.enterprise_id,
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
        ApplicationRecord.recorded_at,
        ApplicationRecord.recorded_by,
        ApplicationRecord.annulled_at,
    )


def list_applications_on_record(
    scope: Scope, wanted: ApplicationFilter
) -> list[ApplicationOnRecord]:
    """The applications of a year that the person may see, as filtered and sorted."""
    query = _shown().where(
        ApplicationRecord.year == wanted.year,
        within(scope, PlantRecord.county, PlantRecord.enterprise_id),
    )
    if wanted.pollutant:
        query = query.where(ApplicationRecord.pollutant == wanted.pollutant)
    if wanted.county:
        query = query.where(PlantRecord.county == wanted.county)
    words = search_term(wanted.search)
    kept = [row for row in _on_record(_joined(query)) if words in _searched(row)]
    return sorted(sorted(kept, key=_identity), key=_KEYS[wanted.sort], reverse=wanted.falling)


def applications_of(plant_ids: Iterable[int]) -> list[ApplicationOnRecord]:
    """Every standing application of these plants, of whatever year."""
    found: list[ApplicationOnRecord] = []
    for part in in_parts(sorted(set(plant_ids))):
        found += _on_record(_joined(_shown().where(ApplicationRecord.plant_id.in_(part))))
    return sorted(found, key=lambda it: (it.year, *_identity(it)))


def _on_record(query: Select[*tuple[Any, ...]]) -> list[ApplicationOnRecord]:
    found = [tuple(row) for row in db.session.execute(query)]
    new_enterprise = new_enterprise_marks()
    evidence = evidence_of(row[0] for row in found)
    return [
        ApplicationOnRecord(*(*row, new_enterprise(row[1], row[8]), evidence.get(row[0], ())))
        for row in found
    ]


def _searched(row: ApplicationOnRecord) -> str:
    return search_term(f"{row.name} {row.plant_name} {row.uscc} {row.project}")


def _identity(row: ApplicationOnRecord) -> tuple[Any, ...]:
    return (row.uscc, row.number, row.project, row.pollutant)


_KEYS: Mapping[str, Callable[[ApplicationOnRecord], Any]] = {
    "applied": lambda row: row.applied_on,
    "name": lambda row: sort_key(row.name, row.number),
    "project": lambda row: row.project,
    "asked": lambda row: row.asked,
}


def find_application(application_id: int, scope: Scope) -> ApplicationOnRecord | None:
    """An application, standing or not, if the person may see its plant as it is today."""
    query = (
        _shown()
        .join(PlantRecord, PlantRecord.plant_id == ApplicationRecord.plant_id)
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .where(
            ApplicationRecord.id == application_id,
            known_at(PlantRecord, None),
            known_at(EnterpriseRecord, None),
            within(scope, PlantRecord.county, PlantRecord.enterprise_id),
        )
    )
    return next(iter(_on_record(query)), None)


def evidence_of(application_ids: Iterable[int]) -> dict[int, tuple[Evidence, ...]]:
    """The evidence of applications that have some, in its order."""
    found: dict[int, tuple[Evidence, ...]] = {}
    for part in in_parts(sorted(set(application_ids))):
        rows = db.session.execute(
            select(EvidenceRecord)
            .where(EvidenceRecord.application_id.in_(part))
            .order_by(EvidenceRecord.application_id, EvidenceRecord.place)
        ).scalars()
        for row in rows:
            so_far = found.get(row.application_id, ())
            found[row.application_id] = (*so_far, Evidence(row.sha256, row.name))
    return found


@dataclass(frozen=True, slots=True)
class Correction:
    """Why an application no longer stands, or what it stands in the place of."""

    reason: str
    at: datetime
    by: str
    old_id: int
    new_id: int | None


def corrections_of(application_id: int) -> list[Correction]:
    """What was corrected or withdrawn about an application, before and after it."""
    rows = (
        db.session.execute(
            select(RightsCorrection)
            .where(
                RightsCorrection.subject == "application",
                or_(
                    RightsCorrection.fact_id == application_id,
                    RightsCorrection.replaced_by == application_id,
                ),
            )
            .order_by(RightsCorrection.id.desc())
        )
        .scalars()
        .all()
    )
    names = names_of(row.recorded_by for row in rows)
    return [
        Correction(
            row.reason,
            row.recorded_at,
            names.get(row.recorded_by or 0, "系统"),
            row.fact_id,
            row.replaced_by,
        )
        for row in rows
    ]


MOST_CHOICES = 20


@dataclass(frozen=True, slots=True)
class PlantChoice:
    """A plant that an application can be made for."""

    plant_id: int
    uscc: str
    name: str
    number: str
    plant_name: str


def plants_to_choose(scope: Scope, search: str) -> list[PlantChoice]:
    """The first plants in reach that a search finds, by name; one more than is shown."""
    words = [search_term(word) for word in search.split()]
    rows = db.session.execute(
        select(
            PlantRecord.plant_id,
            EnterpriseRecord.uscc,
            EnterpriseRecord.name,
            PlantRecord.number,
            PlantRecord.name,
        )
        .join(EnterpriseRecord, EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id)
        .join(PlantSearch, PlantSearch.plant_id == PlantRecord.plant_id)
        .where(
            known_at(PlantRecord, None),
            known_at(EnterpriseRecord, None),
            within(scope, PlantRecord.county, PlantRecord.enterprise_id),
            *(PlantSearch.text.contains(word, autoescape=True) for word in words if word),
        )
        .order_by(PlantSearch.sort_key)
        .limit(MOST_CHOICES + 1)
    )
    return [PlantChoice(*row) for row in rows]
