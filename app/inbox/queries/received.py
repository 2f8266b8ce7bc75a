"""Reading messages (收件箱): whose they are is decided when the inbox is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import UserAccount
from app.inbox.domain import MessageKind
from app.inbox.models import Message, Receipt
from app.kernel.authority import Permission, Person, Scope
from app.kernel.database import db, run
from app.kernel.permissions import within

PAGE_SIZE = 50
PARTS: Mapping[str, str] = {"todo": "待办", "notices": "通知", "done": "已办"}
STATES: Mapping[str, str] = {"unread": "未读", "late": "已逾期", "dated": "有期限"}
SORTS = ("sent", "due", "title")
_LAST_DAY = date(9999, 12, 31)
_Sender, _Closer = aliased(UserAccount), aliased(UserAccount)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whose inbox it is, and what they hold how far."""

    user_id: int
    reach: tuple[tuple[Scope, tuple[Permission, ...]], ...]

    @classmethod
    def of(cls, person: Person) -> Recipient:
        """The signed-in person as one to whom messages are addressed."""
        reach: dict[Scope, tuple[Permission, ...]] = {}
        for permission in Permission:
            scope = person.scope_of(permission)
            if scope is not None:
                reach[scope] = (*reach.get(scope, ()), permission)
        return cls(person.user_id, tuple(reach.items()))


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are listed on which day, and in which order; empty texts ask for nothing."""

    on: date
    part: str = "todo"
    search: str = ""
    state: str = ""
    sort: str = "sent"
    falling: bool = True
    page: int = 1


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as its recipient sees it."""

    id: int
    kind: MessageKind
    title: str
    body: str
    link: str
    due_on: date | None
    asks_receipt: bool
    sent_at: datetime
    sender: str
    read_at: datetime | None
    acknowledged_at: datetime | None
    closed_at: datetime | None
    closer: str
    is_signed: bool
    """Signed for (签收): by this person, or by anybody of the enterprise it is for."""

    @property
    def waits_for_signature(self) -> bool:
        """Whether a receipt is asked for that nobody has given."""
        return self.asks_receipt and not self.is_signed and self.closed_at is None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One page of what fits; the last one when a later one was asked for."""

    rows: tuple[MessageView, ...]
    matching: int
    page: int
    pages: int


Listed = Select[Message, Receipt, str | None, str | None, bool]


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits for a person: each number is the length of the list that its link opens."""

    todo: int
    """Open tasks and receipts to be given (待办)."""
    unread: int
    """Notices not opened yet (未读通知)."""


def count_waiting(who: Recipient) -> Counts:
    """What the top bar and the inbox count."""
    counted = run(_counting(who)).one()
    return Counts(*tuple(counted))


@lru_cache(maxsize=256)
def _counting(who: Recipient) -> Select[int, int]:
    """The statement of every page's top bar; to put it together takes longer than to run it."""
    return _addressed_to(who).with_only_columns(
        func.count(Message.id).filter(and_(*_in_part("todo", who))),
        func.count(Message.id).filter(and_(*_in_part("notices", who), _is_unread())),
    )


