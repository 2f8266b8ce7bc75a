"""The entry of a signature in the audit chain (审计链中的签发记录)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.kernel.database import db
from app.kernel.models import AuditEntry


def signed_in_trail(list_id: int) -> Mapping[str, Any] | None:
    """What the chain holds of the signature; None when it holds none, or more than one."""
    details = list(
        db.session.execute(
            select(AuditEntry.detail).where(
                AuditEntry.action == "list.signed",
                AuditEntry.object_type == "issued_list",
                AuditEntry.object_id == str(list_id),
            )
        ).scalars()
    )
    if len(details) != 1:
        return None
    found: Mapping[str, Any] = json.loads(details[0])
    return found


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
