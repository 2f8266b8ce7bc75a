"""What a killed command leaves behind (中断的导入), so that the next one can say what became of it.

A command that writes holds a locked file while it runs and removes it at its end. One that nobody
holds any longer is of a command that was killed.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app

from app.kernel import clock
from app.kernel.database import HAS_FLOCK
from app.kernel.presence import InUse, locked
from app.ledger.queries import was_written


@contextmanager
def marked(file_name: str, sha256: str) -> Iterator[None]:
    """Inside, an import is under way, and whoever asks after it is killed is told of it."""
    if not HAS_FLOCK:  # pragma: no cover - Windows could not tell a killed one from one at work
        yield
        return
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{secrets.token_hex(8)}.json"
    with locked(path, alone=True):
        held = {"file": file_name, "sha256": sha256, "began": clock.iso(clock.now())}
        path.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def unfinished() -> list[str]:
    """A sentence for each import that was killed since this was last asked; told once."""
    told: list[str] = []
    for path in sorted(_folder().glob("*.json")):
        try:
            with locked(path, alone=True):
                told += _told(path)
                path.unlink(missing_ok=True)
        except InUse:
            continue  # it is still at work
    return told


def _told(path: Path) -> Iterator[str]:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        began = clock.parse_moment(held["began"])
        name, sha256 = str(held["file"]), str(held["sha256"])
    except (ValueError, KeyError, TypeError):
        return  # killed before it had written down what it was about, and so before anything else
    outcome = "中断前已全部写入" if was_written(sha256, began) else "没有写入任何内容，请重新导入"
    yield f"{clock.shown(began)} 由命令行开始的导入（{name}）被中断：{outcome}。"


def _folder() -> Path:
    instance: Path = current_app.config["CONFIG"].instance_dir
    return instance / "imports-under-way"
