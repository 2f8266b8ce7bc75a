"""Reading emission-rights applications (排污权申请)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVarTuple

from sqlalchemy import Select, select

from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.registry.models import EnterpriseRecord, PlantRecord
from app.rights.domain import Application
from app.rights.models import ApplicationRecord
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
        for values in map(tuple, db.session.execute(_joined(query)))
    ]
