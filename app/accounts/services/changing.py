"""Passwords changed and reset (修改口令、重置口令); the last few are not taken again."""

from __future__ import annotations

from sqlalchemy import delete, insert, select, update

from app.accounts import passwords
from app.accounts.domain import Actor, name_key
from app.accounts.models import Bureau, FormerPassword, UserAccount
from app.accounts.queries.people import credential_of, former_passwords, reading_beside
from app.accounts.services import sign_in
from app.accounts.services.people import (
    NewAccount,
    OneTime,
    account_row,
    one_time,
    refuse_own,
)
from app.accounts.services.refusal import AccountRefused
from app.kernel import audit, clock
from app.kernel.database import db


def reset_password(user_id: int, made: OneTime | None = None) -> NewAccount:
    """Give a person who has forgotten theirs a new one-time password (重置口令)."""
    new = made or one_time()  # takes long: before the writer's lock
    row = account_row(user_id)
    refuse_own(user_id)
    if not row.must_change_password:  # else it is a one-time password that nobody chose
        _remember(user_id, row.password_hash)
    row.password_hash = new.kept
    row.password_changed_at = clock.now()
    row.must_change_password = True
    sign_in.end_sessions_of(user_id)
    sign_in.forget_attempts(db.session(), row.name_key)
    audit.record("password.reset", "account", user_id, {"账号": row.name})
    return NewAccount(row.id, row.name, row.display_name, new.secret)


def change_password(actor: Actor, present: str, wanted: str, *, address: str, browser: str) -> str:
    """Change one's own password; every session ends and a new one begins, whose token is returned.

    Raises AccountRefused naming the field.
    """
    with reading_beside() as session:
        known = credential_of(session, user_id=actor.user_id)
        former = former_passwords(session, actor.user_id)
        bureaus = session.execute(select(Bureau.short_name)).scalars().all()
    if known is None or not sign_in.count_attempt(name_key(actor.name), address):
        raise AccountRefused("输错次数过多，暂停修改。请 15 分钟后再试。", "present_password")
    if not passwords.matches(known.password_hash, present):
        raise AccountRefused("现用口令不正确。请重新输入。", "present_password")
    names = (actor.name, actor.display_name, *bureaus)
    if problem := passwords.why_not_password(wanted, names=names):
        raise AccountRefused(problem, "new_password")
    if present == wanted:
        raise AccountRefused("新口令与现用口令相同。请换一个。", "new_password")
    remembered = passwords.POLICY.remembered
    if any(passwords.matches(hash_, wanted) for hash_ in former[: remembered - 1]):
        raise AccountRefused(f"最近 {remembered} 次用过的口令不能再用。请换一个。", "new_password")
    new_hash = passwords.hashed(wanted)
    changed = db.session.execute(
        update(UserAccount)
        .where(UserAccount.id == actor.user_id, UserAccount.password_hash == known.password_hash)
        .values(
            password_hash=new_hash,
            password_changed_at=clock.now(),
            must_change_password=False,
        )
        .returning(UserAccount.id)
    ).first()
    if changed is None:
        raise AccountRefused("口令刚刚已被修改。请用新口令登录。", "present_password")
    if not known.is_one_time:
        _remember(actor.user_id, known.password_hash)
    sign_in.forget_attempts(db.session(), name_key(actor.name))
    audit.record("password.changed", "account", actor.user_id)
    return sign_in.renew_session(actor.user_id, address, browser)


def _remember(user_id: int, password_hash: str) -> None:
    """Keep the password that is given up, and no more of the earlier ones than are asked for."""
    db.session.execute(insert(FormerPassword).values(user_id=user_id, password_hash=password_hash))
    kept = (
        select(FormerPassword.id)
        .where(FormerPassword.user_id == user_id)
        .order_by(FormerPassword.id.desc())
        .limit(passwords.POLICY.remembered - 1)
    )
    db.session.execute(
        delete(FormerPassword).where(
            FormerPassword.user_id == user_id,
            FormerPassword.id.not_in(list(db.session.execute(kept).scalars())),
        )
    )
