"""The command ``policy allocate`` (排污权分配)."""

from __future__ import annotations

import click
from flask import Flask

from app.kernel.commands import CHECK_FAILED, stop
from app.policy.commands import FORMATS, day_of, moment_of, policy_group, write_out
from app.policy.exports import content_of
from app.policy.queries import CANNOT_RUN
from app.rights.domain import POLLUTANTS, AllocationFault, Level
from app.rights.queries import run_allocation


@policy_group.command("allocate")
@click.argument("level", metavar="LEVEL", type=click.Choice([str(level) for level in Level]))
@click.option("--pollutant", required=True, type=click.Choice(POLLUTANTS), help="污染物。")
@click.option("--year", required=True, type=click.IntRange(2000, 2100), help="年度。")
@click.option("--as-of", required=True, metavar="YYYY-MM-DD", help="截至日期。")
@click.option("--known-at", metavar="ISO8601", help="按该时刻所知；默认现在。")
@click.option("--format", "form", type=FORMATS, required=True, help="输出格式。")
@click.option("--output", metavar="F", help="写入文件；默认标准输出。")
def allocate(
    level: str,
    pollutant: str,
    year: int,
    as_of: str,
    known_at: str | None,
    form: str,
    output: str | None,
) -> None:
    """计算一级储备的排污权分配，不签发。"""
    try:
        answer = run_allocation(
            Level(level), pollutant, year, day_of(as_of), known=moment_of(known_at)
        )
    except (*CANNOT_RUN, AllocationFault) as error:
        stop(str(error), CHECK_FAILED)
    write_out([content_of(answer.document, answer.table(), form)], output)


def register(app: Flask) -> None:
    """The command hangs on the ``policy`` group, which the policy stage adds to ``app``."""
    app.cli.add_command(policy_group)
