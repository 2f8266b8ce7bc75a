"""The people of enterprises within reach (企业账号): one row a role that someone holds or held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from app.accounts.domain import ENTERPRISE_ROLES, Role, name_key
from app.accounts.enterprise_people import Held, State, state_of
from app.accounts.models import RoleGrant, SignInSession, UserAccount
from app.accounts.queries import names_of
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db, known_at
from app.kernel.permissions import within
from app.registry.models import EnterpriseRecord, PlantRecord
from app.rulebook.queries import whole

PAGE_SIZE = 50
SORTS = ("enterprise", "person", "role", "state", "until", "opened", "signed_in")


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """Which people to list, in which order, which page; empty texts ask for nothing."""

    search: str = ""
    role: str = ""
    state: str = ""
    sort: str = "enterprise"
    falling: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class PersonOfEnterprise:
    """A role that someone holds, or held, for an enterprise."""

    grant_id: int
    user_id: int
    account: str
    name: str
    phone: str
    role: Role
    uscc: str
    enterprise_id: int
    enterprise_name: str
    from_on: date
    until_on: date | None
    opened_at: datetime
    ended_at: datetime | None
    ended_by: int | None
    ended_reason: str
    signed_in_at: datetime | None
    state: State


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of what fits, and how many fit in all."""

    rows: list[PersonOfEnterprise]
    total: int
    page: int
    pages: int


_last_sign_in = (
    select(SignInSession.user_id, func.max(SignInSession.started_at).label("at"))
    .group_by(SignInSession.user_id)
    .subquery()
)
_Later = aliased(RoleGrant)
_ORDERS: Mapping[str, Any] = {
    "enterprise": EnterpriseRecord.name,
    "person": UserAccount.display_name,
    "role": RoleGrant.role,
    "until": RoleGrant.until_on,
    "opened": RoleGrant.granted_at,
    "signed_in": _last_sign_in.c.at,
}


def list_people(wanted: PeopleFilter, scope: Scope, today: date) -> PeoplePage:
    """One page of the people within reach; the last one if asked for one past it."""
    query = _query(scope).where(_is_latest(), *_conditions(wanted, today))
    total = db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(wanted.page, pages)
    part = _ordered(query, wanted, today).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return PeoplePage(_rows(part, today), total, page, pages)


def all_people(wanted: PeopleFilter, scope: Scope, today: date) -> list[PersonOfEnterprise]:
    """Everybody of the same list in the same order."""
    query = _query(scope).where(_is_latest(), *_conditions(wanted, today))
    return _rows(_ordered(query, wanted, today), today)


def find_person(grant_id: int, scope: Scope, today: date) -> PersonOfEnterprise | None:
    """The role with this id, if its enterprise is within reach."""
    return next(iter(_rows(_query(scope).where(RoleGrant.id == grant_id), today)), None)


def ending_agents(today: date) -> list[PersonOfEnterprise]:
    """The agents whose authorisation ends soon, of every enterprise."""
    wanted = PeopleFilter(role=Role.AGENT, state=State.ENDING, sort="until")
    return all_people(wanted, EVERYTHING, today)


def history_of(it: PersonOfEnterprise, scope: Scope, today: date) -> list[PersonOfEnterprise]:
    """All that this account has ever held for this enterprise, the newest first."""
    query = _query(scope).where(RoleGrant.user_id == it.user_id, RoleGrant.uscc == it.uscc)
    return _rows(query.order_by(RoleGrant.id.desc()), today)


def enders_of(rows: list[PersonOfEnterprise]) -> dict[int, str]:
    """Who ended what, by name."""
    return names_of(it.ended_by for it in rows)


def usccs_within(usccs: set[str], scope: Scope) -> frozenset[str]:
    """Those of these codes whose enterprises lie within reach."""
    query = select(EnterpriseRecord.uscc).where(
        known_at(EnterpriseRecord, None), EnterpriseRecord.uscc.in_(sorted(usccs)),
        _is_within(scope),
    )  # fmt: skip
    return frozenset(db.session.execute(query).scalars())


