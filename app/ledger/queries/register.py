"""Reading the register as rows of the ledger: the whole, or the part that a workbook speaks of.

One statement a sheet, or one for every so many plants of the part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import select

from app.accounts.queries import list_bureaus
from app.followup.models import InspectionRecord
from app.grades.models import GradeRow
from app.kernel.database import Recorded, db, known_at, run
from app.kernel.facts import changed_since
from app.ledger.queries.annulled import annulled_now
from app.ledger.queries.part import WHOLE, Part, part_named
from app.ledger.register import PlantPlace, Register, RegisterRow
from app.ledger.sheets import BY_NAME, SHEETS, SheetSpec, Subject, Values
from app.registry.models import (
    EmergencyMeasure,
    EnterpriseRecord,
    PlantIndustry,
    PlantRecord,
    ProductionLine,
)
from app.registry.queries import absorbed_enterprises
from app.rights.domain import Level
from app.rights.models import ApplicationRecord, ReserveMovement, ReserveRecord
from app.rights.queries import reserves_on_record
from app.rights.tonnage import Account
from app.supervision.models import FindingRecord, ViolationRecord
from app.upgrading.models import ProjectRecord

_MODELS: dict[str, type[Recorded]] = {
    "企业": EnterpriseRecord,
    "厂区": PlantRecord,
    "行业": PlantIndustry,
    "等级": GradeRow,
    "违法行为": ViolationRecord,
    "虚假材料": FindingRecord,
    "检查": InspectionRecord,
    "建设项目": ProjectRecord,
    "排污权申请": ApplicationRecord,
    "排污权储备": ReserveRecord,
    "生产线": ProductionLine,
    "应急措施": EmergencyMeasure,
}
_OF_THE_SUBJECT = frozenset({"uscc", "plant"})


def register_now() -> Register:
    """The register as it stands; a row's values carry code and plant number of today."""
    return _register(WHOLE)


def register_for(codes: Collection[str]) -> Register:
    """As far as a workbook can speak of it that names these codes: it compares alike."""
    return _register(part_named(codes, absorbed_enterprises()))


def _register(part: Part) -> Register:
    register = Register(bureaus=list_bureaus(), is_part=part is not WHOLE)
    _add_enterprises(register, part)
    _add_plants(register, part)
    codes = {enterprise_id: code for code, enterprise_id in register.enterprises.items()}
    for spec in SHEETS:
        if spec.name not in register.rows:
            is_reserves = spec.name == "排污权储备"
            rows = _reserves(register) if is_reserves else _rows(spec, register, codes, part)
            register.add(spec.name, rows)
    register.former_codes = _former_codes(register)
    register.former_numbers = _former_numbers(register, part)
    register.annulled = annulled_now(register, part)
    return register


def _reserves(register: Register) -> Iterator[RegisterRow]:
    """Reserves with their supply of the year: opening quantity and entries booked by hand."""
    _, fields, found = _select("排污权储备", WHOLE)
    statements = reserves_on_record()
    least = {}
    for fact_id, *cells in found:
        values = _values(fields, cells)
        held = statements[Account(Level(values["level"]), values["pollutant"], values["year"])]
        least[fact_id] = held.least_supply
        yield RegisterRow(fact_id, None, None, {**values, "tonnes": held.supply})
    register.least_supplies = least


def has_changed_since(moment: datetime) -> bool:
    """Whether any fact of the register was recorded or annulled after the moment."""
    return changed_since(moment, [*_MODELS.values(), ReserveMovement])


def _add_enterprises(register: Register, part: Part) -> None:
    spec, fields, found = _select(
        "企业", part, EnterpriseRecord.enterprise_id, EnterpriseRecord.uscc
    )
    rows = []
    for fact_id, enterprise_id, uscc, *cells in found:
        register.enterprises[uscc] = enterprise_id
        values = {"uscc": uscc, **_values(fields, cells)}
        rows.append(RegisterRow(fact_id, enterprise_id, None, values))
    register.add(spec.name, rows)


