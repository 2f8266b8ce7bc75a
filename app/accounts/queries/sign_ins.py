"""Reading sign-ins: who a token stands for, and where a person is signed in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from app.accounts.domain import Actor, Grant, Role, browser_words
from app.accounts.models import RoleGrant, SignInAttempt, SignInSession, UserAccount
from app.accounts.queries.people import actor_with
from app.kernel import clock
from app.kernel.database import db, run

IDLE_LIMIT = timedelta(minutes=30)
"""A browser not heard of for longer has to sign in anew (GB/T 22239-2019 8.1.4.1 b)."""

ABSOLUTE_LIMIT = timedelta(hours=8)
"""However busy, a sign-in lasts no longer than a working day."""

FAILURES_PER_ACCOUNT = 5
FAILURES_PER_ADDRESS = 20
LOCK = timedelta(minutes=15)
"""So many failures within this time lock for the same time (GB/T 22239-2019 8.1.4.1 b)."""


def token_hash(token: str) -> str:
    """What is kept of a sign-in token: never the token itself."""
    return hashlib.sha256(token.encode()).hexdigest()


_BEHIND_A_TOKEN = (
    select(
        UserAccount.id,
        UserAccount.name,
        UserAccount.display_name,
        UserAccount.must_change_password,
        UserAccount.password_changed_at,
        SignInSession.started_at,
        SignInSession.seen_at,
        RoleGrant.role,
        RoleGrant.county,
        RoleGrant.uscc,
        RoleGrant.from_on,
        RoleGrant.until_on,
        RoleGrant.id.label("grant_id"),
    )
    .join(SignInSession, SignInSession.user_id == UserAccount.id)
    .outerjoin(RoleGrant, and_(RoleGrant.user_id == UserAccount.id, RoleGrant.ended_at.is_(None)))
    .where(
        SignInSession.token_hash == bindparam("token_hash"),
        SignInSession.ended_at.is_(None),
        SignInSession.seen_at > bindparam("seen_after"),
        SignInSession.started_at > bindparam("started_after"),
        UserAccount.disabled_at.is_(None),
    )
    .order_by(RoleGrant.id)
)
"""One statement, made once, since every request begins with it."""


def actor_of_session(token: str) -> Actor | None:
    """The person behind a sign-in token; None once it has ended, idled or lasted too long."""
    now = clock.now()
    rows = run(
        _BEHIND_A_TOKEN,
        {
            "token_hash": token_hash(token),
            "seen_after": now - IDLE_LIMIT,
            "started_after": now - ABSOLUTE_LIMIT,
        },
    ).all()
    if not rows:
        return None
    held = (
        Grant(Role(it.role), it.county, it.uscc, it.from_on, it.until_on, it.grant_id)
        for it in rows
        if it.role is not None
    )
    first = rows[0]
    return actor_with(
        first, held, token=token, signed_in_at=first.started_at, seen_at=first.seen_at
    )


def owner_of_session(token: str) -> tuple[int, str] | None:
    """Id and name of the account a token was given to, be it still good or not."""
    row = db.session.execute(
        select(UserAccount.id, UserAccount.name)
        .join(SignInSession, SignInSession.user_id == UserAccount.id)
        .where(SignInSession.token_hash == token_hash(token))
    ).one_or_none()
    return None if row is None else (row[0], row[1])


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
            browser_words(row.browser),
            row.token_hash == mine,
        )
        for row in rows
    )


def is_locked(session: Session, now: datetime, *, key: str = "", address: str = "") -> bool:
    """Whether an account name or an address may not try now: too many failures of late.

    It may again when the locking time has passed since the last of them.
    """
    mine = SignInAttempt.address == address if address else SignInAttempt.name_key == key
    limit = FAILURES_PER_ADDRESS if address else FAILURES_PER_ACCOUNT
    last = session.execute(select(func.max(SignInAttempt.at)).where(mine)).scalar_one()
    if last is None or last <= now - LOCK:
        return False
    failures = session.execute(
        select(func.count()).select_from(SignInAttempt).where(mine, SignInAttempt.at > last - LOCK)
    ).scalar_one()
    return failures >= limit
