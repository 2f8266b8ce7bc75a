"""The audit chain (审计链): every change leaves an entry in its own transaction.

Each entry carries the hash of the one before it, keyed with the installation's secret, so that an
edited, removed, inserted or reordered entry is found and named.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, has_request_context, request
from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from app.kernel import clock
from app.kernel.database import db, run
from app.kernel.models import AuditEntry
from app.kernel.transaction import GENESIS, aside, transaction

_HASHED = (
    "sequence", "at", "actor_id", "actor_name", "via", "address", "action",
    "object_type", "object_id", "county", "succeeded", "detail", "previous_hash",
)  # fmt: skip


_ENTER = insert(AuditEntry)


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a walk along the chain found; ``broken_at`` is the first bad entry or None."""

    entries: int
    head: str
    broken_at: int | None
    problem: str


def record(
    action: str,
    object_type: str,
    object_id: object,
    detail: Mapping[str, Any] | None = None,
    *,
    county: str | None = None,
) -> None:
    """Enter an act of the current transaction; kept or dropped together with its changes."""
    current = transaction()
    row = _row(
        sequence=current.last_sequence + 1,
        previous=current.last_hash,
        at=current.moment,
        actor=(current.actor_id, current.actor_name, current.via),
        what=(action, object_type, str(object_id)),
        detail=detail,
        county=county,
        succeeded=True,
    )
    run(_ENTER, row)
    current.last_sequence, current.last_hash = row["sequence"], row["hash"]
    current.audited = True


def record_aside(
    action: str,
    object_type: str,
    object_id: object,
    detail: Mapping[str, Any] | None = None,
    *,
    actor: tuple[int | None, str] = (None, "未登录"),
    succeeded: bool = True,
) -> None:
    """Enter an act that changes nothing (sign-in, download, refused read) by itself."""
    with aside() as session:
        last = _last(session)
        sequence, previous, at = (last[0], last[1], last[2]) if last else (0, GENESIS, None)
        moment = clock.now()
        row = _row(
            sequence=sequence + 1,
            previous=previous,
            at=moment if at is None or moment > at else at,
            actor=(*actor, "web"),
            what=(action, object_type, str(object_id)[:80]),
            detail=detail,
            county=None,
            succeeded=succeeded,
        )
        session.execute(insert(AuditEntry).values(row))


def mark() -> str:
    """The newest entry that this transaction sees, as number and hash."""
    last = _last(db.session())
    return f"{last[0]}:{last[1]}" if last else f"0:{GENESIS}"


def is_touched_since(marked: str, but: Collection[str]) -> bool:
    """Whether anything was entered after the mark, but for acts on these kinds of objects.

    Also where the marked entry is no longer there: a restore has put another trail in its place.
    """
    number, _, digest = marked.partition(":")
    entries = select(AuditEntry.hash).where(AuditEntry.sequence == int(number))
    if int(number) and db.session.execute(entries).scalar_one_or_none() != digest:
        return True
    later = select(AuditEntry.sequence).where(
        AuditEntry.sequence > int(number), AuditEntry.object_type.not_in(sorted(but))
    )
    return db.session.execute(later.limit(1)).first() is not None


def _last(session: Session) -> tuple[int, str, datetime] | None:
    row = session.execute(
        select(AuditEntry.sequence, AuditEntry.hash, AuditEntry.at)
        .order_by(AuditEntry.sequence.desc())
        .limit(1)
    ).first()
    return (row[0], row[1], row[2]) if row else None


def _row(
    *,
    sequence: int,
    previous: str,
    at: datetime,
    actor: tuple[int | None, str, str],
    what: tuple[str, str, str],
    detail: Mapping[str, Any] | None,
    county: str | None,
    succeeded: bool,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sequence": sequence,
        "at": at,
        "actor_id": actor[0],
        "actor_name": actor[1][:100],
        "via": actor[2][:80],
        "address": (request.remote_addr or "")[:45] if has_request_context() else "",
        "action": what[0],
        "object_type": what[1],
        "object_id": what[2].replace("\x00", "\ufffd"),  # an address may hold one; no text column
        "county": county,
        "succeeded": succeeded,
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str),
        "previous_hash": previous,
    }
    row["hash"] = _digest(row)
    return row


def _digest(row: Mapping[str, Any]) -> str:
    fields = [clock.iso(row[name]) if name == "at" else row[name] for name in _HASHED]
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    secret: str = current_app.config["SECRET_KEY"]
    return hashlib.sha256(b"audit-chain\0" + secret.encode()).digest()


def verify() -> AuditCheck:
    """Walk the whole chain; the first entry that does not fit is named."""
    columns = [getattr(AuditEntry, name) for name in (*_HASHED, "hash")]
    query = select(*columns).order_by(AuditEntry.sequence)
    try:
        return _walk_through(query, 2000)
    except ValueError:  # a moment that is none: read one by one to say which entry has it
        return _walk_through(query, 1)


def _walk_through(query: Select[*tuple[Any, ...]], at_once: int) -> AuditCheck:
    with db.session.execute(query.execution_options(yield_per=at_once)) as entries:
        return _walk(
            (dict(zip((*_HASHED, "hash"), entry, strict=True)) for entry in entries),
            one_by_one=at_once == 1,
        )


def _walk(rows: Iterator[Mapping[str, Any]], *, one_by_one: bool) -> AuditCheck:
    expected, previous = 1, GENESIS
    while True:
        try:
            row = next(rows, None)
        except ValueError:
            if not one_by_one:
                raise
            return AuditCheck(expected - 1, previous, expected, "时间无法识别，记录被改动")
        if row is None:
            break
        if row["sequence"] != expected:
            return AuditCheck(expected - 1, previous, expected, "序号不连续，有记录被删除或插入")
        if row["previous_hash"] != previous:
            return AuditCheck(expected - 1, previous, expected, "与上一条记录的摘要不衔接")
        if not hmac.compare_digest(_digest(row), row["hash"]):
            return AuditCheck(expected - 1, previous, expected, "内容与摘要不符，记录被改动")
        expected, previous = expected + 1, row["hash"]
    return AuditCheck(expected - 1, previous, None, "")
