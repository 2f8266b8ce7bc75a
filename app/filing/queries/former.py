"""What an enterprise filed for plants that it has no longer (以往厂区)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from app.filing.domain import State
from app.filing.models import FilingRow, FilingSubmission
from app.filing.queries.filing_list import by_place
from app.filing.queries.filings import HEADER, Filing, as_filing
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.facts import in_parts
from app.registry.models import PlantRecord
from app.registry.queries import plants_by_id

GONE = {"transferred": "已转出", "closed": "已关闭"}
"""What became of a plant."""
SORTS = ("begun", "plant", "year", "state")


@dataclass(frozen=True, slots=True)
class FormerFilter:
    """Which of these filings a list shows, and in which order; empty and None narrow nothing."""

    search: str = ""
    year: int | None = None
    gone: str = ""
    state: str = ""
    sort: str = "begun"
    falling: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """A version that was submitted."""

    id: int
    number: int
    receipt: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Former:
    """A filing of such a plant, with what was submitted of it."""

    filing: Filing
    sent: Sequence[Sent]

    @property
    def gone(self) -> str:
        """What became of the plant, in words."""
        return GONE["transferred" if self.filing.is_transferred else "closed"]


@dataclass(frozen=True, slots=True)
class FormerPage:
    """A page of the list, how many filings there are in all."""

    lines: Sequence[Former]
    total: int
    page: int = 1
    pages: int = 1


def former_filings(
    scope: Scope, wanted: FormerFilter, today: date, *, page: int = 1, size: int | None = 50
) -> FormerPage:
    """The enterprise's own filings of plants that went over to others or were closed.

    ``size`` None: all of them, for an export. A page beyond the last is the last.
    """
    which = list(_which(scope, wanted, today))
    found = _sorted(_of_plants(select(FilingRow.id)).where(*which), wanted)
    if size is None:
        lines = _lines(db.session.execute(found).scalars())
        return FormerPage(lines, len(lines))
    counting = _of_plants(select(func.count()).select_from(FilingRow)).where(*which)
    total = int(db.session.execute(counting).scalar_one())
    pages = max(1, -(-total // size))
    shown = min(page, pages)
    ids = db.session.execute(found.limit(size).offset((shown - 1) * size)).scalars()
    return FormerPage(_lines(ids), total, shown, pages)


def years_of_former(scope: Scope, today: date) -> list[int]:
    """The years for which such filings are, the last first."""
    query = _of_plants(select(FilingRow.year).distinct())
    query = query.where(*_which(scope, FormerFilter(), today))
    return sorted(db.session.execute(query).scalars(), reverse=True)


def _of_plants(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    plant = and_(PlantRecord.plant_id == FilingRow.plant_id, known_at(PlantRecord, None))
    return query.join(PlantRecord, plant)


def _which(scope: Scope, wanted: FormerFilter, today: date) -> Iterator[ColumnElement[bool]]:
    yield FilingRow.enterprise_id.in_(sorted(scope.enterprises))
    is_transferred = PlantRecord.enterprise_id != FilingRow.enterprise_id
    is_closed = and_(~is_transferred, PlantRecord.closed_on <= today)
    became = {"transferred": is_transferred, "closed": is_closed}
    yield became.get(wanted.gone, or_(is_transferred, is_closed))
    if wanted.year is not None:
        yield FilingRow.year == wanted.year
    if wanted.state:
        yield FilingRow.state == wanted.state
    for word in wanted.search.split():
        yield or_(
            PlantRecord.name.contains(word, autoescape=True),
            PlantRecord.number == word,
            exists().where(
                FilingSubmission.filing_id == FilingRow.id,
                FilingSubmission.receipt.contains(word.upper(), autoescape=True),
            ),
        )


def _sorted(
    query: Select[*tuple[Any, ...]], wanted: FormerFilter
) -> Select[*tuple[Any, ...]]:  # fmt: skip
    by: dict[str, Any] = {
        "begun": FilingRow.opened_at,
        "plant": PlantRecord.number,
        "year": FilingRow.year,
        "state": by_place(FilingRow.state, (it.value for it in State)),
    }
    columns = (by[wanted.sort], FilingRow.id)
    return query.order_by(*(it.desc() if wanted.falling else it for it in columns))


def _lines(filing_ids: Iterable[int]) -> list[Former]:
    ids = list(filing_ids)
    rows: dict[int, Any] = {
        row.id: row
        for part in in_parts(ids)
        for row in db.session.execute(select(*HEADER).where(FilingRow.id.in_(part)))
    }
    plants, sent = plants_by_id(row.plant_id for row in rows.values()), _sent(ids)
    return [Former(as_filing(rows[it], plants[rows[it].plant_id]), sent.get(it, ())) for it in ids]


def _sent(filing_ids: list[int]) -> dict[int, list[Sent]]:
    found: dict[int, list[Sent]] = {}
    for part in in_parts(filing_ids):
        query = select(
            FilingSubmission.filing_id, FilingSubmission.id, FilingSubmission.number,
            FilingSubmission.receipt, FilingSubmission.submitted_at,
        ).where(FilingSubmission.filing_id.in_(part))  # fmt: skip
        for row in db.session.execute(query.order_by(FilingSubmission.id)):
            made = Sent(row.id, row.number, row.receipt, row.submitted_at)
            found.setdefault(row.filing_id, []).append(made)
    return found
