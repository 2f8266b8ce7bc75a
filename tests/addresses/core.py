"""Examples for the addresses of the kernel, accounts, rulebook, ledger, policy and portal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.accounts import queries as accounts
from app.accounts import services
from app.accounts.domain import Role
from app.kernel.assets import asset
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.ledger.models import LedgerImport
from app.policy.queries import all_measures
from app.rulebook import queries as rulebook
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, Query, numbers
from tests.people import KEQIAO, PASSWORD, YUECHENG, opened
from tests.world import PRINCIPALS, Principal, World, workbook

# --- Examples of arguments ---------------------------------------------------------------------


def _nothing(_world: World, _who: Principal, _endpoint: str) -> Examples:
    yield Kind.OWN, {}


def _one_of(name: str, known: Callable[[], object]) -> Callable[[World, Principal, str], Examples]:
    def examples(world: World, _who: Principal, _endpoint: str) -> Examples:
        with world.app.app_context():
            yield Kind.OWN, {name: known()}
        yield Kind.UNKNOWN, {name: "unknown"}

    return examples


def _plants(world: World, who: Principal, _endpoint: str) -> Examples:
    for plant, plant_id in world.plants.items():
        yield (Kind.OWN if plant in who.plants else Kind.FOREIGN), {"plant_id": plant_id}
    yield Kind.UNKNOWN, {"plant_id": NOWHERE}


def _plants_of_measures(world: World, who: Principal, endpoint: str) -> Examples:
    with world.app.app_context():
        measures = list(all_measures())
    for kind, values in _plants(world, who, endpoint):
        yield kind, {"measure_id": measures[0], **values}
    yield Kind.UNKNOWN, {"measure_id": "unknown", "plant_id": world.plants["A1"]}


def _files(world: World, _who: Principal, _endpoint: str) -> Examples:
    with world.app.app_context():
        digest = asset("app.css").digest
    yield Kind.OWN, {"digest": digest, "name": "app.css"}
    yield Kind.UNKNOWN, {"digest": digest, "name": "app.py"}
    yield Kind.UNKNOWN, {"digest": "0" * 16, "name": "app.css"}


def _downloads(world: World, who: Principal, _endpoint: str) -> Examples:
    for owner, token in world.downloads.items():
        yield (Kind.OWN if owner == who.name else Kind.FOREIGN), {"token": token}
    yield Kind.UNKNOWN, {"token": "x" * 43}


def _imports(world: World, who: Principal, endpoint: str) -> Examples:
    changes = endpoint in {"ledger.confirm_import", "ledger.recheck_import", "ledger.drop_import"}
    for owner in PRINCIPALS:
        if owner.name in world.imports:
            is_own = owner.name == who.name if changes else who.sees_work_of(owner)
            yield (Kind.OWN if is_own else Kind.FOREIGN), {"import_id": world.imports[owner.name]}
    yield Kind.UNKNOWN, {"import_id": NOWHERE}


def _account(world: World, endpoint: str) -> int:
    """An account on which the act of this address can be done."""
    user_id = opened(world.app, Role.COUNTY_OFFICER, county=YUECHENG)
    if endpoint == "accounts.enable_account":
        with world.app.app_context(), writing("测试"):
            services.disable_account(user_id)
    return user_id


def _accounts(world: World, who: Principal, endpoint: str) -> Examples:
    yield Kind.OWN, {"user_id": _account(world, endpoint)}
    if who.role is not None:
        kind = Kind.OWN if endpoint == "accounts.account_page" else Kind.REFUSED
        yield kind, {"user_id": world.users[who.name]}
    yield Kind.UNKNOWN, {"user_id": NOWHERE}


def _roles(world: World, who: Principal, endpoint: str) -> Examples:
    user_id, other = _account(world, endpoint), _account(world, endpoint)
    with world.app.app_context():
        (own,), (others,) = accounts.grants_of(user_id), accounts.grants_of(other)
    yield Kind.OWN, {"user_id": user_id, "grant_id": own.id}
    yield Kind.REFUSED, {"user_id": user_id, "grant_id": others.id}
    yield Kind.REFUSED, {"user_id": other, "grant_id": NOWHERE}
    yield Kind.UNKNOWN, {"user_id": NOWHERE, "grant_id": others.id}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    (): _nothing,
    ("clause_id",): _one_of("clause_id", lambda: rulebook.clauses()[0].id),
    ("digest", "name"): _files,
    ("grant_id", "user_id"): _roles,
    ("import_id",): _imports,
    ("industry_id",): _one_of("industry_id", lambda: rulebook.catalogue().industries[0].id),
    ("measure_id",): _one_of("measure_id", lambda: next(iter(all_measures()))),
    ("measure_id", "plant_id"): _plants_of_measures,
    ("parameter_id",): _one_of("parameter_id", lambda: rulebook.parameters(today())[0].id),
    ("plant_id",): _plants,
    ("token",): _downloads,
    ("topic",): _one_of("topic", lambda: "about"),
    ("user_id",): _accounts,
}
"""The names of an address's variable parts → what to put there."""


