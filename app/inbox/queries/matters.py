"""What was sent for a matter (事项): for duties that send once, and settle what is over."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, select

from app.inbox.models import Message
from app.kernel.database import db


def open_matters(prefix: str) -> dict[str, date | None]:
    """The matters that begin so and are not settled, each with its due day."""
    query = select(Message.source, Message.due_on).where(
        _begins_with(prefix), Message.closed_at.is_(None)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def sent_matters(prefix: str) -> set[str]:
    """The matters that begin so and for which anything was ever sent."""
    return set(db.session.execute(select(Message.source).where(_begins_with(prefix))).scalars())


def _begins_with(prefix: str) -> ColumnElement[bool]:
    return Message.source.startswith(prefix, autoescape=True)
