"""Examples for the addresses about plants live (厂区维护)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.kernel.authority import EVERYTHING
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import plant_now, situation_of
from app.registry.services import make_change
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.world import Principal, World, mark_of


def _changes_of_plants(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant, plant_id in world.plants.items():
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        yield kind, {"plant_id": plant_id, "kind": "rename-plant"}
    yield Kind.UNKNOWN, {"plant_id": NOWHERE, "kind": "rename-plant"}
    yield Kind.UNKNOWN, {"plant_id": world.plants["A1"], "kind": "absorb"}


def _planned(world: World, who: Principal, _endpoint: str) -> Examples:
    """A planned change of each plant, made anew since withdrawing it ends it."""
    for plant, plant_id in world.plants.items():
        change = Change(
            ChangeKind.RENAME_PLANT, plant_id, date(2099, 1, 1), mark_of(plant), mark_of(plant),
            name=f"{mark_of(plant)}{next(numbers)}",
        )  # fmt: skip
        with world.app.app_context(), writing("测试"):
            around = situation_of(change, plant_now(plant_id), EVERYTHING)
            change_id = make_change(change, around)
        yield (Kind.OWN if plant in who.plants else Kind.FOREIGN), {"change_id": change_id}
    yield Kind.UNKNOWN, {"change_id": NOWHERE}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("change_id",): _planned,
    ("kind", "plant_id"): _changes_of_plants,
}


def _renaming(_world: World, _who: Principal) -> dict[str, Any]:
    """A preview: with no version of the page it would be told that it is an old one."""
    return {"step": "edit", "name": f"新{next(numbers)}厂", "effective_on": "2025-01-01"}


FORMS: Mapping[str, Form] = {
    "desk.plant_change": _renaming,
    "desk.withdraw_planned": lambda _world, _who: {"reason": "企业撤回"},
}
