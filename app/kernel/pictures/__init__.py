"""What a picture or pdf is like, and pictures of its pages (页面图像), without trusting the file.

A decoder is asked in a process of its own (``child.py``) with little memory, little time and
nothing of ours in it; what dies there is a refused file, not a server. Office files and ofd are
never opened: they have an icon and no pages to see. Pictures of pages are kept beside the data
(``instance/cache/pages``) and can be thrown away at any time.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from flask import current_app

CHILD = Path(__file__).with_name("child.py")
VIEWABLE = frozenset({"pdf", "jpg", "png", "heic"})
"""The kinds of which pages can be shown."""
MOST_PIXELS = 120_000_000
"""Of a picture; telephones make 108 million."""
MOST_PAGES = 2000
MEGABYTES, SECONDS, PATIENCE = 1536, 20, 40
"""What a child may take of memory and of computing, and how long it may be waited for."""
AT_ONCE = 2
"""Children of one web process; whoever comes then waits."""
SMALL, READABLE, WHOLE = 160, 1400, 0
"""Widths of pictures: in a list, to be read, its own size."""
_turn = threading.BoundedSemaphore(AT_ONCE)
log = logging.getLogger(__name__)


class Fault(StrEnum):
    """Why a file is not shown and not taken."""

    ENCRYPTED = "encrypted"
    SCRIPT = "script"
    CUT_OFF = "cut-off"
    DAMAGED = "damaged"
    PIXELS = "pixels"
    PAGES = "pages"
    TOO_MUCH = "too-much"
    NO_READER = "no-reader"


class NotShown(Exception):
    """The file cannot be shown; ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a file found."""

    pages: int


def look_at(path: Path, kind: str) -> Looked:
    """Open a file of a viewable kind as a reader would. Raises NotShown for one not to be taken."""
    return Looked(_ask({"kind": kind, "path": str(path)}))


def page_picture(sha256: str, path: Path, kind: str, page: int, width: int) -> Path:
    """A jpg of one page of a kept file, made once. Raises NotShown."""
    kept = _folder() / sha256[:2] / sha256 / f"{page}-{width}.jpg"
    if kept.is_file():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    made = kept.with_name(f"{secrets.token_hex(8)}.part")
    try:
        draw = {"page": page, "width": width, "to": str(made)}
        _ask({"kind": kind, "path": str(path), "draw": draw})
        made.replace(kept)
    finally:
        made.unlink(missing_ok=True)
    return kept


def prepare(sha256: str, path: Path, kind: str) -> None:
    """Make the small picture of a kept file's first page before a list of them asks for it."""
    if kind in VIEWABLE:
        try:
            page_picture(sha256, path, kind, 1, SMALL)
        except NotShown:
            log.warning("no small picture of %s", sha256)


def let_go(most_bytes: int) -> int:
    """Throw away the oldest kept pictures beyond so many bytes in all; says how many."""
    kept = sorted(_kept(), key=lambda it: it[0], reverse=True)
    total = gone = 0
    for _, size, path in kept:
        total += size
        if total > most_bytes:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _kept() -> Iterator[tuple[float, int, Path]]:
    for folder, _, names in os.walk(_folder()):
        for name in names:
            path = Path(folder, name)
            try:
                found = path.stat()
            except OSError:  # made or thrown away meanwhile
                continue
            yield found.st_mtime, found.st_size, path


def _folder() -> Path:
    folder: Path = current_app.config["CONFIG"].instance_dir / "cache" / "pages"
    return folder


def _ask(order: dict[str, Any]) -> int:
    """Have it done; the number of pages. Raises NotShown."""
    answer = by_child({**order, "megabytes": MEGABYTES, "seconds": SECONDS,
                       "pixels": MOST_PIXELS, "pages": MOST_PAGES})  # fmt: skip
    if "fault" in answer:
        raise NotShown(Fault(answer["fault"]))
    return int(answer["pages"])


def by_child(order: dict[str, Any]) -> dict[str, Any]:
    """What a child answers to an order. Raises NotShown for one that did not come back."""
    with _turn:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-B", str(CHILD)],
                input=json.dumps(order) + "\n",
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                env={"LANG": "C.UTF-8"},
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as late:
            raise NotShown(Fault.TOO_MUCH) from late
    if done.returncode != 0 or not done.stdout:
        log.warning("a %s ended its reader (%s)", order["kind"], done.returncode)
        raise NotShown(Fault.TOO_MUCH)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
