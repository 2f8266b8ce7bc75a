"""Examples for the addresses about plants live (厂区维护)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.registry.queries import lines_of
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.world import Principal, World


def _changes_of_plants(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant, plant_id in world.plants.items():
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        yield kind, {"plant_id": plant_id, "kind": "rename-plant"}
    yield Kind.UNKNOWN, {"plant_id": NOWHERE, "kind": "rename-plant"}
    yield Kind.UNKNOWN, {"plant_id": world.plants["A1"], "kind": "absorb"}


def _planned(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant, change_id in world.changes.items():
        yield (Kind.OWN if plant in who.plants else Kind.FOREIGN), {"change_id": change_id}
    yield Kind.UNKNOWN, {"change_id": NOWHERE}


def _parts_of_plants(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant, plant_id in world.plants.items():
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        yield kind, {"plant_id": plant_id, "part": "lines"}
    yield Kind.UNKNOWN, {"plant_id": NOWHERE, "part": "lines"}
    yield Kind.UNKNOWN, {"plant_id": world.plants["A1"], "part": "unknown"}


def _facts_of_plants(world: World, who: Principal, _endpoint: str) -> Examples:
    with world.app.app_context():
        lines = {plant: lines_of(plant_id)[0].id for plant, plant_id in world.plants.items()}
    for plant, plant_id in world.plants.items():
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        yield kind, {"plant_id": plant_id, "part": "lines", "fact_id": lines[plant]}
    for fact_id in (NOWHERE, lines["C1"]):
        values = {"plant_id": world.plants["A1"], "part": "lines", "fact_id": fact_id}
        yield Kind.UNKNOWN, values


def _doubles(world: World, who: Principal, _endpoint: str) -> Examples:
    for gone, stays in (("A", "B"), ("C", "D")):
        is_seen = {gone, stays} <= {plant[0] for plant in who.plants}
        ids = {"gone_id": world.enterprises[gone], "stays_id": world.enterprises[stays]}
        yield (Kind.OWN if is_seen else Kind.FOREIGN), ids
    yield Kind.UNKNOWN, {"gone_id": NOWHERE, "stays_id": world.enterprises["A"]}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("change_id",): _planned,
    ("fact_id", "part", "plant_id"): _facts_of_plants,
    ("gone_id", "stays_id"): _doubles,
    ("kind", "plant_id"): _changes_of_plants,
    ("part", "plant_id"): _parts_of_plants,
}


def _renaming(_world: World, _who: Principal) -> dict[str, Any]:
    """Back from the preview: any other step is told that the page it was sent from is old."""
    return {"step": "edit", "name": f"新{next(numbers)}厂", "effective_on": "2025-01-01"}


def _back_from_preview(_world: World, _who: Principal) -> dict[str, Any]:
    return {"step": "edit"}


def _batch(world: World, who: Principal) -> dict[str, Any]:
    ids = ",".join(str(world.plants[it]) for it in sorted(who.plants))
    return {"step": "preview", "plants": ids, "field": "officer", "value": "王", "reason": "分工"}


def _picked(world: World, who: Principal) -> dict[str, Any]:
    return {"which": "picked", "plant": str(world.plants[min(who.plants, default="A1")])}


FORMS: Mapping[str, Form] = {
    "desk.batch": _batch,
    "portal.batch_register": _picked,
    "desk.edit_enterprise": _back_from_preview,
    "desk.edit_part": _back_from_preview,
    "desk.edit_plant": _back_from_preview,
    "desk.end_part": _back_from_preview,
    "desk.merge": _back_from_preview,
    "desk.new_enterprise": _back_from_preview,
    "desk.new_part": _back_from_preview,
    "desk.new_plant": _back_from_preview,
    "desk.plant_change": _renaming,
    "desk.withdraw_planned": lambda _world, _who: {"reason": "企业撤回"},
}
