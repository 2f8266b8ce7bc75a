"""Commands of the policy stage (措施): list them, check their files, run one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click
from flask import Flask

from app.accounts.queries import county_by_code_or_name
from app.kernel import collector
from app.kernel.asked import read_exact_day, read_moment
from app.kernel.command_groups import OneLineGroup
from app.kernel.commands import CHECK_FAILED, stop
from app.kernel.system_words import why
from app.policy.domain import Origin
from app.policy.exports import MEDIA_TYPES, list_in_parts
from app.policy.measure_files import Vocabulary, check_measure_file
from app.policy.measures import UnknownMeasure
from app.policy.plugin_files import check_plugin
from app.policy.queries import CANNOT_RUN, all_measures, installed_files, run_measure
from app.rulebook.queries import catalogue, clauses

FORMATS = click.Choice(list(MEDIA_TYPES))

policy_group = OneLineGroup("policy", help="差异化政策：清单与分配。")


def day_of(text: str) -> date:
    """The day a command was given. Ends the command when it is none."""
    try:
        return read_exact_day(text)
    except ValueError as problem:
        stop(f"--as-of 有误：{problem}")


def moment_of(text: str | None) -> datetime | None:
    """The moment a command was given, None for now. Ends the command when it is none."""
    if text is None:
        return None
    try:
        moment = read_moment(text)
    except ValueError as problem:
        stop(f"--known-at 有误：{problem}")
    return moment or stop("没有填写 --known-at，请按 2025-06-30T17:00:00+08:00 的样式填写。")


def write_out(parts: Iterable[bytes], output: str | None) -> None:
    """Write a list to the file, or to standard output, part by part."""
    if output is None:
        sys.stdout.buffer.writelines(parts)
        return
    try:
        with Path(output).open("wb") as file:
            file.writelines(parts)
    except OSError as error:
        stop(f"无法写入 {output}（{why(error)}）。请检查路径和权限。", CHECK_FAILED)


@policy_group.command("list")
@click.option("--json", "as_json_", is_flag=True, help="以 JSON 输出。")
def list_measures(as_json_: bool) -> None:
    """列出全部措施：编号、名称、条款、来源。"""
    try:
        measures = all_measures().values()
    except CANNOT_RUN as error:
        stop(str(error), CHECK_FAILED)
    if as_json_:
        rows = [
            {"id": m.id, "title": m.title, "clauses": list(m.clauses), "origin": str(m.origin)}
            for m in measures
        ]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for measure in measures:
        click.echo(f"{measure.id}\t{measure.title}\t{'、'.join(measure.clauses)}\t{measure.origin}")


@policy_group.command("check")
@click.argument("files", nargs=-1, type=click.Path())
def check(files: tuple[str, ...]) -> None:
    """检查插件（.py）和措施文件（.toml）；不带文件时检查本安装的全部措施。"""
    vocabulary = Vocabulary(
        frozenset(clause.id for clause in clauses()),
        frozenset(industry.name for industry in catalogue().industries),
    )
    found = 0
    for path in [Path(name) for name in files] or installed_files():
        if not path.is_file() or path.suffix not in {".py", ".toml"}:
            stop(f"{path}：不是插件或措施文件。请给出存在的 .py 或 .toml 文件。")
        faults = (
            check_plugin(path, clauses=vocabulary.clauses)
            if path.suffix == ".py"
            else check_measure_file(path, vocabulary, taken=_ids_taken())
        )
        for fault in faults:
            click.echo(str(fault), err=True)
        found += len(faults)
    if found:
        sys.exit(CHECK_FAILED)
    try:
        measures = all_measures()
    except CANNOT_RUN as error:
        stop(str(error), CHECK_FAILED)
    click.echo(f"检查通过，共 {len(measures)} 项措施")


def _ids_taken() -> frozenset[str]:
    try:
        measures = all_measures().values()
    except CANNOT_RUN:
        return frozenset()  # told by the check of the whole installation
    return frozenset(it.id for it in measures if it.origin is not Origin.SETTINGS)


@policy_group.command("run")
@click.argument("measure_id")
@click.option("--as-of", required=True, metavar="YYYY-MM-DD", help="截至日期。")
@click.option("--known-at", metavar="ISO8601", help="按该时刻所知；默认现在。")
@click.option("--county", metavar="CODE", help="只取该区县的行；位次仍为全部厂区的位次。")
@click.option("--format", "form", type=FORMATS, required=True, help="输出格式。")
@click.option("--output", metavar="F", help="写入文件；默认标准输出。")
@collector.put_off()
def run(
    measure_id: str,
    as_of: str,
    known_at: str | None,
    county: str | None,
    form: str,
    output: str | None,
) -> None:
    """计算一项措施的清单，不签发。"""
    counties = None if county is None else [_county_code(county)]
    try:
        answer = run_measure(
            measure_id, day_of(as_of), known=moment_of(known_at), counties=counties
        )
    except UnknownMeasure as error:
        stop(str(error))
    except CANNOT_RUN as error:
        stop(str(error), CHECK_FAILED)
    write_out(list_in_parts(answer.listed, answer.table, form), output)


def _county_code(text: str) -> str:
    """The code of the county a command was given; its name and former codes are read, too."""
    found = county_by_code_or_name(text)
    if found is None:
        stop(f"没有代码为“{text}”的区县。请使用六位区县代码。")
    return found.county.code


def register(app: Flask) -> None:
    """Add the stage's commands to ``flask``."""
    app.cli.add_command(policy_group)
