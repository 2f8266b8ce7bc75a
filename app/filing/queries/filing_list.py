"""The officers' list of filings (申报受理): as searched, narrowed, sorted and paged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from app.filing.domain import State
from app.filing.models import FilingRow, FilingSubmission
from app.filing.queries.filings import HEADER, Filing, as_filing, reach
from app.kernel import clock, kept
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.facts import in_parts
from app.registry.models import PlantSearch
from app.registry.queries import plants_by_id
from app.registry.search import search_term
from app.rulebook.domain import Grade
from app.rulebook.queries import grades, rulebook_on


@dataclass(frozen=True, slots=True)
class FilingFilter:
    """Which filings a list shows, and in which order; empty and None narrow nothing."""

    year: int | None = None
    kind: str = ""
    state: str = ""
    way: str = ""
    county: str = ""
    target: str = ""
    search: str = ""
    sort: str = "submitted"
    falling: bool = True


@dataclass(frozen=True, slots=True)
class FilingLine:
    """A filing as a list shows it."""

    filing: Filing
    receipt: str
    """Of the last submission; empty: not submitted."""
    grade: Grade | None
    """自评等级 of the last submission."""
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class FilingPage:
    """A page of a list, and how many filings there are in all."""

    lines: tuple[FilingLine, ...]
    total: int
    page: int = 1
    pages: int = 1


SORTS = ("submitted", "opened", "plant", "target", "state")


def list_filings(
    scope: Scope, chosen: FilingFilter, *, page: int = 1, size: int | None = 50
) -> FilingPage:
    """The filings that the person may see; ``size`` None: all of them, for an export.

    A page beyond the last is the last. Which filings it shows is found first, by what the list is
    narrowed and sorted by; what stands in their lines is looked up for them alone.
    """
    found = _sorted(_joined(select(FilingRow.id), scope, chosen), chosen)
    if size is None:
        lines = _lines(db.session.execute(found).scalars())
        return FilingPage(lines, len(lines))
    total = _count(scope, replace(chosen, sort="opened", falling=True))
    pages = max(1, -(-total // size))
    shown = min(page, pages)
    ids = db.session.execute(found.limit(size).offset((shown - 1) * size)).scalars()
    return FilingPage(_lines(ids), total, shown, pages)


def _count(scope: Scope, chosen: FilingFilter) -> int:
    """How many there are, whatever their order."""
    query = _joined(select(func.count()).select_from(FilingRow), scope, chosen)
    return kept.answer(
        ("filings", scope, chosen), lambda: int(db.session.execute(query).scalar_one())
    )


_every = aliased(FilingSubmission)
_LAST = and_(
    FilingSubmission.filing_id == FilingRow.id,
    FilingSubmission.number
    == select(func.max(_every.number)).where(_every.filing_id == FilingRow.id).scalar_subquery(),
)


def _joined(
    query: Select[*tuple[Any, ...]], scope: Scope, chosen: FilingFilter
) -> Select[*tuple[Any, ...]]:
    """What the filter asks for, with no more tables than it and the order need."""
    if chosen.search.strip() or chosen.sort == "plant":
        query = query.join(PlantSearch, PlantSearch.plant_id == FilingRow.plant_id)
    if chosen.search.strip() or chosen.sort not in ("opened", "plant", "target", "state"):
        query = query.outerjoin(FilingSubmission, _LAST)
    return query.where(reach(scope), *_narrowed(chosen))


def _lines(filing_ids: Iterable[int]) -> tuple[FilingLine, ...]:
    ids = list(filing_ids)
    query = select(*HEADER, FilingSubmission.receipt, FilingSubmission.grade,
                   FilingSubmission.submitted_at).outerjoin(FilingSubmission, _LAST)  # fmt: skip
    rows: dict[int, Any] = {
        row.id: row
        for part in in_parts(ids)
        for row in db.session.execute(query.where(FilingRow.id.in_(part)))
    }
    plants = plants_by_id(row.plant_id for row in rows.values())
    return tuple(
        FilingLine(as_filing(row[:-3], plants[row.plant_id]), row.receipt or "", *row[-2:])
        for row in (rows[it] for it in ids)
    )


def _narrowed(chosen: FilingFilter) -> Iterable[ColumnElement[bool]]:
    if chosen.year is not None:
        yield FilingRow.year == chosen.year
    pairs = (
        (FilingRow.kind, chosen.kind), (FilingRow.state, chosen.state),
        (FilingRow.way, chosen.way), (FilingRow.county, chosen.county),
        (FilingRow.target, chosen.target),
    )  # fmt: skip
    yield from (column == value for column, value in pairs if value)
    for word in chosen.search.split():
        yield or_(
            PlantSearch.text.contains(search_term(word), autoescape=True),
            FilingSubmission.receipt.contains(word.upper(), autoescape=True),
        )


def _sorted(query: Select[*tuple[Any, ...]], chosen: FilingFilter) -> Select[*tuple[Any, ...]]:
    columns: dict[str, Any] = {
        "submitted": func.coalesce(FilingSubmission.submitted_at, FilingRow.opened_at),
        "opened": FilingRow.opened_at,
        "plant": PlantSearch.sort_key,
        "target": by_place(FilingRow.target, _from_worst()),
        "state": by_place(FilingRow.state, (it.value for it in State)),
    }
    column = columns.get(chosen.sort, columns["submitted"])
    last = FilingRow.id.desc() if chosen.falling else FilingRow.id
    return query.order_by(column.desc() if chosen.falling else column, last)


def _from_worst() -> list[Grade]:
    """Every grade, the lowest first."""
    return sorted(grades(), key=rulebook_on(clock.today()).grade_order.rank, reverse=True)


def by_place(column: Any, values: Iterable[str]) -> ColumnElement[int]:
    """Sorts by the place of a value among these; what is not among them comes before all."""
    return case({it: place for place, it in enumerate(values, start=1)}, value=column, else_=0)