def list_messages(who: Recipient, wanted: MessageFilter) -> MessagePage:
    """The messages of one part as searched and sorted, a page at a time."""
    matching: int = run(_counting_all(who, wanted)).scalar_one()
    pages = max(1, -(-matching // PAGE_SIZE))
    page = min(wanted.page, pages)
    if not matching:
        return MessagePage((), matching, page, pages)
    rows = db.session.execute(
        _narrowed(who, wanted)
        .order_by(*_order(wanted))
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return MessagePage(tuple(_view(*row) for row in rows), matching, page, pages)


def all_messages(who: Recipient, wanted: MessageFilter) -> tuple[MessageView, ...]:
    """Everything that fits, for a file."""
    query = _narrowed(who, wanted).order_by(*_order(wanted))
    return tuple(_view(*row) for row in db.session.execute(query))


def find_message(message_id: int, who: Recipient) -> MessageView | None:
    """The message, if it is addressed to this person; None otherwise, which is a 404."""
    row = db.session.execute(_addressed_to(who).where(Message.id == message_id)).first()
    return _view(*row) if row else None


def unread_notices(who: Recipient) -> list[int]:
    """The notices that this person has not opened."""
    query = _addressed_to(who).where(*_in_part("notices", who), _is_unread())
    return list(db.session.execute(query.with_only_columns(Message.id)).scalars())


def _addressed_to(who: Recipient) -> Listed:
    county: Any = Message.county
    enterprise: Any = Message.enterprise_id
    audiences = [Message.user_id == who.user_id]
    audiences += [
        and_(
            Message.permission.in_([str(it) for it in permissions]),
            within(scope, county, enterprise),
        )
        for scope, permissions in who.reach
    ]
    mine = and_(Receipt.message_id == Message.id, Receipt.user_id == who.user_id)
    left_out = func.coalesce(Message.except_user_id, 0) == who.user_id
    return (
        select(Message, Receipt, _Sender.display_name, _Closer.display_name, _is_signed(who))
        .outerjoin(Receipt, mine)
        .outerjoin(_Sender, _Sender.id == Message.sent_by)
        .outerjoin(_Closer, _Closer.id == Message.closed_by)
        .where(or_(*audiences), ~left_out)
    )


def _is_signed(who: Recipient) -> ColumnElement[bool]:
    """Signed by the person, or by anybody of the enterprise that the message is for."""
    other = aliased(Receipt)
    return exists().where(
        other.message_id == Message.id,
        other.acknowledged_at.is_not(None),
        or_(other.user_id == who.user_id, Message.enterprise_id.is_not(None)),
    )


def _is_todo(who: Recipient) -> ColumnElement[bool]:
    return or_(Message.kind == "task", and_(Message.asks_receipt.is_(True), ~_is_signed(who)))


def _is_unread() -> ColumnElement[bool]:
    """Not opened by the person, and still of interest: what is settled need not be read."""
    return and_(Receipt.message_id.is_(None), Message.closed_at.is_(None))


def _in_part(part: str, who: Recipient) -> list[ColumnElement[bool]]:
    if part == "todo":
        return [Message.closed_at.is_(None), _is_todo(who)]
    if part == "notices":
        return [Message.kind == "notice"]
    signed = and_(Message.asks_receipt.is_(True), _is_signed(who))
    return [or_(and_(Message.kind == "task", Message.closed_at.is_not(None)), signed)]


@lru_cache(maxsize=256)
def _narrowed(who: Recipient, wanted: MessageFilter) -> Listed:
    query = _addressed_to(who).where(*_in_part(wanted.part, who))
    states: dict[str, ColumnElement[bool]] = {
        "unread": _is_unread(),
        "late": and_(Message.closed_at.is_(None), Message.due_on < wanted.on),
        "dated": Message.due_on.is_not(None),
    }
    if wanted.state:
        query = query.where(states[wanted.state])
    for word in wanted.search.split():
        query = query.where(
            or_(
                Message.title.icontains(word, autoescape=True),
                Message.body.icontains(word, autoescape=True),
            )
        )
    return query


@lru_cache(maxsize=256)
def _counting_all(who: Recipient, wanted: MessageFilter) -> Select[int]:
    ids = _narrowed(who, wanted).with_only_columns(Message.id).subquery()
    return select(func.count()).select_from(ids)


def _order(wanted: MessageFilter) -> list[ColumnElement[Any]]:
    latest = Message.id.desc()
    if wanted.sort == "sent":
        return [latest if wanted.falling else Message.id.asc()]
    column: Any = {
        "due": func.coalesce(Message.due_on, literal(_LAST_DAY)),
        "title": Message.title,
    }[wanted.sort]
    return [column.desc() if wanted.falling else column.asc(), latest]


def _view(
    row: Message, receipt: Receipt | None, sender: str | None, closer: str | None, signed: bool
) -> MessageView:
    return MessageView(
        id=row.id,
        kind=MessageKind(row.kind),
        title=row.title,
        body=row.body,
        link=row.link,
        due_on=row.due_on,
        asks_receipt=row.asks_receipt,
        sent_at=row.sent_at,
        sender=sender or "系统",
        read_at=receipt.read_at if receipt else None,
        acknowledged_at=receipt.acknowledged_at if receipt else None,
        closed_at=row.closed_at,
        closer=closer or "",
        is_signed=bool(signed),
    )
