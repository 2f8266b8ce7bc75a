"""The steps of a list beside drafting and signing: checked, returned, discarded, withdrawn."""

from __future__ import annotations

from app.issuing.content import sha256_of
from app.issuing.queries import ListView, frozen_bytes
from app.issuing.services.drafting import ask_for_check
from app.issuing.services.steps import ask_for_signature, move, open_for, take_step, tell
from app.issuing.subjects import subject_of
from app.kernel import audit, clock
from app.kernel.authority import Scope
from app.kernel.transaction import transaction

_NOBODY = {"checked_by": None, "checked_by_name": "", "checked_at": None}


def check(list_id: int, scope: Scope, note: str = "") -> None:
    """A second person has checked the frozen content (复核通过); the head may sign it."""
    current = transaction()
    view, checker = take_step(
        list_id,
        "check",
        scope,
        note=note,
        checked_by=current.actor_id,
        checked_by_name=current.actor_name,
        checked_at=current.moment,
    )
    content = frozen_bytes(view.content_sha256)  # what was checked is what was frozen
    ask_for_signature(view, checker)
    _enter(view, "list.checked", note, 内容摘要=sha256_of(content))


def send_back(list_id: int, scope: Scope, reason: str, *, by_signer: bool = False) -> None:
    """Return the list to its maker with a reason (退回); what was checked must be checked again."""
    action = "send_back" if by_signer else "return"
    view, _ = take_step(list_id, action, scope, note=reason, **_NOBODY)
    tell(view, f"清单被退回：{view.title}", view.made_by, view.checked_by, body=reason)
    _enter(view, "list.returned", reason)


def resubmit(list_id: int, scope: Scope, answer: str) -> None:
    """The maker answers and puts the same content before a second person again."""
    view, maker = take_step(list_id, "resubmit", scope, note=answer)
    ask_for_check(list_id, view.title, view.county, maker)
    _enter(view, "list.resubmitted", answer)


def discard(list_id: int, scope: Scope, reason: str) -> None:
    """The maker gives the draft up (作废)."""
    view, _ = take_step(list_id, "discard", scope, note=reason)
    tell(view, f"清单草稿已作废：{view.title}", view.checked_by, body=reason)
    _enter(view, "list.discarded", reason)


def withdraw(list_id: int, scope: Scope, reason: str) -> None:
    """A signed list is withdrawn with a reason (撤回); an earlier issue does not come back."""
    today = clock.today()
    view, step, _ = open_for(list_id, "withdraw", scope, note=reason)
    move(view, step, note=reason, ended_on=max(today, view.effective_on or today))
    tell(view, f"清单已撤回：{view.title}（{view.number}）",
         view.made_by, view.checked_by, view.signed_by, body=reason)  # fmt: skip
    subject_of(view.subject).ended(view.id, f"清单撤回：{reason}"[:200])
    _enter(view, "list.withdrawn", reason, 文号=view.number, 校验值=view.sha256)


def _enter(view: ListView, action: str, note: str, **further: object) -> None:
    audit.record(
        action,
        "issued_list",
        view.id,
        {"清单": view.title, "截至日期": view.as_of, "说明": note, **further},
        county=view.county or None,
    )
