"""Who must renew this year, who has, who has not (年度更新名单, PLAN-RENEW): counted and listed.

The list, its counts, its export, the reminders and the notices all ask here. What was held last
year is read from the intervals of standings; how far a plant is, from its filings of the year.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from app.filing import renewal
from app.filing.domain import Kind, State
from app.filing.models import FilingRow, FilingStep, FilingSubmission
from app.filing.queries.renewal_rules import YearRules, year_rules
from app.filing.queries.situation import unknown_in
from app.filing.renewal import Progress, RenewalRules
from app.grades.models import StandingInterval
from app.grades.waiting import require_current
from app.kernel import clock, kept
from app.kernel.authority import Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.registry.models import EnterpriseRecord, PlantRecord, PlantSearch
from app.registry.queries import industries_of
from app.registry.search import search_term
from app.rulebook.domain import Grade
from app.rulebook.queries import rulebook_on

T = TypeVar("T", bound=Hashable)
Plants = Sequence[int] | None
PAGE_SIZE = 50
PARTS: Mapping[str, str] = {
    "all": "须更新",
    "done": "已提交",
    "working": "填报中",
    "none": "未办理",
    "overdue": "已逾期",
}
"""Id → words of the parts of the list; overdue are those of 填报中 and 未办理 whose day is over."""
SORTS = ("plant", "county", "held", "progress", "sent")
_ENDED = (State.WITHDRAWN, State.DISCARDED)


# --- What is asked ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RenewalFilter:
    """Which plants of the year's list, as of which day, in which order; empty texts mean all."""

    year: int
    on: date
    part: str = "all"
    search: str = ""
    county: str = ""
    grade: str = ""
    sort: str = "plant"
    falling: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class RenewalLine:
    """A plant that must renew, with what it held, holds, and handed in."""

    plant_id: int
    enterprise_id: int
    enterprise: str
    uscc: str
    number: str
    name: str
    county: str
    held: Grade
    held_verified: bool
    present: Grade | None
    banned_until: date | None
    blocked: bool
    begun_at: datetime | None
    """When a draft that counts was begun; None: none is under way."""
    sent_id: int | None
    """The filing that counts."""
    sent_kind: Kind | None
    sent_year: int | None
    sent_state: State | None
    sent_at: datetime | None
    unfit: str = ""
    """What rulebook or register lack before anything can be filed; empty: nothing."""

    @property
    def may_file(self) -> bool:
        """Whether it could file anything: no ban runs, and its grades are known."""
        return self.banned_until is None and not self.unfit

    @property
    def sent_on(self) -> date | None:
        """The day on which it was handed in."""
        return clock.day_of(self.sent_at) if self.sent_at else None

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return renewal.progress(self.sent_on, has_begun=self.begun_at is not None)

    @property
    def full_name(self) -> str:
        """示例水泥有限公司（001 老厂）."""
        return f"{self.enterprise}（{self.number} {self.name}）"


@dataclass(frozen=True, slots=True)
class RenewalPage:
    """A page of a part of the list; ``counts`` are the lengths of all parts as narrowed."""

    lines: tuple[RenewalLine, ...]
    counts: Mapping[str, int]
    page: int
    pages: int


