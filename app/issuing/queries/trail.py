"""The entry of a signature in the audit chain (审计链中的签发记录)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.issuing.domain import State
from app.kernel.database import db
from app.kernel.models import AuditEntry

ROWS_DIGEST = "各行摘要"
"""Names the digest of the lines in the entry of the draft."""


def signed_in_trail(list_id: int) -> Mapping[str, Any] | None:
    """What the chain holds of the signature; None when it holds none, or more than one."""
    return _only(list_id, "list.signed")


def rows_digest_in_trail(list_id: int) -> str | None:
    """The digest of the lines as they were drafted; None for a list older than that entry."""
    entry = _only(list_id, "list.drafted")
    return None if entry is None else entry.get(ROWS_DIGEST)


def ends_in_trail(list_id: int) -> frozenset[State]:
    """How the chain says that a signed list ended."""
    ends = {"list.replaced": State.REPLACED, "list.withdrawn": State.WITHDRAWN}
    return frozenset(ends[action] for action in ends if _details(list_id, action))


def _only(list_id: int, action: str) -> Mapping[str, Any] | None:
    details = _details(list_id, action)
    if len(details) != 1:
        return None
    found: Mapping[str, Any] = json.loads(details[0])
    return found


def _details(list_id: int, action: str) -> list[str]:
    return list(
        db.session.execute(
            select(AuditEntry.detail).where(
                AuditEntry.action == action,
                AuditEntry.object_type == "issued_list",
                AuditEntry.object_id == str(list_id),
            )
        ).scalars()
    )


def sequence_of_signature(list_id: int) -> int | None:
    """The number of that entry, to be compared with a printed one."""
    return db.session.execute(
        select(AuditEntry.sequence)
        .where(
            AuditEntry.action == "list.signed",
            AuditEntry.object_type == "issued_list",
            AuditEntry.object_id == str(list_id),
        )
        .limit(1)
    ).scalar_one_or_none()
