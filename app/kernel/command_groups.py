"""Groups of commands whose faults, misuse included, are one line on stderr (命令组)."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from app.kernel.database import DriverError

log = logging.getLogger(__name__)
_NO_SUCH_COMMAND = re.compile(r"No such command '(.*)'\.", re.DOTALL)
_EXTRA_ARGUMENTS = re.compile(r"Got unexpected extra arguments? \((.*)\)", re.DOTALL)
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


class _Formatter(click.HelpFormatter):
    """The headings of a command's help in Chinese."""

    def write_heading(self, heading: str) -> None:
        super().write_heading({"Options": "选项", "Commands": "命令"}.get(heading, heading))

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "用法：" if prefix is None else prefix)


class _Context(click.Context):
    formatter_class = _Formatter


class OneLine(click.Command):
    """Every fault of the command is one line: what happened, why, what to do; no traceback."""

    context_class = _Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """``--help``, explained in Chinese."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明。"
        return option

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


class AllCommands(AppGroup):
    """All commands of the program; a word that is none of them is told in one line as well."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command of that name, or one that only says that there is none."""
        found = super().get_command(ctx, cmd_name)
        return found if found is not None else _unknown(cmd_name)


def _unknown(name: str) -> click.Command:
    def say() -> None:
        stop(f"没有命令“{name}”。请用 flask --help 查看全部命令。")

    settings = {"ignore_unknown_options": True, "allow_extra_args": True}
    return click.Command(name, callback=say, context_settings=settings, add_help_option=False)


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
    if isinstance(error, click.NoSuchOption):
        return f"没有选项“{error.option_name}”。{hint}"
    unknown = _NO_SUCH_COMMAND.fullmatch(error.message)
    if unknown is not None:
        return f"没有命令“{unknown[1]}”。{hint}"
    extra = _EXTRA_ARGUMENTS.fullmatch(error.message)
    if extra is not None:
        return f"多写了“{extra[1]}”。{hint}"
    return f"命令不能这样使用（{error.format_message().rstrip('.')}）。{hint}"
