"""What a rule editor and the head of the city see beside an entry of 规则库 (修改记录、待复核)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.accounts.queries import names_of
from app.approvals.domain import Proposal
from app.approvals.queries import open_of_kinds
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.permissions import can
from app.rulebook.changes import Change
from app.rulebook.edits import ACT_WORDS, Edit
from app.rulebook.services import INDUSTRY, PARAMETER, ground
from app.rulebook.telling import told_edit

SYSTEM = "系统"


@dataclass(frozen=True, slots=True)
class EditLine:
    """An edit on record with who had to do with it, and where it is corrected or annulled."""

    edit: Edit
    act: str
    told: str
    proposer: str
    approver: str
    recorded: str
    ended: str
    """When it was annulled; empty while it stands."""
    correct_url: str
    withdraw_url: str


def beside(subject: str, acts: Collection[str]) -> dict[str, Any]:
    """What a page of an entry shows those who edit or approve; nothing to anybody else."""
    edits, decides = can(Permission.RULEBOOK_EDIT), can(Permission.RULEBOOK_APPROVE)
    if not (edits or decides):
        return {"may_edit": False, "may_look": False, "edits": (), "pending": ()}
    pending = [
        it for it in open_of_kinds((PARAMETER, INDUSTRY)) if it.payload["subject"] == subject
    ]
    return {
        "may_edit": edits,
        "may_look": True,
        "edits": _lines(subject, acts, may_edit=edits),
        "pending": pending_rows(pending),
    }


def pending_rows(pending: Sequence[Proposal]) -> list[tuple[str, str, str, str, str]]:
    """Title, proposer, effective day, page of the decision, page of what would move."""
    names = names_of(it.proposed_by for it in pending)
    return [
        (
            it.title,
            names.get(it.proposed_by, SYSTEM),
            str(it.payload["from_on"]),
            f"/approvals/{it.id}",
            url_for("desk.rule_forecast", forecast_key=Change.of(it.payload).key),
        )
        for it in pending
    ]


def _lines(subject: str, acts: Collection[str], *, may_edit: bool) -> list[EditLine]:
    now = ground()
    edits = [it for it in now.edits if it.subject == subject and it.act in acts]
    names = names_of(who for it in edits for who in (it.proposed_by, it.recorded_by))
    lines = []
    for it in reversed(edits):
        stands = it.annulled_at is None
        lines.append(
            EditLine(
                it,
                ACT_WORDS[it.act],
                told_edit(it, now),
                names.get(it.proposed_by or 0, SYSTEM),
                names.get(it.recorded_by or 0, SYSTEM),
                clock.shown(it.recorded_at) if it.recorded_at else "",
                clock.shown(it.annulled_at) if it.annulled_at else "",
                _url("set", it) if may_edit and stands and it.act == "set" else "",
                _url("withdraw", it) if may_edit and stands and it.act != "add" else "",
            )
        )
    return lines


def _url(act: str, edit: Edit) -> str:
    return url_for("desk.rule_change", act=act, subject=edit.subject, replaces=edit.id)
