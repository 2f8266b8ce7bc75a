"""What operations speak of, as plain values (运行维护)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path


class OperationFailed(Exception):
    """A backup or a restore was not done; the text says what happened, why, what to do."""


class EvidenceMissing(OperationFailed):
    """Some evidence is gone or spoilt; the rest could still be backed up."""


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
    """A database that moved: what arrived, and how many lists were found to agree.

    ``began_anew`` when what an earlier move had left there was removed first.
    """

    rows: int
    tables: int
    compared: int
    audit_told: str
    began_anew: bool


class Health(StrEnum):
    """What a check found: all well, something to know, or something a person must see to."""

    GOOD = "good"
    NOTE = "note"
    NEEDED = "needed"

    @property
    def words(self) -> str:
        """The finding in a word."""
        return {"good": "正常", "note": "说明", "needed": "需处理"}[self]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at (检查项): what was found, why it matters, what to do."""

    id: str
    title: str
    health: Health
    what: str
    why: str = ""
    todo: str = ""

    @property
    def line(self) -> str:
        """The whole of it in one line."""
        end = f"{self.why}{self.todo}" if self.health is Health.NEEDED else ""
        return f"{self.health.words}　{self.title}：{self.what}{end}"

    def as_json(self) -> dict[str, str]:
        """The same for programs."""
        return {
            "id": self.id,
            "title": self.title,
            "health": str(self.health),
            "what": self.what,
            "why": self.why,
            "todo": self.todo,
        }


def good(check_id: str, title: str, what: str) -> Check:
    """A check that found all well."""
    return Check(check_id, title, Health.GOOD, what)


def note(check_id: str, title: str, what: str) -> Check:
    """A check that found something to know."""
    return Check(check_id, title, Health.NOTE, what)


def needs(check_id: str, title: str, what: str, why: str, todo: str) -> Check:
    """A check that found something a person must see to."""
    return Check(check_id, title, Health.NEEDED, what, why, todo)


def kept_backups(days: Iterable[date], *, daily: int, weekly: int, monthly: int) -> frozenset[date]:
    """The days whose backup is kept (保留规则): the last of each of so many days, weeks, months.

    Days, weeks and months without a backup do not count, so an idle server loses nothing.
    """
    newest_first = sorted(set(days), reverse=True)
    kept: set[date] = set(newest_first[:daily])
    for number, period in ((weekly, _week), (monthly, _month)):
        last: dict[tuple[int, int], date] = {}
        for day in newest_first:
            last.setdefault(period(day), day)
        kept.update(list(last.values())[:number])
    return frozenset(kept)


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def key_mark(secret: str) -> str:
    """By what two installations tell whether they have the same key, without telling the key."""
    return hashlib.sha256(b"key-mark\0" + secret.encode()).hexdigest()[:16]