def _add_plants(register: Register, part: Part) -> None:
    codes = {enterprise_id: code for code, enterprise_id in register.enterprises.items()}
    spec, fields, found = _select(
        "厂区", part, PlantRecord.plant_id, PlantRecord.enterprise_id, PlantRecord.number
    )
    rows = []
    for fact_id, plant_id, enterprise_id, number, *cells in found:
        values = {"uscc": codes[enterprise_id], "plant": number, **_values(fields, cells)}
        register.plants[enterprise_id, number] = plant_id
        register.places[plant_id] = PlantPlace(enterprise_id, number, values["county"])
        register.plants_of.setdefault(enterprise_id, []).append(plant_id)
        rows.append(RegisterRow(fact_id, enterprise_id, plant_id, values))
    register.add(spec.name, rows)


def _rows(
    spec: SheetSpec, register: Register, codes: dict[int, str], part: Part
) -> Iterator[RegisterRow]:
    model: Any = _MODELS[spec.name]
    if spec.subject is Subject.EITHER:
        _, fields, found = _select(spec.name, part, model.enterprise_id, model.plant_id)
        for fact_id, enterprise_id, plant_id, *cells in found:
            if plant_id is None:
                values = {"uscc": codes[enterprise_id], **_values(fields, cells)}
                yield RegisterRow(fact_id, enterprise_id, None, values)
            else:
                yield _of_plant(fact_id, plant_id, _values(fields, cells), register, codes)
    else:
        _, fields, found = _select(spec.name, part, model.plant_id)
        for fact_id, plant_id, *cells in found:
            yield _of_plant(fact_id, plant_id, _values(fields, cells), register, codes)


def _of_plant(
    fact_id: int, plant_id: int, values: Values, register: Register, codes: dict[int, str]
) -> RegisterRow:
    """A fact of a plant goes with the plant: it is shown under today's owner and number."""
    place = register.places[plant_id]
    subject = {"uscc": codes[place.enterprise_id], "plant": place.number}
    return RegisterRow(fact_id, place.enterprise_id, plant_id, {**subject, **values})


def _select(
    sheet: str, part: Part, *subject: Any
) -> tuple[SheetSpec, list[str], Iterable[Sequence[Any]]]:
    """The sheet, the fields that follow the subject's columns, and the rows in recorded order."""
    spec = BY_NAME[sheet]
    model: Any = _MODELS[sheet]
    fields = [it.field for it in spec.columns if it.field not in _OF_THE_SUBJECT]
    query = select(model.id, *subject, *(getattr(model, name) for name in fields))
    standing = query.where(known_at(model, None)).order_by(model.id)
    runs = [run(standing.where(it)).all() for it in part.conditions(model, spec.subject)]
    return spec, fields, runs[0] if len(runs) == 1 else sorted(chain(*runs), key=itemgetter(0))


def _values(fields: list[str], cells: list[Any]) -> Values:
    """The values by field; an empty text in the database is a blank."""
    return {name: None if cell == "" else cell for name, cell in zip(fields, cells, strict=True)}


def _former_codes(register: Register) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    rows = db.session.execute(
        select(EnterpriseRecord.uscc, EnterpriseRecord.enterprise_id)
        .where(EnterpriseRecord.annulled_at.is_not(None))
        .distinct()
    )
    heirs = absorbed_enterprises()
    absorbed: dict[str, int] = {}
    for uscc, enterprise_id in rows:
        if uscc not in register.enterprises:
            found.setdefault(uscc, set()).add(heirs.get(enterprise_id, enterprise_id))
            if enterprise_id in heirs:
                absorbed[uscc] = enterprise_id
    register.absorbed_codes = absorbed
    return {uscc: frozenset(ids) for uscc, ids in found.items()}


def _former_numbers(register: Register, part: Part) -> dict[tuple[int, str], frozenset[int]]:
    found: dict[tuple[int, str], set[int]] = {}
    query = (
        select(PlantRecord.enterprise_id, PlantRecord.number, PlantRecord.plant_id)
        .where(PlantRecord.annulled_at.is_not(None))
        .distinct()
    )
    for condition in part.conditions(PlantRecord, Subject.ENTERPRISE):
        for enterprise_id, number, plant_id in db.session.execute(query.where(condition)):
            if (enterprise_id, number) not in register.plants:
                found.setdefault((enterprise_id, number), set()).add(plant_id)
    return {key: frozenset(ids) for key, ids in found.items()}
