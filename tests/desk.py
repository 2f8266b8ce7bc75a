"""Filling in the forms of facts by hand, as an officer does (经办表单)."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.accounts.domain import Role
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit
from app.kernel.transaction import writing
from tests.facts import a_plant
from tests.pages import CheckedClient

VIOLATION = {
    "reach": "plant",
    "kind": "逃避监管排放",
    "acted_on": "",
    "decided_on": "2026年3月1日",
    "document": "绍环罚〔2026〕1号",
}
_SEEN = re.compile(r'name="seen" value="([^"]+)"')


def fingerprint(answer: TestResponse) -> str:
    """What the preview says it showed."""
    found = _SEEN.search(answer.text)
    assert found, answer.text
    return unescape(found[1])


def confirmed(client: CheckedClient, address: str, form: dict[str, Any]) -> TestResponse:
    """Preview, then confirm what was shown."""
    seen = client.post(address, data=form)
    assert seen.status_code == 200, seen.text
    return client.post(address, data={**form, "step": "confirm", "seen": fingerprint(seen)})


def graded_plant(app: Flask, number: int = 1, grade: str = "B", county: str = "330602") -> int:
    """A plant with a grade since 2024."""
    with app.app_context():
        _, plant_id = a_plant(number, county=county)
        with writing("测试"):
            record_grades(
                [GradeEntry(plant_id, "shaoxing-2023", grade, date(2024, 1, 1), None, "核定", "文")]
            )
            audit.record("test.act", "plant", plant_id)
    return plant_id


HEAD, OFFICER = Role.COUNTY_HEAD.value, Role.COUNTY_OFFICER.value
