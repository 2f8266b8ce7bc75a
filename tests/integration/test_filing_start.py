"""The form by which a filing begins (开始申报), as it follows what is chosen."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.kernel import audit
from app.kernel.transaction import writing
from app.registry.services import IndustryEntry, PlantEntry, record_industries, register_plants
from tests.facts import a_plant, code
from tests.people import YUECHENG, ClientAs

HTMX = {"HX-Request": "true"}


@pytest.fixture
def filer(client_as: ClientAs) -> FlaskClient:
    return client_as("filer", uscc=code(1))


def asked(plant_id: int, target: str, kind: str = "first") -> str:
    return f"/filing/new?plant_id={plant_id}&year=2026&kind={kind}&target={target}"


def test_another_plant_brings_the_grades_of_its_own_scheme(
    app: Flask, bureau: None, filer: FlaskClient
) -> None:
    with app.app_context():
        enterprise_id, casting = a_plant()
        with writing("测试"):
            (rolling,) = register_plants([PlantEntry(enterprise_id, "002", "二厂", YUECHENG)])
            record_industries([IndustryEntry(rolling, "nonferrous-rolling", "", "主要")])
            audit.record("test.recorded", "plant", rolling)
    shown = {**HTMX, "HX-Target": "verdict", "HX-Current-URL": asked(casting, "B")}
    same = filer.get(asked(casting, "C"), headers=shown).text
    assert "target-field" not in same, "what is being chosen stays as it is"
    other = filer.get(asked(rolling, "B"), headers=shown).text
    assert '<div id="target-field" hx-swap-oob="true">' in other
    assert '<option value="引领性">' in other
    assert '<option value="B"' not in other
