"""Accounts and roles (账号与授权): opened, granted, ended, disabled, each with its audit entry."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.accounts import passwords
from app.accounts.domain import (
    COUNTY_ROLES,
    ENTERPRISE_ROLES,
    Grant,
    Role,
    name_key,
    why_not_grant,
    why_not_name,
)
from app.accounts.models import Bureau, RoleGrant, UserAccount
from app.accounts.queries import grants_of
from app.accounts.services import sign_in
from app.accounts.services.authorising import NO_PAPER, Paper, carry_paper, check_paper, file_paper
from app.accounts.services.refusal import AccountRefused
from app.kernel import audit, clock
from app.kernel.database import db
from app.kernel.transaction import transaction

_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{17}[0-9A-HJ-NPQRTUWXYa-z]")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just opened or reset, with the password that is shown this once."""

    user_id: int
    name: str
    display_name: str
    password: str


@dataclass(frozen=True, slots=True)
class OneTime:
    """A one-time password with its hash, made before the writer's lock is taken."""

    secret: str
    kept: str


def one_time(secret: str = "") -> OneTime:
    """A fresh one-time password; hashing takes a tenth of a second, so call it first of all."""
    secret = secret or passwords.one_time_password()
    return OneTime(secret, passwords.hashed(secret))


def open_account(
    name: str,
    display_name: str = "",
    *,
    password_hash: str = "",
    password: str = "",
    made: OneTime | None = None,
    phone: str = "",
) -> NewAccount:
    """Open an account; without a password it gets a one-time one, to be changed at first sign-in.

    ``password_hash`` is what :func:`passwords.hashed` made of a password the person chose; ``made``
    a one-time password that was made before.
    Raises AccountRefused when the name is taken or not allowed.
    """
    wanted = unicodedata.normalize("NFKC", name).strip()
    if problem := why_not_name(wanted):
        raise AccountRefused(problem, "name")
    first = OneTime("", password_hash) if password_hash else made or one_time(password)
    if find_user_id(wanted) is not None:
        raise AccountRefused(f"账号名“{wanted}”已被使用。请换一个名称。", "name")
    shown = unicodedata.normalize("NFKC", display_name).strip() or wanted
    if len(shown) > 40 or not shown.isprintable():
        raise AccountRefused("姓名最多 40 个字符，不含控制字符。请改正。", "display_name")
    current = transaction()
    row = UserAccount(
        name=wanted,
        name_key=name_key(wanted),
        display_name=shown,
        phone=phone,
        password_hash=first.kept,
        password_changed_at=clock.now(),
        must_change_password=not password_hash,
        created_at=current.moment,
        created_by=current.actor_id,
    )
    db.session.add(row)
    db.session.flush()
    audit.record("account.opened", "account", row.id, {"账号": wanted, "姓名": shown})
    return NewAccount(row.id, wanted, shown, first.secret)


def find_user_id(name: str) -> int | None:
    """The id of the account with this name, however it is written."""
    return db.session.execute(
        select(UserAccount.id).where(UserAccount.name_key == name_key(name))
    ).scalar_one_or_none()


def grant_role(
    user_id: int,
    role: Role,
    *,
    county: str | None = None,
    uscc: str | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    paper: Paper = NO_PAPER,
) -> int:
    """Give a role, from a day (default today) until a day; the person has to sign in anew.

    An agent (代办人) acts on a ``paper`` and until its last day. Returns the id of the grant.
    Raises AccountRefused when the role does not fit its reach, the others held, or the granter.
    """
    last = paper.until_on if role is Role.AGENT and paper.file is not None else until_on
    wanted = Grant(role, county, _clean_uscc(uscc), from_on or clock.today(), last)
    account_row(user_id)
    refuse_own(user_id)
    _check_reach(wanted)
    check_paper(role, paper)
    grant_id = _give(user_id, wanted)
    file_paper(grant_id, role, paper)
    return grant_id


def _give(user_id: int, wanted: Grant) -> int:
    current, role = transaction(), wanted.role
    if problem := why_not_grant(grants_of(user_id), wanted):
        raise AccountRefused(problem, "role")
    row = RoleGrant(
        user_id=user_id,
        role=role.value,
        county=wanted.county,
        uscc=wanted.uscc,
        from_on=wanted.from_on,
        until_on=wanted.until_on,
        granted_by=current.actor_id,
        granted_at=current.moment,
    )
    db.session.add(row)
    db.session.flush()
    sign_in.end_sessions_of(user_id)
    audit.record(
        "role.granted", "account", user_id,
        {"角色": role.label, "区县": wanted.county, "统一社会信用代码": wanted.uscc,
         "自": wanted.from_on, "至": wanted.until_on},
        county=wanted.county,
    )  # fmt: skip
    return row.id


def _clean_uscc(uscc: str | None) -> str | None:
    return unicodedata.normalize("NFKC", uscc).strip() or None if uscc else None


