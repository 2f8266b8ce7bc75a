"""Backups that lie in the backup folder, and what was found out about them (备份)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from app.kernel import clock
from app.kernel.config import Config
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.operations import archive

KINDS = {
    "scheduled": "每日自动",
    "manual": "人工",
    "before-restore": "恢复前",
    "before-update": "升级前",
}
"""How the name of a backup file begins → why it was made."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup file. ``problem`` says why it cannot be read; ``checked`` when all of it was."""

    name: str
    kind: str
    made_at: datetime
    size: int
    sha256: str = ""
    rows: int = 0
    files: int = 0
    missing: int = 0
    audit_entries: int = 0
    key_included: bool = False
    problem: str = ""
    checked_at: datetime | None = None
    found_whole: bool | None = None

    @property
    def kind_words(self) -> str:
        """Why it was made."""
        return KINDS.get(self.kind, "其他")

    @property
    def day(self) -> date:
        """The day it was made, in Beijing time."""
        return self.made_at.astimezone(clock.SHANGHAI).date()


@dataclass(frozen=True, slots=True)
class Drill:
    """A restore that was tried out (恢复演练), as the audit trail has it."""

    sequence: int
    at: datetime
    by: str
    backup: str
    succeeded: bool
    detail: dict[str, Any]

    @property
    def steps(self) -> list[tuple[str, str]]:
        """What was done, in its order, and what it showed."""
        told = {step: str(said) for step, said in self.detail.items() if step != "结果"}
        first = [step for step in ("恢复", "审计链") if step in told]
        last = [step for step in ("用时",) if step in told]
        between = [step for step in told if step not in {*first, *last}]
        return [(step, told[step]) for step in (*first, *between, *last)]


def backup_folder() -> Path:
    """Where backups are put."""
    config: Config = current_app.config["CONFIG"]
    return config.backups


def list_backups() -> list[Backup]:
    """Every backup in the folder, the newest first."""
    checked = _checks()
    found = [_read(path, checked) for path in backup_folder().glob("*.zip")]
    return sorted(found, key=lambda it: (it.made_at, it.name), reverse=True)


def newest_backup() -> Backup | None:
    """The newest one that can be read."""
    return next((it for it in list_backups() if not it.problem), None)


def find_backup(name: str) -> Backup | None:
    """The backup of that name, and never a file outside the folder."""
    return next((it for it in list_backups() if it.name == name), None)


def _read(path: Path, checked: dict[str, tuple[datetime, str, bool]]) -> Backup:
    state = path.stat()
    kind = next((it for it in KINDS if path.name.startswith(it)), "")
    try:
        sha256, manifest = archive.peek(path)
        made_at = clock.parse_moment(manifest["made_at"])
        rows = sum(table["rows"] for table in manifest["tables"])
    except (archive.DamagedArchive, KeyError, TypeError, ValueError) as damaged:
        moment = datetime.fromtimestamp(state.st_mtime, clock.SHANGHAI)
        return Backup(path.name, kind, moment, state.st_size, problem=str(damaged) or "无法读出")
    at, of, whole = checked.get(path.name, (None, "", None))
    return Backup(
        name=path.name,
        kind=kind,
        made_at=made_at,
        size=state.st_size,
        sha256=sha256,
        rows=rows,
        files=len(manifest["files"]),
        missing=len(manifest["missing"]),
        audit_entries=manifest["audit"]["entries"],
        key_included=manifest["key_included"],
        checked_at=at if of == sha256 else None,
        found_whole=whole if of == sha256 else None,
    )


def _checks() -> dict[str, tuple[datetime, str, bool]]:
    """Name of a backup → when it was last looked through, its digest then, and whether whole."""
    rows = db.session.execute(
        select(AuditEntry.object_id, AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.object_type == "backup", AuditEntry.action == "backup.checked")
        .order_by(AuditEntry.sequence)
    )
    found = {}
    for name, at, text in rows:
        detail = json.loads(text)
        found[name] = (at, str(detail.get("摘要", "")), detail.get("结果") == "完好")
    return found


def list_drills(limit: int = 20) -> list[Drill]:
    """The drills on record, the newest first."""
    rows = db.session.execute(
        select(AuditEntry)
        .where(AuditEntry.object_type == "drill", AuditEntry.action == "drill.done")
        .order_by(AuditEntry.sequence.desc())
        .limit(limit)
    ).scalars()
    return [_as_drill(row) for row in rows]


def _as_drill(row: AuditEntry) -> Drill:
    detail = json.loads(row.detail)
    return Drill(
        row.sequence, row.at, row.actor_name, row.object_id, detail.get("结果") == "通过", detail
    )
