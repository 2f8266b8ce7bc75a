"""The accounts as the security administrator sees them (账号管理)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select

from app.accounts.domain import Grant, name_key
from app.accounts.models import RoleGrant, SignInAttempt, SignInSession, UserAccount
from app.accounts.queries.people import grants_by_user
from app.accounts.queries.sign_ins import FAILURES_PER_ACCOUNT, LOCK, is_locked
from app.kernel import clock
from app.kernel.database import db
from app.kernel.models import AuditEntry

STATES = MappingProxyType(
    {"active": "启用", "locked": "暂停登录", "new": "待改口令", "disabled": "停用"}
)
"""Id → word of the states an account is shown in."""

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts to list, in which order, which page (from 1; 0 is all of them)."""

    search: str = ""
    role: str = ""
    county: str = ""
    state: str = ""
    sort: str = "name"
    falling: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account: who, which roles now or later, in which state, last signed in when."""

    id: int
    name: str
    display_name: str
    grants: tuple[Grant, ...]
    state: str
    created_at: datetime
    signed_in_at: datetime | None

    @property
    def state_label(self) -> str:
        """The state in a word."""
        return STATES[self.state]


_last_sign_in = (
    select(SignInSession.user_id, func.max(SignInSession.started_at).label("at"))
    .group_by(SignInSession.user_id)
    .subquery()
)
_ORDERS: dict[str, ColumnElement[Any]] = {
    "name": UserAccount.name_key.expression,
    "person": UserAccount.display_name.expression,
    "created": UserAccount.created_at.expression,
    "signed_in": _last_sign_in.c.at,
}
SORTS = tuple(_ORDERS)


def list_accounts(wanted: AccountFilter) -> tuple[list[AccountRow], int]:
    """One page of the accounts asked for, and how many there are in all."""
    locked = _locked_keys()
    query = (
        select(UserAccount, _last_sign_in.c.at)
        .outerjoin(_last_sign_in, _last_sign_in.c.user_id == UserAccount.id)
        .where(*_conditions(wanted, locked))
    )
    total = db.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    return _rows(_ordered(query, wanted), locked), total


def find_account(user_id: int) -> AccountRow | None:
    """One account by its id."""
    query = (
        select(UserAccount, _last_sign_in.c.at)
        .outerjoin(_last_sign_in, _last_sign_in.c.user_id == UserAccount.id)
        .where(UserAccount.id == user_id)
    )
    return next(iter(_rows(query, _locked_keys())), None)


def _ordered(
    query: Select[UserAccount, datetime], wanted: AccountFilter
) -> Select[UserAccount, datetime]:
    key = _ORDERS.get(wanted.sort, _ORDERS["name"])
    query = query.order_by(
        key.desc().nulls_last() if wanted.falling else key.asc().nulls_last(), UserAccount.id
    )
    if wanted.page:
        query = query.limit(PAGE_SIZE).offset((wanted.page - 1) * PAGE_SIZE)
    return query


def _conditions(wanted: AccountFilter, locked: frozenset[str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        or_(
            UserAccount.name_key.contains(word, autoescape=True),
            func.lower(UserAccount.display_name).contains(word, autoescape=True),
        )
        for word in name_key(wanted.search).split()
    ]
    if wanted.role or wanted.county:
        found.append(UserAccount.id.in_(_holders(wanted.role, wanted.county, clock.today())))
    if wanted.state == "disabled":
        found.append(UserAccount.disabled_at.is_not(None))
    elif wanted.state:
        found.append(UserAccount.disabled_at.is_(None))
    if wanted.state == "locked":
        found.append(UserAccount.name_key.in_(locked))
    elif wanted.state in ("new", "active"):
        found.append(UserAccount.name_key.not_in(locked))
        found.append(UserAccount.must_change_password.is_(wanted.state == "new"))
    return found


def _holders(role: str, county: str, today: date) -> Select[int]:
    held = [
        RoleGrant.ended_at.is_(None),
        or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= today),
    ]
    if role:
        held.append(RoleGrant.role == role)
    if county:
        held.append(RoleGrant.county == county)
    return select(RoleGrant.user_id).where(and_(*held))


def _locked_keys() -> frozenset[str]:
    """The names that are locked after failed sign-ins; few enough to ask for all."""
    now = clock.now()
    recent = db.session.execute(
        select(SignInAttempt.name_key)
        .where(SignInAttempt.at > now - 2 * LOCK)
        .group_by(SignInAttempt.name_key)
        .having(func.count() >= FAILURES_PER_ACCOUNT)
    ).scalars()
    session = db.session()
    return frozenset(key for key in recent if is_locked(session, now, key=key))


def _rows(query: Select[UserAccount, datetime], locked: frozenset[str]) -> list[AccountRow]:
    found = db.session.execute(query).all()
    grants = grants_by_user(row[0].id for row in found)
    return [
        AccountRow(
            id=account.id,
            name=account.name,
            display_name=account.display_name,
            grants=grants.get(account.id, ()),
            state=_state(account, locked),
            created_at=account.created_at,
            signed_in_at=signed_in_at,
        )
        for account, signed_in_at in found
    ]


def _state(account: UserAccount, locked: frozenset[str]) -> str:
    if account.disabled_at is not None:
        return "disabled"
    if account.name_key in locked:
        return "locked"
    return "new" if account.must_change_password else "active"


def unused_since(moment: datetime) -> list[int]:
    """The office's accounts in use that nobody used since then, the longest unused first.

    Use is a request with it; being opened, enabled again, or given a new password counts as well.
    """
    last_seen = (
        select(SignInSession.user_id, func.max(SignInSession.seen_at).label("at"))
        .group_by(SignInSession.user_id)
        .subquery()
    )
    enabled = (
        select(AuditEntry.object_id, func.max(AuditEntry.at).label("at"))
        .where(AuditEntry.action == "account.enabled", AuditEntry.object_type == "account")
        .group_by(AuditEntry.object_id)
        .subquery()
    )
    serves_enterprises = select(RoleGrant.user_id).where(
        RoleGrant.uscc.is_not(None), RoleGrant.ended_at.is_(None)
    )
    query = (
        select(UserAccount.id)
        .outerjoin(last_seen, last_seen.c.user_id == UserAccount.id)
        .outerjoin(enabled, enabled.c.object_id == cast(UserAccount.id, String))
        .where(
            UserAccount.disabled_at.is_(None),
            UserAccount.created_at < moment,
            UserAccount.password_changed_at < moment,
            or_(last_seen.c.at.is_(None), last_seen.c.at < moment),
            or_(enabled.c.at.is_(None), enabled.c.at < moment),
            UserAccount.id.not_in(serves_enterprises),
        )
        .order_by(last_seen.c.at.asc().nulls_first(), UserAccount.id)
    )
    return list(db.session.execute(query).scalars())
