"""Changes in the life of a plant, at once or on a later day (厂区变更)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.chronicles.browser import confirmed, previewed, words_of
from tests.chronicles.life import COUNTIES, Life
from tests.chronicles.model import Plant, Register

KINDS = (
    "rename-plant", "rename-enterprise", "transfer", "split", "merge", "move", "close", "reopen",
)  # fmt: skip
ASKED = ("transfer", "split", "merge")
"""Where no clause says with whom violations and findings go, and the officer decides."""


def change(life: Life) -> None:
    """Some change of some plant, in force from a day past, today or to come."""
    kind = life.chance.choice(KINDS)
    bars = {"bars": life.chance.choice(("follow", "stay"))} if kind in ASKED else {}
    plant = _a_closed(life) if kind == "reopen" else life.plant()
    if plant is None:
        return
    values = _values(life, kind, plant)
    if values is None:
        return
    day = life.chance.choice((life.today, life.today, life.past_day(), None))
    if day is None:
        day = life.today + timedelta(life.chance.randrange(1, 40))
    if kind in ("transfer", "split", "merge", "reopen", "close") and any(
        it[1] for it in life.planned
    ):
        day = min(day, life.today)
    _carry(life, kind, plant, day, {**values, **bars})


def _a_closed(life: Life) -> Plant | None:
    found = [it for it in life.register.plants.values() if it.closed_on is not None]
    return life.chance.choice(found) if found else None


def _taken(register: Register, uscc: str) -> set[str]:
    return {it.number for it in register.plants.values() if it.owner == uscc}


def _values(life: Life, kind: str, plant: Plant) -> dict[str, Any] | None:
    register, chance = life.register, life.chance
    if kind in ("rename-plant", "rename-enterprise"):
        return {"name": f"更名{life.number()}号厂"}
    if kind == "transfer":
        others = [it for it in register.enterprises if it != plant.owner]
        return {"uscc": chance.choice(others), "number": f"{life.number() + 100:03d}"}
    if kind == "split":
        return {
            "name": f"分立{life.number()}号厂", "number": f"{life.number() + 100:03d}",
            "county": chance.choice(COUNTIES),
        }  # fmt: skip
    if kind == "merge":
        found = [
            it.key
            for it in register.open_plants(date.max)
            if it.owner == plant.owner and it is not plant
        ]
        return {"survivor_id": chance.choice(found)} if found else None
    if kind == "move":
        return {"county": chance.choice([it for it in COUNTIES if it != plant.county])}
    return {}


def _carry(life: Life, kind: str, plant: Plant, day: date, values: dict[str, Any]) -> None:
    told = f"{kind} {plant.owner}/{plant.number} (plant {plant.key}) from {day}: {values}"
    address = f"/desk/plants/{plant.key}/changes/{kind}"
    typed = {**values, "effective_on": day, "reason": "营业执照变更", "document": "准予变更"}
    with life.held():
        city = life.office.at("city-officer")
        seen = previewed(city, address, typed)
        if "尚未保存" not in seen.text:
            life.fault(f"{told}: refused ({seen.status_code}) {words_of(seen)[:400]}")
            return
        done = confirmed(city, address, seen)
        if done.status_code != 303:
            life.fault(f"{told}: not saved ({done.status_code}) {words_of(done)[:400]}")
            return
        if day > life.today:
            owner = plant.owner
            life.planned.append(
                (day, life.number(), lambda: _fall_due(life, kind, plant.key, day, values, owner))
            )
            life.story.append(f"{life.now:%Y-%m-%d %H:%M} plan {told}")
            return
    before = deepcopy(life.register)
    _do(life, kind, plant.key, day, values)
    life.check_preview(seen, before, told)
    life.keep(told)


def _fall_due(
    life: Life, kind: str, key: int, day: date, values: dict[str, Any], owner: str
) -> str:
    """What was planned happens, unless the register no longer allows it."""
    plant = life.register.plants[key]
    if plant.closed_on is not None and kind != "reopen":
        return f"{kind} of plant {key} is set aside: it is closed"
    if kind == "rename-enterprise" and plant.owner != owner:
        return f"{kind} of plant {key} is set aside: it has another owner"
    return _do(life, kind, key, day, values)


def _do(life: Life, kind: str, key: int, day: date, values: dict[str, Any]) -> str:
    register = life.register
    plant = register.plants[key]
    if kind == "rename-plant":
        plant.name = values["name"]
    elif kind == "rename-enterprise":
        register.enterprises[plant.owner] = values["name"]
    elif kind == "transfer":
        wide = (None, plant.owner)
        plant.owner, plant.number = values["uscc"], values["number"]
        _follow(register, wide, plant, values)
    elif kind == "split":
        new = replace(plant, key=max(register.plants) + 1, number=values["number"],
                      name=values["name"], county=values["county"], closed_on=None)  # fmt: skip
        register.plants[new.key] = new
        _follow(register, (key, ""), new, values)
    elif kind in ("merge", "close"):
        plant.closed_on = day
        if kind == "merge":
            _follow(register, (key, ""), register.plants[values["survivor_id"]], values)
    elif kind == "reopen":
        plant.closed_on = None
    elif kind == "move":
        plant.county = values["county"]
    return f"{kind} of plant {key} from {day}: {values}"


def _follow(
    register: Register, against: tuple[int | None, str], to: Plant, values: dict[str, Any]
) -> None:
    """What stands against one side holds for a plant as well, where the officer says so."""
    if values["bars"] == "stay":
        return
    key, owner = against
    for held in (register.violations, register.findings):
        known: list[Any] = list(held)
        for it in known:
            if it.plant == key and (key is not None or it.owner == owner):
                copy = replace(it, owner=to.owner, plant=to.key)
                if not any(other.plant == to.key and _same(other, copy) for other in known):
                    held.append(copy)


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same matter by the identity of the ledger."""
    return one.document == other.document and getattr(one, "kind", "") == getattr(other, "kind", "")
