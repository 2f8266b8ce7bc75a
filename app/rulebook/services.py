"""Putting edits of 规则库 on record (规则库修改): only ever by an approved proposal."""

from __future__ import annotations

from app.accounts.queries import list_bureaus
from app.approvals import services as approvals
from app.approvals.domain import Payload, Refused
from app.kernel import audit, clock, facts
from app.kernel.transaction import rulebook_changed, transaction
from app.rulebook.changes import Change, Fault, Ground, faults
from app.rulebook.edits import ACT_WORDS
from app.rulebook.models import RulebookEdit
from app.rulebook.queries import edits_on_record, forget_edits, library
from app.rulebook.telling import title_of, told_change, was_before

PARAMETER, INDUSTRY = "rulebook.parameter", "rulebook.industry"
"""The kinds of proposal; a change of the calendar is the portal's."""


def ground() -> Ground:
    """What a change would stand on now."""
    held = library()
    counties = {bureau.code: bureau.short_name for bureau in list_bureaus("county")}
    return Ground(
        held.parameters, held.catalogue, held.schemes, held.rulebooks, held.grades,
        edits_on_record(), counties, clock.today(),
    )  # fmt: skip


def faults_of(change: Change) -> list[Fault]:
    """What is wrong with a change as things stand now."""
    return faults(change, ground())


def propose_change(change: Change) -> int:
    """Put a change before the head of the city; returns the proposal's id. Raises Refused."""
    _refuse_faults(change)
    now = ground()
    return approvals.propose(
        INDUSTRY if concerns_industry(change) else PARAMETER,
        title_of(change, now),
        {
            **change.to_payload(),
            "proposed_by": transaction().actor_id,
            "stood": _stood(change),
            "was": was_before(change, now),
        },
    )


def concerns_industry(change: Change) -> bool:
    """Whether it edits the catalogue of industries, not a parameter."""
    return change.act != "set" and change.subject not in library().parameters.histories


def carry_out(payload: Payload) -> int | None:
    """Record an approved change; returns the new edit's id, None where it only annulled one.

    Raises Refused when another approved change came in between or the change is no longer sound.
    """
    refuse_unsound(payload)
    return record_change(Change.of(payload))


def refuse_unsound(payload: Payload) -> None:
    """Raise Refused when what was proposed can no longer be approved."""
    change = Change.of(payload)
    if payload.get("stood") != _stood(change):
        raise Refused(
            "提出之后，这一项已经另行修改，原来比较的依据不再成立。"
            "请退回，由规则维护员按现在的记录重新提出。"
        )
    _refuse_faults(change)


def record_change(change: Change) -> int | None:
    """Enter a change as it is, annulling the edit it replaces."""
    edit, new = change.edit, None
    if change.replaces is not None:
        facts.annul(RulebookEdit, [change.replaces])
        rulebook_changed.emit([change.replaces])
    if edit is not None:
        (new,) = facts.record(
            RulebookEdit,
            [
                {
                    "act": edit.act,
                    "subject": edit.subject,
                    "county": edit.county,
                    "from_on": edit.from_on,
                    "content": edit.content,
                    "reason": edit.reason,
                    "document": edit.document,
                    "proposed_by": edit.proposed_by,
                }
            ],
        )
        rulebook_changed.emit([new])
    told = dict(told_change(change, ground()))
    forget_edits()
    audit.record("rulebook.edited", "rulebook", change.subject,
                 {"修改": ACT_WORDS[change.act], **told})  # fmt: skip
    return new


def _stood(change: Change) -> list[int]:
    """The edits of the same subject that stand: a change is approved as it was looked at."""
    return [it.id for it in edits_on_record()
            if it.subject == change.subject and it.annulled_at is None]  # fmt: skip


def _refuse_faults(change: Change) -> None:
    found = faults_of(change)
    if found:
        raise Refused("".join(sentence for _, sentence in found))
