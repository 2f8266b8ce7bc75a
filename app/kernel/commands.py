"""Commands of the kernel: migrations, the job worker, the audit chain."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.kernel import anchors, audit, clock, daily, jobs, migrating, presence
from app.kernel.command_groups import BAD_USE, CHECK_FAILED, OneLine, OneLineGroup, stop
from app.kernel.database import Mode, db, mode

__all__ = ["BAD_USE", "CHECK_FAILED", "register", "stop"]

database_group = OneLineGroup("db", help="数据库结构。")


@database_group.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """升级数据库结构到当前版本。"""
    from alembic.util import CommandError

    with mode(Mode.READ), db.engine.connect() as connection:
        if migrating.is_unproven(connection):
            stop(
                "这个 PostgreSQL 库是迁移中断后留下的，没有核对完，不能使用。"
                "请取消 DATABASE_URL，再运行一次 flask move-to-postgresql，它会清空重来。",
                CHECK_FAILED,
            )
    try:
        migrating.upgrade()
    except CommandError:
        stop("数据库结构来自另一版本，本程序不认识。请使用建立它的版本的程序。", CHECK_FAILED)


audit_group = OneLineGroup("audit", help="审计链。")


@audit_group.command("verify")
def verify() -> None:
    """逐条核对审计链；完整返回 0，断裂返回 1 并指出位置。"""
    check = audit.verify()
    if check.broken_at is not None:
        stop(
            f"审计链在第 {check.broken_at} 条断裂：{check.problem}。请停止写入并核对备份。",
            CHECK_FAILED,
        )
    written_down = anchors.check()
    for problem in written_down.problems:
        click.echo(problem, err=True)
    if written_down.problems:
        stop("审计链与锚定记录不符。请停止写入，并与打印件和备份核对。", CHECK_FAILED)
    click.echo(f"审计链完整，共 {check.entries} 条，链尾 {check.head}")
    for note in written_down.notes:
        click.echo(note)
    if written_down.latest is not None and written_down.latest.at is not None:
        day = clock.shown(written_down.latest.at)
        click.echo(f"锚定 {written_down.anchors} 处全部相符，最近一处于 {day}")


@click.command("worker", cls=OneLine, help="执行后台任务，直到收到停止信号。")
@with_appcontext
def worker() -> None:
    """Do queued jobs until SIGTERM or Ctrl-C; a job begun is finished first.

    After a restore the process begins anew, since key, settings and measures may be others.
    """
    jobs.check_queue()  # what cannot be read at all is told once, not every five seconds
    instance = current_app.config["CONFIG"].instance_dir
    try:
        presence.stay_present_as_worker(instance)
    except presence.InUse:
        stop("数据正在迁往另一数据库，后台任务没有启动。请等迁移完成后再启动。", CHECK_FAILED)
    ending = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: ending.set())
    generation = presence.generation(instance)

    @contextmanager
    def turn() -> Iterator[None]:
        with presence.at_work(instance):
            if presence.generation(instance) != generation:
                os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
            yield

    current_app.logger.info("job worker started")
    jobs.work_forever(ending, between=daily.queue_todays_duties, turn=turn)


def register(app: Flask) -> None:
    """Add the kernel's commands to ``flask``."""
    app.cli.add_command(database_group)
    app.cli.add_command(audit_group)
    app.cli.add_command(worker)
