"""Whom a message is for (收件范围), as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.kernel.authority import Permission

BY_HAND = "notice:"
"""How the source of a notice written by hand begins."""


class MessageKind(StrEnum):
    """A notice (通知) is read; a task (待办) stays until it is done."""

    NOTICE = "notice"
    TASK = "task"

    @property
    def words(self) -> str:
        """What people call it."""
        return "通知" if self is MessageKind.NOTICE else "待办"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a message: one person, or whoever holds ``permission`` there.

    It is looked up when the inbox is opened, not when the message is sent: a successor finds what
    was open, and who has left no longer sees it. Without county and enterprise it goes to those
    whose permission reaches everything. ``except_user_id`` is left out: who asked for a check
    cannot do it.
    """

    permission: Permission | None = None
    county: str | None = None
    enterprise_id: int | None = None
    user_id: int | None = None
    except_user_id: int | None = None

    def __post_init__(self) -> None:
        if (self.permission is None) == (self.user_id is None):
            raise ValueError("a message is for the holders of a permission or for one person")


def due_words(due_on: date | None, on: date) -> tuple[str, str] | None:
    """(kind of tag, word) of a due day (期限) that is near or past; None when there is time."""
    if due_on is None:
        return None
    if due_on < on:
        return "late", f"已逾期 {(on - due_on).days} 日"
    if due_on == on:
        return "soon", "今天到期"
    if due_on == on + timedelta(days=1):
        return "soon", "明天到期"
    return None
