"""Examples for the addresses by which 规则库 is changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.desk.rule_forecasts import JOB, work_out
from app.kernel import jobs
from app.kernel.authority import Permission
from app.kernel.transaction import writing
from tests.addresses.examples import Arguments, Examples, Form, Kind, Query
from tests.rule_changes import setting
from tests.world import Principal, World

WINDOW = "violations.window_months"
OTHER, YES = "block.other_kinds", True


def _forecasts(world: World, who: Principal, endpoint: str) -> Examples:
    change, later = (setting(OTHER, YES, date(2026, it, 1)) for it in (1, 2))
    with world.app.app_context():
        work_out(change, [("act", "set")])
        with writing("测试"):
            payload = {"change": later.to_payload(), "fields": []}
            jobs.enqueue(JOB, payload, key=f"{JOB}:{later.key}:1")
    kind = Kind.OWN if who.holds(Permission.RULEBOOK_FORESEE) else Kind.FOREIGN
    yield kind, {"forecast_key": change.key}
    if endpoint in ("desk.rule_forecast", "desk.rule_forecast_again"):  # one still being worked out
        yield kind, {"forecast_key": later.key}
    yield Kind.UNKNOWN, {"forecast_key": "0" * 32}


def _change(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "act": "set", "subject": WINDOW, "value": "24", "from_on": "2026-01-01",
        "reason": "试行", "document": "绍市环发〔2026〕1号",
    }  # fmt: skip


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {("forecast_key",): _forecasts}
FORMS: Mapping[str, Form] = {
    "desk.rule_preview": _change,
    "desk.rule_propose": _change,
    "desk.rule_forecast_again": lambda _world, _who: {},
    "desk.export_rule_forecast": lambda _world, _who: {},
}
QUERIES: Mapping[str, Query] = {
    "desk.rule_change": lambda _world, _who: {"act": "set", "subject": WINDOW}
}
