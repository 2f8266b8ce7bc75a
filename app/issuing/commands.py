"""The commands ``policy issue`` and ``policy verify`` (签发、核验)."""

from __future__ import annotations

import sys

import click
from flask import Flask

from app.accounts.queries import actor_by_name
from app.approvals.domain import Refused
from app.issuing import services
from app.issuing.domain import State
from app.issuing.queries import BytesDiffer, find_list, present
from app.issuing.services import Signature
from app.issuing.subjects import all_subjects
from app.issuing.verifying import verify
from app.kernel.authority import EVERYTHING, NOTHING, Permission
from app.kernel.commands import CHECK_FAILED, stop
from app.kernel.transaction import writing
from app.kernel.workflow import ActionNotAllowed
from app.policy.commands import policy_group


@policy_group.command("issue")
@click.argument("draft_id", metavar="DRAFT_ID", type=click.IntRange(1, 2**53))
@click.option("--by", required=True, metavar="USER", help="签发人的账号名。")
@click.option("--number", required=True, metavar="文号", help="文号。")
def issue(draft_id: int, by: str, number: str) -> None:
    """签发一份已由他人复核的清单，输出编号和校验值；没有签发时返回 1。"""
    signer = actor_by_name(by)
    if signer is None:
        stop(f"没有账号“{by}”，或账号已停用。请核对账号名。", CHECK_FAILED)
    scope = signer.scope_of(Permission.LIST_SIGN) or NOTHING
    if scope == NOTHING:
        stop(f"账号“{by}”没有签发清单的权限。请由区县或市级负责人签发。", CHECK_FAILED)
    faults: list[type[Exception]] = [Refused, ActionNotAllowed, BytesDiffer]
    faults += [fault for subject in all_subjects() for fault in subject.all_faults]
    try:
        view = find_list(draft_id, scope)
        seen = present(view) if view is not None and view.state is State.CHECKED else None
        with writing("policy issue", actor_id=signer.user_id, actor_name=signer.display_name):
            signed, told = services.sign(draft_id, scope, Signature(number), seen, by_command=True)
    except tuple(faults) as fault:
        stop(f"清单没有签发：{fault}", CHECK_FAILED)
    for sentence in told:
        click.echo(f"{sentence}。", err=True)
    click.echo(f"{signed.id} {signed.sha256}")


@policy_group.command("verify")
@click.argument("issue_id", metavar="ISSUE_ID", type=click.IntRange(1, 2**53))
def verify_command(issue_id: int) -> None:
    """核验一份签发的清单：字节、审计链、按当时所知重新判定；一致返回 0，不一致返回 1。"""
    view = find_list(issue_id, EVERYTHING)
    if view is None:
        stop(f"没有编号为 {issue_id} 的清单。请在清单页面查看编号。")
    if not view.is_issued:
        stop(
            f"编号为 {issue_id} 的清单没有签发（{view.state.words}），没有可核验的签发文件。",
            CHECK_FAILED,
        )
    found = verify(view)
    for remark in found.remarks:
        click.echo(f"说明：{remark}")
    if not found.agrees:
        click.echo(
            f"清单 {view.id}（{view.number}）核验不一致，共 {len(found.differences)} 处："
            f"{' '.join(found.told)}",
            err=True,
        )
        sys.exit(CHECK_FAILED)
    click.echo(f"清单 {view.id}（{view.number}）核验一致，共 {view.rows} 行，校验值 {view.sha256}")


def register(app: Flask) -> None:
    """The commands hang on the ``policy`` group, which the policy stage adds to ``app``."""
    app.cli.add_command(policy_group)
