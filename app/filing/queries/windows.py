"""Reading the windows of filing (申报期): those in force, and those that were before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.accounts.queries import names_of
from app.filing.admission import Window
from app.filing.domain import Kind
from app.filing.models import FilingWindow
from app.filing.queries.situation import windows_of
from app.kernel.database import db

__all__ = ["WindowOnRecord", "find_window", "list_windows", "windows_of", "years_with_windows"]


@dataclass(frozen=True, slots=True)
class WindowOnRecord:
    """A window with how it came onto record, and whether it still stands."""

    window: Window
    reason: str
    recorded_at: datetime
    recorded_by: str
    annulled_at: datetime | None
    annulled_by: str

    @property
    def is_annulled(self) -> bool:
        """Whether it was withdrawn or replaced."""
        return self.annulled_at is not None

    def state(self, on: date) -> tuple[str, str]:
        """As a tag: kind and word."""
        if self.is_annulled:
            return "neutral", "已撤销或修改"
        if self.window.holds(on):
            return "done", "申报中"
        return ("neutral", "未开始") if on < self.window.from_on else ("neutral", "已结束")


def list_windows(year: int) -> list[WindowOnRecord]:
    """Every window of the year that ever stood: by kind, the standing ones first."""
    query = select(FilingWindow).where(FilingWindow.year == year)
    rows = list(db.session.execute(query.order_by(FilingWindow.id)).scalars())
    found = _as_records(rows)
    order = list(Kind)
    return sorted(
        found, key=lambda it: (order.index(it.window.kind), it.is_annulled, it.window.from_on)
    )


def find_window(window_id: int) -> WindowOnRecord | None:
    """The window of that id, standing or not."""
    row = db.session.get(FilingWindow, window_id)
    return _as_records([row])[0] if row else None


def years_with_windows() -> list[int]:
    """The years for which a window was ever set."""
    return list(db.session.execute(select(FilingWindow.year).distinct()).scalars())


def _as_records(rows: list[FilingWindow]) -> list[WindowOnRecord]:
    people = {who for it in rows for who in (it.recorded_by, it.annulled_by) if who is not None}
    names = names_of(people)
    return [
        WindowOnRecord(
            Window(it.id, it.year, Kind(it.kind), it.from_on, it.until_on, it.document),
            it.reason,
            it.recorded_at,
            names.get(it.recorded_by or 0, ""),
            it.annulled_at,
            names.get(it.annulled_by or 0, ""),
        )
        for it in rows
    ]
