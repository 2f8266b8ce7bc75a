"""Reading people: their accounts, the roles they hold, what checking a password needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.domain import Actor, Grant, Role, name_key
from app.accounts.models import FormerPassword, RoleGrant, UserAccount
from app.kernel import clock
from app.kernel.database import Mode, db, mode

_resolve_enterprises: Callable[[frozenset[str]], frozenset[int]] = lambda _usccs: frozenset()  # noqa: E731


def resolve_enterprises_with(resolver: Callable[[frozenset[str]], frozenset[int]]) -> None:
    """Let the register (a later stage) say which enterprises bear these 统一社会信用代码."""
    global _resolve_enterprises  # noqa: PLW0603 - set once when the app is put together
    _resolve_enterprises = resolver


@contextmanager
def reading_beside() -> Iterator[Session]:
    """A short reading session beside the request's transaction.

    Checking a password takes a tenth of a second, during which nobody else may wait for the
    writer's lock: so what it needs is read before the request's transaction begins.
    """
    with mode(Mode.READ), Session(db.engine) as session:
        yield session


@dataclass(frozen=True, slots=True)
class Credential:
    """What checking a password needs to know of an account."""

    user_id: int
    name: str
    display_name: str
    password_hash: str
    is_disabled: bool
    is_one_time: bool


def has_accounts() -> bool:
    """Whether the installation has been set up: somebody has an account."""
    return db.session.execute(select(UserAccount.id).limit(1)).first() is not None


def credential_of(session: Session, *, key: str = "", user_id: int = 0) -> Credential | None:
    """The credential of the account with this name key or this id."""
    wanted = UserAccount.id == user_id if user_id else UserAccount.name_key == key
    row = session.execute(select(UserAccount).where(wanted)).scalar_one_or_none()
    if row is None:
        return None
    return Credential(
        row.id,
        row.name,
        row.display_name,
        row.password_hash,
        row.disabled_at is not None,
        row.must_change_password,
    )


def grants_today(session: Session, user_id: int) -> tuple[Grant, ...]:
    """The roles an account holds today, read beside a request."""
    rows = session.execute(
        select(RoleGrant).where(RoleGrant.user_id == user_id, RoleGrant.ended_at.is_(None))
    ).scalars()
    held = (_grant(row) for row in rows)
    return tuple(grant for grant in held if grant.is_in_force(clock.today()))


def former_passwords(session: Session, user_id: int) -> list[str]:
    """The hashes of the passwords an account bore before the present one, the last one first."""
    query = (
        select(FormerPassword.password_hash)
        .where(FormerPassword.user_id == user_id)
        .order_by(FormerPassword.id.desc())
    )
    return list(session.execute(query).scalars())


def actor_by_name(name: str) -> Actor | None:
    """The person with this account name, with the roles of today; None if unknown or disabled."""
    row = db.session.execute(
        select(UserAccount).where(UserAccount.name_key == name_key(name))
    ).scalar_one_or_none()
    return None if row is None or row.disabled_at is not None else actor_of(row)


def actor_of(row: UserAccount) -> Actor:
    """The person of an account, with the roles of today."""
    return actor_with(row, grants_of(row.id))


def actor_with(
    account: Any,
    held: Iterable[Grant],
    *,
    token: str = "",
    signed_in_at: datetime | None = None,
    seen_at: datetime | None = None,
) -> Actor:
    """The person of an account that holds these roles, of which those of today count.

    ``must_change_password`` by age is judged at the sign-in, so no form is lost midway.
    """
    today = clock.today()
    grants = tuple(grant for grant in held if grant.is_in_force(today))
    usccs = frozenset(grant.uscc for grant in grants if grant.uscc)
    return Actor(
        user_id=account.id,
        name=account.name,
        display_name=account.display_name,
        grants=grants,
        must_change_password=account.must_change_password
        or passwords.is_expired(account.password_changed_at, signed_in_at or clock.now()),
        enterprise_ids=_resolve_enterprises(usccs) if usccs else frozenset(),
        session_token=token,
        seen_at=seen_at,
    )


def grants_of(user_id: int) -> tuple[Grant, ...]:
    """The roles an account holds or will hold; ended ones are left out."""
    return grants_by_user([user_id]).get(user_id, ())


def grants_by_user(user_ids: Iterable[int]) -> dict[int, tuple[Grant, ...]]:
    """Per account the roles it holds or will hold, in the order they were given."""
    rows = db.session.execute(
        select(RoleGrant)
        .where(RoleGrant.user_id.in_(list(user_ids)), RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.id)
    ).scalars()
    found: dict[int, tuple[Grant, ...]] = {}
    for row in rows:
        found[row.user_id] = (*found.get(row.user_id, ()), _grant(row))
    return found


def _grant(row: RoleGrant) -> Grant:
    return Grant(Role(row.role), row.county, row.uscc, row.from_on, row.until_on, row.id)


def names_of(user_ids: Iterable[int | None]) -> dict[int, str]:
    """The names that people are shown by, by their lasting ids."""
    wanted = sorted({it for it in user_ids if it is not None})
    if not wanted:
        return {}
    rows = db.session.execute(
        select(UserAccount.id, UserAccount.display_name).where(UserAccount.id.in_(wanted))
    )
    return {row[0]: row[1] for row in rows}


def usccs_with_accounts(usccs: Iterable[str]) -> frozenset[str]:
    """Those of these enterprises (统一社会信用代码) for which somebody holds a role today."""
    today, wanted = clock.today(), frozenset(usccs)
    rows = db.session.execute(
        select(RoleGrant.uscc)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.uscc.is_not(None),
            RoleGrant.ended_at.is_(None),
            RoleGrant.from_on <= today,
            or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= today),
            UserAccount.disabled_at.is_(None),
        )
    ).scalars()
    return frozenset(it for it in rows if it) & wanted


def holders_for(uscc: str) -> list[tuple[int, str, Role]]:
    """Who holds, or will hold, which role for this enterprise: account id, name shown, role."""
    rows = db.session.execute(
        select(UserAccount.id, UserAccount.display_name, RoleGrant.role)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.uscc == uscc,
            RoleGrant.ended_at.is_(None),
            or_(RoleGrant.until_on.is_(None), RoleGrant.until_on >= clock.today()),
        )
        .order_by(RoleGrant.id)
    )
    return [(user_id, name, Role(role)) for user_id, name, role in rows]
