"""Commands for a move to PostgreSQL (迁往 PostgreSQL)."""

from __future__ import annotations

import json

import click
from flask import Flask
from flask.cli import with_appcontext

from app.kernel import clock
from app.kernel.asked import read_exact_day
from app.kernel.command_groups import OneLine
from app.kernel.commands import BAD_USE, CHECK_FAILED, stop
from app.operations.domain import OperationFailed, OperationRefused
from app.operations.services.answers import answers
from app.operations.services.moving import move_to_postgresql


@click.command("move-to-postgresql", cls=OneLine)
@click.argument("url", envvar="TARGET_DATABASE_URL")
@with_appcontext
def move(url: str) -> None:
    """把 SQLite 库的全部数据迁到空的 PostgreSQL 库，并证明两边结果一致。须先停止服务。

    URL 形如 postgresql://用户:口令@主机/库名；不想让口令留在命令记录里时，
    改用环境变量 TARGET_DATABASE_URL。
    """
    try:
        moved = move_to_postgresql(url)
    except OperationFailed as problem:
        stop(str(problem), BAD_USE if isinstance(problem, OperationRefused) else CHECK_FAILED)
    if moved.began_anew:
        click.echo("新库中有上次中断的迁移留下、没有核对完的内容，已清空重来。")
    click.echo(
        f"已迁移：{moved.tables} 张表 {moved.rows} 行，逐表行数与摘要一致。\n"
        f"{moved.audit_told}\n"
        f"清单与分配 {moved.compared} 份，两个库的 sha256 全部一致。\n"
        "今后请设置环境变量 DATABASE_URL 为新库的地址再启动；旧库原样保留，不再使用。"
    )


@click.command("answers", cls=OneLine)
@click.option("--day", "days", multiple=True, required=True, metavar="YYYY-MM-DD")
@click.option("--known-at", "moments", multiple=True, required=True, metavar="ISO8601")
@with_appcontext
def list_answers(days: tuple[str, ...], moments: tuple[str, ...]) -> None:
    """全部措施清单和排污权分配的 sha256（JSON），用来比对两个安装。"""
    try:
        asked = [read_exact_day(it) for it in days], [clock.parse_moment(it) for it in moments]
    except ValueError:
        stop("日期或时刻读不懂。请按 2025-06-30 和 2025-06-30T17:00:00+08:00 的样式填写。")
    click.echo(json.dumps(answers(*asked), ensure_ascii=False, indent=0))


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(move)
    app.cli.add_command(list_answers)
