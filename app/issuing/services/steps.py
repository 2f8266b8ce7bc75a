"""What every act on a list shares: finding it for change, its steps, its messages (办理)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, update

from app.approvals.domain import Refused
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.issuing.domain import COURSE, Outcome, State
from app.issuing.models import IssuedList, IssuedStep
from app.issuing.queries import ListView, as_view, covers, how_it_stands, why_not_by
from app.kernel.authority import Permission, Scope
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.kernel.workflow import ActionNotAllowed, Step

NO_SUCH_LIST = "没有这份清单，或不在您的权限范围内。请从清单列表中选择。"


def source_of(list_id: int) -> str:
    """What messages about the list name as their matter."""
    return f"issued_list:{list_id}"


def link_of(list_id: int) -> str:
    """The page of the list."""
    return f"/lists/{list_id}"


def take_step(
    list_id: int, action: str, scope: Scope, *, note: str = "", **values: Any
) -> tuple[ListView, int]:
    """Find the list for this act, check that it may be done, and move it on.

    Returns the list as it was, and who acts. Raises ActionNotAllowed when the state does not allow
    it (somebody was faster), Refused when this person may not.
    """
    view, step, person_id = open_for(list_id, action, scope, note=note)
    move(view, step, note=note, **values)
    inbox.settle(source_of(list_id))
    return view, person_id


def open_for(
    list_id: int, action: str, scope: Scope, *, note: str = ""
) -> tuple[ListView, Step, int]:
    """The list held for change, the step, and who takes it. Raises as take_step does."""
    current = transaction()
    row = db.session.get(IssuedList, list_id, with_for_update=True, populate_existing=True)
    if row is None or current.actor_id is None or not covers(scope, as_view(row)):
        raise Refused(NO_SUCH_LIST)
    view = as_view(row)
    try:
        step = COURSE.step(view.state, action)
    except ActionNotAllowed as late:
        raise ActionNotAllowed(how_it_stands(view)) from late
    if why := why_not_by(view, action, current.actor_id):
        raise Refused(why)
    if step.needs_reason and not note.strip():
        raise Refused(f"{step.label}必须写明理由。请填写后重新提交。")
    return view, step, current.actor_id


def move(view: ListView, step: Step, *, note: str = "", **values: Any) -> None:
    """Write the new state with whatever comes with it, and who did it."""
    db.session.execute(
        update(IssuedList)
        .where(IssuedList.id == view.id, IssuedList.state == view.state)
        .values(state=step.target, **values)
    )
    note_step(view.id, step.action, State(step.target), note)


def note_step(list_id: int, action: str, target: State | Outcome, note: str = "") -> None:
    """Enter what was done into the list's history, with the state or outcome it led to."""
    current = transaction()
    db.session.execute(
        insert(IssuedStep).values(
            list_id=list_id,
            action=action,
            target=target,
            at=current.moment,
            by=current.actor_id,
            by_name=current.actor_name,
            via=current.via,
            note=note.strip(),
        )
    )


def tell(
    view: ListView,
    title: str,
    *user_ids: int | None,
    body: str = "",
    matter: str = "",
    anchor: str = "",
) -> None:
    """A notice to each of these people, the one who acts left out."""
    acting = transaction().actor_id
    for user_id in sorted({it for it in user_ids if it is not None and it != acting}):
        inbox.send(
            MessageKind.NOTICE,
            title[:200],
            Audience(user_id=user_id),
            link=f"{link_of(view.id)}{anchor}",
            source=":".join(filter(None, (source_of(view.id), "told", matter))),
            body=body,
        )


def ask_for_signature(view: ListView, checker: int) -> None:
    """Put the checked list into the inbox of those who may sign it."""
    inbox.send(
        MessageKind.TASK,
        f"清单待签发：{view.title}"[:200],
        Audience(Permission.LIST_SIGN, county=view.county or None, except_user_id=checker),
        link=link_of(view.id),
        source=source_of(view.id),
    )
