"""A page of 50 of the register list, narrowed and sorted, at any depth, against ORM entities.

Ours is ``list_register`` as the page calls it, the counts of plants and enterprises taken anew each
time (a person who turns the page finds them kept). The rival does what a list commonly does on the
same database: entities of the same five tables joined, counted by a query of their own, ordered,
OFFSET. Both are asked for today; both must show the same plants and numbers, or the figure fails.
Each case is taken at the first page, in the middle and at the end. A list that is short anyway,
that of one county, is told in milliseconds: both are quick, whatever the country's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from bench.ground import Ground
from bench.measuring import Result, in_turns, limit, ratio
from sqlalchemy import ColumnElement, Select, and_, distinct, event, func, or_, select

from app.grades.models import StandingInterval
from app.grades.services import show_day
from app.kernel import clock, kept
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db
from app.kernel.transaction import writing
from app.portal.queries.conditions import RegisterFilter
from app.portal.queries.register import list_register
from app.portal.queries.register_statements import PAGE_SIZE
from app.registry.models import EnterpriseRecord, PlantIndustry, PlantRecord, PlantSearch
from app.registry.search import LAST_DAY

REACH = 0.2
DEPTHS = (0.0, 0.5, 1.0)
ENTITIES = (PlantRecord, EnterpriseRecord, StandingInterval, PlantIndustry, PlantSearch)


@dataclass(frozen=True, slots=True)
class Case:
    """A list: what is asked of ours, and the same in the rival's words."""

    name: str
    ours: dict[str, Any]
    where: tuple[ColumnElement[bool], ...]
    order: tuple[ColumnElement[Any], ...] = ()


def cases() -> Iterator[Case]:
    """Broad and narrow filters, orders that they help and that they do not."""
    grade, rank = StandingInterval.grade, StandingInterval.grade_rank.expression
    rank_of_b = 4
    yield Case("all, by name", {}, ())
    yield Case("all, by code", {"sort": "uscc"}, (), (EnterpriseRecord.uscc.expression,))
    yield Case("all, by grade", {"sort": "grade"}, (), (rank,))
    yield Case("all, by permit day", {"sort": "permit"}, (), (
        func.coalesce(PlantRecord.permit_until, LAST_DAY),))  # fmt: skip
    yield Case("grade C, by name", {"grade": "C"}, (grade == "C",))
    yield Case("grade A, by town", {"grade": "A", "sort": "town"}, (grade == "A",), (
        PlantRecord.town.expression,))  # fmt: skip
    yield Case("B and better, by county", {"grade": "b-up", "sort": "county"}, (
        rank <= rank_of_b,), (PlantRecord.county.expression,))  # fmt: skip
    yield Case("stopped, by grade", {"state": "停产", "sort": "grade"}, (
        PlantRecord.state == "停产",), (rank,))  # fmt: skip
    yield Case("one industry and grade C, by code",
               {"industry": "casting", "grade": "C", "sort": "uscc"},
               (PlantIndustry.industry == "casting", grade == "C"),
               (EnterpriseRecord.uscc.expression,))  # fmt: skip


def short(county: str) -> Case:
    """The list of a county officer."""
    rank = StandingInterval.grade_rank.expression
    wanted = {"county": county, "sort": "grade"}
    return Case("one county, by grade", wanted, (PlantRecord.county == county,), (rank,))


