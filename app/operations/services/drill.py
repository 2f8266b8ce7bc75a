"""Trying a restore out (恢复演练): the written procedure, in a folder and processes of its own.

``flask restore`` brings the backup into an empty installation on SQLite, whatever engine serves;
``flask audit verify`` walks its chain; then the same lists are computed there and here as known at
the moment of the backup, and must agree byte for byte. The installation that serves is only read.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
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
from app.policy.queries import all_measures

DRILL_TITLE = "恢复演练 {name}"
LISTS_COMPARED = 3
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
    with tempfile.TemporaryDirectory(dir=config.instance_dir, prefix=_SCRATCH) as folder:
        steps = tuple(_steps(config, path, backup, Path(folder), progress))
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


def _steps(
    config: Config, path: Path, backup: Backup, folder: Path, progress: Progress
) -> Iterator[Step]:
    here = _environment(config.instance_dir)
    here |= {"DATABASE_URL": config.database_url, "SECRET_KEY": config.secret_key}
    there = _environment(folder)
    if not backup.key_included:
        there |= {"SECRET_KEY": config.secret_key}
    progress(0, 0, "正在恢复到临时目录")
    restored = _run(there, "restore", str(path))
    yield _step("恢复", restored)
    if restored.returncode:
        return
    progress(0, 0, "正在核对审计链")
    yield _step("审计链", _run(there, "audit", "verify"))
    day, made_at = backup.day, backup.made_at
    for measure_id in list(all_measures())[:LISTS_COMPARED]:
        progress(0, 0, f"正在重算清单 {measure_id}")
        yield _compared(measure_id, here, there, day, made_at)
    for issue_id in newest_issues():
        progress(0, 0, f"正在核验已签发清单 {issue_id}")
        yield _step(f"已签发清单 {issue_id}", _run(there, "policy", "verify", str(issue_id)))


def _compared(
    measure_id: str, here: Mapping[str, str], there: Mapping[str, str], day: date, known: datetime
) -> Step:
    asked = ("policy", "run", measure_id, "--as-of", day.isoformat(),
             "--known-at", clock.iso(known), "--format", "json")  # fmt: skip
    ours, theirs = _run(here, *asked), _run(there, *asked)
    title = f"清单 {measure_id}"
    if ours.returncode or theirs.returncode:
        return _step(title, theirs if theirs.returncode else ours)
    same = ours.stdout == theirs.stdout
    return Step(title, same, "与现用系统逐字节一致" if same else "与现用系统算得的不一致")


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
