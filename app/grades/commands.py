"""Commands of the grades stage."""

from __future__ import annotations

import click
from flask import Flask

from app.grades.services import refresh_all_if_stale
from app.kernel.command_groups import OneLineGroup
from app.kernel.transaction import writing

grades_group = OneLineGroup("grades", help="等级与状态。")


@grades_group.command("refresh")
def refresh() -> None:
    """设置变更后重新推算全部厂区的状态；设置未变时不做任何事。"""
    with writing("command: grades refresh"):
        rebuilt = refresh_all_if_stale()
    click.echo(f"已重新推算 {rebuilt} 个厂区的状态" if rebuilt else "状态推算与当前设置一致")


def register(app: Flask) -> None:
    """Add the stage's commands to ``flask``."""
    app.cli.add_command(grades_group)