def list_renewals(scope: Scope, wanted: RenewalFilter, rules: YearRules) -> RenewalPage:
    """One page: four statements however many plants there are, the last two about its own alone."""
    counts = count_renewals(scope, wanted, rules)
    pages = max(1, -(-counts[wanted.part] // PAGE_SIZE))
    page = min(wanted.page, pages)
    plants = _plants_of_page(scope, wanted, rules, page)
    rows = db.session.execute(_lines(scope, wanted, rules, plants))
    return RenewalPage(tuple(_with_unfit(map(_line, rows), wanted.on)), counts, page, pages)


def all_renewals(
    scope: Scope, wanted: RenewalFilter, rules: YearRules, *, most: int | None = None
) -> list[RenewalLine]:
    """The whole part in its order, in one statement; ``most``: no more than so many."""
    require_current()
    query = _lines(scope, wanted, rules)
    rows = db.session.execute(query if most is None else query.limit(most))
    return _with_unfit(map(_line, rows), wanted.on)


def count_renewals(scope: Scope, wanted: RenewalFilter, rules: YearRules) -> dict[str, int]:
    """How many plants each part of the list has."""
    require_current()

    def find() -> dict[str, int]:
        asked = _Asked(scope, wanted, rules)
        sums = [func.coalesce(func.sum(case((asked.part(it), 1), else_=0)), 0) for it in PARTS]
        numbers = db.session.execute(asked.narrow(select(*sums))).one()
        return {part: int(number) for part, number in zip(PARTS, numbers, strict=True)}

    narrowing = (wanted.year, wanted.on, wanted.search, wanted.county, wanted.grade)
    return kept.answer(("renewals", scope, *narrowing, clock.today()), find)


def renewal_of(plant_id: int, scope: Scope, year: int, on: date) -> RenewalLine | None:
    """The plant's line of the year; None: it need not renew, or lies outside the scope."""
    rules = year_rules(year, on)
    query = _lines(scope, RenewalFilter(year, on), rules).where(PlantSearch.plant_id == plant_id)
    row = db.session.execute(query).first()
    return _with_unfit([_line(row)], on)[0] if row else None


def _with_unfit(lines: Iterable[RenewalLine], on: date) -> list[RenewalLine]:
    """The same, each with what is missing before its plant can file."""
    every = list(lines)
    industries = industries_of([it.plant_id for it in every])
    rules = {county: rulebook_on(on, county) for county in {it.county for it in every}}
    found = []
    for it in every:
        missing = unknown_in(industries.get(it.plant_id, ()), rules[it.county])
        found.append(replace(it, unfit=renewal.unfit_words(missing)) if missing else it)
    return found


# --- As SQL -----------------------------------------------------------------------------------


class _Asked:
    """A list as SQL: who must renew, how far each is, and what narrows it."""

    def __init__(
        self, scope: Scope, wanted: RenewalFilter, rules: YearRules, plants: Plants = None
    ) -> None:
        self._scope, self._wanted, self._rules, self._plants = scope, wanted, rules, plants
        self._end = clock.parse_moment(wanted.on.isoformat())
        self.held = aliased(StandingInterval)
        self.acts = self._acts().subquery("acts")
        self.is_sent = self.acts.c.sent_id.is_not(None)
        self.is_begun = self.acts.c.begun_id.is_not(None)

    def _visible(self) -> ColumnElement[bool]:
        return within(self._scope, PlantSearch.county, PlantSearch.enterprise_id)

    def _by_county(
        self, ask: Callable[[RenewalRules], T], make: Callable[[T], ColumnElement[bool]]
    ) -> ColumnElement[bool]:
        """A condition made of a setting, which may be another in some counties."""
        groups: dict[T, list[str]] = {}
        for code, rules in self._rules.by_county.items():
            groups.setdefault(ask(rules), []).append(code)
        if len(groups) < 2:
            return make(next(iter(groups), ask(self._rules.general)))
        return or_(*(and_(PlantSearch.county.in_(codes), make(it)) for it, codes in groups.items()))

    def _acts(self) -> Select[*tuple[Any, ...]]:
        """Per plant the filing of the year that was handed in by the day, and the one begun.

        A draft that a former owner left does not count as begun.
        """
        step = exists().where(
            FilingStep.filing_id == FilingRow.id,
            FilingStep.state.in_(_ENDED),
            FilingStep.done_at <= self._end,
        )
        sent = FilingSubmission.submitted_at <= self._end
        begun = and_(
            or_(FilingSubmission.id.is_(None), FilingSubmission.submitted_at > self._end),
            FilingRow.enterprise_id == PlantSearch.enterprise_id,
        )
        counted = self._by_county(
            lambda it: (it.counted_years, it.counted_kinds),
            lambda it: and_(FilingRow.year.in_(it[0]), FilingRow.kind.in_(it[1])),
        )
        return (
            select(
                FilingRow.plant_id,
                func.min(case((sent, FilingRow.id))).label("sent_id"),
                func.min(case((begun, FilingRow.id))).label("begun_id"),
            )
            .join(PlantSearch, PlantSearch.plant_id == FilingRow.plant_id)
            .outerjoin(
                FilingSubmission,
                and_(FilingSubmission.filing_id == FilingRow.id, FilingSubmission.number == 1),
            )
            .where(
                counted,
                FilingRow.opened_at <= self._end,
                or_(FilingRow.state.not_in(_ENDED), not_(step)),
                self._visible(),
                true() if self._plants is None else FilingRow.plant_id.in_(self._plants),
            )
            .group_by(FilingRow.plant_id)
        )

    @property
    def needs_acts(self) -> bool:
        """Whether filings decide which rows are shown, or in which order."""
        return self._wanted.part != "all" or self._wanted.sort in ("progress", "sent")

    def narrow(
        self, query: Select[*tuple[Any, ...]], *, with_acts: bool = True
    ) -> Select[*tuple[Any, ...]]:
        """The rows of the list, whatever the part; with what each has filed, if that is asked."""
        held, on = self.held, self._wanted.on
        must = self._by_county(
            lambda it: (it.held_on, it.grades),
            lambda it: and_(held.from_on <= it[0], held.until_on > it[0], held.grade.in_(it[1])),
        )  # fmt: skip
        query = query.select_from(PlantSearch).join(held, held.plant_id == PlantSearch.plant_id)
        if with_acts:
            query = query.outerjoin(self.acts, self.acts.c.plant_id == PlantSearch.plant_id)
        return query.where(
            must,
            or_(PlantSearch.closed_on.is_(None), PlantSearch.closed_on > on),
            self._visible(),
            *self._narrowed(),
        )

    def _narrowed(self) -> Iterable[ColumnElement[bool]]:
        wanted = self._wanted
        if self._plants is not None:
            yield PlantSearch.plant_id.in_(self._plants)
        if wanted.county:
            yield PlantSearch.county == wanted.county
        if wanted.grade:
            yield self.held.grade == wanted.grade
        for word in filter(None, map(search_term, wanted.search.split())):
            yield PlantSearch.text.contains(word, autoescape=True)

    def part(self, part: str) -> ColumnElement[bool]:
        """The rows of a part of the list."""
        if part == "done":
            return self.is_sent
        if part == "working":
            return and_(not_(self.is_sent), self.is_begun)
        if part == "none":
            return and_(not_(self.is_sent), not_(self.is_begun))
        if part == "overdue":
            late = self._by_county(
                lambda it: renewal.is_overdue(None, it.due_on, self._wanted.on),
                lambda it: true() if it else false(),
            )
            return and_(not_(self.is_sent), late)
        return true()

    def order(self, first: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        """By what is asked for, then by name."""
        last: list[ColumnElement[Any]] = [
            PlantSearch.sort_key.expression,
            PlantSearch.plant_id.expression,
        ]
        keys: dict[str, ColumnElement[Any]] = {
            "county": PlantSearch.county.expression,
            "held": self.held.grade_rank.expression,
            "progress": case((self.is_sent, 2), (self.is_begun, 1), else_=0),
            "sent": func.coalesce(first, datetime.max.replace(tzinfo=self._end.tzinfo)),
        }
        chosen = keys.get(self._wanted.sort)
        found = last if chosen is None else [chosen, *last]
        return [it.desc() if self._wanted.falling else it.asc() for it in found]


def _plants_of_page(scope: Scope, wanted: RenewalFilter, rules: YearRules, page: int) -> list[int]:
    """Which plants a page shows: what stands in their lines is not looked up for all the others."""
    asked, first = _Asked(scope, wanted, rules), aliased(FilingSubmission)
    query = asked.narrow(select(PlantSearch.plant_id), with_acts=asked.needs_acts)
    if asked.needs_acts:
        query = query.outerjoin(
            first, and_(first.filing_id == asked.acts.c.sent_id, first.number == 1)
        )
    order = asked.order(first.submitted_at.expression)
    query = query.where(asked.part(wanted.part)).order_by(*order)
    start = (page - 1) * PAGE_SIZE
    return list(db.session.execute(query.limit(PAGE_SIZE).offset(start)).scalars())


def _lines(
    scope: Scope, wanted: RenewalFilter, rules: YearRules, plants: Plants = None
) -> Select[*tuple[Any, ...]]:
    """The lines in their order; ``plants``: of these alone."""
    asked, now = _Asked(scope, wanted, rules, plants), aliased(StandingInterval)
    sent, begun, first = aliased(FilingRow), aliased(FilingRow), aliased(FilingSubmission)
    query: Select[*tuple[Any, ...]] = select(
        PlantRecord.plant_id, PlantRecord.enterprise_id, EnterpriseRecord.name,
        EnterpriseRecord.uscc, PlantRecord.number, PlantRecord.name, PlantRecord.county,
        asked.held.grade, asked.held.verified, now.grade, now.banned_until, now.blocked,
        begun.opened_at, sent.id, sent.kind, sent.year, sent.state, first.submitted_at,
    )  # fmt: skip
    return (
        asked.narrow(query)
        .join(PlantRecord, and_(PlantRecord.plant_id == PlantSearch.plant_id,
                                known_at(PlantRecord, None)))
        .join(EnterpriseRecord, and_(EnterpriseRecord.enterprise_id == PlantRecord.enterprise_id,
                                     known_at(EnterpriseRecord, None)))
        .outerjoin(now, and_(now.plant_id == PlantSearch.plant_id, now.from_on <= wanted.on,
                             now.until_on > wanted.on))
        .outerjoin(sent, sent.id == asked.acts.c.sent_id)
        .outerjoin(first, and_(first.filing_id == sent.id, first.number == 1))
        .outerjoin(begun, and_(begun.id == asked.acts.c.begun_id, sent.id.is_(None)))
        .where(asked.part(wanted.part))
        .order_by(*asked.order(first.submitted_at.expression))
    )  # fmt: skip


def _line(row: Any) -> RenewalLine:
    *first, blocked, begun_at, sent_id, kind, year, state, sent_at = row
    rest: tuple[Any, ...] = (
        bool(blocked), begun_at, sent_id, Kind(kind) if kind else None, year,
        State(state) if state else None, sent_at,
    )  # fmt: skip
    return RenewalLine(*first, *rest)
