"""到期提醒: once a day, whoever has something due is told, as far ahead as the bureau has set."""

from __future__ import annotations

from datetime import date

from app.inbox.services import remind
from app.kernel import audit, daily
from app.kernel.transaction import writing
from app.rulebook.queries import setting

DAYS_BEFORE = "inbox.reminder_days"


def send_reminders(day: date) -> None:
    """Send the reminders of this day; a second time finds them sent."""
    before = setting(DAYS_BEFORE, day)
    with writing("每日事项"):
        count = remind(day, before if isinstance(before, int) else None)
        if count:
            audit.record("messages.reminded", "message", "", {"条数": count})


daily.each_day("待办到期提醒", send_reminders)
