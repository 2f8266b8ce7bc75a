"""Signing in and out (登录): attempts are counted in the database, sessions end at once."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.domain import Actor, Grant, name_key
from app.accounts.entrance import FILERS_MARK, is_enterprise_account, may_enter
from app.accounts.models import SignInAttempt, SignInSession
from app.accounts.queries.people import credential_of, grants_today, reading_beside
from app.accounts.queries.sign_ins import IDLE_LIMIT, LOCK, is_locked, token_hash
from app.kernel import audit, clock
from app.kernel.database import Mode, WriterBusy, db, mode
from app.kernel.entrance import is_for_filers, whom_to_tell
from app.kernel.transaction import aside, holds_writer_lock, transaction

SEEN_EVERY = timedelta(minutes=1)


class SignInRefused(Exception):
    """Wrong, unknown, disabled or locked: whoever asks is not told which."""

    def __init__(self) -> None:
        whom = whom_to_tell("本单位安全管理员")
        super().__init__(
            "账号或口令不正确，或者该账号因多次输错已暂停登录。"
            f"请核对后重试；仍不成功的，15 分钟后再试，或请{whom}处理。"
        )


def sign_in(name: str, password: str, address: str, browser: str, *, replaced: str = "") -> str:
    """Check a name and password and start a session; returns its token.

    ``replaced`` is the token this browser came with; it is dead from then on. Runs in short
    transactions of its own, since checking a password takes long. The attempt is counted before
    it is checked, so parallel guesses cannot outrun the limit. Raises SignInRefused.
    """
    key = name_key(name)[:60]
    with reading_beside() as session:
        known = credential_of(session, key=key)
        grants = grants_today(session, known.user_id) if known else ()
    if not count_attempt(*_counted(key, address, grants)):
        _note(key, "sign_in.failed", "已锁定")
        raise SignInRefused
    fits = passwords.matches(known.password_hash if known else None, password)
    if known is not None and not _may_enter_here(grants):
        _note(key, "sign_in.failed", _wrong_door(fits=fits))
        raise SignInRefused
    if known is None or not fits or known.is_disabled:
        _note(key, "sign_in.failed", "账号或口令不符" if not fits else "账号已停用")
        raise SignInRefused
    token = _new_token()
    with aside() as session:
        forget_attempts(session, key)
        session.execute(
            update(SignInSession)
            .where(
                SignInSession.token_hash == token_hash(replaced), SignInSession.ended_at.is_(None)
            )
            .values(ended_at=clock.now())
        )
        _start_session(session, token, known.user_id, address, browser, clock.now())
    audit.record_aside(
        "sign_in.succeeded", "account", known.user_id, {"账号": known.name},
        actor=(known.user_id, known.display_name),
    )  # fmt: skip
    return token


def _counted(key: str, address: str, grants: tuple[Grant, ...]) -> tuple[str, str]:
    """Under what an attempt is counted: the enterprises' listener locks no officer out.

    Neither by guessing at an officer's account nor from an address that both doors are used from;
    an enterprise's own account is counted at both doors together.
    """
    if not is_for_filers():
        return key, address
    return (key if is_enterprise_account(grants) else f"f:{key}"[:60]), f"f:{address}"[:45]


def _may_enter_here(grants: tuple[Grant, ...]) -> bool:
    """Asked of the rulebook in a snapshot, so that the request does not hold the writer's lock."""
    with mode(Mode.READ):
        try:
            return may_enter(grants, for_filers=is_for_filers())
        finally:
            if not holds_writer_lock():
                db.session.rollback()


def _wrong_door(*, fits: bool) -> str:
    where = "非企业账号在企业申报入口登录" if is_for_filers() else "企业账号应从企业申报入口登录"
    return f"{where}（口令{'相符' if fits else '不符'}）"


def _new_token() -> str:
    """A session's token, good only at the door it was given out by."""
    return (FILERS_MARK if is_for_filers() else "") + secrets.token_urlsafe(32)


def _note(key: str, action: str, why: str) -> None:
    audit.record_aside(action, "account", key, {"原因": why}, succeeded=False)


def count_attempt(key: str, address: str) -> bool:
    """Count an attempt as failed until it succeeds; False when no attempt is allowed now."""
    with aside() as session:
        now = clock.now()
        session.execute(delete(SignInAttempt).where(SignInAttempt.at <= now - 2 * LOCK))
        if is_locked(session, now, key=key) or is_locked(session, now, address=address):
            return False
        session.execute(insert(SignInAttempt).values(name_key=key, address=address, at=now))
        return True


def forget_attempts(session: Session, key: str) -> None:
    """The account's failures no longer count."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.name_key == key))


def _start_session(
    session: Session, token: str, user_id: int, address: str, browser: str, at: datetime
) -> None:
    session.execute(
        insert(SignInSession).values(
            token_hash=token_hash(token),
            user_id=user_id,
            started_at=at,
            seen_at=at,
            address=address[:45],
            browser=browser[:200],
        )
    )


def renew_session(user_id: int, address: str, browser: str) -> str:
    """End every session of a person and start a new one, in the current transaction."""
    end_sessions_of(user_id)
    token = _new_token()
    _start_session(db.session(), token, user_id, address, browser, clock.now())
    return token


def end_sessions_of(user_id: int, *, but: str = "") -> None:
    """Whoever is signed in with this account is signed out with the next request."""
    db.session.execute(
        update(SignInSession)
        .where(
            SignInSession.user_id == user_id,
            SignInSession.ended_at.is_(None),
            SignInSession.token_hash != but,
        )
        .values(ended_at=transaction().moment)
    )


def sign_out(actor: Actor) -> None:
    """End the session this request came with."""
    _end(actor.user_id, token_hash(actor.session_token))
    audit.record("sign_in.ended", "account", actor.user_id, {"方式": "本人退出"})


def end_session(actor: Actor, hash_of_token: str) -> None:
    """End one of the person's own sessions, on another machine, say."""
    _end(actor.user_id, hash_of_token)
    audit.record("sign_in.ended", "account", actor.user_id, {"方式": "本人结束其他登录"})


def end_other_sessions(actor: Actor) -> None:
    """End every session of the person but the one this request came with."""
    end_sessions_of(actor.user_id, but=token_hash(actor.session_token))
    audit.record("sign_in.ended", "account", actor.user_id, {"方式": "本人结束全部其他登录"})


def _end(user_id: int, hash_of_token: str) -> None:
    db.session.execute(
        update(SignInSession)
        .where(
            SignInSession.token_hash == hash_of_token,
            SignInSession.user_id == user_id,
            SignInSession.ended_at.is_(None),
        )
        .values(ended_at=transaction().moment)
    )


def note_seen(actor: Actor) -> None:
    """Remember that the browser was heard of, once a minute at most, and never wait for it.

    While a long import holds the writer's lock the note is left to a later request.
    """
    now = clock.now()
    if actor.seen_at is None or now - actor.seen_at < SEEN_EVERY:
        return
    db.session.rollback()  # a reader of its own request must not hold the writing up
    try:
        with aside(patient=False) as session:
            session.execute(
                update(SignInSession)
                .where(
                    SignInSession.token_hash == token_hash(actor.session_token),
                    SignInSession.ended_at.is_(None),
                    SignInSession.seen_at > now - IDLE_LIMIT,
                )
                .values(seen_at=now)
            )
    except WriterBusy:
        return
