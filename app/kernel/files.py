"""Files by the hash of their content, outside the web root (文件存放)."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from flask import current_app, url_for
from sqlalchemy import select

from app.kernel import audit
from app.kernel.clock import now
from app.kernel.database import db
from app.kernel.models import Download, StoredFile
from app.kernel.transaction import transaction

_CHUNK = 1 << 20
DOWNLOAD_LASTS = timedelta(hours=24)
UNKNOWN_LASTS = timedelta(days=14)
"""For which a file is kept that no row knows: refused, broken off, or not imported yet."""
RESERVE, SHARE_RESERVED = 1024**3, 20
"""Bytes, or one in so many of a small disk, that what people send leaves to the database."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file on disk: the SHA-256 of its bytes and its size in bytes."""

    sha256: str
    size: int
    path: Path


def _root() -> Path:
    root: Path = current_app.config["CONFIG"].instance_dir / "files"
    return root


def path_of(sha256: str) -> Path:
    """Where the content with this hash lies (or would lie)."""
    return _root() / sha256[:2] / sha256


def incoming() -> Path:
    """Where files lie until they are whole and looked at."""
    return _root() / "incoming"


def refuse_without_room(size: int = 0) -> None:
    """Raise OSError (磁盘已满) when so much more would take what the database needs to go on."""
    folder = _root() if _root().is_dir() else _root().parent
    disk = shutil.disk_usage(folder)
    if disk.free - size < min(RESERVE, disk.total // SHARE_RESERVED):
        raise OSError(errno.ENOSPC, "what is left is for the database")


def is_whole(sha256: str) -> bool:
    """Whether the content with this hash is there, byte for byte."""
    try:
        return digest_of(path_of(sha256)) == sha256
    except OSError:
        return False


def digest_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, read piece by piece. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def keep(stream: BinaryIO, *, check: Callable[[Path], object] | None = None) -> Stored:
    """Write the stream to disk under its hash, durably, before any row mentions it.

    A crash afterwards leaves at most a file no row knows, never a row without its file. ``check``
    looks at the written file first; what it raises keeps the file out.
    """
    make_folder(incoming())
    temporary = incoming() / secrets.token_hex(16)
    digest, size = hashlib.sha256(), 0
    try:
        with temporary.open("xb") as file:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if check is not None:
            check(temporary)
        final = path_of(digest.hexdigest())
        make_folder(final.parent)
        temporary.replace(final)
        _sync_folder(final.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return Stored(digest.hexdigest(), size, final)


def make_folder(folder: Path) -> None:
    """Make it so that a power failure does not take it, and with it what lies in it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # pragma: no cover - Windows cannot open a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep() -> int:
    """Throw away old files that no row knows; says how many.

    Called inside the writer's lock, so that nobody enters one meanwhile.
    """
    known = set(db.session.execute(select(StoredFile.sha256)).scalars())
    before = (now() - UNKNOWN_LASTS).timestamp()
    found = [it for it in _root().glob("*/*") if it.name not in known]
    return sum(_let_go(it, before) for it in found if not it.name.startswith("upload-"))


def _let_go(path: Path, before: float) -> bool:
    """Whether the file was old and is gone; one that comes in once more at this moment stays."""
    aside = incoming() / secrets.token_hex(16)
    try:
        if path.stat().st_mtime >= before:
            return False
        path.replace(aside)
        if aside.stat().st_mtime >= before:
            aside.replace(path)
            return False
    except FileNotFoundError:
        return False
    aside.unlink()
    return True


def enter(stored: Stored) -> None:
    """Note the file in the current transaction; the same content twice is one row."""
    if db.session.get(StoredFile, stored.sha256) is None:
        db.session.add(
            StoredFile(sha256=stored.sha256, size=stored.size, stored_at=transaction().moment)
        )


def offer_download(
    content: BinaryIO, filename: str, media_type: str, purpose: str, owner_id: int
) -> str:
    """Keep a file made for one person and return the address where only they may fetch it."""
    token = make_download(content, filename, media_type, purpose, owner_id)
    return url_for("kernel.download", token=token)


def make_download(
    content: BinaryIO, filename: str, media_type: str, purpose: str, owner_id: int
) -> str:
    """Keep a file made for one person and return its token; for jobs, which know no address."""
    stored = keep(content)
    enter(stored)
    token = secrets.token_urlsafe(32)
    db.session.add(
        Download(
            token=token,
            owner_id=owner_id,
            filename=filename,
            media_type=media_type,
            sha256=stored.sha256,
            purpose=purpose,
            made_at=now(),
        )
    )
    audit.record("export.made", "download", stored.sha256, {"文件名": filename, "用途": purpose})
    return token


def find_download(token: str, owner_id: int) -> Download | None:
    """The download with this token, if it was made for this person within the last day.

    What a person may see can change; an old file must be made anew, within today's reach.
    """
    return db.session.execute(
        select(Download).where(
            Download.token == token,
            Download.owner_id == owner_id,
            Download.made_at > now() - DOWNLOAD_LASTS,
        )
    ).scalar_one_or_none()
