"""Reading lists (清单): rows become frozen values, cut to what the person may see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true

from app.issuing.comparison import UNCHANGED
from app.issuing.domain import COURSE, DONE, ISSUED, VERIFY, Question, State
from app.issuing.models import IssuedDownload, IssuedFlag, IssuedList, IssuedStep
from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.workflow import Step

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class ListView:
    """A list as pages, services and commands read it."""

    id: int
    subject: str
    spec: str
    title: str
    county: str
    as_of: date
    known_at: datetime
    rulebook: str
    rulebook_title: str
    rulebook_status: str
    rows: int
    admitted: int
    list_sha256: str
    content_sha256: str
    made_by: int
    made_by_name: str
    made_at: datetime
    conditions: tuple[str, ...]
    state: State
    checked_by: int | None
    checked_by_name: str
    checked_at: datetime | None
    signed_by: int | None
    signed_by_name: str
    signed_at: datetime | None
    number: str
    signed_on: date | None
    effective_on: date | None
    draft_rulebook_confirmed: bool
    sha256: str | None
    file_sha256: str | None
    ended_on: date | None
    replaced_by: int | None

    @property
    def is_issued(self) -> bool:
        """Whether it has been signed, whatever became of it."""
        return self.state in ISSUED

    @property
    def is_open(self) -> bool:
        """Whether it is still on its way to the signature."""
        return self.state in (State.DRAFT, State.RETURNED, State.CHECKED)

    @property
    def has_draft_rulebook(self) -> bool:
        """Whether the rulebook it was decided by is not (yet) in its final form (征求意见稿)."""
        return self.rulebook_status != "已印发"

    def holds_on(self, on: date) -> bool:
        """Whether the list is in force (施行) on a day."""
        begun = self.effective_on is not None and self.effective_on <= on
        return self.is_issued and begun and (self.ended_on is None or on < self.ended_on)

    def state_words(self, today: date) -> str:
        """The state as people read it, with the day where one is near."""
        if self.state is State.IN_FORCE and self.effective_on is not None:
            if self.effective_on > today:
                return f"已签发，{self.effective_on} 起施行"
            return "已签发（施行中）"
        if self.state is State.REPLACED and self.ended_on is not None and self.ended_on > today:
            return f"施行至 {self.ended_on} 前，已有新清单"
        return COURSE.states[self.state]

    @property
    def question(self) -> Question:
        """What was asked, as known then."""
        return Question(self.spec, self.as_of, self.county or None, self.known_at)

    @property
    def question_now(self) -> Question:
        """The same, as known now."""
        return Question(self.spec, self.as_of, self.county or None, None)


_FIELDS = tuple(ListView.__dataclass_fields__)


def as_view(row: IssuedList) -> ListView:
    """A row as its frozen value."""
    held: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    conditions = tuple(json.loads(row.conditions))
    return ListView(**{**held, "state": State(row.state), "conditions": conditions})


def visible_to(scope: Scope) -> ColumnElement[bool]:
    """Lists of the person's counties; of the whole register those that have been signed."""
    if scope.is_everything:
        return true()
    whole = (IssuedList.county == "") & IssuedList.state.in_(list(ISSUED))
    return or_(IssuedList.county.in_(sorted(scope.counties or ())), whole)


def covers(scope: Scope, view: ListView) -> bool:
    """Whether the person may see every row of the list, not only those of some counties."""
    return scope.is_everything or (bool(view.county) and view.county in (scope.counties or ()))


def find_list(list_id: int, scope: Scope) -> ListView | None:
    """The list, if the person may see it; None otherwise, which a page answers with 404."""
    row = db.session.execute(
        select(IssuedList).where(IssuedList.id == list_id, visible_to(scope))
    ).scalar_one_or_none()
    return as_view(row) if row else None


def in_force(subject: str, spec: str, county: str) -> ListView | None:
    """The signed list of the same kind and range that nothing has replaced or withdrawn."""
    return _one(
        (IssuedList.subject == subject)
        & (IssuedList.spec == spec)
        & (IssuedList.county == county)
        & (IssuedList.state == State.IN_FORCE)
    )


