"""Commands of the grades stage."""

from __future__ import annotations

import click
from flask import Flask

from app.grades.services import refresh_in_parts
from app.kernel.command_groups import OneLineGroup

grades_group = OneLineGroup("grades", help="等级与状态。")


@grades_group.command("refresh")
def refresh() -> None:
    """设置变更后重新推算全部厂区的状态；设置未变时不做任何事。"""
    rebuilt = refresh_in_parts("command: grades refresh", _say)
    click.echo(f"已重新推算 {rebuilt} 个厂区的状态" if rebuilt else "状态推算与当前设置一致")


_MANY = 20_000
"""From so many plants on it takes long enough for progress to be told."""


def _say(done: int, total: int, _note: str) -> None:
    if total >= _MANY:
        click.echo(f"已推算 {done} / {total} 个厂区的状态（{done / total:.0%}）", err=True)


def register(app: Flask) -> None:
    """Add the stage's commands to ``flask``."""
    app.cli.add_command(grades_group)
