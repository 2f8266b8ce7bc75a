"""After a command was killed, the next one says what became of it (命令行导入被中断)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.kernel.config import ROOT
from app.ledger import commands
from app.ledger.services import importing
from app.ledger.unfinished import unfinished
from tests.ledger_imports import command, imported, register_of
from tests.workbooks import lawful, saved

_KILLED = """
import os, signal, sys
from app.kernel import facts, transaction
def die(*_words, **_more):
    os.kill(os.getpid(), signal.SIGKILL)
setattr({"facts": facts, "transaction": transaction}[sys.argv[1]], sys.argv[2], die)
from wsgi import app
app.test_cli_runner().invoke(args=["ledger", "import", sys.argv[3]])
"""


def killed(app: Flask, path: Path, module: str, function: str) -> None:
    """The command on that installation in a process of its own, killed at the function."""
    config = app.config["CONFIG"]
    environment = {
        **os.environ,
        "INSTANCE_DIR": str(config.instance_dir),
        "DATABASE_URL": config.database_url,
        "SECRET_KEY": config.secret_key,
    }
    script = [sys.executable, "-c", _KILLED, module, function, str(path)]
    ended = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def test_an_import_killed_while_it_writes_is_told_once_by_the_next_command(
    app: Flask, tmp_path: Path
) -> None:
    path = saved(lawful(), tmp_path / "台账.xlsx")
    killed(app, path, "facts", "record_columns")
    assert not any(register_of(app).values())
    again = command(app, "import", path)
    assert again.exit_code == 0
    (line,) = again.stderr.strip().splitlines()
    assert "台账.xlsx" in line
    assert "没有写入任何内容" in line
    assert command(app, "import", path).stderr == ""


def test_an_import_killed_after_it_was_written_is_told_as_written(
    app: Flask, tmp_path: Path
) -> None:
    path = saved(lawful(), tmp_path / "台账.xlsx")
    killed(app, path, "transaction", "close")
    (line,) = command(app, "import", path, "--dry-run").stderr.strip().splitlines()
    assert "已全部写入" in line


def test_an_import_under_way_or_ended_is_not_told(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    real = importing.import_ledger

    def during(*words: Any, **more: Any) -> Any:
        asked.append(unfinished())
        return real(*words, **more)

    monkeypatch.setattr(commands, "import_ledger", during)
    imported(app, lawful(), tmp_path)
    with app.app_context():
        asked.append(unfinished())
    assert asked == [[], []]
