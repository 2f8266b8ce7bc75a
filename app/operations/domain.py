"""What operations speak of, as plain values (运行维护)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


class OperationFailed(Exception):
    """A backup or a restore was not done; the text says what happened, why, what to do."""


class OperationRefused(OperationFailed):
    """It must not be done like this; nothing was touched."""


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A complete backup on the disk."""

    path: Path
    sha256: str
    size: int
    rows: int
    files: int
    audit_entries: int
    missing: tuple[str, ...]
    key_included: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought back; ``safety`` is the backup of what stood there before."""

    rows: int
    tables: int
    files: int
    missing: tuple[str, ...]
    audit_entries: int
    audit_head: str
    upgraded_from: str | None
    safety: Path | None
    set_aside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A database that moved: what arrived, and how many lists were found to agree."""

    rows: int
    tables: int
    compared: int
    audit_told: str


def key_mark(secret: str) -> str:
    """By what two installations tell whether they have the same key, without telling the key."""
    return hashlib.sha256(b"key-mark\0" + secret.encode()).hexdigest()[:16]
