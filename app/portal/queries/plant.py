"""Everything the page of a plant shows, for a day and as known at a moment (厂区页)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.grades.domain import Standing
from app.grades.explanation import explain
from app.grades.queries import facts_of, standings_on
from app.grades.settings import standing_rules
from app.kernel.authority import EVERYTHING, Scope
from app.portal.domain import Statement, statements
from app.portal.queries.history import facts_on_record
from app.portal.timeline import FactRow
from app.registry.models import EmergencyMeasure, ProductionLine
from app.registry.queries import (
    ChangeOnRecord,
    IndustryOfPlant,
    PlantOnRecord,
    find_plant,
    industries_of,
    lines_of,
    list_plants,
    measures_of,
    open_changes,
)
from app.rulebook.domain import Grade
from app.rulebook.queries import rulebook_titles


@dataclass(frozen=True, slots=True)
class Sibling:
    """A plant (厂区) of the same enterprise with its standing on the day."""

    plant: PlantOnRecord
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class PlantPage:
    """A plant on a day: identity, standing with its reasons, and every fact on record."""

    plant: PlantOnRecord
    industries: tuple[IndustryOfPlant, ...]
    lines: Sequence[ProductionLine]
    measures: Sequence[EmergencyMeasure]
    standing: Standing
    statements: tuple[Statement, Statement]
    siblings: tuple[Sibling, ...]
    lowest: Grade | None
    """The lowest grade among the plants listed (PLAN-PLANT)."""
    facts: list[FactRow]
    waiting: list[ChangeOnRecord]
    """Changes planned for a later day, or that could not be made on theirs; as known now only."""


def get_plant_page(
    plant_id: int, scope: Scope, on: date, moment: datetime | None = None
) -> PlantPage | None:
    """The page of a plant, None where the person may not see the plant or it was not yet known.

    Whether the person may see it depends on where the plant stands now, whatever ``moment``.
    """
    plant = find_plant(plant_id, scope)
    if plant is not None and moment is not None:
        plant = find_plant(plant_id, EVERYTHING, moment)
    if plant is None:
        return None
    rules = standing_rules(on, moment)
    beside = _plants_beside(plant, scope, moment)
    standings = standings_on([plant_id, *(it.plant_id for it in beside)], on, moment)
    standing = standings[plant_id]
    siblings = tuple(Sibling(it, standings.get(it.plant_id)) for it in beside)
    known = facts_of([plant_id], moment)[plant_id]
    reasons = explain(standing, known, on, rules, rulebook_titles())
    grades = [
        it.standing.grade if it.standing else None for it in siblings if not it.plant.is_closed(on)
    ]
    return PlantPage(
        plant=plant,
        industries=industries_of([plant_id], moment).get(plant_id, ()),
        lines=lines_of(plant_id, moment),
        measures=measures_of(plant_id, moment),
        standing=standing,
        statements=statements(standing, reasons, on),
        siblings=siblings,
        lowest=rules.order.worst(grades),
        facts=facts_on_record(plant_id, plant.enterprise_id),
        waiting=open_changes([plant_id]) if moment is None else [],
    )


def _plants_beside(
    plant: PlantOnRecord, scope: Scope, moment: datetime | None
) -> list[PlantOnRecord]:
    """The plants of the enterprise that the person may see today, this one included."""
    plants = list_plants(scope, moment, enterprise_id=plant.enterprise_id)
    if moment is None:
        return plants
    today = {it.plant_id for it in list_plants(scope, enterprise_id=plant.enterprise_id)}
    return [it for it in plants if it.plant_id in today or it.plant_id == plant.plant_id]
