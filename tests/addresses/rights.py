"""Examples for the addresses of emission rights (排污权)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from io import BytesIO
from typing import Any

from sqlalchemy import select

from app.issuing import services as issuing
from app.issuing.services import Signature
from app.kernel import audit, files
from app.kernel.authority import EVERYTHING, Permission
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.rights.domain import Evidence, Level
from app.rights.models import ApplicationRecord
from app.rights.queries.issued import find_allocation
from app.rights.services import ApplicationEntry, record_applications
from app.rights.services.letters import queue
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, Query, numbers
from tests.world import Principal, World, mark_of


def _reserves(_world: World, _who: Principal, _endpoint: str) -> Examples:
    known = {"level": "city", "pollutant": "SO2", "year": today().year}
    yield Kind.OWN, known
    yield Kind.UNKNOWN, {**known, "year": 2001}
    yield Kind.UNKNOWN, {**known, "level": "county"}


def _entries(world: World, who: Principal, _endpoint: str) -> Examples:
    """An entry of the province's reserve, which everybody who keeps reserves may book."""
    account = Account(Level.PROVINCE, "NOx", today().year)
    with world.app.app_context(), writing("测试"):
        entry_id = book(EntryDraft(account, EntryKind.IN, Decimal(1), today(), "示例文件"))
    yield Kind.OWN, {"entry_id": entry_id}
    yield Kind.UNKNOWN, {"entry_id": NOWHERE}


def _applications(world: World, who: Principal, endpoint: str) -> Examples:
    """Applications of every plant; those that are to change are new ones of their own year."""
    changes = endpoint in {"rights.correct_application", "rights.withdraw_application"}
    for key, plant_id in world.plants.items():
        year = 2030 + next(numbers) % 60 if changes else 2029
        with world.app.app_context(), writing("测试"):
            found = db.session.execute(
                select(ApplicationRecord.id).where(
                    ApplicationRecord.plant_id == plant_id,
                    ApplicationRecord.year == year,
                    ApplicationRecord.pollutant == "NOx",
                    ApplicationRecord.annulled_at.is_(None),
                )
            ).scalar_one_or_none()
            if found is None:
                stored = files.keep(BytesIO(f"%PDF-1.7 {mark_of(key)}".encode()))
                files.enter(stored)
                entry = ApplicationEntry(
                    plant_id, mark_of(key), "NOx", year, Decimal(1), today(),
                    (Evidence(stored.sha256, f"{mark_of(key)}.pdf"),),
                )  # fmt: skip
                (found,) = record_applications([entry])
                audit.record("test.recorded", "application", found)
        kind = Kind.OWN if key in who.plants else Kind.FOREIGN
        yield kind, {"application_id": found}
    yield Kind.UNKNOWN, {"application_id": NOWHERE}


def _evidence(world: World, who: Principal, endpoint: str) -> Examples:
    """The first file of each application, and one that it does not have."""
    for kind, known in _applications(world, who, endpoint):
        yield kind, {**known, "place": 1}
        yield Kind.UNKNOWN, {"application_id": known["application_id"], "place": 9}


_NUMBER = Signature("示例〔1〕号", confirms_draft_rulebook=True)
ISSUED: dict[int, int] = {}


def issued_allocation(world: World) -> int:
    """A signed allocation in which every plant of the world stands; made once for each world."""
    if id(world) not in ISSUED:
        head, officer = world.users["city-head"], world.users["city-officer"]
        spec = f"city/SO2/{today().year}"
        with world.app.app_context():
            with writing("测试", actor_id=head, actor_name="起草人"):
                list_id = issuing.draft("allocation", spec, today())
            with writing("测试", actor_id=officer, actor_name="复核人"):
                issuing.check(list_id, EVERYTHING)
            with writing("测试", actor_id=head, actor_name="签发人"):
                issuing.sign(list_id, EVERYTHING, _NUMBER)
        ISSUED[id(world)] = list_id
    return ISSUED[id(world)]


def _allocations(world: World, _who: Principal, _endpoint: str) -> Examples:
    yield Kind.OWN, {"allocation_id": issued_allocation(world)}
    yield Kind.UNKNOWN, {"allocation_id": NOWHERE}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("level", "pollutant", "year"): _reserves,
    ("entry_id",): _entries,
    ("application_id",): _applications,
    ("application_id", "place"): _evidence,
    ("allocation_id",): _allocations,
}


def _file(_world: World, _who: Principal) -> dict[str, Any]:
    return {"format": "xlsx"}


def _entry(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "level": "province", "pollutant": "SO2", "year": str(today().year), "kind": "in",
        "tonnes": "1.250", "booked_on": str(today()), "document": "示例文件", "reason": "",
    }  # fmt: skip


def _carry(_world: World, _who: Principal) -> dict[str, Any]:
    """What was left of a year that is over."""
    return {
        "level": "province", "pollutant": "PM", "year": str(today().year - 1),
        "booked_on": str(today()), "document": "示例文件", "reason": "",
    }  # fmt: skip


def _application(world: World, who: Principal) -> dict[str, Any]:
    """For a plant of one's own, a project nobody applied for yet."""
    return {
        "plant_id": str(world.plants[min(who.plants, default="A1")]), "project": "other",
        "project_name": f"新项目{next(numbers)}", "pollutant": "VOCs", "year": str(today().year),
        "tonnes": "1.250", "applied_on": str(today()),
        "evidence": (BytesIO(b"%PDF-1.7 test"), "证明.pdf"),
    }  # fmt: skip


FORMS: Mapping[str, Form] = {
    "rights.export_reserves": _file,
    "rights.export_statement": _file,
    "rights.propose_entry": _entry,
    "rights.propose_correction": lambda world, who: {**_entry(world, who), "why": "数量有误"},
    "rights.propose_annulment": lambda _world, _who: {"annul_why": "登记有误"},
    "rights.propose_carry": _carry,
    "rights.apply": _application,
    "rights.correct_application": lambda world, who: {
        **_application(world, who),
        "why": "数量有误",
    },
    "rights.withdraw_application": lambda _world, _who: {"why": "项目取消"},
    "rights.export_applications": _file,
    "rights.own_letter": lambda world, who: {
        "format": "docx",
        "plant_id": str(world.plants[min(who.plants, default="A1")]),
    },
    "rights.make_letters": lambda _world, _who: {"format": "docx"},
}


def _letters_under_way(world: World, who: Principal) -> Mapping[str, object]:
    """Letters that this person asked for and that are still to be made."""
    if not who.holds(Permission.LIST_DRAFT):
        return {}
    owner, list_id = world.users[who.name], issued_allocation(world)
    counties = [who.county] if who.county else None
    with world.app.app_context():
        view = find_allocation(list_id)
        assert view is not None
        with writing("测试", actor_id=owner, actor_name=who.name):
            return {"job": queue(view, "docx", counties)}


QUERIES: Mapping[str, Query] = {"rights.letter_list": _letters_under_way}
