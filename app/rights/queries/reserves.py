"""Reading the government reserves (政府储备排污权): all sums come from statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Select, select

from app.accounts.domain import ROLE_PERMISSIONS
from app.accounts.queries import grants_of, names_of
from app.kernel import clock
from app.kernel.authority import Permission
from app.kernel.database import db, known_at
from app.rights.domain import Level
from app.rights.models import (
    ApplicationRecord,
    ReserveMovement,
    ReserveRecord,
    RightsCorrection,
)
from app.rights.tonnage import Account, Entry, EntryKind, Statement, statement


def reserve_of(
    level: Level, pollutant: str, year: int, known: datetime | None = None
) -> Decimal | None:
    """The tonnes an allocation may share out (可分配量); None when nothing is on record."""
    found = find_statement(Account(level, pollutant, year), known)
    return found.supply if found else None


def find_statement(account: Account, known: datetime | None = None) -> Statement | None:
    """The statement of one reserve as known at a moment; None when nothing is on record."""
    opening = db.session.execute(
        select(ReserveRecord.tonnes).where(
            ReserveRecord.level == str(account.level),
            ReserveRecord.pollutant == account.pollutant,
            ReserveRecord.year == account.year,
            known_at(ReserveRecord, known),
        )
    ).scalar_one_or_none()
    rows = db.session.execute(
        _entries(known).where(
            ReserveMovement.level == str(account.level),
            ReserveMovement.pollutant == account.pollutant,
            ReserveMovement.year == account.year,
        )
    ).scalars()
    entries = [_entry(row) for row in rows]
    return None if opening is None and not entries else statement(account, opening, entries)


def _entries(known: datetime | None) -> Select[ReserveMovement]:
    return (
        select(ReserveMovement).where(known_at(ReserveMovement, known)).order_by(ReserveMovement.id)
    )


def _entry(row: ReserveMovement) -> Entry:
    return Entry(
        id=row.id,
        kind=EntryKind(row.kind),
        tonnes=row.tonnes,
        booked_on=row.booked_on,
        document=row.document,
        reason=row.reason,
        counterpart_id=row.counterpart_id,
        list_id=row.list_id,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


def _account(row: ReserveMovement | ReserveRecord) -> Account:
    return Account(Level(row.level), row.pollutant, row.year)


def reserves_on_record(known: datetime | None = None) -> dict[Account, Statement]:
    """The statement of every reserve, the newest year first."""
    openings = {
        _account(row): row.tonnes
        for row in db.session.execute(
            select(ReserveRecord).where(known_at(ReserveRecord, known))
        ).scalars()
    }
    entries: dict[Account, list[Entry]] = {account: [] for account in openings}
    for row in db.session.execute(_entries(known)).scalars():
        entries.setdefault(_account(row), []).append(_entry(row))
    order = sorted(entries, key=lambda it: (-it.year, it.pollutant, it.level == Level.CITY))
    return {it: statement(it, openings.get(it), entries[it]) for it in order}


def find_entry(entry_id: int) -> tuple[Account, Entry] | None:
    """An entry that stands, with its reserve."""
    row = db.session.execute(
        _entries(None).where(ReserveMovement.id == entry_id)
    ).scalar_one_or_none()
    return (_account(row), _entry(row)) if row else None


def entries_of_list(list_id: int) -> list[tuple[Account, Entry]]:
    """What the signing of an allocation booked and still stands."""
    rows = db.session.execute(_entries(None).where(ReserveMovement.list_id == list_id)).scalars()
    return [(_account(row), _entry(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class Annulled:
    """An entry that no longer stands, and why."""

    entry: Entry
    annulled_at: datetime
    annulled_by: str
    reason: str
    document: str
    replaced_by: int | None


def annulled_entries(account: Account) -> list[Annulled]:
    """The entries of a reserve that were annulled, the latest first."""
    rows = db.session.execute(
        select(ReserveMovement, RightsCorrection)
        .outerjoin(
            RightsCorrection,
            (RightsCorrection.fact_id == ReserveMovement.id)
            & (RightsCorrection.subject == "entry"),
        )
        .where(
            ReserveMovement.level == str(account.level),
            ReserveMovement.pollutant == account.pollutant,
            ReserveMovement.year == account.year,
            ReserveMovement.annulled_at.is_not(None),
        )
        .order_by(ReserveMovement.annulled_at.desc(), ReserveMovement.id.desc())
    ).all()
    names = names_of(row.annulled_by for row, _ in rows)
    return [
        Annulled(
            entry=_entry(row),
            annulled_at=row.annulled_at or clock.now(),
            annulled_by=names.get(row.annulled_by or 0, "系统"),
            reason=why.reason if why is not None else "",
            document=why.document if why is not None else "",
            replaced_by=why.replaced_by if why is not None else None,
        )
        for row, why in rows
    ]


@dataclass(frozen=True, slots=True)
class FormerOpening:
    """An opening quantity (期初) on record, standing or replaced."""

    tonnes: Decimal
    recorded_at: datetime
    recorded_by: str
    via: str
    annulled_at: datetime | None


def openings_of(account: Account) -> list[FormerOpening]:
    """Every opening quantity a reserve was given, the latest first."""
    rows = (
        db.session.execute(
            select(ReserveRecord)
            .where(
                ReserveRecord.level == str(account.level),
                ReserveRecord.pollutant == account.pollutant,
                ReserveRecord.year == account.year,
            )
            .order_by(ReserveRecord.id.desc())
        )
        .scalars()
        .all()
    )
    names = names_of(row.recorded_by for row in rows)
    return [
        FormerOpening(
            row.tonnes,
            row.recorded_at,
            names.get(row.recorded_by or 0, "系统"),
            row.recorded_via,
            row.annulled_at,
        )
        for row in rows
    ]


def levels_kept_by(user_id: int | None, on: date) -> tuple[Level, ...]:
    """The levels whose reserves a person may book: the province's by the permission alone, the
    city's also only with that to import reserves (省级登记员只登记省级储备)."""
    if user_id is None:
        return ()
    held = [ROLE_PERMISSIONS[it.role] for it in grants_of(user_id) if it.is_in_force(on)]
    keeps = [it for it in held if Permission.RESERVE_RECORD in it]
    if any(Permission.LEDGER_IMPORT_DECISIONS in it for it in keeps):
        return (Level.CITY, Level.PROVINCE)
    return (Level.PROVINCE,) if keeps else ()


def years_on_record() -> list[int]:
    """The years that have applications or reserves, newest first."""
    years: set[int] = set()
    for column, model in (
        (ApplicationRecord.year, ApplicationRecord),
        (ReserveRecord.year, ReserveRecord),
        (ReserveMovement.year, ReserveMovement),
    ):
        years.update(
            db.session.execute(select(column).where(known_at(model, None)).distinct()).scalars()
        )
    return sorted(years, reverse=True)
