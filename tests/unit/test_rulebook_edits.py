"""Edits on top of the files, by day and by what was known (pure)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.rulebook.edits import Act, Edit, as_json, edited_catalogue, edited_parameters, from_json
from app.rulebook.loading import load_library

LIBRARY = load_library()
DAY = date(2026, 3, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
KNOWN = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = KNOWN + timedelta(hours=1)


def edit(act: Act, subject: str, number: int = 1, *, county: str = "", **said: object) -> Edit:
    content = json.dumps(said, ensure_ascii=False)
    return Edit(number, act, subject, county, DAY, content, "理由", "文号", recorded_at=KNOWN)


def test_the_day_before_the_day_and_the_day_after() -> None:
    held = edited_parameters(
        LIBRARY.parameters, [edit("set", "violations.window_months", value=24)]
    )
    values = [held.on("violations.window_months", day).value for day in (BEFORE, DAY, AFTER)]
    assert values == [36, 24, 24]


def test_a_county_stands_beside_the_city() -> None:
    changed = edit("set", "rulebook_in_force", county="330602", value="national-2026")
    held = edited_parameters(LIBRARY.parameters, [changed])
    assert held.on("rulebook_in_force", DAY, "330602").value == "national-2026"
    assert held.on("rulebook_in_force", BEFORE, "330602").value == "shaoxing-2023"
    assert held.on("rulebook_in_force", DAY, "330603").value == "shaoxing-2023"


def test_every_value_survives_being_kept_as_json() -> None:
    for history in LIBRARY.parameters.histories.values():
        for entry in history:
            if entry.value is not None:
                kept = json.loads(json.dumps(as_json(entry.value)))
                assert from_json(entry.kind, kept) == entry.value, entry.id


def test_known_from_its_recording_until_its_annulment() -> None:
    standing = edit("retire", "casting")
    annulled = Edit(**{**standing.__dict__, "annulled_at": LATER})
    moment = timedelta(microseconds=1)
    assert [standing.known_at(it) for it in (KNOWN - moment, KNOWN, None)] == [False, True, True]
    assert [annulled.known_at(it) for it in (KNOWN, LATER - moment, LATER, None)] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("rename", {"name": "新名"}),
        ("retire", {}),
        (
            "scheme",
            {"subtype": "", "rulebook": "shaoxing-2023", "scheme": "", "confidence": "未核实",
             "source": "未见原文"},
        ),
    ],
)  # fmt: skip
def test_an_industry_is_another_from_its_day_on(act: Act, said: dict[str, Any]) -> None:
    old = LIBRARY.catalogue.by_id("casting")
    held = edited_catalogue(LIBRARY.catalogue, [edit(act, "casting", **said)])
    new = held.by_id("casting")

    def seen(industry: object, day: date) -> tuple[object, ...]:
        assert isinstance(industry, type(old))
        uses = [it for it in industry.schemes if it.holds_on(day)][:1]
        return industry.name_on(day), industry.in_force(day), uses

    assert seen(new, BEFORE) == seen(old, BEFORE)
    assert seen(new, DAY) != seen(old, DAY)
    assert seen(new, AFTER) == seen(new, DAY)


def test_an_edit_of_what_is_not_there_changes_nothing() -> None:
    stray = [edit("set", "nothing", value=1), edit("rename", "nothing", name="x")]
    assert edited_parameters(LIBRARY.parameters, stray).histories == LIBRARY.parameters.histories
    assert edited_catalogue(LIBRARY.catalogue, stray) == LIBRARY.catalogue
