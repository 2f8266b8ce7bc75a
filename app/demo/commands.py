"""The command ``flask demo`` (载入示例数据)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from app.demo.services import DemoLoaded, DemoRefused, load_demo
from app.demo.stories import STORIES
from app.kernel.command_groups import OneLine
from app.kernel.commands import CHECK_FAILED, stop


@click.command("demo", cls=OneLine)
@with_appcontext
def demo() -> None:
    """向空库载入示例县数据，并列出示例账号。"""
    try:
        loaded = load_demo()
    except DemoRefused as refused:
        stop(refused.sentence)
    except DBAPIError:
        stop(
            "数据库没有应答，或结构不是当前版本。请检查 DATABASE_URL，再运行 flask db upgrade。",
            CHECK_FAILED,
        )
    click.echo(_report(loaded))


def _report(loaded: DemoLoaded) -> str:
    accounts = [
        (account.name, account.role, loaded.password, account.scope) for account in loaded.accounts
    ]
    stories = [(f"示例·{story.title}", story.shows) for story in STORIES]
    loaded_so_much = f"企业 {loaded.enterprises} 家，厂区 {loaded.plants} 个"
    return "\n".join(
        [
            f"已载入示例数据：{loaded_so_much}。企业、人员、文号均为虚构。",
            "",
            "示例账号（口令各账号相同，本次随机生成，只显示这一次；仅供演示，登录后无须修改）：",
            *_table(("账号", "角色", "口令", "范围"), accounts),
            "",
            "按名称查找下列企业，可逐条查看规则：",
            *_table(("企业", "说明"), stories),
        ]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with columns under each other; a Chinese character is two places wide."""
    widths = [max(map(_width, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(["", *(_padded(*cell) for cell in zip(row, widths, strict=True))]).rstrip()
        for row in [head, *rows]
    ]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def register(app: Flask) -> None:
    """Add the command to ``flask``."""
    app.cli.add_command(demo)
