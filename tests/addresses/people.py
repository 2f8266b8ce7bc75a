"""Examples for the addresses of enterprise accounts (企业账号)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.accounts import services
from app.accounts.domain import Role
from app.accounts.models import AgentAuthorisation, RoleGrant
from app.accounts.queries import authorisations_of
from app.accounts.services import NewPerson, Paper
from app.kernel import attachments
from app.kernel.authority import Permission
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.access import access, may_open
from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, numbers
from tests.evidence_files import pdf
from tests.facts import code
from tests.world import ENTERPRISES, Principal, World

CONSUMING = frozenset({"desk.close_person", "desk.close_own_person", "desk.extend_person"})
"""After these a grant is over, so that the next one who sends them needs another."""


def _agent_of(world: World, enterprise: str, who: Principal, endpoint: str) -> tuple[int, int]:
    """An agent of this enterprise: ids of the grant and of its authorisation."""
    uscc = code(ENTERPRISES.index(enterprise))
    if endpoint not in CONSUMING or not may_open(endpoint, who):
        with world.app.app_context():
            found = db.session.execute(
                select(RoleGrant.id, AgentAuthorisation.id)
                .join(AgentAuthorisation, AgentAuthorisation.grant_id == RoleGrant.id)
                .where(RoleGrant.uscc == uscc, RoleGrant.ended_at.is_(None))
                .limit(1)
            ).first()
            db.session.rollback()
        if found is not None:
            return found[0], found[1]
    return _opened(world, uscc)


def _opened(world: World, uscc: str) -> tuple[int, int]:
    until_on = today() + timedelta(days=90)
    with world.app.test_request_context():
        sent = FileStorage(BytesIO(pdf()), "授权书.pdf")
        paper = Paper(attachments.receive(sent), until_on)
        made = services.one_time()
        with writing("测试"):
            person = NewPerson(Role.AGENT, f"代办{next(numbers)}")
            account, grant_id = services.open_person(uscc, person, paper, made)
        (filed,) = authorisations_of(account.user_id)
    return grant_id, filed.id


def _reached(who: Principal, endpoint: str) -> set[str]:
    """The enterprises whose people this principal manages by this address."""
    mark = access(endpoint)
    if mark is Permission.ACCOUNT_MANAGE:
        return set(ENTERPRISES)
    return {plant[0] for plant in who.plants}


def _grants(world: World, who: Principal, endpoint: str) -> Examples:
    for enterprise in ENTERPRISES:
        kind = Kind.OWN if enterprise in _reached(who, endpoint) else Kind.FOREIGN
        yield kind, {"grant_id": _agent_of(world, enterprise, who, endpoint)[0]}
    yield Kind.UNKNOWN, {"grant_id": NOWHERE}


def _papers(world: World, who: Principal, endpoint: str) -> Examples:
    for enterprise in ENTERPRISES:
        kind = Kind.OWN if enterprise in _reached(who, endpoint) else Kind.FOREIGN
        yield kind, {"authorisation_id": _agent_of(world, enterprise, who, endpoint)[1]}
    yield Kind.UNKNOWN, {"authorisation_id": NOWHERE}


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("authorisation_id",): _papers,
    ("grant_id",): _grants,
}


def _new_person(_world: World, who: Principal) -> dict[str, Any]:
    enterprise = min((plant[0] for plant in who.plants), default="A")
    uscc = code(ENTERPRISES.index(enterprise))
    return {"uscc": uscc, "role": "filer", "display_name": f"新人{next(numbers)}", "phone": "",
            "account": "", "until_on": ""}  # fmt: skip


def _longer(_world: World, _who: Principal) -> dict[str, Any]:
    until_on = today() + timedelta(days=300)
    return {"paper": (BytesIO(pdf()), "授权书.pdf"), "until_on": str(until_on)}


FORMS: Mapping[str, Form] = {
    "desk.close_own_person": lambda _world, _who: {"reason": "离职"},
    "desk.close_person": lambda _world, _who: {"reason": "离职"},
    "desk.export_own_people": lambda _world, _who: {},
    "desk.export_enterprises": lambda _world, _who: {},
    "desk.export_people": lambda _world, _who: {},
    "desk.extend_person": _longer,
    "desk.make_person": _new_person,
    "desk.reissue_slip": lambda _world, _who: {},
}
