"""Sending and settling messages (发送、办结、签收): the verbs any stage may call."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.inbox.domain import BY_HAND, Audience, MessageKind
from app.inbox.models import Message, Receipt
from app.kernel import audit, clock
from app.kernel.authority import Permission
from app.kernel.database import WriterBusy, db
from app.kernel.transaction import aside, transaction

LONGEST_TITLE = 200
"""Characters that the table holds; a longer title is cut."""


def send(
    kind: MessageKind,
    title: str,
    audience: Audience,
    *,
    link: str,
    source: str,
    body: str = "",
    due_on: date | None = None,
    asks_receipt: bool = False,
) -> int:
    """Put a message into the inbox of everybody in ``audience``; returns its id.

    ``link`` is the path of the page where the matter is seen or done; ``source`` names the matter
    (``proposal:12``), by which :func:`settle` later closes what was sent for it. The caller's own
    audit entry covers the sending.
    """
    current = transaction()
    return db.session.execute(
        insert(Message)
        .values(
            kind=str(kind),
            title=title[:LONGEST_TITLE],
            body=body,
            link=link,
            source=source,
            due_on=due_on,
            asks_receipt=asks_receipt,
            permission=str(audience.permission or ""),
            county=audience.county,
            enterprise_id=audience.enterprise_id,
            user_id=audience.user_id,
            except_user_id=audience.except_user_id,
            sent_at=current.moment,
            sent_by=current.actor_id,
        )
        .returning(Message.id)
    ).scalar_one()


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice written by hand (通知): what it says, and what is asked for by when."""

    title: str
    body: str
    asks_receipt: bool
    due_on: date | None


def send_to_enterprises(notice: Notice, county_of: Mapping[int, str]) -> int:
    """Send it to whoever acts for these enterprises (id → 区县); returns the notice's id.

    The county is that of the plant for which the enterprise gets it: it says whose officers see
    who has signed.
    """
    source = f"{BY_HAND}{secrets.token_hex(8)}"
    ids = [
        send(
            MessageKind.NOTICE,
            notice.title,
            Audience(Permission.LIST_OWN_LINE, county=county, enterprise_id=enterprise_id),
            link="",
            source=source,
            body=notice.body,
            due_on=notice.due_on,
            asks_receipt=notice.asks_receipt,
        )
        for enterprise_id, county in county_of.items()
    ]
    first, counties = min(ids), set(county_of.values())
    audit.record("notice.sent", "message", first,
                 {"标题": notice.title, "企业数": len(ids), "须签收": notice.asks_receipt,
                  "期限": str(notice.due_on or "")},
                 county=counties.pop() if len(counties) == 1 else None)  # fmt: skip
    return first


def settle(source: str) -> None:
    """Close what was sent for this matter: it is done, nobody need act on it any more."""
    current = transaction()
    found = select(Message.id).where(Message.source == source, Message.closed_at.is_(None))
    ids = list(db.session.execute(found).scalars())
    reminders = [_reminder_of(number, when) for number in ids for when in ("soon", "late")]
    db.session.execute(
        update(Message)
        .where(
            or_(Message.source == source, Message.source.in_(reminders)),
            Message.closed_at.is_(None),
        )
        .values(closed_at=current.moment, closed_by=current.actor_id)
    )


def _reminder_of(message_id: int, when: str) -> str:
    return f"reminder:{message_id}:{when}"


def remind(on: date, days_before: int | None) -> int:
    """Tell, once each, of what falls due within these days and of what is overdue (提醒).

    ``days_before`` None: only of what is overdue. Returns how many reminders were sent.
    """
    last = on + timedelta(days=days_before) if days_before is not None else on - timedelta(days=1)
    signed = exists().where(Receipt.message_id == Message.id, Receipt.acknowledged_at.is_not(None))
    waiting = db.session.execute(
        select(Message)
        .where(
            Message.closed_at.is_(None),
            Message.due_on <= last,
            or_(Message.kind == "task", and_(Message.asks_receipt.is_(True), ~signed)),
        )
        .order_by(Message.id)
    ).scalars()
    return sum(_remind_of(message, on) for message in list(waiting))


def _remind_of(message: Message, on: date) -> bool:
    is_late = message.due_on is not None and message.due_on < on
    source = _reminder_of(message.id, "late" if is_late else "soon")
    if db.session.execute(select(Message.id).where(Message.source == source)).first():
        return False
    what = "待办" if message.kind == "task" else "待签收的通知"
    send(
        MessageKind.NOTICE,
        f"{what}{'已经逾期' if is_late else '即将到期'}：{message.title}",
        _audience_of(message),
        link=f"/inbox/{message.id}",
        source=source,
        body=f"期限为 {message.due_on}。",
    )
    return True


def _audience_of(message: Message) -> Audience:
    return Audience(
        permission=Permission(message.permission) if message.permission else None,
        county=message.county,
        enterprise_id=message.enterprise_id,
        user_id=message.user_id,
        except_user_id=message.except_user_id,
    )


def mark_read(message_id: int, user_id: int) -> None:
    """Note that this person has opened the message, by a short transaction of its own.

    Not noted while somebody else writes: reading waits for nobody, and the next opening notes it.
    """
    with suppress(WriterBusy, IntegrityError), aside(patient=False) as session:
        if session.get(Receipt, (message_id, user_id)) is None:
            session.add(Receipt(message_id=message_id, user_id=user_id, read_at=clock.now()))


def mark_all_read(message_ids: Collection[int], user_id: int) -> None:
    """Note of these messages, none of which this person has opened, that they are read."""
    current = transaction()
    db.session.add_all(
        Receipt(message_id=number, user_id=user_id, read_at=current.moment)
        for number in message_ids
    )
    audit.record("messages.read", "message", "", {"条数": len(message_ids)})


def acknowledge(message_id: int, user_id: int) -> None:
    """Sign for a message (签收); a second time changes nothing."""
    current = transaction()
    receipt = db.session.execute(
        select(Receipt).where(Receipt.message_id == message_id, Receipt.user_id == user_id)
    ).scalar_one_or_none()
    if receipt is not None and receipt.acknowledged_at is not None:
        return
    if receipt is None:
        receipt = Receipt(message_id=message_id, user_id=user_id, read_at=current.moment)
        db.session.add(receipt)
    receipt.acknowledged_at = current.moment
    audit.record("message.acknowledged", "message", message_id)
