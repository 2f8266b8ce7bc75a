"""Issued lists that a drill verifies (已签发清单)."""

from __future__ import annotations

import sqlalchemy as sa

from app.kernel.database import db

_ENOUGH = 3


def newest_issues() -> list[int]:
    """The numbers of the newest lists in force."""
    table = db.metadata.tables.get("issued_list")
    if table is None:
        return []
    wanted = sa.select(table.c.id).where(table.c.state == "in_force").order_by(table.c.id.desc())
    return list(db.session.execute(wanted.limit(_ENOUGH)).scalars())
