"""企业账号改授: people who act for a code that is no more are given the code that took its place.

Whoever keeps the register may merge enterprises or correct a code, but not grant anything: so the
accounts are put before the security administrator, and their holders are told.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.accounts import services as accounts
from app.accounts.queries import holders_for
from app.approvals import services as approvals
from app.approvals.domain import Kind, Payload, Refused
from app.inbox import services as inbox
from app.inbox.domain import Audience, MessageKind
from app.kernel.authority import Permission

KIND_ID = "accounts.follow"


def accounts_remark(uscc: str) -> list[str]:
    """What the preview says of the accounts of a code that is about to go."""
    people = len({user_id for user_id, _, _ in holders_for(uscc)})
    if not people:
        return []
    told = (
        f"有 {people} 个企业账号按代码 {uscc} 授权。保存后列为安全管理员的待办；"
        "改授以前，这些账号查看不到企业的厂区，系统会通知本人。"
    )
    return [told]


def propose_following(old: str, new: str, enterprise_id: int, why: str) -> None:
    """Ask the security administrator to move the accounts of ``old`` over, if there are any."""
    holders = holders_for(old)
    if not holders:
        return
    approvals.propose(
        KIND_ID,
        f"{old} 改为 {new}",
        {
            "old": old,
            "new": new,
            "why": why,
            "people": "；".join(f"{name}（{role.label}）" for _, name, role in holders),
        },
        enterprise_id=enterprise_id,
    )
    for user_id in sorted({user_id for user_id, _, _ in holders}):
        inbox.send(
            MessageKind.NOTICE,
            "贵企业的登记代码已变更，账号等待改授",
            Audience(user_id=user_id),
            link="",
            source=f"accounts-follow:{old}",
            body=f"{why}。您的账号按 {old} 授权，改授到 {new} 以前查看不到厂区；"
            "安全管理员已收到待办，办理后请重新登录。",
        )


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    return [
        ("缘由", str(payload["why"])),
        ("原代码", str(payload["old"])),
        ("改授到", str(payload["new"])),
        ("账号", str(payload["people"])),
    ]


def _carry_out(payload: Payload) -> None:
    try:
        accounts.follow_code(str(payload["old"]), str(payload["new"]))
    except accounts.AccountRefused as refused:
        raise Refused(f"{refused.sentence}请在账号管理中逐个办理后退回本事项。") from refused


KIND = Kind(
    id=KIND_ID,
    title="企业账号改授",
    decided_with=Permission.ACCOUNT_MANAGE,
    told=_told,
    carry_out=_carry_out,
)
