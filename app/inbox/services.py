"""Sending and settling messages (发送、办结、签收): the verbs any stage may call."""

from __future__ import annotations

from datetime import date

from sqlalchemy import insert, select, update

from app.inbox.domain import Audience, MessageKind
from app.inbox.models import Message, Receipt
from app.kernel import audit, clock
from app.kernel.database import db
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


def settle(source: str) -> None:
    """Close what was sent for this matter: it is done, nobody need act on it any more."""
    current = transaction()
    db.session.execute(
        update(Message)
        .where(Message.source == source, Message.closed_at.is_(None))
        .values(closed_at=current.moment, closed_by=current.actor_id)
    )


def mark_read(message_id: int, user_id: int) -> None:
    """Note that this person has opened the message, by a short transaction of its own."""
    with aside() as session:
        if session.get(Receipt, (message_id, user_id)) is None:
            session.add(Receipt(message_id=message_id, user_id=user_id, read_at=clock.now()))


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
