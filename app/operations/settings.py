"""What the bureau chose for looking after the server (本局设定，运行维护), on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from app.rulebook.queries import rulebook_on


@dataclass(frozen=True, slots=True)
class OperationSettings:
    """When backups are made, how many are kept, and from when on a person is told."""

    backup_hour: int
    keep_daily: int
    keep_weekly: int
    keep_monthly: int
    backup_age_hours: int
    drill_days: int
    idle_account_days: int
    disk_free_share: Decimal


def settings_on(day: date) -> OperationSettings:
    """The choices in force on the day."""
    rulebook = rulebook_on(day)

    def chosen(name: str) -> Any:
        return cast("Any", rulebook.parameter(f"operations.{name}").value)

    return OperationSettings(
        backup_hour=min(23, max(0, chosen("backup_hour"))),
        keep_daily=max(1, chosen("keep_daily")),
        keep_weekly=max(0, chosen("keep_weekly")),
        keep_monthly=max(0, chosen("keep_monthly")),
        backup_age_hours=max(1, chosen("backup_age_hours")),
        drill_days=max(1, chosen("drill_days")),
        idle_account_days=max(0, chosen("idle_account_days")),
        disk_free_share=Decimal(chosen("disk_free_share")),
    )
