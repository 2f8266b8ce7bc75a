"""The end of the audit chain, kept outside the database (审计链锚定).

A chain alone cannot show that its tail was cut off. So its end (number, hash) is appended to
``instance/anchors/audit-heads.txt`` daily and after every signing, each line with a code of its
own made with the installation's key; a second copy goes to ``ANCHOR_DIR`` if that is set.
``audit verify`` then looks for every anchored end in the chain.

A line: ``anchor 1234 <hash> 2025-06-30T09:00:00.000000Z <code>``. A restore gives up what came
after the backup, and says so by a line that begins with ``restore``.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from app.kernel import clock
from app.kernel.config import Config
from app.kernel.database import Mode, db, mode
from app.kernel.models import AuditEntry
from app.kernel.system_words import why
from app.kernel.transaction import after_commit

FILE = "anchors/audit-heads.txt"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """An end of the chain as it was written down; ``sound`` when its own code fits."""

    kind: str
    sequence: int
    hash: str
    at: datetime | None
    sound: bool
    line: int


@dataclass(frozen=True, slots=True)
class AnchorCheck:
    """What the written-down ends say of the chain; ``problems`` are sentences."""

    anchors: int
    latest: Anchor | None
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def anchor() -> Anchor | None:
    """Write down the chain's present end, unless it is the last one written; None when empty.

    Not inside a writing transaction: what is not committed yet may never be. There
    :func:`anchor_when_kept` is the call.
    """
    ending = select(AuditEntry.sequence, AuditEntry.hash).order_by(AuditEntry.sequence.desc())
    with mode(Mode.READ), db.engine.connect() as connection:
        last = connection.execute(ending.limit(1)).first()
    if last is None:
        return None
    newest = latest()
    if newest is not None and (newest.sequence, newest.hash) == (last[0], last[1]):
        return newest
    return _write("anchor", last[0], last[1])


def anchor_when_kept() -> None:
    """Write down the end that the current transaction makes, once it is committed."""
    after_commit(anchor)


def note_restore(sequence: int, head: str) -> None:
    """Say that a backup was brought back whose chain ends here; later ends are given up."""
    _write("restore", sequence, head)


def set_second_copy_aside() -> None:
    """Begin the copy in ``ANCHOR_DIR`` anew: a restore has brought another chain and its key."""
    second = _second_path()
    if second is not None and second.exists():
        moment = clock.now().strftime("%Y%m%d-%H%M%S")
        second.rename(second.with_name(f"{second.stem}.until-{moment}{second.suffix}"))


def _write(kind: str, sequence: int, head: str) -> Anchor:
    moment = clock.now()
    text = f"{kind} {sequence} {head} {clock.iso(moment)}"
    line = f"{text} {_code(text)}\n"
    _append(_path(), line)
    second = _second_path()
    if second is not None:
        try:
            _append(second, line)
        except OSError:
            log.exception("the second copy of the audit chain's end cannot be written")
    return Anchor(kind, sequence, head, moment, sound=True, line=0)


def _append(path: Path, line: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _path() -> Path:
    config: Config = current_app.config["CONFIG"]
    return config.instance_dir / FILE


def _second_path() -> Path | None:
    """The copy on a share or a stick (``ANCHOR_DIR``), where the server's keeper cannot cut it."""
    config: Config = current_app.config["CONFIG"]
    return config.anchor_dir / Path(FILE).name if config.anchor_dir else None


def _code(text: str) -> str:
    secret: str = current_app.config["SECRET_KEY"]
    key = hashlib.sha256(b"audit-anchor\0" + secret.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def read(path: Path | None = None) -> Iterator[Anchor]:
    """The written-down ends, oldest first."""
    try:
        lines = (path or _path()).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, start=1):
        yield _read(line, number)


def text() -> str:
    """The lines as they are kept."""
    try:
        return _path().read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def _read(line: str, number: int) -> Anchor:
    text, _, code = line.rpartition(" ")
    try:
        kind, sequence, head, moment = text.split(" ")
        sound = hmac.compare_digest(code.encode(), _code(text).encode())
        return Anchor(kind, int(sequence), head, datetime.fromisoformat(moment), sound, number)
    except ValueError:
        return Anchor("", 0, "", None, sound=False, line=number)


def latest() -> Anchor | None:
    """The newest sound line."""
    found = [it for it in read() if it.sound]
    return found[-1] if found else None


def check() -> AnchorCheck:
    """Whether the chain in the database holds every end that was written down."""
    places = [path for path in (_path(), _second_path()) if path is not None]
    anchors: list[Anchor] = []
    problems: list[str] = []
    notes: list[str] = []
    for path in places:
        try:
            found = list(read(path))
        except OSError as error:
            problems.append(f"读不到锚定文件 {path}（{why(error)}）")
            continue
        anchors = anchors or found
        problems += [f"{path.name} 第 {it.line} 行被改动" for it in found if not it.sound]
        standing, given_up = _standing([it for it in found if it.sound])
        problems += _missing(standing)
        notes += given_up
    return AnchorCheck(
        len(anchors),
        next((it for it in reversed(anchors) if it.sound), None),
        tuple(dict.fromkeys(problems)),
        tuple(dict.fromkeys(notes)),
    )


def _standing(anchors: list[Anchor]) -> tuple[list[Anchor], list[str]]:
    """The ends that must be in the chain, and what restores gave up."""
    standing: list[Anchor] = []
    notes = []
    for it in anchors:
        if it.kind == "restore":
            lost = [earlier for earlier in standing if earlier.sequence > it.sequence]
            standing = [earlier for earlier in standing if earlier.sequence <= it.sequence]
            if lost and it.at is not None:
                until = max(earlier.sequence for earlier in lost)
                day = clock.shown(it.at)
                notes.append(f"{day} 恢复备份时放弃了第 {it.sequence + 1} 至 {until} 条")
        standing.append(it)
    return standing, notes


def _missing(standing: list[Anchor]) -> Iterator[str]:
    wanted = {it.sequence: it for it in standing}
    numbers = sorted(wanted)
    present: dict[int, str] = {}
    for start in range(0, len(numbers), 500):
        query = select(AuditEntry.sequence, AuditEntry.hash).where(
            AuditEntry.sequence.in_(numbers[start : start + 500])
        )
        present.update((row[0], row[1]) for row in db.session.execute(query))
    for it in standing:
        found = present.get(it.sequence)
        if found == it.hash or it.sequence == 0:
            continue
        day = clock.shown(it.at) if it.at else ""
        what = "已不在审计链中，链尾被删除" if found is None else "与锚定时的摘要不同"
        yield f"{day} 锚定的第 {it.sequence} 条{what}"
