"""The work in the background that an address names (后台办理)."""

from __future__ import annotations

from flask import request

from app.issuing.routes.blueprint import person_id
from app.issuing.services.background import find_work
from app.kernel.jobs import JobView

SECONDS_BETWEEN_LOOKS = 3
LONGEST_ID = 16


def asked_work(kind: str) -> JobView | None:
    """The work of this kind that the address names (``job=17``), if it is this person's."""
    text = request.args.get("job", "")
    is_number = text.isascii() and text.isdecimal() and len(text) < LONGEST_ID
    return find_work(int(text), kind, person_id()) if is_number else None


def refresh_seconds(work: JobView | None) -> int | None:
    """How often a browser without JavaScript looks again; None when there is nothing to see."""
    return SECONDS_BETWEEN_LOOKS if work is not None and work.is_running else None