def _check_reach(wanted: Grant) -> None:
    title = wanted.role.label
    if (wanted.role in COUNTY_ROLES) != (wanted.county is not None):
        raise AccountRefused(
            f"“{title}”必须指定区县。请补充。" if wanted.county is None
            else f"“{title}”不按区县授权。请去掉区县。",
            "county",
        )  # fmt: skip
    if (wanted.role in ENTERPRISE_ROLES) != (wanted.uscc is not None):
        raise AccountRefused(
            f"“{title}”必须指定企业的统一社会信用代码。请补充。" if wanted.uscc is None
            else f"“{title}”不按企业授权。请去掉统一社会信用代码。",
            "uscc",
        )  # fmt: skip
    if wanted.uscc is not None and not _USCC.fullmatch(wanted.uscc):
        raise AccountRefused(
            "统一社会信用代码应为 18 位数字和大写字母（不含 I、O、S、V、Z）。请核对营业执照。",
            "uscc",
        )
    if wanted.county is not None:
        level = db.session.execute(
            select(Bureau.level).where(Bureau.code == wanted.county)
        ).scalar_one_or_none()
        if level != "county":
            raise AccountRefused(f"没有区县代码 {wanted.county}。请从本局的区县中选择。", "county")
    if wanted.until_on is not None and wanted.until_on < wanted.from_on:
        raise AccountRefused("截止日早于起始日。请改正。", "until_on")


def account_row(user_id: int) -> UserAccount:
    """The account; raises AccountRefused when there is none."""
    row = db.session.get(UserAccount, user_id)
    if row is None:
        raise AccountRefused("没有这个账号。请返回账号列表重新选择。")
    return row


def refuse_own(user_id: int) -> None:
    """Nobody alters the own account: raises AccountRefused."""
    if transaction().actor_id == user_id:
        raise AccountRefused("不能变更本人的账号。请由另一位安全管理员办理。")


def end_grant(user_id: int, grant_id: int, reason: str = "") -> None:
    """End one of an account's roles at once; the person has to sign in anew."""
    current = transaction()
    row = db.session.get(RoleGrant, grant_id)
    if row is None or row.user_id != user_id or row.ended_at is not None:
        raise AccountRefused("该授权不存在或已经结束。请刷新页面查看当前授权。")
    refuse_own(row.user_id)
    if row.role == Role.SECURITY_ADMIN:
        _keep_one_security_admin(but=row.user_id)
    row.ended_at, row.ended_by, row.ended_reason = current.moment, current.actor_id, reason
    sign_in.end_sessions_of(row.user_id)
    audit.record(
        "role.ended", "account", row.user_id,
        {"角色": Role(row.role).label, "区县": row.county, "统一社会信用代码": row.uscc}
        | ({"理由": reason} if reason else {}),
        county=row.county,
    )  # fmt: skip


def follow_code(old: str, new: str) -> None:
    """Give every role held for one 统一社会信用代码 for another instead, until the same day.

    For an enterprise whose code has been merged away or corrected. Raises AccountRefused where a
    role does not fit what the person holds besides; nothing is changed then.
    """
    rows = db.session.execute(
        select(RoleGrant)
        .where(RoleGrant.uscc == old, RoleGrant.ended_at.is_(None))
        .order_by(RoleGrant.id)
    ).scalars()
    moved = [(row.id, row.user_id, Role(row.role), row.from_on, row.until_on) for row in rows]
    for grant_id, user_id, _, _, _ in moved:
        end_grant(user_id, grant_id)
    today = clock.today()
    for grant_id, user_id, role, from_on, until_on in moved:
        is_over = until_on is not None and until_on < today
        held = {(it.role, it.uscc) for it in grants_of(user_id)}
        if not is_over and (role, new) not in held:
            account_row(user_id)
            refuse_own(user_id)
            wanted = Grant(role, None, _clean_uscc(new), max(from_on, today), until_on)
            _check_reach(wanted)
            carry_paper(grant_id, _give(user_id, wanted))


def disable_account(user_id: int) -> None:
    """Disable an account (停用); whoever is signed in with it is out with the next request."""
    row = account_row(user_id)
    refuse_own(user_id)
    if row.disabled_at is not None:
        raise AccountRefused("该账号已停用。请刷新页面查看。")
    if any(grant.role is Role.SECURITY_ADMIN for grant in grants_of(user_id)):
        _keep_one_security_admin(but=user_id)
    row.disabled_at = transaction().moment
    sign_in.end_sessions_of(user_id)
    audit.record("account.disabled", "account", user_id, {"账号": row.name})


def enable_account(user_id: int) -> None:
    """Let a disabled account be used again (启用)."""
    row = account_row(user_id)
    refuse_own(user_id)
    if row.disabled_at is None:
        raise AccountRefused("该账号未停用。请刷新页面查看。")
    row.disabled_at = None
    audit.record("account.enabled", "account", user_id, {"账号": row.name})


def _keep_one_security_admin(*, but: int) -> None:
    """Without one nobody could ever grant a role again."""
    if not has_other_holder(Role.SECURITY_ADMIN, but=but):
        raise AccountRefused("这是最后一位安全管理员。请先为另一人授予“安全管理员”角色。")


def has_other_holder(role: Role, *, but: int) -> bool:
    """Whether somebody else, whose account is not disabled, holds the role today."""
    today = clock.today()
    others = db.session.execute(
        select(RoleGrant.id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.role == role,
            RoleGrant.ended_at.is_(None),
            RoleGrant.from_on <= today,
            RoleGrant.until_on.is_(None) | (RoleGrant.until_on >= today),
            RoleGrant.user_id != but,
            UserAccount.disabled_at.is_(None),
        )
        .limit(1)
    ).first()
    return others is not None


def unlock_account(user_id: int) -> None:
    """Let an account that is locked after failed sign-ins try again at once (解锁)."""
    row = account_row(user_id)
    refuse_own(user_id)
    sign_in.forget_attempts(db.session(), row.name_key)
    audit.record("account.unlocked", "account", user_id, {"账号": row.name})
