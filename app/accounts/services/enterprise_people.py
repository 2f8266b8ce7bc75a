"""People of an enterprise (企业账号) opened, lent, extended, closed; callers know the reach."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import func, select

from app.accounts.domain import ENTERPRISE_ROLES, Role
from app.accounts.enterprise_people import (
    account_name_for,
    may_be_lent,
    why_not_longer,
    why_not_person,
    why_not_reason,
    why_not_until,
)
from app.accounts.models import RoleGrant, UserAccount
from app.accounts.queries import grants_of
from app.accounts.services.authorising import Paper
from app.accounts.services.people import (
    NewAccount,
    OneTime,
    account_row,
    disable_account,
    end_grant,
    find_user_id,
    grant_role,
    open_account,
)
from app.accounts.services.refusal import AccountRefused
from app.kernel import clock
from app.kernel.database import db
from app.kernel.transaction import transaction


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Whom to open an account for."""

    role: Role
    display_name: str
    phone: str = ""


def open_person(
    uscc: str, person: NewPerson, paper: Paper, made: OneTime
) -> tuple[NewAccount, int]:
    """Open an account for a person of the enterprise, with its one-time password.

    Returns the account and the id of its grant. Raises AccountRefused.
    """
    name = unicodedata.normalize("NFKC", person.display_name).strip()
    phone = unicodedata.normalize("NFKC", person.phone).strip()
    _refuse(why_not_person(name, phone))
    _check_paper(person.role, paper)
    if _has_namesake(uscc, person.role, name):
        raise AccountRefused(
            f"该企业已有{person.role.label}“{name}”。遗失口令的请在其页面补发账号单；"
            "确有同名的，请在姓名后加部门以示区别。",
            "display_name",
        )
    account = open_account(_free_name(uscc), name, made=made, phone=phone)
    grant_id = grant_role(account.user_id, person.role, uscc=uscc, paper=paper)
    return account, grant_id


def lend_agent(name: str, uscc: str, paper: Paper) -> int:
    """Let an agent who has an account act for one more enterprise; returns the grant's id.

    What cannot be lent is never told apart, so that nobody learns of accounts by trying names.
    """
    _check_paper(Role.AGENT, paper)
    user_id = find_user_id(name)
    row = account_row(user_id) if user_id is not None else None
    if row is None or row.disabled_at or not may_be_lent(grants_of(row.id), clock.today()):
        raise AccountRefused(
            "没有这个在用的代办人账号。请与代办人核对账号名；没有账号的，留空并填写姓名。",
            "account",
        )
    return grant_role(row.id, Role.AGENT, uscc=uscc, paper=paper)


def extend_agent(grant_id: int, paper: Paper) -> int:
    """Go on from today until the last day of a new paper; returns the id of the new grant.

    The grant there was ends, so that what was allowed when, on which paper, stays on record.
    """
    row = _enterprise_grant(grant_id)
    if row.role != Role.AGENT:
        raise AccountRefused("只有代办人按授权书的期限办理。填报人、签署人无须延期。")
    _check_paper(Role.AGENT, paper)
    assert paper.until_on is not None  # noqa: S101 - checked with the paper
    if problem := why_not_longer(row.until_on, paper.until_on, clock.today()):
        raise AccountRefused(problem, "until_on")
    if account_row(row.user_id).disabled_at is not None:
        raise AccountRefused("该账号已停用，不能延期。请由安全管理员启用，或重新开户。")
    end_grant(row.user_id, row.id, "凭新的授权书延期")
    return grant_role(row.user_id, Role.AGENT, uscc=row.uscc, paper=paper)


def close_person(grant_id: int, reason: str) -> None:
    """End all a person holds for the enterprise (离职、调岗); signed-in browsers are out at once.

    An account that holds nothing else is disabled. What waits for the enterprise stays with it.
    """
    given = unicodedata.normalize("NFKC", reason).strip()
    if problem := why_not_reason(given):
        raise AccountRefused(problem, "reason")
    row = _enterprise_grant(grant_id)
    if row.user_id == transaction().actor_id:
        raise AccountRefused("不能关闭本人的账号。请由本企业其他签署人或区县经办人办理。")
    user_id, uscc, today = row.user_id, row.uscc, clock.today()
    held = grants_of(user_id)
    for grant in held:
        if grant.uscc == uscc and grant.id is not None:
            end_grant(user_id, grant.id, given)
    others = [it for it in held if it.uscc != uscc]
    holds = any(it.until_on is None or it.until_on >= today for it in others)
    if not holds and account_row(user_id).disabled_at is None:
        disable_account(user_id)


def _enterprise_grant(grant_id: int) -> RoleGrant:
    row = db.session.get(RoleGrant, grant_id)
    if row is None or row.role not in ENTERPRISE_ROLES or row.ended_at is not None:
        raise AccountRefused("该授权不存在或已经关闭。请刷新页面查看。")
    return row


def _check_paper(role: Role, paper: Paper) -> None:
    if role not in ENTERPRISE_ROLES:
        raise AccountRefused("只能开立填报人、签署人、代办人的账号。请选择。", "role")
    _refuse(why_not_until(role, paper.until_on, clock.today(), has_paper=paper.file is not None))


def _refuse(problems: dict[str, str]) -> None:
    for field, sentence in problems.items():
        raise AccountRefused(sentence, field)


def _has_namesake(uscc: str, role: Role, name: str) -> bool:
    """The same page sent twice would otherwise open two accounts."""
    found = db.session.execute(
        select(RoleGrant.id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            RoleGrant.uscc == uscc,
            RoleGrant.role == role,
            RoleGrant.ended_at.is_(None),
            RoleGrant.until_on.is_(None) | (RoleGrant.until_on >= clock.today()),
            UserAccount.display_name == name,
            UserAccount.disabled_at.is_(None),
        )
        .limit(1)
    ).first()
    return found is not None


def _free_name(uscc: str) -> str:
    """A name nobody bears, that tells the enterprise."""
    people = select(func.count(RoleGrant.user_id.distinct())).where(RoleGrant.uscc == uscc)
    number = db.session.execute(people).scalar_one() + 1
    while find_user_id(account_name_for(uscc, number)) is not None:
        number += 1
    return account_name_for(uscc, number)
