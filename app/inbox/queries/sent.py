"""The notices an office has sent to enterprises (已发的通知), and who has read and signed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.accounts.models import UserAccount
from app.inbox.domain import BY_HAND
from app.inbox.models import Message, Receipt
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.permissions import within

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice with how far it has come, counted over the enterprises within reach."""

    id: int
    source: str
    title: str
    body: str
    due_on: date | None
    asks_receipt: bool
    sent_at: datetime
    sender: str
    enterprises: int
    read: int
    signed: int

    @property
    def waiting(self) -> int:
        """How many enterprises have not done what is asked of them: sign, or at least read."""
        return self.enterprises - (self.signed if self.asks_receipt else self.read)


@dataclass(frozen=True, slots=True)
class NoticePage:
    """One page of notices; the last one when a later one was asked for."""

    rows: tuple[NoticeView, ...]
    matching: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One enterprise's copy: who of it read it first, and who signed for it."""

    enterprise_id: int
    county: str
    read_at: datetime | None
    reader: str
    signed_at: datetime | None
    signer: str

    @property
    def state(self) -> str:
        """How far it has come, in a word."""
        return "已签收" if self.signed_at else "已读" if self.read_at else "未读"


def list_notices(scope: Scope, search: str, page: int) -> NoticePage:
    """Notices to enterprises of the counties within reach, the newest first."""
    query = _notices(scope)
    for word in search.split():
        query = query.where(Message.title.icontains(word, autoescape=True))
    counted = query.with_only_columns(func.min(Message.id)).subquery()
    matching = db.session.execute(select(func.count()).select_from(counted)).scalar_one()
    pages = max(1, -(-matching // PAGE_SIZE))
    page = min(page, pages)
    newest = func.min(Message.id).desc()
    rows = db.session.execute(
        query.order_by(newest).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    )
    return NoticePage(tuple(_notice(row) for row in rows), matching, page, pages)


def find_notice(notice_id: int, scope: Scope) -> NoticeView | None:
    """The notice of which this is the first copy within reach; None otherwise."""
    source = select(Message.source).where(Message.id == notice_id).scalar_subquery()
    row = db.session.execute(_notices(scope).where(Message.source == source)).first()
    return _notice(row) if row and row.id == notice_id else None


def deliveries_of(notice: NoticeView, scope: Scope) -> list[Delivery]:
    """Its copies within reach, each with the first reader and the first who signed."""
    within_reach = select(Message.id).where(Message.source == notice.source, *_sent_within(scope))
    copies = db.session.execute(
        select(Message.id, Message.enterprise_id, Message.county)
        .where(Message.id.in_(within_reach))
        .order_by(Message.id)
    ).all()
    receipts = db.session.execute(
        select(Receipt, UserAccount.display_name)
        .outerjoin(UserAccount, UserAccount.id == Receipt.user_id)
        .where(Receipt.message_id.in_(within_reach))
        .order_by(Receipt.read_at)
    )
    of_copy: dict[int, list[tuple[Receipt, str]]] = {}
    for receipt, name in receipts:
        of_copy.setdefault(receipt.message_id, []).append((receipt, name or ""))
    return [_delivery(copy, of_copy.get(copy.id, [])) for copy in copies]


def _delivery(copy: Any, receipts: list[tuple[Receipt, str]]) -> Delivery:
    read = receipts[0] if receipts else None
    signed = next((it for it in receipts if it[0].acknowledged_at), None)
    return Delivery(
        enterprise_id=copy.enterprise_id,
        county=copy.county or "",
        read_at=read[0].read_at if read else None,
        reader=read[1] if read else "",
        signed_at=signed[0].acknowledged_at if signed else None,
        signer=signed[1] if signed else "",
    )


def _sent_within(scope: Scope) -> list[ColumnElement[bool]]:
    county: Any = Message.county
    return [
        Message.source.startswith(BY_HAND, autoescape=True),
        Message.enterprise_id.is_not(None),
        within(scope, county),
    ]


def _notices(scope: Scope) -> Select[*tuple[Any, ...]]:
    has_read = exists().where(Receipt.message_id == Message.id)
    has_signed = exists().where(
        Receipt.message_id == Message.id, Receipt.acknowledged_at.is_not(None)
    )
    return (
        select(
            func.min(Message.id).label("id"),
            Message.source,
            func.min(Message.title).label("title"),
            func.min(Message.body).label("body"),
            func.min(Message.due_on).label("due_on"),
            func.count().filter(Message.asks_receipt.is_(True)).label("asking"),
            func.min(Message.sent_at).label("sent_at"),
            func.min(UserAccount.display_name).label("sender"),
            func.count().label("enterprises"),
            func.count().filter(has_read).label("read"),
            func.count().filter(has_signed).label("signed"),
        )
        .outerjoin(UserAccount, UserAccount.id == Message.sent_by)
        .where(*_sent_within(scope))
        .group_by(Message.source)
    )


def _notice(row: Any) -> NoticeView:
    return NoticeView(
        id=row.id,
        source=row.source,
        title=row.title,
        body=row.body,
        due_on=row.due_on,
        asks_receipt=bool(row.asking),
        sent_at=row.sent_at,
        sender=row.sender or "系统",
        enterprises=row.enterprises,
        read=row.read,
        signed=row.signed,
    )
