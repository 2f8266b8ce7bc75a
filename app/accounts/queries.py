"""Reading people, bureaus and sign-ins."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.domain import Actor, Bureau, CountyIndex, CountyMatch, Grant, Role, name_key
from app.accounts.models import Bureau as BureauRow
from app.accounts.models import RoleGrant, SignInSession, UserAccount
from app.kernel import clock
from app.kernel.database import Mode, db, mode

IDLE_LIMIT = timedelta(minutes=30)
"""A browser not heard of for longer has to sign in anew (GB/T 22239-2019 8.1.4.1 b)."""

ABSOLUTE_LIMIT = timedelta(hours=8)
"""However busy, a sign-in lasts no longer than a working day."""

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


def token_hash(token: str) -> str:
    """What is kept of a sign-in token: never the token itself."""
    return hashlib.sha256(token.encode()).hexdigest()


# ---- bureaus


def list_bureaus(level: str | None = None) -> tuple[Bureau, ...]:
    """The bureaus (生态环境局) in order of their codes; of one level (province, city, county)."""
    query = select(BureauRow).order_by(BureauRow.code)
    if level is not None:
        query = query.where(BureauRow.level == level)
    return tuple(_bureau(row) for row in db.session.execute(query).scalars())


def _bureau(row: BureauRow) -> Bureau:
    return Bureau(
        code=row.code,
        name=row.name,
        short_name=row.short_name,
        level=row.level,
        parent_code=row.parent_code,
        former_codes=tuple(row.former_codes.split()),
        local_code=row.local_code,
    )


def county_index() -> CountyIndex:
    """The counties (区县) for many look-ups, as in a ledger of thousands of rows."""
    return CountyIndex(list_bureaus())


def county_by_code_or_name(text: str) -> CountyMatch | None:
    """The county meant by a code, a former code or a unique name; None when there is none."""
    return county_index().find(text)


# ---- people


@dataclass(frozen=True, slots=True)
class Credential:
    """What checking a password needs to know of an account."""

    user_id: int
    name: str
    display_name: str
    password_hash: str
    is_disabled: bool


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
        row.id, row.name, row.display_name, row.password_hash, row.disabled_at is not None
    )


def actor_by_name(name: str) -> Actor | None:
    """The person with this account name, with the roles of today; None if unknown or disabled."""
    row = db.session.execute(
        select(UserAccount).where(UserAccount.name_key == name_key(name))
    ).scalar_one_or_none()
    return None if row is None or row.disabled_at is not None else _actor(row)


def actor_of_session(token: str) -> Actor | None:
    """The person behind a sign-in token; None once it has ended, idled or lasted too long."""
    now = clock.now()
    row = db.session.execute(
        select(UserAccount, SignInSession.started_at)
        .join(SignInSession, SignInSession.user_id == UserAccount.id)
        .where(
            SignInSession.token_hash == token_hash(token),
            SignInSession.ended_at.is_(None),
            SignInSession.seen_at > now - IDLE_LIMIT,
            SignInSession.started_at > now - ABSOLUTE_LIMIT,
            UserAccount.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else _actor(row[0], token=token, signed_in_at=row[1])


def owner_of_session(token: str) -> tuple[int, str] | None:
    """Id and name of the account a token was given to, be it still good or not."""
    row = db.session.execute(
        select(UserAccount.id, UserAccount.name)
        .join(SignInSession, SignInSession.user_id == UserAccount.id)
        .where(SignInSession.token_hash == token_hash(token))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def seen_at(token: str) -> datetime | None:
    """When the browser with this token was last noted."""
    return db.session.execute(
        select(SignInSession.seen_at).where(SignInSession.token_hash == token_hash(token))
    ).scalar_one_or_none()


def _actor(row: UserAccount, *, token: str = "", signed_in_at: datetime | None = None) -> Actor:
    """``must_change_password`` by age is judged at the sign-in, so no form is lost midway."""
    today = clock.today()
    grants = tuple(grant for grant in grants_of(row.id) if grant.is_in_force(today))
    usccs = frozenset(grant.uscc for grant in grants if grant.uscc)
    return Actor(
        user_id=row.id,
        name=row.name,
        display_name=row.display_name,
        grants=grants,
        must_change_password=row.must_change_password
        or passwords.is_expired(row.password_changed_at, signed_in_at or clock.now()),
        enterprise_ids=_resolve_enterprises(usccs) if usccs else frozenset(),
        session_token=token,
    )


def grants_of(user_id: int) -> tuple[Grant, ...]:
    """The roles an account holds or will hold; ended ones are left out."""
    rows = db.session.execute(
        select(RoleGrant)
        .where(RoleGrant.user_id == user_id, RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.id)
    ).scalars()
    return tuple(_grants(rows))


def _grants(rows: Iterable[RoleGrant]) -> Iterator[Grant]:
    for row in rows:
        yield Grant(Role(row.role), row.county, row.uscc, row.from_on, row.until_on, row.id)


def reaches(grants: Iterable[Grant]) -> dict[int | None, str]:
    """Per grant id, how far it reaches in words: 越城区, an enterprise's code, or 全市."""
    names = {bureau.code: bureau.name for bureau in list_bureaus()}
    return {
        grant.id: names.get(grant.county, grant.county) if grant.county else grant.uscc or "全市"
        for grant in grants
    }


@dataclass(frozen=True, slots=True)
class SessionView:
    """One place where a person is signed in."""

    token_hash: str
    started_at: datetime
    seen_at: datetime
    address: str
    browser: str
    is_this: bool


def list_sessions(actor: Actor) -> tuple[SessionView, ...]:
    """Where a person is signed in now, the latest first."""
    now, mine = clock.now(), token_hash(actor.session_token)
    rows = db.session.execute(
        select(SignInSession)
        .where(
            SignInSession.user_id == actor.user_id,
            SignInSession.ended_at.is_(None),
            SignInSession.seen_at > now - IDLE_LIMIT,
            SignInSession.started_at > now - ABSOLUTE_LIMIT,
        )
        .order_by(SignInSession.started_at.desc())
    ).scalars()
    return tuple(
        SessionView(
            row.token_hash,
            row.started_at,
            row.seen_at,
            row.address,
            row.browser,
            row.token_hash == mine,
        )
        for row in rows
    )


def bureau_title(actor: Actor | None) -> str:
    """The bureau a person works for, as the top bar shows it: 绍兴市生态环境局 · 越城区."""
    known = {bureau.code: bureau for bureau in list_bureaus()}
    city = next((bureau.name for bureau in known.values() if bureau.level == "city"), "")
    if actor is None or not actor.counties:
        return city
    names = "、".join(known[code].name for code in sorted(actor.counties) if code in known)
    return f"{city} · {names}" if names else city