def rival(case: Case, offset: int) -> tuple[list[int], int, int]:
    """The page's plants, and how many plants and enterprises there are."""
    query = _joined(select(*ENTITIES)).where(*case.where)
    order = (*case.order, PlantSearch.sort_key, PlantSearch.plant_id)
    rows = db.session.execute(query.order_by(*order).limit(PAGE_SIZE).offset(offset)).all()
    counted = _joined(select(func.count(), func.count(distinct(PlantRecord.enterprise_id))))
    plants, enterprises = db.session.execute(counted.where(*case.where)).one()
    return [row[0].plant_id for row in rows], plants, enterprises


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    today = clock.today()
    return (
        query.select_from(PlantRecord)
        .join(EnterpriseRecord, and_(EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id,
                                     EnterpriseRecord.annulled_at.is_(None)))
        .join(StandingInterval, and_(StandingInterval.plant_id == PlantRecord.plant_id,
                                     StandingInterval.from_on <= today,
                                     StandingInterval.until_on > today))
        .join(PlantSearch, PlantSearch.plant_id == PlantRecord.plant_id)
        .outerjoin(PlantIndustry, and_(PlantIndustry.plant_id == PlantRecord.plant_id,
                                       PlantIndustry.role == "主要",
                                       PlantIndustry.annulled_at.is_(None)))
        .where(PlantRecord.annulled_at.is_(None),
               or_(PlantRecord.closed_on.is_(None), PlantRecord.closed_on > today))
    )  # fmt: skip


def ours(wanted: RegisterFilter) -> tuple[list[int], int, int]:
    """The same by the program."""
    kept.forget()
    found = list_register(wanted, EVERYTHING)
    return [row[0] for row in found.rows], found.plants, found.enterprises


def measure(place: Ground) -> list[Result]:
    """The worst page, all pages together, and the statements of a page."""
    with place.app().app_context():
        with writing("测量"):
            show_day(clock.today())  # as the worker does every morning
        county = db.session.execute(select(PlantRecord.county).limit(1)).scalar_one()
        taken: list[tuple[Case, int, float, float, int]] = [
            (case, *_taken(case, depth)) for case in cases() for depth in DEPTHS
        ]
        turned = _turned()
        _, of_county, theirs_of_county, _ = _taken(short(county), 0.5)
    worst = max(taken, key=lambda it: it[2] / it[3])
    mine, theirs = sum(it[2] for it in taken), sum(it[3] for it in taken)
    statements = {it[4] for it in taken}
    each = {f"{it[0].name}, from {it[1]:,}": f"{it[2] * 1000:.1f}/{it[3] * 1000:.0f} ms"
            for it in taken}  # fmt: skip
    return [
        ratio("list_page", "worst page", place.engine, worst[2], worst[3], REACH,
              page=f"{worst[0].name}, from {worst[1]:,}"),
        ratio("list_page", "all pages", place.engine, mine, theirs, REACH,
              pages=len(taken), **each),
        limit("list_page", "statements of any page, at most", place.engine, max(statements), 8, "",
              seen=sorted(statements)),
        limit("list_page", "turning a page, count kept", place.engine, turned * 1000, 20, "ms"),
        limit("list_page", "page of one county", place.engine, of_county * 1000, 20, "ms",
              rival_ms=round(theirs_of_county * 1000, 1)),
    ]  # fmt: skip


Taken = tuple[int, float, float, int]


def _taken(case: Case, depth: float) -> Taken:
    """Offset, our seconds, the rival's, our statements."""
    _, plants, _ = rival(case, 0)
    offset = int(max(0, plants - PAGE_SIZE) * depth)
    before = rival(case, offset - 1)[0][0] if offset else None
    wanted = replace(RegisterFilter(clock.today(), **case.ours), after=before)
    with Statements() as statements:
        shown = ours(wanted)
    if shown != rival(case, offset):
        raise RuntimeError(f"not the same page: {case.name}, from {offset}")
    mine, theirs = in_turns(lambda: ours(wanted), lambda: rival(case, offset))
    return offset, mine, theirs, len(statements)


def _turned() -> float:
    """Seconds of a page whose count is known, for somebody who sees the whole register."""
    wanted = RegisterFilter(clock.today(), sort="grade")
    last = list_register(wanted, Scope(None)).rows[-1][0]
    following = replace(wanted, after=last)
    return in_turns(lambda: list_register(following, Scope(None)), lambda: None, rounds=5)[0]


class Statements:
    """The statements that are run inside the block."""

    def __init__(self) -> None:
        self._seen: list[str] = []

    def __enter__(self) -> list[str]:
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self._seen

    def __exit__(self, *_: object) -> None:
        event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, _c: object, _cur: object, statement: str, *_rest: object) -> None:
        self._seen.append(statement)
