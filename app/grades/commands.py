"""Commands of the grades stage."""

from __future__ import annotations

import time
from collections.abc import Callable

import click
from flask import Flask

from app.grades.services import refresh_in_parts
from app.kernel.command_groups import OneLineGroup

grades_group = OneLineGroup("grades", help="等级与状态。")


@grades_group.command("refresh")
@click.option("--all", "whole", is_flag=True, help="设置未变也把全部厂区重新推算一遍。")
def refresh(*, whole: bool) -> None:
    """设置变更后重新推算所涉厂区的状态；设置未变时不做任何事。"""
    rebuilt = refresh_in_parts("command: grades refresh", _told_now_and_then(), whole=whole)
    click.echo(f"已重新推算 {rebuilt} 个厂区的状态" if rebuilt else "状态推算与当前设置一致")


_EVERY_SECONDS = 3.0


def _told_now_and_then() -> Callable[[int, int, str], None]:
    """Tells how far it is every few seconds; what is quicker needs no telling."""
    last = time.monotonic()

    def tell(done: int, total: int, _note: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY_SECONDS:
            last = time.monotonic()
            click.echo(f"已推算 {done} / {total} 个厂区的状态（{done / total:.0%}）", err=True)

    return tell


def register(app: Flask) -> None:
    """Add the stage's commands to ``flask``."""
    app.cli.add_command(grades_group)
