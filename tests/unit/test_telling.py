"""A long command is heard while it runs (进度)."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

relayed: Any = import_module("scripts.telling").relayed

LONG_WORK = """
import sys, time
from pathlib import Path
print("x" * 200_000)
print("已推算 1000 / 2000 个厂区的状态（50%）", file=sys.stderr, flush=True)
for _ in range(500):
    if Path("heard").exists():
        print("出错了", file=sys.stderr)
        sys.exit(3)
    time.sleep(0.01)
"""


def test_how_far_it_is_is_told_before_it_is_over(tmp_path: Path) -> None:
    """The command goes on only once it was heard; what else it says comes at its end."""
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        (tmp_path / "heard").touch()

    command = [sys.executable, "-c", LONG_WORK]
    environ = {**os.environ, "PYTHONUTF8": "1"}
    assert relayed(command, tmp_path, environ, tell) == (3, "x" * 200_000, "出错了")
    assert told == ["已推算 1000 / 2000 个厂区的状态（50%）"]
