"""The file a backup is (备份文件): a zip that any tool opens, closed by a digest over all of it.

``manifest.json`` is the last member and tells what the others are; the zip's comment, the very end
of the file, is ``jixiao-backup sha256=…`` over everything before the digest. One flipped bit
anywhere is found before anything is read out of it. Written front to back, never held in memory,
under ``FILE.part`` until it is complete and on the disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from app.operations.tables import Sink

FORMAT = 1
MANIFEST = "manifest.json"
_MARK = b"jixiao-backup sha256="
_CLOSING = len(_MARK) + 64
_CHUNK = 1 << 20
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, EOFError, AttributeError, LookupError, TypeError, ValueError,
)  # fmt: skip
"""What reading a file raises that is damaged, or was written by another hand."""


class DamagedArchive(Exception):
    """The file is no whole backup; the text says in what way."""


class _Unseekable:
    """Takes the zip's bytes front to back and keeps the digest; the last ones wait for it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._held = b""

    def write(self, data: bytes) -> int:
        self._held += bytes(data)
        self._let_go(len(self._held) - 64)
        return len(data)

    def flush(self) -> None:
        """Nothing is kept back but what the digest replaces."""

    def _let_go(self, count: int) -> None:
        if count > 0:
            self._digest.update(self._held[:count])
            self._file.write(self._held[:count])
            self._held = self._held[count:]

    def close_with_digest(self) -> str:
        """Write the digest over the last bytes, which only kept its place."""
        digest = self._digest.hexdigest()
        self._file.write(digest.encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        return digest


class Writing:
    """An archive in the making."""

    def __init__(self, raw: zipfile.ZipFile) -> None:
        self._zip = raw

    @contextmanager
    def member(self, name: str, *, packed: bool = True) -> Iterator[Sink]:
        """A new member to write to; evidence is mostly packed already and stays as it is."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self._zip.open(info, "w", force_zip64=True) as file:
            yield file

    def copy(self, name: str, path: Path, *, packed: bool = True) -> dict[str, Any]:
        """Take a file in; returns its entry for the manifest, made of the bytes that went in."""
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, self.member(name, packed=packed) as sink:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                sink.write(chunk)
        return {"name": name, "size": size, "sha256": digest.hexdigest()}

    def close(self, manifest: dict[str, Any]) -> None:
        """Enter what the archive holds."""
        with self.member(MANIFEST) as sink:
            sink.write(json.dumps(manifest, ensure_ascii=False, indent=1).encode())


@contextmanager
def written(path: Path) -> Iterator[Writing]:
    """A new archive at ``path``: it stands there complete and on the disk, or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            sink = _Unseekable(file)
            with zipfile.ZipFile(cast("IO[bytes]", sink), "w", allowZip64=True) as raw:
                raw.comment = _MARK + b"0" * 64
                yield Writing(raw)
            sink.close_with_digest()
        part.replace(path)
        _sync_folder(path.parent)
    except BaseException:  # an interrupt too; it goes on when all is as before
        part.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # pragma: no cover - Windows cannot open a folder
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Archive:
    """A whole backup that was looked through: its digest, what it says it holds, and the way in."""

    path: Path
    sha256: str
    manifest: dict[str, Any]
    raw: zipfile.ZipFile

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member."""
        with self.raw.open(name) as file:
            yield from file

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, piece by piece."""
        with self.raw.open(name) as file:
            while chunk := file.read(_CHUNK):
                yield chunk


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at ``path`` once all of it has been checked. Raises DamagedArchive, OSError.

    Checked are the digest over the file, then every member the manifest names, and that there is
    no other.
    """
    sha256 = checksum(path)
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(zipfile.ZipFile(path))
            archive = Archive(path, sha256, json.loads(raw.read(MANIFEST)), raw)
            if archive.manifest.get("format") == FORMAT:
                _check_members(archive)
        except _UNREADABLE as error:
            raise DamagedArchive("内容无法读出") from error
        yield archive


def peek(path: Path) -> tuple[str, dict[str, Any]]:
    """The digest a file closes with and what it says it holds, unchecked. Raises DamagedArchive."""
    try:
        with path.open("rb") as file:
            file.seek(-_CLOSING, os.SEEK_END)
            closing = file.read()
        with zipfile.ZipFile(path) as raw:
            manifest: dict[str, Any] = json.loads(raw.read(MANIFEST))
    except (OSError, *_UNREADABLE) as error:
        raise DamagedArchive("内容无法读出") from error
    if not closing.startswith(_MARK):
        raise DamagedArchive("不是本系统的备份文件，或文件不完整")
    return closing[len(_MARK) :].decode("ascii", "replace"), manifest


def _check_members(archive: Archive) -> None:
    wanted = {it["name"]: it["sha256"] for it in members(archive.manifest)}
    if sorted(archive.raw.namelist()) != sorted([*wanted, MANIFEST]):
        raise DamagedArchive("成员与清单不符")
    for name, sha256 in wanted.items():
        digest = hashlib.sha256()
        for chunk in archive.chunks(name):
            digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise DamagedArchive(f"成员 {name} 的内容与清单不符")


def members(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Every member that a manifest names, with name and sha256."""
    tables = [{**it, "name": f"tables/{it['name']}.jsonl"} for it in manifest["tables"]]
    return [*tables, *manifest["files"], *manifest["settings"]]


def checksum(path: Path) -> str:
    """The digest that closes the file, found true. Raises DamagedArchive, OSError."""
    size = path.stat().st_size
    digest = hashlib.sha256()
    left = size - 64
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
        told = file.read()
        file.seek(max(0, size - _CLOSING))
        if not file.read().startswith(_MARK):
            raise DamagedArchive("不是本系统的备份文件，或文件不完整")
    if told != digest.hexdigest().encode():
        raise DamagedArchive("校验和不符，文件已损坏或被改动")
    return digest.hexdigest()
