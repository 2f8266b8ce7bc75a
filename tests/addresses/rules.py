"""Examples for the addresses by which 规则库 is changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.desk.rule_forecasts import work_out
from app.kernel.authority import Permission
from tests.addresses.examples import Arguments, Examples, Form, Kind, Query
from tests.rule_changes import setting
from tests.world import Principal, World

WINDOW = "violations.window_months"
_TURNED = ["D = 非引领性", "C", "B-", "B", "引领性", "A", "A+"]
"""An order of grades that moves every plant of every list."""


def _forecasts(world: World, who: Principal, _endpoint: str) -> Examples:
    change = setting("grade.order", _TURNED, date(2026, 1, 1))
    with world.app.app_context():
        work_out(change, [("act", "set")])
    sees = who.holds(Permission.RULEBOOK_EDIT) or who.holds(Permission.RULEBOOK_APPROVE)
    yield Kind.OWN if sees else Kind.FOREIGN, {"forecast_key": change.key}
    yield Kind.UNKNOWN, {"forecast_key": "0" * 32}


def _change(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "act": "set", "subject": WINDOW, "value": "24", "from_on": "2026-01-01",
        "reason": "试行", "document": "绍市环发〔2026〕1号",
    }  # fmt: skip


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {("forecast_key",): _forecasts}
FORMS: Mapping[str, Form] = {"desk.rule_preview": _change, "desk.rule_propose": _change}
QUERIES: Mapping[str, Query] = {
    "desk.rule_change": lambda _world, _who: {"act": "set", "subject": WINDOW}
}
