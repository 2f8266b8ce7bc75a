"""Examples for the addresses of windows and renewals (申报期、年度更新)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.filing import services
from app.filing.domain import Kind as Filed
from app.filing.queries.windows import list_windows
from app.kernel.transaction import writing
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.world import Principal, World

_YEAR = 2031


def _window(world: World) -> int:
    """A window that stands, of a year of its own."""
    with world.app.app_context():
        standing = [it for it in list_windows(_YEAR) if not it.is_annulled]
        if standing:
            return standing[0].window.id
        with writing("测试"):
            return services.set_window(
                _YEAR, Filed.RENEWAL, date(_YEAR, 3, 1), date(_YEAR, 4, 30), document="文"
            )


def _windows(world: World, _who: Principal, _endpoint: str) -> Examples:
    yield Kind.OWN, {"window_id": _window(world)}
    yield Kind.UNKNOWN, {"window_id": NOWHERE}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {("window_id",): _windows}


def _days(_world: World, _who: Principal) -> dict[str, Any]:
    year = 2032 + next(numbers) % 60
    return {
        "year": str(year), "kind": "renewal", "from_on": f"{year}-03-01",
        "until_on": f"{year}-04-30", "document": "文", "reason": "由",
    }  # fmt: skip


def _other_days(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "from_on": f"{_YEAR}-05-01", "until_on": f"{_YEAR}-06-30", "document": "文", "reason": "由",
    }  # fmt: skip


FORMS: Mapping[str, Form] = {
    "filing.propose_new_period": _days,
    "filing.propose_change_of_period": _other_days,
    "filing.propose_withdrawal_of_period": _other_days,
    "filing.export_renewals": lambda _world, _who: {"format": "xlsx"},
    "filing.print_renewal_notices": lambda _world, _who: {},
}
