"""Examples for the addresses of facts entered by hand (经办)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.desk.queries.facts import FINDING, GRADE, MODELS, VIOLATION
from app.desk.routes.places import KINDS
from app.kernel import audit
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.supervision.services import ViolationEntry, record_violations
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.world import Principal, World, mark_of


def _kinds(_world: World, _who: Principal, _endpoint: str) -> Examples:
    for listed in KINDS:
        yield Kind.OWN, {"listed": listed}


def _plants(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant, plant_id in world.plants.items():
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        for listed in ("findings", "grades"):
            yield kind, {"plant_id": plant_id, "listed": listed}
    yield Kind.UNKNOWN, {"plant_id": NOWHERE, "listed": "grades"}


def fact_of(world: World, kind: str, plant: str) -> int:
    """A standing fact of this kind that names the plant; a new one where none is left."""
    model = MODELS[kind]
    plant_id = world.plants[plant]
    with world.app.app_context():
        found = (
            db.session.execute(
                select(model.id)
                .where(model.plant_id == plant_id, model.annulled_at.is_(None))
                .order_by(model.id)
            )
            .scalars()
            .first()
        )
        db.session.rollback()
    return int(found) if found is not None else _violation_of(world, plant)


def _violation_of(world: World, plant: str, *, marked: str = "") -> int:
    """A new 其他 violation of the plant, which carries its mark."""
    document = f"{mark_of(plant)}-{next(numbers)}"
    entry = ViolationEntry(
        world.enterprises[plant[0]], world.plants[plant], "其他", None, today(), document,
        barring_reason=marked,
    )  # fmt: skip
    with world.app.app_context(), writing("测试"):
        (fact_id,) = record_violations([entry])
        audit.record("test.recorded", "violation", fact_id)
    return fact_id


def _facts(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant in world.plants:
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        for listed, fact in KINDS.items():
            yield kind, {"listed": listed, "fact_id": fact_of(world, fact, plant)}
    yield Kind.UNKNOWN, {"listed": "grades", "fact_id": NOWHERE}


MARKED: dict[tuple[int, str], int] = {}
"""World and plant → a violation that is marked as barring; previews leave it so."""


def _changes(world: World, who: Principal, endpoint: str) -> Examples:
    of_mark = endpoint == "desk.mark_violation"
    for plant in world.plants:
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        fact_id = fact_of(world, VIOLATION, plant)
        for verb in ("mark",) if of_mark else ("withdraw", "correct", "annul"):
            yield kind, {"fact_id": fact_id, "verb": verb}
        if of_mark:
            key = (id(world), plant)
            if key not in MARKED:
                MARKED[key] = _violation_of(world, plant, marked="情节严重")
            yield kind, {"fact_id": MARKED[key], "verb": "unmark"}
    yield Kind.UNKNOWN, {"fact_id": NOWHERE, "verb": "mark" if of_mark else "annul"}


def _decisions(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant in world.plants:
        kind = Kind.OWN if plant in who.plants else Kind.FOREIGN
        grade = fact_of(world, GRADE, plant)
        for verb in ("withdraw", "correct", "annul"):
            yield kind, {"listed": "grades", "fact_id": grade, "verb": verb}
        finding = fact_of(world, FINDING, plant)
        yield kind, {"listed": "findings", "fact_id": finding, "verb": "annul"}
    yield Kind.UNKNOWN, {"listed": "grades", "fact_id": NOWHERE, "verb": "annul"}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("fact_id", "listed"): _facts,
    ("fact_id", "listed", "verb"): _decisions,
    ("fact_id", "verb"): _changes,
    ("listed",): _kinds,
    ("listed", "plant_id"): _plants,
}


def _violation(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "reach": "plant", "kind": "逃避监管排放", "acted_on": "", "decided_on": str(today()),
        "document": f"绍环罚〔2025〕{next(numbers)}号",
    }  # fmt: skip


def _change(_world: World, _who: Principal) -> dict[str, Any]:
    """Fits every act: a withdrawal, an ending, a correction and an annulment."""
    day, number = str(today()), next(numbers)
    return {
        "reach": "plant", "kind": "其他", "acted_on": "", "decided_on": day, "found_on": day,
        "document": f"文〔2025〕{number}号", "note": f"说明{number}", "reason": "登记有误",
        "withdrawn_on": day, "withdrawal_document": "撤1", "withdrawal_reason": "复议撤销",
        "rulebook": "shaoxing-2023", "grade": "B", "effective_on": "2025-02-03",
        "expires_on": "2099-01-01", "source": "历史", "ending_document": "止1",
        "ending_reason": "到期", "barring_reason": "情节严重",
    }  # fmt: skip


def _decision(_world: World, _who: Principal) -> dict[str, Any]:
    number = next(numbers)
    return {
        "reach": "plant", "found_on": str(today()), "document": f"认〔2025〕{number}号",
        "note": "", "rulebook": "shaoxing-2023", "grade": "B", "source": "历史", "expires_on": "",
        "effective_on": f"2024-{number % 12 + 1:02}-{number % 27 + 1:02}",
    }  # fmt: skip


FORMS: Mapping[str, Form] = {
    "desk.change_decision": _change,
    "desk.change_violation": _change,
    "desk.export_facts": lambda _world, _who: {},
    "desk.mark_violation": _change,
    "desk.record_decision": _decision,
    "desk.record_violation": _violation,
}
"""Endpoint → a form that it accepts; without a step it is a preview and writes nothing."""
