"""What the tests of emission rights share: the form of an application, and sending it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tests.pages import CheckedClient

PDF = b"%PDF-1.7\n1 0 obj\n"
NEW = "/rights/applications/new"


def form_of(plant: int, **changes: Any) -> dict[str, Any]:
    """An application of 2026 as it is typed."""
    return {
        "plant_id": str(plant), "project": "other", "project_name": "项目（一）",
        "pollutant": "VOCs", "year": "2026", "tonnes": "1.25", **changes,
    }  # fmt: skip


def sent(client: CheckedClient, plant: int, **changes: Any) -> int:
    """The application's id, after it was sent."""
    answer = client.post(NEW, data=form_of(plant, **changes))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return int(answer.location.rsplit("/", 1)[1])


def notes_in(page: str) -> list[str]:
    """The notes by which a form brings back the files chosen so far."""
    return [unescape(it) for it in re.findall(r'name="kept" value="([^"]+)"', page)]
