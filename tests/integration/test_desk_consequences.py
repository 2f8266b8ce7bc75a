"""What an act would change is found by doing it, and nothing of it stays (变动后果预演)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask import Flask

from app.desk.consequences import foresee
from app.grades.queries import standings_on
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit, clock
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.transaction import writing
from app.rights.services import ApplicationEntry, record_applications
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.facts import a_plant


def graded(number: int, grade: str) -> tuple[int, int]:
    enterprise_id, plant_id = a_plant(number)
    with writing("测试"):
        record_grades(
            [GradeEntry(plant_id, "shaoxing-2023", grade, date(2024, 1, 1), None, "核定", "文1")]
        )
        audit.record("test.act", "plant", plant_id)
    return enterprise_id, plant_id


def test_a_finding_is_foreseen_with_lists_and_applications(app: Flask) -> None:
    """PLAN-FALSE, PLAN-POSITIVE, PLAN-RIGHTS."""
    with app.app_context():
        (enterprise_id, plant_id), _ = graded(1, "B"), graded(2, "C")
        today = clock.today()
        with writing("测试"):
            record_applications(
                [ApplicationEntry(plant_id, "", "SO2", today.year, Decimal(2), today)]
            )
            audit.record("test.act", "plant", plant_id)
        with writing("测试"):
            seen = foresee(
                lambda: record_findings([FindingEntry(enterprise_id, plant_id, today, "认1")]),
                EVERYTHING,
            )
            again = foresee(
                lambda: record_findings([FindingEntry(enterprise_id, plant_id, today, "认1")]),
                EVERYTHING,
            )
        (plant,) = seen.plants
        assert plant.before is not None
        assert plant.after is not None
        assert (plant.before.grade, plant.after.grade) == ("B", "D")
        assert "2024-01-01 生效的 B 级记录（文1）不再有效。" in plant.voided
        assert "退出“监督执法正面清单”（原位次 1）。" in plant.lists
        assert plant.applications == (
            f"{today.year} 年度市级储备 SO2 2.000 吨/年：不再列入优先保障。",
        )
        assert seen.others
        assert seen.fingerprint == again.fingerprint
        assert standings_on([plant_id], today)[plant_id].grade == "B"


def test_plants_out_of_reach_are_counted_but_not_named(app: Flask) -> None:
    with app.app_context():
        enterprise_id, plant_id = graded(1, "B")
        entry = ViolationEntry(enterprise_id, None, "逃避监管排放", None, clock.today(), "罚1")
        with writing("测试"):
            seen = foresee(lambda: record_violations([entry]), Scope(frozenset({"330603"})))
            own = foresee(lambda: record_violations([entry]), Scope(frozenset({"330602"})))
        assert (seen.plants, seen.elsewhere) == ((), 1)
        assert [it.plant.plant_id for it in own.plants] == [plant_id]
        assert seen.fingerprint != own.fingerprint


def test_a_named_plant_is_told_of_though_nothing_changes(app: Flask) -> None:
    with app.app_context():
        enterprise_id, plant_id = graded(1, "B")
        entry = ViolationEntry(enterprise_id, plant_id, "其他", None, clock.today(), "罚1")
        with writing("测试"):
            seen = foresee(lambda: record_violations([entry]), EVERYTHING, named=[plant_id])
        assert seen.is_nothing
        assert [it.is_nothing for it in seen.plants] == [True]
