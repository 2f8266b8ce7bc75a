"""Trying a restore out (恢复演练): the written procedure, in a folder and processes of its own.

``flask restore`` brings the backup into an empty installation on the engine that serves, or on
SQLite where PostgreSQL lets us make no database; ``flask audit verify`` walks its chain; then every
list and allocation is computed there and here as known at the moment of the backup, and must agree
byte for byte; signed lists are verified there. The installation that serves is only read.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from app.inbox import services as inbox
from app.kernel import audit, clock
from app.kernel.config import ROOT, Config
from app.kernel.transaction import writing
from app.operations.queries.backups import Backup
from app.operations.queries.issued import newest_issues
from app.operations.queries.tasks import is_open
from app.operations.services.scheduled import DRILL_TASK
from app.operations.structure import scratch_database

DRILL_TITLE = "恢复演练 {name}"
_SCRATCH = "drill-"
_PATIENCE_SECONDS = 3600
Progress = Callable[[int, int, str], object]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a drill: what was done, whether it was right, what the command said."""

    title: str
    passed: bool
    said: str


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What a drill showed."""

    steps: tuple[Step, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every step was right."""
        return all(step.passed for step in self.steps)

    @property
    def first_problem(self) -> str:
        """The first step that was not, in a sentence."""
        wrong = next(step for step in self.steps if not step.passed)
        return f"{wrong.title}：{wrong.said}"


def run_drill(path: Path, backup: Backup, *, progress: Progress) -> DrillResult:
    """Restore the backup beside the installation, look through it, put the finding on record."""
    began = clock.now()
    config: Config = current_app.config["CONFIG"]
    for left in config.instance_dir.glob(f"{_SCRATCH}*"):  # of a drill that was cut off
        shutil.rmtree(left, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(dir=config.instance_dir, prefix=_SCRATCH) as folder,
        scratch_database(config.database_url) as address,
    ):
        aside = _Aside(Path(folder), address, of_postgresql=not config.is_sqlite)
        steps = tuple(_steps(config, path, backup, aside, progress))
    result = DrillResult(steps, (clock.now() - began).total_seconds())
    told = {
        "结果": "通过" if result.passed else "未通过",
        "用时": f"{result.seconds:.0f} 秒",
        **{step.title: step.said for step in steps},
    }
    with writing("恢复演练"):
        audit.record("drill.done", "drill", path.name[:80], told)
        if result.passed and is_open(DRILL_TASK):
            inbox.settle(DRILL_TASK)
    return result


@dataclass(frozen=True, slots=True)
class _Aside:
    """Where the backup is brought back to: a folder, and a database of PostgreSQL or none."""

    folder: Path
    address: str | None
    of_postgresql: bool

    @property
    def words(self) -> str:
        """What kind of database that is."""
        if self.address:
            return "（临时的 PostgreSQL 库）"
        if self.of_postgresql:
            return "（临时的 SQLite 库；数据库账号没有建库权限，没有在 PostgreSQL 上演练）"
        return ""


def _steps(
    config: Config, path: Path, backup: Backup, aside: _Aside, progress: Progress
) -> Iterator[Step]:
    here = _environment(config.instance_dir)
    here |= {"DATABASE_URL": config.database_url, "SECRET_KEY": config.secret_key}
    there = _environment(aside.folder)
    if aside.address:
        there["DATABASE_URL"] = aside.address
    if not backup.key_included:
        there["SECRET_KEY"] = config.secret_key
    progress(0, 0, "正在恢复到临时目录")
    restored = _step("恢复", _run(there, "restore", str(path)))
    yield Step(restored.title, restored.passed, restored.said + aside.words)
    if not restored.passed:
        return
    progress(0, 0, "正在核对审计链")
    yield _step("审计链", _run(there, "audit", "verify"))
    progress(0, 0, "正在重算全部清单和分配")
    yield _compared(here, there, backup)
    for issue_id in newest_issues(backup.made_at):
        progress(0, 0, f"正在核验已签发清单 {issue_id}")
        yield _step(f"已签发清单 {issue_id}", _run(there, "policy", "verify", str(issue_id)))


def _compared(here: Mapping[str, str], there: Mapping[str, str], backup: Backup) -> Step:
    """Every list and allocation of the backup's day, as known when it was made."""
    title, known_at = "清单和分配", clock.iso(backup.made_at)
    asked = ("answers", "--day", backup.day.isoformat(), "--known-at", known_at)
    ours, theirs = _run(here, *asked), _run(there, *asked)
    if ours.returncode or theirs.returncode:
        return _step(title, theirs if theirs.returncode else ours)
    now, then = json.loads(ours.stdout), json.loads(theirs.stdout)
    differing = sorted(it for it in now.keys() | then.keys() if now.get(it) != then.get(it))
    said = f"{len(now)} 份与现用系统逐字节一致"
    if differing:
        said = f"{len(differing)} 份与现用系统算得的不一致，例如 {differing[0]}"
    return Step(title, not differing, said)


def _environment(folder: Path) -> dict[str, str]:
    """For a command on the installation in that folder."""
    ours = {"DATABASE_URL", "BACKUP_DIR", "ANCHOR_DIR", "INSTANCE_DIR", "SECRET_KEY", "WAIT_WHILE"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "INSTANCE_DIR": str(folder), "PYTHONUTF8": "1"}


def _run(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=_PATIENCE_SECONDS,
        check=False,
    )


def _step(title: str, result: subprocess.CompletedProcess[str]) -> Step:
    lines = (result.stdout if result.returncode == 0 else result.stderr).strip().splitlines()
    said = next(iter(lines), "") if result.returncode == 0 else (lines or ["没有说明"])[-1]
    return Step(title, result.returncode == 0, said[:300])
