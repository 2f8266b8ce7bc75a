"""Reading sign-ins: who a token stands for, and where a person is signed in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.domain import Actor, browser_words
from app.accounts.models import SignInAttempt, SignInSession, UserAccount
from app.accounts.queries.people import actor_of
from app.kernel import clock
from app.kernel.database import db

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
    return None if row is None else actor_of(row[0], token=token, signed_in_at=row[1])


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
