"""Examples for the addresses of issued lists: each act on a list that is in the state for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from app.accounts.domain import Role
from app.issuing import services
from app.issuing.services import Signature
from app.kernel.authority import EVERYTHING
from app.kernel.clock import today
from app.kernel.transaction import writing
from tests.access import may_open
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.people import KEQIAO, YUECHENG, opened
from tests.world import Principal, World

OTHER = {YUECHENG: KEQIAO, KEQIAO: YUECHENG}


def _as(user_id: int) -> Any:
    return writing("测试", actor_id=user_id, actor_name="测试人员")


def _drafted(maker: int, county: str) -> int:
    day = today() - timedelta(days=next(numbers))
    with _as(maker):
        return services.draft("measure", "positive-list", day, county)


def checked(world: World, maker: int, county: str) -> int:
    """A list that waits for its signature."""
    checker = opened(world.app, Role.CITY_OFFICER)
    list_id = _drafted(maker, county)
    with _as(checker):
        services.check(list_id, EVERYTHING)
    return list_id


def issued(world: World, county: str) -> int:
    """A list in force, with everything that is recorded of the plants."""
    maker, signer = opened(world.app, Role.CITY_OFFICER), opened(world.app, Role.CITY_HEAD)
    list_id = checked(world, maker, county)
    signature = Signature(f"示例〔{next(numbers)}〕号", confirms_draft_rulebook=True, reason="测试")
    with _as(signer):
        services.sign(list_id, EVERYTHING, signature)
    return list_id


def _returned(maker: int, county: str, world: World) -> int:
    list_id = _drafted(maker, county)
    with _as(opened(world.app, Role.CITY_OFFICER)):
        services.send_back(list_id, EVERYTHING, "测试")
    return list_id


_LOOKED_AT = frozenset(
    {"issuing.list_page", "issuing.print_list", "issuing.download_list", "issuing.verify_list"}
)
Make = Callable[[World, int, str], int]
_OWN_DRAFT: Mapping[str, Make] = {
    "issuing.discard_list": lambda _world, maker, county: _drafted(maker, county),
    "issuing.resubmit_list": lambda world, maker, county: _returned(maker, county, world),
}
_OTHERS_LIST: Mapping[str, Make] = {
    "issuing.check_list": lambda _world, maker, county: _drafted(maker, county),
    "issuing.return_list": lambda _world, maker, county: _drafted(maker, county),
    "issuing.sign_form": checked,
    "issuing.sign_list": checked,
    "issuing.send_back_list": checked,
}


KEPT: dict[tuple[int, str], int] = {}
"""World and county → a list in force that is only looked at, or kept from those shut out."""


def _made(world: World, who: Principal, endpoint: str, county: str) -> int:
    with world.app.app_context():
        if endpoint in _LOOKED_AT or not may_open(endpoint, who):
            if (id(world), county) not in KEPT:
                KEPT[id(world), county] = issued(world, county)
            return KEPT[id(world), county]
        if endpoint in _OWN_DRAFT and who.role is not None:
            return _OWN_DRAFT[endpoint](world, world.users[who.name], county)
        if endpoint in _OTHERS_LIST:
            other = opened(world.app, Role.CITY_OFFICER)
            return _OTHERS_LIST[endpoint](world, other, county)
        return issued(world, county)


def _lists(world: World, who: Principal, endpoint: str) -> Examples:
    county = who.county or (YUECHENG if who.enterprises else "")
    yield Kind.OWN, {"list_id": _made(world, who, endpoint, county)}
    if county:
        yield Kind.FOREIGN, {"list_id": _made(world, who, endpoint, OTHER[county])}
        if endpoint in ("issuing.list_page", "issuing.print_list"):
            yield Kind.OWN, {"list_id": _made(world, who, endpoint, "")}
    yield Kind.UNKNOWN, {"list_id": NOWHERE}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {("list_id",): _lists}


def _draft(_world: World, who: Principal) -> dict[str, Any]:
    day = today() - timedelta(days=next(numbers))
    return {"list": "measure/positive-list", "as_of": str(day), "county": who.county or ""}


def _note(_world: World, _who: Principal) -> dict[str, Any]:
    return {"note": "测试的理由"}


def _signature(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "number": f"示例〔{next(numbers)}〕号",
        "signed_on": "",
        "effective_on": "",
        "confirm": "1",
        "reason": "测试的理由",
    }


FORMS: Mapping[str, Form] = {
    "issuing.draft": _draft,
    "issuing.check_list": _note,
    "issuing.return_list": _note,
    "issuing.send_back_list": _note,
    "issuing.resubmit_list": _note,
    "issuing.discard_list": _note,
    "issuing.withdraw_list": _note,
    "issuing.sign_list": _signature,
    "issuing.download_list": lambda _world, _who: {"format": "xlsx"},
    "issuing.export_lists": lambda _world, _who: {"format": "xlsx"},
    "issuing.verify_list": lambda _world, _who: {},
}