QUERIES: Mapping[str, Query] = {
    "policy.compare_rows": lambda world, who: {"b": _a_plant_of(world, who)},
}
"""Endpoint → what its address must ask for to have an answer."""


def _a_plant_of(world: World, who: Principal) -> int:
    """Ranked behind a plant of the other county, which the page must not name."""
    return world.plants[max(who.plants, default="A1")]


# --- Examples of forms -------------------------------------------------------------------------


def _no_fields(_world: World, _who: Principal) -> dict[str, Any]:
    return {}


def _new_account(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "name": f"new.{next(numbers)}", "display_name": "新人", "role": "county-officer",
        "county": YUECHENG, "uscc": "", "from_on": "", "until_on": "2099-12-31",
    }  # fmt: skip


def _new_role(_world: World, _who: Principal) -> dict[str, Any]:
    return {"role": "county-head", "county": KEQIAO, "uscc": "", "from_on": "", "until_on": ""}


def _new_password(_world: World, _who: Principal) -> dict[str, Any]:
    new = f"Huayan-87-weile-{next(numbers)}"
    return {"present_password": PASSWORD, "new_password": new, "new_password_again": new}


def _sign_in(world: World, _who: Principal) -> dict[str, Any]:
    user_id = opened(world.app, Role.CITY_OFFICER)
    with world.app.app_context():
        row = accounts.find_account(user_id)
    assert row is not None
    return {"name": row.name, "password": PASSWORD, "resume_path": "", "resume_owner": "0"}


def _notice(_world: World, _who: Principal) -> dict[str, Any]:
    year = today().year + 1
    text = "元旦：1月1日至3日放假，共3天。\n春节：2月6日至12日放假。"
    return {"year": str(year), "number": f"国办发明电〔{year - 1}〕7号", "text": text,
            "reason": "登记放假安排"}  # fmt: skip


def _set_up(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "code": "x", "city": "绍兴市", "city_code": "330600", "province": "浙江省",
        "province_code": "330000", "county_name_1": "越城区", "county_code_1": "330602",
        "county_former_1": "", "system_name": "xitong.wang", "system_person": "王",
        "security_name": "anquan.li", "security_person": "李",
        "password": PASSWORD, "password_again": PASSWORD,
    }  # fmt: skip


def _list_file(_world: World, _who: Principal) -> dict[str, Any]:
    return {"format": "xlsx", "as_of": str(today()), "known_at": "", "county": ""}


def _allocation_file(world: World, who: Principal) -> dict[str, Any]:
    year = str(today().year)
    return {**_list_file(world, who), "level": "city", "pollutant": "SO2", "year": year}


def _upload(_world: World, who: Principal) -> dict[str, Any]:
    name = f"改名{next(numbers)}有限公司"
    return {"workbook": (workbook("C" if who.county == KEQIAO else "A", name), "改名.xlsx")}


def _confirmation(world: World, who: Principal) -> dict[str, Any]:
    with world.app.app_context():
        row = db.session.get(LedgerImport, world.imports.get(who.name, NOWHERE))
        return {"changes": row.changes_sha256 if row else "0" * 64}


FORMS: Mapping[str, Form] = {
    "accounts.change_password": _new_password,
    "accounts.disable_account": _no_fields,
    "accounts.enable_account": _no_fields,
    "accounts.end_grant": _no_fields,
    "accounts.end_session": _no_fields,
    "accounts.export_accounts": _no_fields,
    "accounts.export_audit_log": _no_fields,
    "accounts.grant_role": _new_role,
    "accounts.open_account": _new_account,
    "accounts.reset_password": _no_fields,
    "accounts.setup": _set_up,
    "accounts.sign_in": _sign_in,
    "accounts.sign_out": _no_fields,
    "accounts.unlock_account": _no_fields,
    "ledger.confirm_import": _confirmation,
    "ledger.download_report": _no_fields,
    "ledger.download_template": _no_fields,
    "ledger.drop_import": _no_fields,
    "ledger.export_register": lambda _world, _who: {"as_of": ""},
    "ledger.recheck_import": _no_fields,
    "ledger.upload_workbook": _upload,
    "policy.export_list": _list_file,
    "portal.calendar_preview": _notice,
    "portal.calendar_save": _notice,
    "portal.export_register": lambda _world, _who: {"format": "xlsx"},
    "rights.export_allocation": _allocation_file,
}
"""Endpoint → a form that it accepts."""
