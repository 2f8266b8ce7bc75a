"""The end of the audit chain as it stands (审计链尾)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.kernel.database import db
from app.kernel.models import AuditEntry


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The last entry: its number, hash and moment; number 0 when there is none."""

    sequence: int
    hash: str
    at: datetime | None

    @property
    def in_groups(self) -> list[str]:
        """The hash in groups of eight, to be compared by eye."""
        return [self.hash[start : start + 8] for start in range(0, len(self.hash), 8)]


def chain_end() -> ChainEnd:
    """The last entry of the chain."""
    row = db.session.execute(
        select(AuditEntry.sequence, AuditEntry.hash, AuditEntry.at)
        .order_by(AuditEntry.sequence.desc())
        .limit(1)
    ).first()
    return ChainEnd(row[0], row[1], row[2]) if row else ChainEnd(0, "", None)
