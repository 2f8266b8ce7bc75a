"""Commands of this stage: the whole workbook (台账) in and out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import click
from flask import Flask

from app.accounts.queries import actor_by_name, list_bureaus
from app.accounts.services import set_up_bureau
from app.kernel.asked import read_exact_day
from app.kernel.authority import EVERYTHING
from app.kernel.collector import put_off
from app.kernel.command_groups import OneLineGroup
from app.kernel.commands import BAD_USE, CHECK_FAILED, stop
from app.kernel.spreadsheets import UnreadableWorkbook, shown_name
from app.kernel.system_words import why
from app.kernel.transaction import writing
from app.ledger.comparing import Comparison
from app.ledger.examining import OpenedLedger, compare_now, open_ledger
from app.ledger.exporting import export_ledger
from app.ledger.preview import Preview, preview_of
from app.ledger.problems import LEVEL_WORDS, Level
from app.ledger.queries import register_now
from app.ledger.rules.reach import SYSTEM, Importer, importer_of
from app.ledger.services import ImportRefused, define_jobs, import_ledger
from app.ledger.unfinished import marked, unfinished

VIA = "命令行"
_MOST_CHANGES_SHOWN = 200

ledger_group = OneLineGroup("ledger", help="台账导入与导出。")


@ledger_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--by", metavar="USER", help="导入人的账号名；登记簿为空时可以不填。")
@click.option("--dry-run", is_flag=True, help="只核对，不写入。")
@click.option("--report", type=click.Path(path_type=Path), help="另存一份带“错误”列的工作簿。")
@click.option("--json", "as_json", is_flag=True, help="以 JSON 输出核对结果。")
def import_command(
    file: Path, by: str | None, dry_run: bool, report: Path | None, as_json: bool
) -> None:
    """导入台账：全部写入或者完全不写。返回 0 完成，2 有被拒绝的行（没有写入任何内容）。"""
    if report is not None and report.resolve() == file.resolve():
        stop(f"--report 不能覆盖正在导入的 {file.name}。请换一个文件名。")
    importer = _importer(by)
    for sentence in unfinished():
        click.echo(sentence, err=True)
    with put_off():
        opened = _open(file)
        comparison, is_written = _run(opened, importer, file, dry_run=dry_run)
    if report is not None:
        _write(report, opened.report())
    preview = preview_of(comparison)
    status = _status(preview, dry_run=dry_run, is_written=is_written)
    if as_json:
        click.echo(json.dumps({"status": status, **preview.as_json()}, ensure_ascii=False))
    else:
        _tell(preview)
    if preview.is_refused:
        stop(
            f"拒绝 {len(preview.refused)} 处，没有写入任何内容。请按上面的说明改正后重新导入。",
            BAD_USE,
        )
    if not as_json:
        click.echo(_STATUS_WORDS[status])


_STATUS_WORDS = {
    "written": "已写入。",
    "unchanged": "登记簿与该工作簿完全一致，没有需要写入的内容。",
    "checked": "核对通过，未写入（--dry-run）。",
}


def _importer(by: str | None) -> Importer:
    if by is None:
        return SYSTEM
    actor = actor_by_name(by)
    if actor is None:
        stop(f"没有账号“{by}”，或账号已停用。请核对账号名。")
    importer = importer_of(actor)
    if importer is None:
        stop(f"账号“{by}”没有导入台账的权限。请由区县或市级经办人、负责人导入。")
    return importer


def _open(file: Path) -> OpenedLedger:
    if not file.exists():
        stop(f"没有文件 {file}。请核对路径。")
    try:
        return open_ledger(file, file.name, _nothing)
    except UnreadableWorkbook as unreadable:
        stop(str(unreadable))
    except OSError as error:
        stop(f"无法读取 {file}（{why(error)}）。请检查路径和权限。")


def _run(
    opened: OpenedLedger, importer: Importer, file: Path, *, dry_run: bool
) -> tuple[Comparison, bool]:
    """The comparison, and whether something was written."""
    if dry_run:
        return compare_now(opened, importer, _nothing), False
    name, sha256 = shown_name(file.name), _sha256(file)
    source: dict[str, Any] = {"文件名": name, "文件摘要": sha256}
    written_by = writing(VIA, actor_id=importer.user_id, actor_name=importer.name)
    try:
        with marked(name, sha256), written_by:
            if not list_bureaus():
                set_up_bureau(opened.plan)
            comparison = import_ledger(opened, importer, _nothing, source=source)
    except ImportRefused as refused:
        return refused.comparison, False
    return comparison, not comparison.is_unchanged


def _sha256(file: Path) -> str:
    """The hash of the file; of a folder, over its files in order of their names."""
    files = sorted(it for it in file.iterdir() if it.is_file()) if file.is_dir() else [file]
    digest = hashlib.sha256()
    for each in files:
        digest.update(each.read_bytes())
    return digest.hexdigest()


def _nothing(_done: int, _total: int, _note: str) -> None:
    """A command prints its result, not its progress."""


def _status(preview: Preview, *, dry_run: bool, is_written: bool) -> str:
    if preview.is_refused:
        return "refused"
    if preview.is_unchanged:
        return "unchanged"
    return "written" if is_written and not dry_run else "checked"


def _tell(preview: Preview) -> None:
    for name, counts in preview.counts.items():
        click.echo(
            f"{name}：新增 {counts.new}，更正 {counts.changed}，相同 {counts.same}，"
            f"拒绝 {counts.refused}，跳过 {counts.skipped}"
        )
    for level in Level:
        for found in preview.problems:
            if found.level is level:
                click.echo(f"{LEVEL_WORDS[level]}：{found.text}")
    changed = [change for change in preview.changes if change.cells]
    for change in changed[:_MOST_CHANGES_SHOWN]:
        cells = "；".join(f"{it.column} {it.old or '空'} → {it.new}" for it in change.cells)
        click.echo(f"更正：{change.sheet} 第 {change.row} 行（{change.label}）{cells}")
    if len(changed) > _MOST_CHANGES_SHOWN:
        click.echo(f"更正共 {len(changed)} 行，其余请用 --json 查看。")
    for rows in preview.skipped:
        last = f" 至 {rows.last}" if rows.last > rows.first else ""
        click.echo(f"跳过：{rows.sheet} 第 {rows.first}{last} 行（{rows.why}）")
    for sentence in preview.ignored:
        click.echo(f"未读取：{sentence}")
    if preview.is_unaltered_export:
        click.echo("说明：这是本系统导出后未改动的台账。")


@ledger_group.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as-of", "as_of", metavar="YYYY-MM-DD", help="只导出截至该日的内容。")
def export_command(file: Path, as_of: str | None) -> None:
    """导出全部台账；导入空的登记簿可还原同样的内容。"""
    try:
        day = read_exact_day(as_of) if as_of is not None else None
    except ValueError as problem:
        stop(f"--as-of 有误：{problem}")
    export = export_ledger(register_now(), EVERYTHING, day)
    _write(file, export.content)
    rows = "，".join(f"{name} {count}" for name, count in export.rows.items())
    click.echo(f"已导出到 {file}：{rows}。内容摘要 {export.contents_sha256}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        stop(f"无法写入 {path}（{why(error)}）。请检查路径和权限。", CHECK_FAILED)


def register(app: Flask) -> None:
    """Add the stage's commands to ``flask``, and its work to what the worker can do."""
    app.cli.add_command(ledger_group)
    define_jobs()
