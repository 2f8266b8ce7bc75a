"""Bring the database up to date and say what a person needs in order to go on (数据准备).

Run by ``start.py`` inside the environment: several ``flask`` commands in one process, since loading
the app takes longer than any of them.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from io import StringIO

from flask.cli import ScriptInfo

from wsgi import app


def main(*, with_demo: bool) -> None:
    """Migrate, load the demo county if asked, follow changed settings, print the one-time code."""
    run("db", "upgrade")
    if with_demo:
        load_demo()
    run("grades", "refresh")
    setup_code = run("setup-code")
    if setup_code:
        print(f"首次使用请在页面上输入一次性设置码：{setup_code}")


def load_demo() -> None:
    """Load the demo county; over data the command refuses, which is said and is no failure."""
    try:
        print(run("demo"))
    except SystemExit as refused:
        if refused.code:
            print("示例数据未载入，继续启动。")


def run(*arguments: str) -> str:
    """What one ``flask`` command prints; it ends this process when it fails."""
    printed = StringIO()
    with redirect_stdout(printed):
        app.cli.main(
            list(arguments),
            prog_name="flask",
            obj=ScriptInfo(create_app=lambda: app),
            standalone_mode=False,
        )
    return printed.getvalue().strip()


if __name__ == "__main__":
    main(with_demo="--demo" in sys.argv)
