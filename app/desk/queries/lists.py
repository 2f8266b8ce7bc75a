"""Lists of violations, findings and grades over the plants of an officer (监管事实清单)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple, cast

from flask import current_app
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import aliased

from app.accounts.models import UserAccount
from app.desk.queries.facts import FINDING, GRADE, MODELS, VIOLATION
from app.grades.models import GradeRow
from app.kernel import kept
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.registry.models import EnterpriseRecord, PlantRecord
from app.registry.topics import WHERE
from app.supervision.models import FindingRecord, ViolationRecord

PAGE_SIZE = 50
STATES = ("standing", "ended", "annulled")
_DAY_NAMES = {VIOLATION: "decided_on", FINDING: "found_on", GRADE: "effective_on"}
_DAYS: Mapping[str, Any] = {kind: getattr(MODELS[kind], it) for kind, it in _DAY_NAMES.items()}
_WHAT: Mapping[str, Any] = {
    VIOLATION: ViolationRecord.kind,
    FINDING: FindingRecord.note,
    GRADE: GradeRow.grade,
}
_ENDS: Mapping[str, Any] = {
    VIOLATION: ViolationRecord.withdrawn_on,
    FINDING: FindingRecord.withdrawn_on,
    GRADE: GradeRow.expires_on,
}
SORTS = ("day", "name", "what", "document", "end", "recorded")
_Beside = aliased(PlantRecord)


@dataclass(frozen=True, slots=True)
class FactFilter:
    """Which facts are listed, and in which order; empty texts ask for nothing."""

    search: str = ""
    what: str = ""
    county: str = ""
    state: str = ""
    year: str = ""
    sort: str = "day"
    falling: bool = True
    page: int = 1


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact as a list shows it; ``number`` empty: it holds for the whole enterprise."""

    id: int
    day: date
    what: str
    document: str
    end: date | None
    enterprise_name: str
    uscc: str
    plant_id: int | None
    number: str
    plant_name: str
    county: str
    recorded_at: datetime
    recorded_by: str
    annulled_at: datetime | None
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FactPage:
    """One page of what fits, and how many fit in all."""

    rows: list[FactLine]
    total: int
    page: int
    pages: int


