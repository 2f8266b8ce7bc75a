"""Examples for the addresses of emission rights (排污权)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.kernel.clock import today
from app.kernel.transaction import writing
from app.rights.domain import Level
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind
from tests.world import Principal, World


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


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("level", "pollutant", "year"): _reserves,
    ("entry_id",): _entries,
}


def _file(_world: World, _who: Principal) -> dict[str, Any]:
    return {"format": "xlsx"}


def _entry(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "level": "province", "pollutant": "SO2", "year": str(today().year), "kind": "in",
        "tonnes": "1.250", "booked_on": str(today()), "document": "示例文件", "reason": "",
    }  # fmt: skip


def _carry(world: World, _who: Principal) -> dict[str, Any]:
    """What was left of a year that is over."""
    account = Account(Level.PROVINCE, "PM", today().year - 1)
    with world.app.app_context(), writing("测试"):
        book(EntryDraft(account, EntryKind.IN, Decimal(1), date(2025, 1, 6), "示例文件"))
    return {
        "level": "province", "pollutant": "PM", "year": str(account.year),
        "booked_on": str(today()), "document": "示例文件", "reason": "",
    }  # fmt: skip


FORMS: Mapping[str, Form] = {
    "rights.export_reserves": _file,
    "rights.export_statement": _file,
    "rights.propose_entry": _entry,
    "rights.propose_correction": lambda world, who: {**_entry(world, who), "why": "数量有误"},
    "rights.propose_annulment": lambda _world, _who: {"annul_why": "登记有误"},
    "rights.propose_carry": _carry,
}
