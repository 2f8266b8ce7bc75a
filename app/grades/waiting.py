"""What cannot be answered while all standings are being derived anew (等待推算完成)."""

from __future__ import annotations

from app.grades.queries import Rebuild, is_current, rebuild_under_way


class StandingsWait(Exception):
    """Standings of the whole register were asked for, which are being derived anew just now.

    ``rebuild`` None: nobody has begun yet; whoever keeps the server runs `grades refresh`.
    """

    def __init__(self, rebuild: Rebuild | None) -> None:
        super().__init__("the standings are being derived anew")
        self.rebuild = rebuild


def require_current() -> None:
    """Go on only where the intervals are those of the present settings. Raises StandingsWait."""
    if not is_current():
        raise StandingsWait(rebuild_under_way())
