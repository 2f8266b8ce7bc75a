"""Everything the ``doctor`` looks at (系统检查), for the command, the page and the nightly look."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from flask import current_app

from app.kernel import clock
from app.kernel.config import Config
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.operations.domain import Check, Health, needs
from app.operations.queries import holdings, listener, machine
from app.operations.settings import settings_on


def examine(*, thorough: bool) -> list[Check]:
    """All checks in the order of reading; ``thorough`` reads every page, entry and file."""
    return list(_examine(thorough=thorough))


def _examine(*, thorough: bool) -> Iterator[Check]:
    config: Config = current_app.config["CONFIG"]
    yield machine.check_configuration(config)
    try:
        structure = holdings.check_structure(thorough=thorough)
    except sa.exc.SQLAlchemyError:
        db.session.rollback()
        yield needs(
            "structure",
            "数据库",
            "没有应答。",
            "系统无法使用。",
            "请检查 DATABASE_URL 和数据库服务；文件损坏的，从备份恢复。",
        )
        return
    yield structure
    if structure.id == "revision":
        return  # what follows reads tables that may not be there
    for look in _looks(config, thorough=thorough):
        yield _looked(look)


def _looks(config: Config, *, thorough: bool) -> Iterator[Callable[[], Check]]:
    today = clock.today()
    chosen = settings_on(today)
    if thorough:
        yield holdings.check_integrity
        yield holdings.check_chain
    yield holdings.check_anchors
    yield partial(holdings.check_files, config, thorough=thorough)
    yield partial(holdings.check_backups, chosen)
    yield partial(holdings.check_drill, today, chosen)
    yield partial(machine.check_disk, config, chosen)
    yield partial(machine.check_clock, config)
    yield partial(machine.check_calendar, today)
    yield partial(machine.check_worker, config)
    yield holdings.check_jobs
    yield partial(holdings.check_standings, thorough=thorough)
    yield partial(machine.check_certificate, config, today)
    yield partial(listener.check_filers_listener, config, today)
    yield partial(machine.check_fonts, config)
    yield partial(machine.check_logs, config)


def _looked(look: Callable[[], Check]) -> Check:
    """A check that itself fails is a finding, not an end."""
    try:
        return look()
    except (OSError, sa.exc.SQLAlchemyError) as error:
        db.session.rollback()
        kind = type(error).__name__
        name = getattr(getattr(look, "func", look), "__name__", "").removeprefix("check_")
        return needs(
            name, "检查本身", f"“{name}”没有查成（{kind}）。", "", "请检查磁盘、权限和数据库。"
        )


def needed(checks: list[Check]) -> list[Check]:
    """Those that a person must see to."""
    return [check for check in checks if check.health is Health.NEEDED]


@dataclass(frozen=True, slots=True)
class ThoroughLook:
    """The last time everything was read through, and what it found."""

    at: datetime
    findings: dict[str, str]

    @property
    def was_well(self) -> bool:
        """Whether nothing needed a person."""
        return self.findings.get("结果") == "全部正常"


def last_thorough_look() -> ThoroughLook | None:
    """As the audit trail has it."""
    row = db.session.execute(
        sa.select(AuditEntry.at, AuditEntry.detail)
        .where(AuditEntry.object_type == "health", AuditEntry.action == "health.checked")
        .order_by(AuditEntry.sequence.desc())
        .limit(1)
    ).first()
    return ThoroughLook(row[0], json.loads(row[1])) if row else None