def list_facts(kind: str, wanted: FactFilter, scope: Scope, today: date) -> FactPage:
    """One page of the facts that bear on plants within the scope; the last one if past it."""
    query = _query(kind, wanted, scope, today)
    total = _count(kind, wanted, scope, today)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(wanted.page, pages)
    rows = db.session.execute(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return FactPage([_line(kind, row) for row in rows], total, page, pages)


def _count(kind: str, wanted: FactFilter, scope: Scope, today: date) -> int:
    """How many fit; what they are joined to for the page is joined only where it is searched."""
    whole = replace(wanted, sort="day", falling=True, page=1)
    model: Any = MODELS[kind]

    def find() -> int:
        query: Select[Any] = select(func.count()).select_from(model)
        if whole.search.strip():
            query = _with_owner(query, kind)
        wheres = (_in_reach(kind, scope), *_conditions(kind, whole, today))
        count: int = db.session.execute(query.where(*wheres)).scalar_one()
        return count

    return kept.answer(("facts counted", kind, whole, scope, today), find, _followed(kind, whole))


def _followed(kind: str, whole: FactFilter) -> frozenset[str]:
    """The facts, and where their plants are; names as they are written no topic tells of."""
    if whole.search.strip():
        return frozenset()
    return WHERE | {MODELS[kind].__tablename__}


def all_facts(kind: str, wanted: FactFilter, scope: Scope, today: date) -> list[FactLine]:
    """Every fact of the same list in the same order."""
    query = _query(kind, replace(wanted, page=1), scope, today)
    return [_line(kind, row) for row in db.session.execute(query)]


class _Years(NamedTuple):
    """The years of all facts up to one of them, which is known again by when it was recorded."""

    through: int
    recorded_at: datetime
    years: frozenset[int]


def years_of(kind: str) -> list[int]:
    """The years that facts of the kind are of, newest first.

    No fact ever goes, so only those are read that were recorded since this process was last asked.
    """
    model: Any = MODELS[kind]
    newest = _newest(model, true())
    if newest is None:
        return []
    known: dict[str, _Years] = current_app.extensions.setdefault("years_of_facts", {})
    held = known.get(kind)
    if held is not None and _newest(model, model.id == held.through) != held[:2]:
        held = None  # a restore has put others in their place
    if held is None or held[:2] != newest:
        through, years = (held.through, held.years) if held else (0, frozenset[int]())
        query = select(func.extract("year", _DAYS[kind])).where(model.id > through).distinct()
        found = (int(it) for it in db.session.execute(query).scalars())
        known[kind] = held = _Years(*newest, years.union(found))
    return sorted(held.years, reverse=True)


def _newest(model: Any, which: ColumnElement[bool]) -> tuple[int, datetime] | None:
    """The id of the last fact that is so, and when it was recorded."""
    query = select(model.id, model.recorded_at).where(which).order_by(model.id.desc()).limit(1)
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row else None


def _query(kind: str, wanted: FactFilter, scope: Scope, today: date) -> Select[Any]:
    model: Any = MODELS[kind]
    query: Select[Any] = select(
        model, PlantRecord.number, PlantRecord.name, PlantRecord.county, EnterpriseRecord.name,
        EnterpriseRecord.uscc, UserAccount.display_name,
    )  # fmt: skip
    return (
        _with_owner(query, kind)
        .outerjoin(UserAccount, UserAccount.id == model.recorded_by)
        .where(_in_reach(kind, scope), *_conditions(kind, wanted, today))
        .order_by(*_order(kind, wanted))
    )


def _with_owner(query: Select[Any], kind: str) -> Select[Any]:
    """Each fact beside the plant it names, if it does, and the enterprise that answers for it."""
    model: Any = MODELS[kind]
    owner = (
        PlantRecord.enterprise_id
        if kind == GRADE
        else func.coalesce(PlantRecord.enterprise_id, model.enterprise_id)
    )
    return query.outerjoin(
        PlantRecord, and_(PlantRecord.plant_id == model.plant_id, known_at(PlantRecord, None))
    ).join(
        EnterpriseRecord,
        and_(EnterpriseRecord.enterprise_id == owner, known_at(EnterpriseRecord, None)),
    )


def _in_reach(kind: str, scope: Scope) -> ColumnElement[bool]:
    """A fact of a plant within reach, or of an enterprise that has one there."""
    if scope.is_everything:
        return true()
    return _bears_on(kind, within(scope, _Beside.county, _Beside.enterprise_id))


def _bears_on(kind: str, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A fact of a plant that meets the condition, or of an enterprise that has such a plant.

    Two questions, each answered by an index of the facts: an OR of both reads PostgreSQL every
    fact of the country.
    """
    model: Any = MODELS[kind]
    plants = select(_Beside.plant_id).where(known_at(_Beside, None), condition)
    of_plant = model.plant_id.in_(plants)
    if kind == GRADE:
        return cast("ColumnElement[bool]", of_plant)
    owners = select(_Beside.enterprise_id).where(known_at(_Beside, None), condition)
    it = aliased(model)
    return cast(
        "ColumnElement[bool]",
        model.id.in_(
            select(it.id)
            .where(it.plant_id.in_(plants))
            .union_all(select(it.id).where(it.plant_id.is_(None), it.enterprise_id.in_(owners)))
        ),
    )


def _conditions(kind: str, wanted: FactFilter, today: date) -> list[ColumnElement[bool]]:
    model: Any = MODELS[kind]
    found: list[ColumnElement[bool]] = [
        or_(
            EnterpriseRecord.name.contains(word, autoescape=True),
            EnterpriseRecord.uscc.contains(word.upper(), autoescape=True),
            PlantRecord.name.contains(word, autoescape=True),
            model.document.contains(word, autoescape=True),
        )
        for word in wanted.search.split()
    ]
    if wanted.what:
        found.append(_WHAT[kind] == wanted.what)
    if wanted.county:
        found.append(_bears_on(kind, _Beside.county == wanted.county))
    if wanted.year:
        year = int(wanted.year)
        found.append(_DAYS[kind].between(date(year, 1, 1), date(year, 12, 31)))
    end = _ENDS[kind]
    if wanted.state == "annulled":
        return [*found, model.annulled_at.is_not(None)]
    if wanted.state == "standing":
        found.append(or_(end.is_(None), end > today))
    elif wanted.state == "ended":
        found.append(and_(end.is_not(None), end <= today))
    return [*found, model.annulled_at.is_(None)]


def _order(kind: str, wanted: FactFilter) -> list[ColumnElement[Any]]:
    model: Any = MODELS[kind]
    keys: Mapping[str, Any] = {
        "day": _DAYS[kind],
        "name": EnterpriseRecord.name,
        "what": _WHAT[kind],
        "document": model.document,
        "end": func.coalesce(_ENDS[kind], date.max),
        "recorded": model.recorded_at,
    }
    key = keys[wanted.sort]
    last = model.id.desc() if wanted.falling else model.id.asc()
    return [key.desc() if wanted.falling else key.asc(), last]


def _line(kind: str, row: Any) -> FactLine:
    it, number, plant_name, county, name, uscc, recorder = row
    extra = {
        VIOLATION: ("acted_on", "barring_reason"),
        FINDING: (),
        GRADE: ("rulebook", "source"),
    }[kind]
    return FactLine(
        id=it.id,
        day=getattr(it, _DAY_NAMES[kind]),
        what=getattr(it, {VIOLATION: "kind", FINDING: "note", GRADE: "grade"}[kind]),
        document=it.document,
        end=it.expires_on if kind == GRADE else it.withdrawn_on,
        enterprise_name=name,
        uscc=uscc,
        plant_id=it.plant_id,
        number=number or "",
        plant_name=plant_name or "",
        county=county or "",
        recorded_at=it.recorded_at,
        recorded_by=recorder or "系统",
        annulled_at=it.annulled_at,
        extra={field: getattr(it, field) for field in extra},
    )
