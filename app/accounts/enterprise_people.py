"""People who act for an enterprise (企业账号): how long, who may be reached by whom.

Pure. An account is opened by the county of the enterprise; an agent (代办人) acts on an uploaded
authorisation (授权书) whose last day counts, and access ends by itself the day after.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.accounts.domain import ENTERPRISE_ROLES, Grant, Role

ROLES = tuple(role for role in Role if role in ENTERPRISE_ROLES)
"""What can be opened for an enterprise; nothing beyond it."""
LONGEST_REASON = 200
_PHONE = re.compile(r"[0-9+() -]{5,20}")


class State(StrEnum):
    """How a person's grant for an enterprise stands on a day."""

    NEW = "new"
    ACTIVE = "active"
    ENDING = "ending"
    WAITING = "waiting"
    OVER = "over"
    DISABLED = "disabled"
    CLOSED = "closed"

    @property
    def words(self) -> str:
        """As lists say it."""
        return _STATE_WORDS[self]

    @property
    def is_gone(self) -> bool:
        """Whether the person can no longer act for the enterprise."""
        return self in (State.OVER, State.DISABLED, State.CLOSED)


_STATE_WORDS = {
    State.NEW: "待首次登录",
    State.ACTIVE: "在用",
    State.ENDING: "即将到期",
    State.WAITING: "尚未开始",
    State.OVER: "已到期",
    State.DISABLED: "账号停用",
    State.CLOSED: "已关闭",
}


@dataclass(frozen=True, slots=True)
class Held:
    """What the state of a grant depends on."""

    from_on: date
    until_on: date | None = None
    is_closed: bool = False
    is_disabled: bool = False
    is_one_time: bool = False
    """The account still bears the one-time password of its slip."""


def state_of(held: Held, on: date, ending: timedelta) -> State:
    """How the grant stands on the day; its last day counts.

    ``ending``: how long before its last day it is called 即将到期 (本局设定).
    """
    if held.is_closed:
        return State.CLOSED
    if held.until_on is not None and held.until_on < on:
        return State.OVER
    if held.is_disabled:
        return State.DISABLED
    if held.from_on > on:
        return State.WAITING
    if held.until_on is not None and held.until_on <= on + ending:
        return State.ENDING
    return State.NEW if held.is_one_time else State.ACTIVE


def why_not_until(role: str, until_on: date | None, on: date, *, has_paper: bool) -> dict[str, str]:
    """What is wrong with how long someone may act, by field; empty when nothing is."""
    if role != Role.AGENT:
        return {}
    found = {}
    if not has_paper:
        found["paper"] = "代办人凭授权书办理。请上传企业盖章的授权书。"
    if until_on is None:
        found["until_on"] = "请填写授权书写明的截止日（含当日）。"
    elif until_on < on:
        found["until_on"] = "授权书的截止日已过。请核对，或由企业重新出具授权书。"
    return found


def why_not_longer(present: date | None, until_on: date, on: date) -> str | None:
    """Why a new paper does not extend an agent's time; None when it does."""
    if present is not None and until_on <= present and present >= on:
        return f"现有授权至 {present}（含当日），新的截止日应晚于这一天。需要提前结束的，请关闭。"
    return None


def why_not_person(name: str, phone: str) -> dict[str, str]:
    """What is wrong with who a person is said to be, by field."""
    found = {}
    if not name:
        found["display_name"] = "请填写姓名。账号一人一号，不得共用。"
    if phone and not _PHONE.fullmatch(phone):
        found["phone"] = "电话应为 5 至 20 位数字，可以有 + - ( ) 和空格。请改正或留空。"
    return found


def why_not_reason(reason: str) -> str | None:
    """What is wrong with the reason of a closing."""
    if not reason:
        return "请写明关闭的理由，例如：离职、调岗、授权终止。"
    if len(reason) > LONGEST_REASON:
        return f"理由最多 {LONGEST_REASON} 个字符。请改短。"
    return None


def why_not_reissue(held: Iterable[Grant], usccs: Collection[str], on: date) -> str | None:
    """Why someone who manages these enterprises may not give the account a new password.

    The password opens everything the account holds, so all of that must lie within reach.
    """
    standing = [it for it in held if it.until_on is None or it.until_on >= on]
    if not standing:
        return "该账号的授权都已结束，不能补发。请重新开户。"
    if any(it.role not in ENTERPRISE_ROLES for it in standing):
        return "该账号不是企业账号。请由安全管理员办理。"
    if any(it.uscc not in usccs for it in standing):
        return "该账号还为其他区县的企业办理，补发会影响其他企业。请由安全管理员重置口令。"
    return None


def may_be_lent(held: Iterable[Grant], on: date) -> bool:
    """Whether an account that exists may act as an agent for one more enterprise.

    Only who is an agent today, and nothing else now or later: never an officer's account.
    """
    standing = [it for it in held if it.until_on is None or it.until_on >= on]
    return any(it.is_in_force(on) for it in standing) and all(
        it.role is Role.AGENT for it in standing
    )


def account_name_for(uscc: str, number: int) -> str:
    """The account name of an enterprise's n-th person: its 组织机构代码 and a number."""
    return f"{uscc[8:17]}-{number:02d}".lower()
