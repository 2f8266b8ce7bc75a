"""The years a list of facts can be narrowed to: each fact is read for them once."""

from __future__ import annotations

from datetime import date

from flask import Flask

from app.desk.queries.facts import VIOLATION
from app.desk.queries.lists import years_of
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from app.supervision.services import ViolationEntry, annul_violations, record_violations
from tests.facts import a_plant
from tests.registers import statements


def _decided(enterprise: int, plant: int, *days: date) -> list[int]:
    with writing("测试"):
        entries = [ViolationEntry(enterprise, plant, "其他", None, day, f"罚{day}") for day in days]
        ids = record_violations(entries)
        audit.record("test", "plant", plant)
    return ids


def _years() -> list[int]:
    found = years_of(VIOLATION)
    db.session.rollback()
    return found


def test_years_follow_what_is_recorded_and_only_that_is_read(app: Flask) -> None:
    with app.app_context():
        assert _years() == []
        ids = a_plant()
        (first,) = _decided(*ids, date(2023, 12, 31))
        assert _years() == [2023]
        _decided(*ids, date(2025, 1, 1), date(2021, 6, 1))
        with writing("测试"):
            annul_violations([first], "试")
            audit.record("test", "plant", 1)
        with statements(app) as asked:
            assert _years() == [2025, 2023, 2021], "also of an annulled one, as lists show those"
        read = [it for it in asked if "DISTINCT" in it]
        assert len(read) == 1
        assert "violation.id >" in read[0]
        with statements(app) as asked:
            assert _years() == [2025, 2023, 2021]
        assert not [it for it in asked if "DISTINCT" in it]


def test_years_of_another_register_are_found_anew(app: Flask) -> None:
    """As after a restore, which puts other facts under the same ids."""
    with app.app_context():
        ids = a_plant()
        _decided(*ids, date(2023, 12, 31))
        assert _years() == [2023]
        held = app.extensions["years_of_facts"]
        held[VIOLATION] = held[VIOLATION]._replace(
            recorded_at=held[VIOLATION].recorded_at.replace(year=1999), years=frozenset({1999})
        )
        assert _years() == [2023]
