"""Examples for the addresses of indicator tables (指标表); none of them belongs to a county."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO
from typing import Any

from app.indicators import services
from app.indicators.forms import values_of
from app.indicators.queries import newest_version, ruling_history
from app.indicators.sheets import write_table
from app.kernel.transaction import writing
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, Query
from tests.indicators import RULES, a_table, dust
from tests.world import Principal, World

DRAFTS = frozenset({"indicators.compare", "indicators.download_table"})
"""Not for enterprises, whatever the permission says."""


def _family(world: World) -> int:
    """A table with a version in force, made once in a world."""
    with world.app.app_context(), writing("测试", actor_id=world.users["rule-editor"]):
        family = services.open_family(RULES, "casting", "")
        if newest_version(family) is None:
            first = services.keep_version(family, a_table(dust("10")), made_from=None)
            services.carry_out(
                {
                    "family": family, "version": first, "from_on": "2020-01-01",
                    "document": "文", "reason": "由", "withdraws": None, "stood": [],
                    "proposed_by": world.users["rule-editor"],
                }
            )  # fmt: skip
            services.keep_version(family, a_table(dust("8")), made_from=first)
        return family


def _families(world: World, who: Principal, endpoint: str) -> Examples:
    bureau = who.role is not None and not who.enterprises
    kind = Kind.OWN if bureau or endpoint not in DRAFTS else Kind.REFUSED
    yield kind, {"family_id": _family(world)}
    yield Kind.UNKNOWN, {"family_id": NOWHERE}


def _rulings(world: World, _who: Principal, _endpoint: str) -> Examples:
    family = _family(world)
    with world.app.app_context():
        ruling = ruling_history(family)[0].id
    yield Kind.OWN, {"family_id": family, "ruling_id": ruling}
    yield Kind.UNKNOWN, {"family_id": family, "ruling_id": NOWHERE}


def _newest(world: World) -> str:
    family = _family(world)
    with world.app.app_context():
        version = newest_version(family)
        assert version is not None
        return str(version.id)


def _row(world: World, _who: Principal) -> dict[str, Any]:
    row = a_table().rows[0]
    values = values_of(row, a_table().grades)
    return {
        **values,
        "title": f"颗粒物{_newest(world)}",
        "was": row.key,
        "made_from": _newest(world),
    }


def _file(world: World, _who: Principal) -> dict[str, Any]:
    content = BytesIO()
    write_table(content, a_table(dust("7")))
    content.seek(0)
    return {"made_from": _newest(world), "table": (content, "指标表.xlsx")}


_numbers = iter(range(1, 10_000))


def _new(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "rulebook": RULES, "industry": "glass", "kind": "supplement", "part": f"省{next(_numbers)}",
        "title": "补充", "source": "",
    }  # fmt: skip


def _ruling(_world: World, _who: Principal) -> dict[str, Any]:
    day = date(2030, 1, 1).replace(day=1 + next(_numbers) % 28)
    return {"version": "1", "from_on": day.isoformat(), "document": "文", "reason": "由"}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("family_id",): _families,
    ("family_id", "ruling_id"): _rulings,
}
FORMS: Mapping[str, Form] = {
    "indicators.export_tables": lambda _world, _who: {},
    "indicators.export_versions": lambda _world, _who: {},
    "indicators.load_shipped": lambda _world, _who: {},
    "indicators.make_table": _new,
    "indicators.download_table": lambda _world, _who: {"version": "1"},
    "indicators.back_to_version": lambda _world, _who: {"number": "1"},
    "indicators.save_row": _row,
    "indicators.move_row": lambda world, _who: {
        "made_from": _newest(world), "was": "4.1", "act": "up",
    },
    "indicators.save_heading": lambda world, _who: {
        "made_from": _newest(world), "title": f"表{next(_numbers)}", "source": "",
    },
    "indicators.upload_table": _file,
    "indicators.propose_ruling": _ruling,
    "indicators.propose_withdrawal": lambda _world, _who: {"document": "", "reason": "由"},
}  # fmt: skip
QUERIES: Mapping[str, Query] = {}
