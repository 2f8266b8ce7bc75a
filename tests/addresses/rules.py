"""Examples for the addresses by which 规则库 is changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.kernel.authority import Permission
from app.kernel.transaction import writing
from app.rulebook.services import propose_change
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, Query
from tests.rule_changes import setting
from tests.world import Principal, World

WINDOW = "violations.window_months"


def _proposals(world: World, who: Principal, _endpoint: str) -> Examples:
    with (
        world.app.app_context(),
        writing("测试", actor_id=world.users["rule-editor"], actor_name="维护员"),
    ):
        proposal = propose_change(setting(WINDOW, 24, date(2026, 1, 1)))
    sees = who.holds(Permission.RULEBOOK_EDIT) or who.holds(Permission.RULEBOOK_APPROVE)
    yield Kind.OWN if sees else Kind.FOREIGN, {"rule_proposal_id": proposal}
    yield Kind.UNKNOWN, {"rule_proposal_id": NOWHERE}


def _change(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "act": "set", "subject": WINDOW, "value": "24", "from_on": "2026-01-01",
        "reason": "试行", "document": "绍市环发〔2026〕1号",
    }  # fmt: skip


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {("rule_proposal_id",): _proposals}
FORMS: Mapping[str, Form] = {"desk.rule_preview": _change, "desk.rule_propose": _change}
QUERIES: Mapping[str, Query] = {
    "desk.rule_change": lambda _world, _who: {"act": "set", "subject": WINDOW}
}
