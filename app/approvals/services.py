"""Proposing a change and deciding it by a second person (提交复核、复核)."""

from __future__ import annotations

import json

from sqlalchemy import insert, update

from app.approvals.domain import COURSE, Kind, Payload, Proposal, Refused
from app.approvals.models import ProposalRow
from app.approvals.queries import as_proposal
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import transaction

_kinds: dict[str, Kind] = {}
LONGEST_TITLE = 150
"""Characters; the titles of the messages about it are somewhat longer."""


def define(kind: Kind) -> None:
    """Make a kind of proposal known; each stage does so when the app is put together."""
    _kinds[kind.id] = kind


def kind_of(proposal: Proposal) -> Kind:
    """The kind of a proposal."""
    return _kinds[proposal.kind]


def title_of(kind_id: str) -> str:
    """What people call a kind of proposal."""
    return _kinds[kind_id].title


def kinds() -> tuple[Kind, ...]:
    """Every kind of proposal, in the order they were made known."""
    return tuple(_kinds.values())


def propose(
    kind_id: str,
    title: str,
    payload: Payload,
    *,
    county: str | None = None,
    enterprise_id: int | None = None,
) -> int:
    """Put a change before a second person; returns the proposal's id.

    Nothing of it takes effect. Everybody who may decide it over ``county`` (None: those whose
    permission reaches everything) finds a task in the inbox.
    """
    kind, current, title = _kinds[kind_id], transaction(), title[:LONGEST_TITLE]
    if current.actor_id is None:
        raise Refused("没有登录的人员不能提交复核。请登录后重新提交。")
    proposal_id = db.session.execute(
        insert(ProposalRow)
        .values(
            kind=kind.id,
            title=title,
            payload=json.dumps(payload, ensure_ascii=False, sort_keys=True),
            county=county,
            enterprise_id=enterprise_id,
            state="open",
            proposed_by=current.actor_id,
            proposed_at=current.moment,
        )
        .returning(ProposalRow.id)
    ).scalar_one()
    inbox.send(
        MessageKind.TASK,
        f"{kind.title}待复核：{title}",
        Audience(kind.decided_with, county=county, except_user_id=current.actor_id),
        link=f"/approvals/{proposal_id}",
        source=_source(proposal_id),
    )
    audit.record("proposal.made", "proposal", proposal_id, {"事项": kind.title, "内容": title},
                 county=county)  # fmt: skip
    return proposal_id


def approve(proposal_id: int, note: str = "") -> None:
    """Carry out what was proposed, in this transaction.

    Raises ActionNotAllowed when it is no longer open, Refused when the decider proposed it or the
    register no longer allows it; nothing is changed then.
    """
    proposal = _decide(proposal_id, "approve", note)
    kind_of(proposal).carry_out(proposal.payload)
    _tell_proposer(proposal, "已复核通过", note)


def refuse(proposal_id: int, reason: str) -> None:
    """Send the proposal back with a reason; nothing of it takes effect."""
    _tell_proposer(_decide(proposal_id, "refuse", reason), "已退回", reason)


def take_back(proposal_id: int) -> None:
    """The person who proposed it withdraws it."""
    _decide(proposal_id, "take_back", "")


_ENTRY = {
    "approve": "proposal.approved",
    "refuse": "proposal.refused",
    "take_back": "proposal.taken_back",
}


def _decide(proposal_id: int, action: str, note: str) -> Proposal:
    current = transaction()
    row = db.session.get(ProposalRow, proposal_id, with_for_update=True, populate_existing=True)
    if row is None or current.actor_id is None:
        raise Refused("没有这一待复核事项。请返回列表重新选择。")
    proposal, step = as_proposal(row), COURSE.step(row.state, action)
    own = current.actor_id == proposal.proposed_by
    if action == "take_back" and not own:
        raise Refused("只有提交人可以撤回。如不同意，请退回并写明理由。")
    if action != "take_back" and (why := proposal.why_not_decided_by(current.actor_id)):
        raise Refused(why)
    if step.needs_reason and not note.strip():
        raise Refused("退回时必须写明理由。请填写后重新提交。")
    db.session.execute(
        update(ProposalRow)
        .where(ProposalRow.id == proposal_id)
        .values(
            state=step.target, decided_by=current.actor_id, decided_at=current.moment, note=note
        )
    )
    inbox.settle(_source(proposal_id))
    audit.record(_ENTRY[action], "proposal", proposal_id,
                 {"事项": kind_of(proposal).title, "内容": proposal.title, "说明": note},
                 county=proposal.county)  # fmt: skip
    return proposal


def _tell_proposer(proposal: Proposal, outcome: str, note: str) -> None:
    inbox.send(
        MessageKind.NOTICE,
        f"{kind_of(proposal).title}{outcome}：{proposal.title}",
        Audience(user_id=proposal.proposed_by),
        link=f"/approvals/{proposal.id}",
        source=f"{_source(proposal.id)}:outcome",
        body=note,
    )


def _source(proposal_id: int) -> str:
    return f"proposal:{proposal_id}"
