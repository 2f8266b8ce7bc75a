"""Every check of the project (一条命令检查): ``python3 scripts/test.py [pytest arguments]``.

Without arguments: lint, format, types, import contracts, templates, then the whole suite on SQLite
and on a real PostgreSQL, with browser tests. With arguments: only pytest, with these.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from environment import PYTHON, ROOT, TEST_LOCK, prepare
from telling import Unable, say

TOOLS = PYTHON.parent
STATIC_CHECKS: Sequence[tuple[str, Sequence[str]]] = (
    ("代码规范", ("ruff", "check", ".")),
    ("代码格式", ("ruff", "format", "--check", ".")),
    ("类型", ("mypy",)),
    ("分层约定", ("lint-imports", "--no-cache", "--no-logo")),
    ("页面模板", ("djlint", "app", "--lint", "--quiet")),
)
PYTEST = (str(PYTHON), "-m", "pytest")
IN_PARALLEL = ("-n", "2", "--dist", "worksteal")


def main(arguments: Sequence[str]) -> int:
    """Run the checks; returns 0 only when every one of them passed."""
    try:
        prepare(TEST_LOCK)
        _provide_programs()
    except Unable as problem:
        print(f"无法检查：{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if arguments:
        return _passes(*PYTEST, *arguments)
    failed = [
        name for name, (tool, *options) in STATIC_CHECKS if _passes(str(TOOLS / tool), *options)
    ]
    if _passes(*PYTEST, *IN_PARALLEL):
        failed.append("测试")
    say(f"未通过：{'、'.join(failed)}。" if failed else "全部检查通过。")
    return 1 if failed else 0


def _passes(*command: str) -> int:
    """Run one check from the project's folder; returns its exit code, 0 for passed."""
    say(f"== {Path(command[0]).name} {' '.join(command[1:])}")
    try:
        return subprocess.run(command, cwd=ROOT).returncode
    except KeyboardInterrupt:
        return 130


def _provide_programs() -> None:
    """See that a browser and PostgreSQL are there; in CI or as root install them, else say how."""
    missing = _missing_packages()
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        say(f"正在安装测试所需的程序：{' '.join(missing)}。")
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], install):
            subprocess.run(command, env=environ, stdout=subprocess.DEVNULL)
        missing = _missing_packages()
    if missing:
        raise Unable(
            f"这台机器缺少测试所需的程序。请先执行：apt-get update && {' '.join(install)}。"
        )


def _missing_packages() -> list[str]:
    """The Debian packages to install: a browser (with a Chinese font) and a PostgreSQL server."""
    packages = []
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        packages += ["chromium", "fonts-noto-cjk"]
    if not shutil.which("initdb") and not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        packages.append("postgresql")
    return packages


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