def has_plant(scope: Scope, which: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """An enterprise within reach: one of its plants is."""
    owners = select(PlantRecord.enterprise_id).where(
        known_at(PlantRecord, None),
        within(scope, PlantRecord.county, PlantRecord.enterprise_id),
        true() if which is None else which,
    )
    return EnterpriseRecord.enterprise_id.in_(owners)


def _is_within(scope: Scope) -> ColumnElement[bool]:
    """An enterprise whose people are within reach: the own one, or one with a plant there.

    One that has no plant any more stays with the counties where it had one: its people leave, too.
    """
    enterprise = EnterpriseRecord.enterprise_id
    present = select(PlantRecord.enterprise_id).where(known_at(PlantRecord, None))
    once = select(PlantRecord.enterprise_id).where(
        within(Scope(scope.counties), PlantRecord.county, PlantRecord.enterprise_id)
    )
    return or_(
        has_plant(scope),
        enterprise.in_(sorted(scope.enterprises)),
        and_(enterprise.not_in(present), enterprise.in_(once)),
    )


def named(word: str) -> ColumnElement[bool]:
    """An enterprise whose name or code holds the word."""
    return or_(
        EnterpriseRecord.name.contains(word, autoescape=True),
        EnterpriseRecord.uscc.contains(word.upper(), autoescape=True),
    )


def _query(scope: Scope) -> Select[Any]:
    return (
        select(
            RoleGrant,
            UserAccount,
            EnterpriseRecord.enterprise_id,
            EnterpriseRecord.name,
            _last_sign_in.c.at,
        )
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .join(
            EnterpriseRecord,
            and_(EnterpriseRecord.uscc == RoleGrant.uscc, known_at(EnterpriseRecord, None)),
        )
        .outerjoin(_last_sign_in, _last_sign_in.c.user_id == UserAccount.id)
        .where(RoleGrant.role.in_(sorted(ENTERPRISE_ROLES)), _is_within(scope))
    )


def _is_latest() -> ColumnElement[bool]:
    """Not followed by another grant of the same, as after an extension."""
    later = select(_Later.id).where(
        _Later.user_id == RoleGrant.user_id,
        _Later.uscc == RoleGrant.uscc,
        _Later.role == RoleGrant.role,
        _Later.id > RoleGrant.id,
    )
    return not_(later.exists())


def _conditions(wanted: PeopleFilter, today: date) -> list[ColumnElement[bool]]:
    found = [
        or_(
            named(word),
            UserAccount.name_key.contains(name_key(word), autoescape=True),
            UserAccount.display_name.contains(word, autoescape=True),
        )
        for word in wanted.search.split()
    ]
    if wanted.role:
        found.append(RoleGrant.role == wanted.role)
    if wanted.state:
        found.append(_is_in(State(wanted.state), today))
    return found


def _is_in(state: State, today: date) -> ColumnElement[bool]:
    """What `state_of` says, asked of the database."""
    until, day = RoleGrant.until_on, timedelta(days=1)
    if state is State.CLOSED:
        return RoleGrant.ended_at.is_not(None)
    is_open = RoleGrant.ended_at.is_(None)
    if state is State.OVER:
        return and_(is_open, until < today)
    lasts = and_(is_open, or_(until.is_(None), until >= today))
    if state is State.DISABLED:
        return and_(lasts, UserAccount.disabled_at.is_not(None))
    lasts = and_(lasts, UserAccount.disabled_at.is_(None))
    if state is State.WAITING:
        return and_(lasts, RoleGrant.from_on > today)
    lasts = and_(lasts, RoleGrant.from_on <= today)
    if state is State.ENDING:
        return and_(lasts, until < today + ending_days(today) + day)
    fresh = UserAccount.must_change_password.is_(state is State.NEW)
    return and_(lasts, or_(until.is_(None), until > today + ending_days(today)), fresh)


def ending_days(today: date) -> timedelta:
    """How long before its last day a grant is called 即将到期, as the bureau has set it."""
    return timedelta(days=whole("filing.agent_ending_days", today))


def _rank(today: date) -> ColumnElement[int]:
    """Who needs something first, who can no longer act last."""
    order = (State.CLOSED, State.OVER, State.DISABLED, State.WAITING, State.ENDING, State.NEW)
    places = {State.ENDING: 0, State.NEW: 1, State.ACTIVE: 2, State.WAITING: 3, State.OVER: 4,
              State.DISABLED: 5, State.CLOSED: 6}  # fmt: skip
    return case(
        *((_is_in(state, today), places[state]) for state in order), else_=places[State.ACTIVE]
    )


def _ordered(query: Select[Any], wanted: PeopleFilter, today: date) -> Select[Any]:
    key = _rank(today) if wanted.sort == "state" else _ORDERS[wanted.sort]
    first = key.desc().nulls_last() if wanted.falling else key.asc().nulls_last()
    return query.order_by(first, EnterpriseRecord.name, RoleGrant.id)


def _rows(query: Select[Any], today: date) -> list[PersonOfEnterprise]:
    ending = ending_days(today)
    return [_person(row, today, ending) for row in db.session.execute(query)]


def _person(row: Any, today: date, ending: timedelta) -> PersonOfEnterprise:
    grant, account, enterprise_id, name, signed_in_at = row
    held = Held(
        grant.from_on,
        grant.until_on,
        grant.ended_at is not None,
        account.disabled_at is not None,
        account.must_change_password,
    )
    return PersonOfEnterprise(
        grant_id=grant.id,
        user_id=account.id,
        account=account.name,
        name=account.display_name,
        phone=account.phone,
        role=Role(grant.role),
        uscc=grant.uscc,
        enterprise_id=enterprise_id,
        enterprise_name=name,
        from_on=grant.from_on,
        until_on=grant.until_on,
        opened_at=grant.granted_at,
        ended_at=grant.ended_at,
        ended_by=grant.ended_by,
        ended_reason=grant.ended_reason,
        signed_in_at=signed_in_at,
        state=state_of(held, today, ending),
    )
