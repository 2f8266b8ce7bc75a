"""Groups of commands whose faults, misuse included, are one line on stderr (命令组)."""

from __future__ import annotations

import logging
import sys
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.database import DriverError

log = logging.getLogger(__name__)
BAD_USE = 2
CHECK_FAILED = 1
UNUSABLE = (
    "数据库没有应答、已经损坏，或结构不是当前版本。"
    "请检查 DATABASE_URL，再运行 flask db upgrade；仍不行的，请用备份恢复。"
)


def stop(sentence: str, code: int = BAD_USE) -> NoReturn:
    """End a command with one line on stderr: what happened, why, what to do."""
    click.echo(sentence, err=True)
    sys.exit(code)


class OneLine(click.Command):
    """Every fault of the command is one line: what happened, why, what to do; no traceback."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the words behind the group's name."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            stop(_misuse(error))

    def invoke(self, ctx: click.Context) -> Any:
        """Read the command's own words, then do it."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            stop(_misuse(error))
        except (KeyboardInterrupt, click.Abort):
            stop("命令已中止，尚未完成的内容没有写入。", CHECK_FAILED)
        except (SQLAlchemyError, DriverError):
            log.debug("database refused a command", exc_info=True)
            stop(UNUSABLE, CHECK_FAILED)


class OneLineGroup(OneLine, AppGroup):
    """A group of such commands."""


def _misuse(error: click.UsageError) -> str:
    """A command typed wrongly, in one sentence, with where its use is told."""
    hint = f"请用 {error.ctx.command_path if error.ctx else 'flask'} --help 查看用法。"
    if isinstance(error, click.BadParameter):
        name = error.param.get_error_hint(error.ctx) if error.param and error.ctx else "参数"
        if isinstance(error, click.MissingParameter):
            return f"缺少 {name}。{hint}"
        if error.param and isinstance(error.param.type, click.Choice):
            allowed = "、".join(map(str, error.param.type.choices))
            return f"{name} 没有这个取值。可用的值：{allowed}。"
        return f"{name} 的取值不可用（{error.message.rstrip('.')}）。{hint}"
    return f"命令不能这样使用（{error.format_message().rstrip('.')}）。{hint}"
