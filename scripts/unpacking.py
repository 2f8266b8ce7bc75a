"""Unpack a bundle (解开安装包): whole and checked, or refused in one sentence."""

from __future__ import annotations

import gzip
import json
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

import checksums
from environment import RELEASE
from telling import Unable


def unpack(archive: Path, into: Path) -> Path:
    """The program's folder inside ``into``. Raises Unable when the archive is damaged."""
    try:
        _read_through(archive)
        with tarfile.open(archive, "r:gz") as packed:
            for entry in packed:
                _extract(packed, entry, into)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unable(f"安装包 {archive} 已损坏（{error}）。请重新拷贝。") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unable(f"打不开安装包 {archive}（{reason}）。请检查文件和磁盘空间。") from error
    found = list(into.iterdir())
    if len(found) != 1 or not (found[0] / checksums.NAME).exists():
        raise Unable(f"{archive} 不是本程序的安装包。请用 scripts/bundle.py 制作的文件。")
    checksums.check(found[0])
    return found[0]


def _read_through(archive: Path) -> None:
    """To the end, where the sum of the whole stands; a reader of members may stop before."""
    with gzip.open(archive) as stream:
        while stream.read(1 << 20):
            pass


def _extract(packed: tarfile.TarFile, entry: tarfile.TarInfo, into: Path) -> None:
    """One file; anything that is no plain file below ``into`` is not of our making."""
    path = PurePosixPath(entry.name)
    source = packed.extractfile(entry) if entry.isfile() else None
    if source is None or path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
        raise Unable(f"安装包已损坏：含有不应有的成员 {entry.name[:80]}。请重新拷贝。")
    target = into / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    target.chmod(0o755 if entry.mode & 0o100 else 0o644)


def release_of(folder: Path) -> dict[str, Any]:
    """What the bundle says of itself."""
    try:
        release: dict[str, Any] = json.loads((folder / RELEASE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unable(f"安装包已损坏：读不懂 {RELEASE}。请重新拷贝。") from error
    return release
