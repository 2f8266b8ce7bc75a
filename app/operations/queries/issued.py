"""Issued lists that a drill verifies (已签发清单)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from app.kernel.database import db

_ENOUGH = 3


def newest_issues(known_at: datetime) -> list[int]:
    """The numbers of the newest lists that were signed by that moment."""
    table = db.metadata.tables.get("issued_list")
    if table is None:
        return []
    wanted = sa.select(table.c.id).where(table.c.signed_at < known_at).order_by(table.c.id.desc())
    return list(db.session.execute(wanted.limit(_ENOUGH)).scalars())
