"""Reading proposals (待复核事项): what waits for a person, and what became of the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import UserAccount
from app.accounts.queries import names_of
from app.approvals.domain import COURSE, OPEN, Proposal
from app.approvals.models import ProposalRow
from app.kernel import clock
from app.kernel.authority import Scope
from app.kernel.database import db
from app.kernel.permissions import within

PAGE_SIZE = 50
PARTS: Mapping[str, str] = {"todo": "待我复核", "own": "我提交的", "all": "全部"}
SORTS = ("proposed", "title", "kind", "proposer", "state")
_Proposer, _Decider = aliased(UserAccount), aliased(UserAccount)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their own proposals are shown to them, and of each kind those they may decide."""

    user_id: int
    reach: Mapping[str, Scope]
    """Kind id → how far the permission reaches with which it is decided; absent: not held."""


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """Which proposals are listed, and in which order; empty texts ask for nothing."""

    part: str = "todo"
    search: str = ""
    kind: str = ""
    state: str = ""
    sort: str = "proposed"
    falling: bool = True
    page: int = 1


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal with the names of those who had to do with it."""

    proposal: Proposal
    state_word: str
    proposer: str
    proposed_at: datetime
    decider: str
    decided_at: datetime | None
    is_own: bool
    may_decide: bool

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.proposal.state == OPEN


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """One page of what fits; the last one when a later one was asked for."""

    rows: tuple[ProposalView, ...]
    matching: int
    page: int
    pages: int


def find_proposal(proposal_id: int) -> Proposal | None:
    """The proposal with this id, whoever asks; the caller looks at its reach."""
    row = db.session.get(ProposalRow, proposal_id)
    return as_proposal(row) if row else None


def find_view(proposal_id: int, reader: Reader) -> ProposalView | None:
    """The proposal, if this person may see it; None otherwise, which a page answers with 404."""
    row = db.session.execute(_shown_to(reader).where(ProposalRow.id == proposal_id)).first()
    return _view(reader, *row) if row else None


def list_proposals(reader: Reader, wanted: ProposalFilter) -> ProposalPage:
    """What this person may see, as searched and sorted, a page at a time."""
    query = _narrowed(_shown_to(reader), reader, wanted)
    matching = _count(query)
    pages = max(1, -(-matching // PAGE_SIZE))
    page = min(wanted.page, pages)
    rows = db.session.execute(
        query.order_by(*_order(wanted)).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    )
    return ProposalPage(tuple(_view(reader, *row) for row in rows), matching, page, pages)


def all_proposals(reader: Reader, wanted: ProposalFilter) -> tuple[ProposalView, ...]:
    """Everything that fits, for a file."""
    query = _narrowed(_shown_to(reader), reader, wanted).order_by(*_order(wanted))
    return tuple(_view(reader, *row) for row in db.session.execute(query))


def count_parts(reader: Reader) -> dict[str, int]:
    """How many each part of the list holds."""
    return {part: count_part(reader, part) for part in PARTS}


def count_part(reader: Reader, part: str) -> int:
    """How many this part of the list holds."""
    return _count(_narrowed(_shown_to(reader), reader, ProposalFilter(part=part)))


Row = tuple[ProposalRow, str | None, str | None]


def _shown_to(reader: Reader) -> Select[ProposalRow, str | None, str | None]:
    decidable = _decidable_by(reader)
    own = ProposalRow.proposed_by == reader.user_id
    return (
        select(ProposalRow, _Proposer.display_name, _Decider.display_name)
        .outerjoin(_Proposer, _Proposer.id == ProposalRow.proposed_by)
        .outerjoin(_Decider, _Decider.id == ProposalRow.decided_by)
        .where(or_(own, *decidable))
    )


def _decidable_by(reader: Reader) -> list[ColumnElement[bool]]:
    county: Any = ProposalRow.county
    enterprise: Any = ProposalRow.enterprise_id
    return [
        and_(ProposalRow.kind == kind, within(scope, county, enterprise))
        for kind, scope in reader.reach.items()
    ]


def _narrowed(
    query: Select[ProposalRow, str | None, str | None], reader: Reader, wanted: ProposalFilter
) -> Select[ProposalRow, str | None, str | None]:
    own = ProposalRow.proposed_by == reader.user_id
    if wanted.part == "todo":
        query = query.where(ProposalRow.state == OPEN, ~own)
    elif wanted.part == "own":
        query = query.where(own)
    if wanted.kind:
        query = query.where(ProposalRow.kind == wanted.kind)
    if wanted.state:
        query = query.where(ProposalRow.state == wanted.state)
    for word in wanted.search.split():
        query = query.where(
            or_(
                ProposalRow.title.icontains(word, autoescape=True),
                _Proposer.display_name.icontains(word, autoescape=True),
            )
        )
    return query


def _count(query: Select[ProposalRow, str | None, str | None]) -> int:
    ids = query.with_only_columns(ProposalRow.id).subquery()
    return db.session.execute(select(func.count()).select_from(ids)).scalar_one()


def _order(wanted: ProposalFilter) -> list[ColumnElement[Any]]:
    latest = ProposalRow.id.desc()
    if wanted.sort == "proposed":
        return [latest if wanted.falling else ProposalRow.id.asc()]
    column: Any = {
        "title": ProposalRow.title,
        "kind": ProposalRow.kind,
        "proposer": func.coalesce(_Proposer.display_name, ""),
        "state": ProposalRow.state,
    }[wanted.sort]
    return [column.desc() if wanted.falling else column.asc(), latest]


def _view(
    reader: Reader, row: ProposalRow, proposer: str | None, decider: str | None
) -> ProposalView:
    is_own = row.proposed_by == reader.user_id
    return ProposalView(
        proposal=as_proposal(row),
        state_word=COURSE.states[row.state],
        proposer=proposer or "",
        proposed_at=row.proposed_at,
        decider=decider or "",
        decided_at=row.decided_at,
        is_own=is_own,
        may_decide=not is_own,  # what is shown and not one's own is there to be decided
    )


def open_proposals_of(enterprise_id: int) -> list[Proposal]:
    """What is proposed about an enterprise and not yet decided, oldest first."""
    rows = db.session.execute(
        select(ProposalRow)
        .where(ProposalRow.enterprise_id == enterprise_id, ProposalRow.state == "open")
        .order_by(ProposalRow.id)
    )
    return [as_proposal(row) for row in rows.scalars()]


def proposed_words(proposal_id: int) -> str:
    """Who proposed it, and when."""
    row = db.session.get_one(ProposalRow, proposal_id)
    by = names_of([row.proposed_by]).get(row.proposed_by, "")
    return f"{by}于 {clock.shown(row.proposed_at)} "


def as_proposal(row: ProposalRow) -> Proposal:
    """A row as the value it stands for."""
    return Proposal(
        id=row.id,
        kind=row.kind,
        title=row.title,
        payload=json.loads(row.payload),
        county=row.county,
        enterprise_id=row.enterprise_id,
        state=row.state,
        proposed_by=row.proposed_by,
        decided_by=row.decided_by,
        note=row.note,
    )


def open_of_kinds(kinds: Iterable[str]) -> list[Proposal]:
    """What still waits for a decision among these kinds, oldest first, whoever asks."""
    rows = db.session.execute(
        select(ProposalRow)
        .where(ProposalRow.kind.in_(sorted(kinds)), ProposalRow.state == OPEN)
        .order_by(ProposalRow.id)
    )
    return [as_proposal(row) for row in rows.scalars()]
