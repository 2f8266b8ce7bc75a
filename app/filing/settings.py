"""Settings of the bureau (本局设定) that other stages ask this one for."""

from __future__ import annotations

from app.kernel import clock
from app.rulebook.queries import flag


def main_door_is_closed() -> bool:
    """Whether enterprise accounts are let in by their own listener (企业申报入口) only."""
    return flag("filing.main_door_closed", clock.today())
