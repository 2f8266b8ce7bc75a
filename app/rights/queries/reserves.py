"""Reading the government reserves (政府储备排污权)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from app.kernel.database import db, known_at
from app.rights.domain import Level
from app.rights.models import ApplicationRecord, ReserveRecord


def reserve_of(
    level: Level, pollutant: str, year: int, known: datetime | None = None
) -> Decimal | None:
    """The tonnes on record in a reserve; None when none is recorded."""
    return db.session.execute(
        select(ReserveRecord.tonnes).where(
            ReserveRecord.level == str(level),
            ReserveRecord.pollutant == pollutant,
            ReserveRecord.year == year,
            known_at(ReserveRecord, known),
        )
    ).scalar_one_or_none()


def reserves_on_record() -> dict[int, dict[tuple[Level, str], Decimal]]:
    """The tonnes of every reserve on record, by year (newest first), then level and pollutant."""
    rows = db.session.execute(
        select(
            ReserveRecord.year, ReserveRecord.level, ReserveRecord.pollutant, ReserveRecord.tonnes
        )
        .where(known_at(ReserveRecord, None))
        .order_by(ReserveRecord.year.desc())
    )
    found: dict[int, dict[tuple[Level, str], Decimal]] = {}
    for year, level, pollutant, held in rows:
        found.setdefault(year, {})[Level(level), pollutant] = held
    return found


def years_on_record() -> list[int]:
    """The years that have applications or reserves, newest first."""
    years = set(
        db.session.execute(
            select(ApplicationRecord.year).where(known_at(ApplicationRecord, None)).distinct()
        ).scalars()
    )
    years |= set(
        db.session.execute(
            select(ReserveRecord.year).where(known_at(ReserveRecord, None)).distinct()
        ).scalars()
    )
    return sorted(years, reverse=True)
