"""A notice on holidays as it is proposed and decided (工作日历修改的复核)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.approvals.domain import Kind, Payload, Refused
from app.kernel import calendar as records
from app.kernel.authority import Permission
from app.portal.calendar_notice import CalendarDay, Notice, read_notice
from app.portal.queries.calendar import days_as_recorded

CALENDAR = "rulebook.calendar"


def changes_of(notice: Notice) -> list[tuple[CalendarDay, str]]:
    """The days that would not stay as recorded, each with what it is now; empty for a new year."""
    known = days_as_recorded(it.day.year for it in notice.days)
    return [
        (it, _words(*known[it.day]))
        for it in notice.days
        if it.day in known and known[it.day] != (it.is_workday, it.note)
    ]


def is_new(notice: Notice) -> bool:
    """Whether the register holds a day of it otherwise than the notice, or not at all."""
    known = days_as_recorded(it.day.year for it in notice.days)
    return any(known.get(it.day) != (it.is_workday, it.note) for it in notice.days)


def _words(is_workday: bool, note: str) -> str:
    return f"{'工作日' if is_workday else '休息日'}{f'（{note}）' if note else ''}"


def stood(notice: Notice) -> int:
    """What a notice is compared with: a number that changes with any day of its years."""
    return records.newest_entry({it.day.year for it in notice.days})


def _read(payload: Payload) -> Notice:
    """The notice as it reads now. Raises Refused where it can no longer be approved."""
    notice = read_notice(int(payload["year"]), payload["text"], records.loaded_years())
    if notice.problems:
        raise Refused("".join(notice.problems))
    if payload.get("stood") != stood(notice):
        raise Refused(
            f"提出之后，{payload['year']} 年工作日历已经另行登记，原来比较的依据不再成立。"
            "请退回，由规则维护员按现在的日历重新提出。"
        )
    return notice


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    return [
        ("年份", f"{payload['year']} 年"),
        ("通知文号", payload["number"]),
        ("放假安排", payload["text"]),
        ("理由", payload["reason"]),
        ("生效", "日历逐日生效，通过后以工作日计算的期限按新日历计算"),
    ]


def _carry_out(payload: Payload) -> int:
    days = _days(_read(payload).days)
    return records.record_days(days, payload["number"], payload["reason"])


def _days(days: Iterable[CalendarDay]) -> list[tuple[Any, bool, str]]:
    return [(it.day, it.is_workday, it.note) for it in days]


def _preview(payload: Payload) -> tuple[str, Mapping[str, Any]]:
    notice = _read(payload)
    year = int(payload["year"])
    return "portal/_calendar_changes.html", {
        "year": year,
        "notice": notice,
        "changes": changes_of(notice),
        "is_loaded": year in records.loaded_years(),
    }


KIND = Kind(
    id=CALENDAR,
    title="工作日历修改",
    decided_with=Permission.RULEBOOK_APPROVE,
    told=_told,
    carry_out=_carry_out,
    preview=_preview,
)
