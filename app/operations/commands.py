"""Commands of this stage: backup, restore (备份、恢复)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext

from app.kernel.command_groups import OneLine
from app.kernel.commands import BAD_USE, CHECK_FAILED, stop
from app.operations import moving_commands
from app.operations.domain import BackupMade, OperationFailed, OperationRefused, Restored
from app.operations.queries.health import examine, needed
from app.operations.services import restore_backup, write_backup
from app.operations.services.by_hand import define_jobs
from app.operations.services.scheduled import define_duties


def _end(problem: OperationFailed) -> None:
    stop(str(problem), BAD_USE if isinstance(problem, OperationRefused) else CHECK_FAILED)


@click.command("backup", cls=OneLine)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-key", is_flag=True, help="不把密钥 secret.key 放进备份。")
@click.option("--allow-missing", is_flag=True, help="佐证材料有缺失时仍备份其余内容。")
@with_appcontext
def backup(file: Path, without_key: bool, allow_missing: bool) -> None:
    """把数据库、佐证材料和设置备份成一个文件；服务可以不停。"""
    try:
        made = write_backup(file.resolve(), with_key=not without_key, allow_missing=allow_missing)
    except OperationFailed as problem:
        _end(problem)
        return
    click.echo(told_backup(made))


def told_backup(made: BackupMade) -> str:
    """What a person is told of a backup."""
    told = (
        f"已备份到 {made.path}（{made.size} 字节）：数据 {made.rows} 行，"
        f"佐证材料 {made.files} 份，审计记录 {made.audit_entries} 条。"
    )
    key = "备份内含密钥和全部数据，请像保管公章一样保管。"
    if not made.key_included:
        key = "备份不含密钥，恢复时须另有原来的 SECRET_KEY。"
    lines = [told, f"校验和 {made.sha256}", key]
    if made.missing:
        lines.append(f"缺失或损坏的佐证材料 {len(made.missing)} 份：{'、'.join(made.missing)}")
    return "\n".join(lines)


@click.command("restore", cls=OneLine)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="覆盖现有数据（先自动备份）。")
@with_appcontext
def restore(file: Path, replace: bool) -> None:
    """把备份恢复到本安装；全部恢复或者完全不动；服务可以不停，恢复期间网页暂停应答。"""
    if not file.is_file():
        stop(f"没有文件 {file}。请核对路径。")
    try:
        restored = restore_backup(file.resolve(), replace=replace)
    except OperationFailed as problem:
        _end(problem)
        return
    click.echo(told_restore(restored))


def told_restore(restored: Restored) -> str:
    """What a person is told of a restore."""
    held = f"{restored.tables} 张表 {restored.rows} 行，佐证材料 {restored.files} 份"
    lines = [
        f"已恢复：{held}，逐一核对一致。",
        f"审计链完整，共 {restored.audit_entries} 条，链尾 {restored.audit_head}",
    ]
    if restored.upgraded_from:
        lines.append(f"数据库结构已由 {restored.upgraded_from} 升级到本程序的版本。")
    if restored.safety:
        lines.append(f"恢复前的数据备份在 {restored.safety}")
    if restored.set_aside:
        lines.append(f"原有的设置文件已另存（.before-restore）：{'、'.join(restored.set_aside)}")
    if restored.missing:
        lines.append(
            f"备份时已缺失的佐证材料 {len(restored.missing)} 份：{'、'.join(restored.missing)}"
        )
    return "\n".join(lines)


@click.command("doctor", cls=OneLine)
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。")
@click.option("--quick", is_flag=True, help="不逐页、逐条、逐份核对内容。")
@with_appcontext
def doctor(as_json: bool, quick: bool) -> None:
    """检查配置、数据库、材料、备份、磁盘、时钟等；有需要人处理的返回 1。"""
    checks = examine(thorough=not quick)
    if as_json:
        click.echo(json.dumps([it.as_json() for it in checks], ensure_ascii=False))
    else:
        for check in checks:
            click.echo(check.line)
    if needed(checks):
        sys.exit(CHECK_FAILED)


def register(app: Flask) -> None:
    """Add the stage's commands to ``flask``."""
    app.cli.add_command(backup)
    app.cli.add_command(restore)
    moving_commands.register(app)
    app.cli.add_command(doctor)
    define_duties()
    define_jobs()
