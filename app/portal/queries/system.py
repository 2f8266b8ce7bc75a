"""The state of the installation, for the person who keeps it running (系统状态)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import func, select

from app.kernel.calendar import loaded_years
from app.kernel.config import Config
from app.kernel.database import db
from app.kernel.models import AuditEntry, Job
from app.kernel.tls import ServedCertificate, served_certificate
from app.operations.domain import Check
from app.operations.queries.health import examine, needed


@dataclass(frozen=True, slots=True)
class SystemState:
    """Database, disk, calendar and queue; sizes in bytes."""

    engine: str
    version: str
    database_size: int
    disk_free: int
    disk_total: int
    calendar_years: list[int]
    jobs: dict[str, int]
    oldest_waiting: datetime | None
    audit_entries: int
    needed: list[Check]
    certificate: ServedCertificate | None


def get_system_state() -> SystemState:
    """What can be read off the database and the disk now."""
    config: Config = current_app.config["CONFIG"]
    disk = shutil.disk_usage(config.instance_dir)
    engine, version, size = _database(config)
    jobs = db.session.execute(select(Job.state, func.count().label("number")).group_by(Job.state))
    return SystemState(
        engine=engine,
        version=version,
        database_size=size,
        disk_free=disk.free,
        disk_total=disk.total,
        calendar_years=loaded_years(),
        jobs={row.state: row.number for row in jobs},
        oldest_waiting=db.session.execute(
            select(func.min(Job.created_at)).where(Job.state == "queued")
        ).scalar_one(),
        certificate=served_certificate(config.instance_dir),
        needed=needed(examine(thorough=False)),
        audit_entries=db.session.execute(select(func.count(AuditEntry.sequence))).scalar_one(),
    )


def _database(config: Config) -> tuple[str, str, int]:
    if config.is_sqlite:
        version = db.session.execute(select(func.sqlite_version())).scalar_one()
        file = Path(str(db.engine.url.database))
        parts = (file, file.with_name(f"{file.name}-wal"))
        return "SQLite", version, sum(part.stat().st_size for part in parts if part.exists())
    version = db.session.execute(select(func.current_setting("server_version"))).scalar_one()
    size = db.session.execute(select(func.pg_database_size(func.current_database()))).scalar_one()
    return "PostgreSQL", version, size