def previous_of(view: ListView) -> ListView | None:
    """The issue that this one takes or took the place of; None when it is the first."""
    if view.is_issued:
        return _one(IssuedList.replaced_by == view.id)
    return in_force(view.subject, view.spec, view.county)


def _one(wanted: ColumnElement[bool]) -> ListView | None:
    row = db.session.execute(select(IssuedList).where(wanted)).scalar_one_or_none()
    return as_view(row) if row else None


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which lists are shown, and in which order; empty texts ask for nothing."""

    search: str = ""
    state: str = ""
    subject: str = ""
    county: str = ""
    flagged: bool = False
    sort: str = "made"
    falling: bool = True
    page: int = 1


SORTS: Mapping[str, Any] = {
    "made": IssuedList.id,
    "title": IssuedList.title,
    "number": IssuedList.number,
    "as_of": IssuedList.as_of,
    "state": IssuedList.state,
    "signed_on": IssuedList.signed_on,
}
WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the lists that fit."""

    rows: tuple[ListView, ...]
    flags: Mapping[int, int]
    """How many lines would read otherwise now, by list."""
    matching: int
    page: int
    pages: int


def list_lists(scope: Scope, wanted: ListFilter, size: int | None = PAGE_SIZE) -> ListPage:
    """The lists the person may see, as searched and sorted; all of them where ``size`` is None."""
    query = _filtered(scope, wanted)
    matching = db.session.execute(
        select(func.count()).select_from(query.with_only_columns(IssuedList.id).subquery())
    ).scalar_one()
    pages = 1 if size is None else max(1, -(-matching // size))
    page = min(wanted.page, pages)
    column = SORTS[wanted.sort]
    query = query.order_by(
        (column.desc() if wanted.falling else column.asc()).nulls_last(), IssuedList.id.desc()
    )
    if size is not None:
        query = query.limit(size).offset((page - 1) * size)
    rows = tuple(as_view(row) for row in db.session.execute(query).scalars())
    return ListPage(rows, open_flags([row.id for row in rows], scope), matching, page, pages)


def _filtered(scope: Scope, wanted: ListFilter) -> Select[Any]:
    query = select(IssuedList).where(visible_to(scope))
    if wanted.state:
        query = query.where(IssuedList.state == wanted.state)
    if wanted.subject:
        query = query.where(IssuedList.subject == wanted.subject)
    if wanted.county:
        county = "" if wanted.county == WHOLE else wanted.county
        query = query.where(IssuedList.county == county)
    if wanted.flagged:
        query = query.where(
            IssuedList.id.in_(select(IssuedFlag.list_id).where(_open_within(scope)))
        )
    for word in wanted.search.split():
        query = query.where(
            or_(
                IssuedList.title.icontains(word, autoescape=True),
                IssuedList.number.icontains(word, autoescape=True),
                IssuedList.sha256.icontains(word, autoescape=True),
            )
        )
    return query


def _open_within(scope: Scope) -> ColumnElement[bool]:
    inside = true() if scope.is_everything else IssuedFlag.county.in_(sorted(scope.counties or ()))
    return IssuedFlag.cleared_at.is_(None) & inside


def open_flags(list_ids: list[int], scope: Scope) -> dict[int, int]:
    """How many lines of each list would read otherwise now, within reach."""
    rows = db.session.execute(
        select(IssuedFlag.list_id, func.count())
        .where(IssuedFlag.list_id.in_(list_ids), _open_within(scope))
        .group_by(IssuedFlag.list_id)
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class FlagView:
    """A line that would read otherwise now: what it was, what it would be, and why."""

    key: str
    plant_id: int
    what: str
    kind: str
    was: str
    would: str
    why: tuple[str, ...]
    raised_at: datetime
    cleared_at: datetime | None

    @property
    def is_its_own(self) -> bool:
        """Whether the line's own facts differ; otherwise it only gave way or moved up."""
        return not self.why[0].startswith(UNCHANGED)


def flags_of(list_id: int, scope: Scope, *, cleared: bool = False) -> list[FlagView]:
    """The lines of a list that would read otherwise now (or did once), within reach.

    Those whose own facts differ come first.
    """
    wanted = IssuedFlag.cleared_at.is_not(None) if cleared else IssuedFlag.cleared_at.is_(None)
    query = select(IssuedFlag).where(IssuedFlag.list_id == list_id, wanted)
    if not scope.is_everything:
        query = query.where(IssuedFlag.county.in_(sorted(scope.counties or ())))
    rows = db.session.execute(query.order_by(IssuedFlag.id)).scalars()
    found = [
        FlagView(
            row.key,
            row.plant_id,
            row.what,
            row.kind,
            row.was,
            row.would,
            tuple(json.loads(row.why)),
            row.raised_at,
            row.cleared_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda it: not it.is_its_own)


def newest_draft(person_id: int, subject: str, asked: Question) -> int | None:
    """The list that this person drafted last in answer to a question."""
    return db.session.execute(
        select(IssuedList.id)
        .where(
            IssuedList.made_by == person_id,
            IssuedList.subject == subject,
            IssuedList.spec == asked.spec,
            IssuedList.as_of == asked.as_of,
            IssuedList.county == (asked.county or ""),
        )
        .order_by(IssuedList.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def last_check(list_id: int) -> IssuedStep | None:
    """When the list was verified (核验) last, and what was found."""
    return _last(list_id, IssuedStep.action == VERIFY)


def how_it_stands(view: ListView) -> str:
    """Who did what with the list last and when, for whom it comes too late."""
    last = _last(view.id, IssuedStep.action != VERIFY)
    done = f"{last.by_name}已于 {clock.shown(last.at)} 办理“{DONE[last.action]}”，" if last else ""
    return f"{done}清单现为“{view.state.words}”，本次没有改变任何内容。请返回清单页面查看。"


def _last(list_id: int, which: ColumnElement[bool]) -> IssuedStep | None:
    return db.session.execute(
        select(IssuedStep)
        .where(IssuedStep.list_id == list_id, which)
        .order_by(IssuedStep.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def steps_of(list_id: int) -> list[IssuedStep]:
    """What was done with a list, newest first."""
    return list(
        db.session.execute(
            select(IssuedStep).where(IssuedStep.list_id == list_id).order_by(IssuedStep.id.desc())
        ).scalars()
    )


def downloads_of(list_id: int) -> list[IssuedDownload]:
    """Who took the list as a file, newest first."""
    return list(
        db.session.execute(
            select(IssuedDownload)
            .where(IssuedDownload.list_id == list_id)
            .order_by(IssuedDownload.id.desc())
        ).scalars()
    )


def steps_open_to(view: ListView, person_id: int, scopes: Mapping[Any, Scope]) -> tuple[Step, ...]:
    """What this person may do with the list now; ``scopes``: how far each permission reaches."""
    held = [
        permission
        for permission, scope in scopes.items()
        if scope.is_everything or (view.county and view.county in (scope.counties or ()))
    ]
    return tuple(
        step
        for step in COURSE.steps_from(view.state, held)
        if why_not_by(view, step.action, person_id) is None
    )


def why_not_by(view: ListView, action: str, person_id: int) -> str | None:
    """Why this person in particular may not take the step; None when nothing is in the way."""
    if action in ("check", "return") and person_id == view.made_by:
        return "起草人不能复核自己起草的清单。请由另一位有复核权限的人员办理。"
    if action in ("sign", "send_back") and person_id == view.checked_by:
        return "复核人不能签发自己复核的清单。请由另一位有签发权限的负责人办理。"
    if action in ("discard", "resubmit") and person_id != view.made_by:
        return "只有起草人可以作废草稿或重新送复核。请联系起草人。"
    return None
