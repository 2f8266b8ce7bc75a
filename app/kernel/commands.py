"""Commands of the kernel: migrations, the job worker, the audit chain."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from app.kernel import audit, daily, jobs
from app.kernel.config import ROOT

BAD_USE = 2
CHECK_FAILED = 1


def stop(sentence: str, code: int = BAD_USE) -> NoReturn:
    """End a command with one line on stderr: what happened, why, what to do."""
    click.echo(sentence, err=True)
    sys.exit(code)


database_group = AppGroup("db", help="数据库结构。")


@database_group.command("upgrade")
def upgrade() -> None:
    """升级数据库结构到当前版本。"""
    # Loading alembic takes a fifth of a second: only this command pays for it, not every start.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(ROOT) / "migrations"))
    command.upgrade(config, "head")


audit_group = AppGroup("audit", help="审计链。")


@audit_group.command("verify")
def verify() -> None:
    """逐条核对审计链；完整返回 0，断裂返回 1 并指出位置。"""
    check = audit.verify()
    if check.broken_at is not None:
        stop(
            f"审计链在第 {check.broken_at} 条断裂：{check.problem}。请停止写入并核对备份。",
            CHECK_FAILED,
        )
    click.echo(f"审计链完整，共 {check.entries} 条，链尾 {check.head}")


@click.command("worker", help="执行后台任务，直到收到停止信号。")
@with_appcontext
def worker() -> None:
    """Do queued jobs until SIGTERM or Ctrl-C; a job begun is finished first."""
    ending = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: ending.set())
    current_app.logger.info("job worker started")
    jobs.work_forever(ending, between=daily.queue_todays_duties)


def register(app: Flask) -> None:
    """Add the kernel's commands to ``flask``."""
    app.cli.add_command(database_group)
    app.cli.add_command(audit_group)
    app.cli.add_command(worker)
