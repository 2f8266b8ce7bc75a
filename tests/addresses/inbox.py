"""Examples for the addresses of the inbox and of approvals (收件箱、复核)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.addresses.examples import NOWHERE, Arguments, Examples, Form, Kind, Query
from tests.world import PRINCIPALS, Principal, World, propose

_DECIDING = {"approvals.approve_proposal", "approvals.refuse_proposal"}


def _proposals(world: World, who: Principal, endpoint: str) -> Examples:
    for owner in PRINCIPALS:
        if owner.role is None:
            continue
        is_own = owner == who
        if endpoint in _DECIDING | {"approvals.take_back_proposal"} and who.sees_proposal_of(owner):
            may = is_own != (endpoint in _DECIDING)
            yield (Kind.OWN if may else Kind.REFUSED), {"proposal_id": propose(world, owner)}
        else:
            kind = Kind.OWN if who.sees_proposal_of(owner) else Kind.FOREIGN
            yield kind, {"proposal_id": world.proposals[owner.name]}
    yield Kind.UNKNOWN, {"proposal_id": NOWHERE}


def _messages(world: World, who: Principal, _endpoint: str) -> Examples:
    for owner, number in world.messages.items():
        yield (Kind.OWN if owner == who.name else Kind.FOREIGN), {"message_id": number}
    yield Kind.UNKNOWN, {"message_id": NOWHERE}


def _notices(world: World, who: Principal, _endpoint: str) -> Examples:
    for enterprise, number in world.notices.items():
        is_own = f"{enterprise}1" in who.plants
        yield (Kind.OWN if is_own else Kind.FOREIGN), {"notice_id": number}
    yield Kind.UNKNOWN, {"notice_id": NOWHERE}


def _notice(_world: World, _who: Principal) -> dict[str, Any]:
    return {
        "title": "报送自查报告", "body": "请于期限前报送。", "county": "", "codes": "",
        "asks_receipt": "1", "due": "2999-01-01",
    }  # fmt: skip


ARGUMENTS: Mapping[tuple[str, ...], Arguments] = {
    ("message_id",): _messages,
    ("notice_id",): _notices,
    ("proposal_id",): _proposals,
}
"""The names of an address's variable parts → what to put there."""


def _nothing(_world: World, _who: Principal) -> dict[str, Any]:
    return {}


FORMS: Mapping[str, Form] = {
    "approvals.approve_proposal": lambda _world, _who: {"note": "属实"},
    "approvals.export_proposals": _nothing,
    "approvals.preview_proposal": _nothing,
    "approvals.refuse_proposal": lambda _world, _who: {"reason": "文号有误"},
    "approvals.take_back_proposal": _nothing,
    "desk.check_notice": _notice,
    "desk.export_notice": _nothing,
    "desk.send_notice": _notice,
    "inbox.export_messages": _nothing,
    "inbox.read_all_notices": _nothing,
    "inbox.sign_for_message": _nothing,
}
"""Endpoint → a form that it accepts."""

QUERIES: Mapping[str, Query] = {
    "approvals.export_proposals": lambda _world, _who: {"part": "all"},
    "inbox.export_messages": lambda _world, _who: {"part": "notices"},
}
"""Endpoint → what its address must ask for to have an answer."""
