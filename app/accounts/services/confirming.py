"""The password asked for once more before something is signed (签署前再次输入口令)."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import passwords
from app.accounts.domain import name_key
from app.accounts.queries.people import credential_of, reading_beside
from app.accounts.services import sign_in
from app.accounts.services.refusal import AccountRefused
from app.kernel import audit
from app.kernel.transaction import aside, holds_writer_lock


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody has just shown by their password that it is they."""

    user_id: int
    display_name: str


def confirm_password(user_id: int, password: str, *, address: str) -> Confirmed:
    """Check a signed-in person's own password. Raises AccountRefused.

    Takes long and counts its attempts by transactions of its own, so it comes before anything else
    of the request touches the database.
    """
    if holds_writer_lock():
        raise RuntimeError("the password is to be checked before the writer's lock is taken")
    with reading_beside() as session:
        known = credential_of(session, user_id=user_id)
    if known is None or known.is_disabled:
        raise AccountRefused("账号已停用，不能签署。请联系所在区县分局。", "password")
    key = name_key(known.name)
    if not sign_in.count_attempt(key, address):
        raise AccountRefused("口令输错次数过多，暂停签署。请 15 分钟后再试。", "password")
    if not passwords.matches(known.password_hash, password):
        audit.record_aside(
            "password.not_confirmed", "account", user_id, {"账号": known.name},
            actor=(user_id, known.display_name), succeeded=False,
        )  # fmt: skip
        raise AccountRefused("口令不正确，没有签署。请重新输入。", "password")
    with aside() as session:
        sign_in.forget_attempts(session, key)
    return Confirmed(user_id, known.display_name)
