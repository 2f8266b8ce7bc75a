"""The officers' list of filings (申报受理): as searched, narrowed, sorted and paged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from app.filing.domain import State
from app.filing.models import FilingRow, FilingSubmission
from app.filing.queries.filings import HEADER, Filing, as_filing, reach
from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.database import db
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

    A page beyond the last is the last.
    """
    last = (
        select(FilingSubmission.filing_id, func.max(FilingSubmission.number).label("number"))
        .group_by(FilingSubmission.filing_id)
        .subquery()
    )
    query: Select[*tuple[Any, ...]] = (
        select(*HEADER, FilingSubmission.receipt, FilingSubmission.grade,
               FilingSubmission.submitted_at)
        .join(PlantSearch, PlantSearch.plant_id == FilingRow.plant_id)
        .outerjoin(last, last.c.filing_id == FilingRow.id)
        .outerjoin(FilingSubmission, and_(FilingSubmission.filing_id == last.c.filing_id,
                                          FilingSubmission.number == last.c.number))
        .where(reach(scope), *_narrowed(chosen))
    )  # fmt: skip
    total = db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    pages = 1 if size is None else max(1, -(-total // size))
    shown = min(page, pages)
    query = _sorted(query, chosen)
    if size is not None:
        query = query.limit(size).offset((shown - 1) * size)
    rows = list(db.session.execute(query))
    plants = plants_by_id(row.plant_id for row in rows)
    lines = tuple(
        FilingLine(as_filing(row[:-3], plants[row.plant_id]), row.receipt or "", *row[-2:])
        for row in rows
    )
    return FilingPage(lines, total, shown, pages)


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
        "target": _place(FilingRow.target, _from_worst()),
        "state": _place(FilingRow.state, (it.value for it in State)),
    }
    column = columns.get(chosen.sort, columns["submitted"])
    last = FilingRow.id.desc() if chosen.falling else FilingRow.id
    return query.order_by(column.desc() if chosen.falling else column, last)


def _from_worst() -> list[Grade]:
    """Every grade, the lowest first."""
    return sorted(grades(), key=rulebook_on(clock.today()).grade_order.rank, reverse=True)


def _place(column: Any, values: Iterable[str]) -> ColumnElement[int]:
    """Sorts by the place of a value among these; what is not among them comes before all."""
    return case({it: place for place, it in enumerate(values, start=1)}, value=column, else_=0)
