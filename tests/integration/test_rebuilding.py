"""All standings derived anew, part by part (全部重新推算): killed, gone on with, never half."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from flask import Flask
from sqlalchemy import select

from app.grades.domain import Standing, standing_on
from app.grades.queries import facts_of, intervals_of, is_current, rebuild_under_way, standings_on
from app.grades.services import GradeEntry, record_grades, refresh_in_parts
from app.grades.settings import standing_rules
from app.kernel import audit, jobs
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from app.operations.domain import Health
from app.operations.queries.health import examine
from app.policy.queries import candidates
from app.registry.services import PlantEntry, correct_plants
from app.rulebook.changes import Change
from app.rulebook.services import record_change
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.killing import killed_at
from tests.people import ClientAs
from tests.registers import counted, fetched, listed

DAYS = (date(2024, 6, 1), date(2025, 3, 1), date(2025, 6, 30), date(2026, 1, 1))
PLANTS = 7


@pytest.fixture
def plants(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seven plants with a grade and an 其他 violation each, by rules that let it pass."""
    monkeypatch.setattr("app.grades.services.following.AT_ONCE", 2)
    monkeypatch.setattr("app.grades.services.rebuilding.PART", 2)
    with app.app_context():
        found = [a_plant(number) for number in range(1, PLANTS + 1)]
        with writing("测试"):
            for enterprise, plant in found:
                record_grades([_grade(plant, "B", date(2024, 1, 1))])
                record_violations([_other(enterprise, plant, date(2025, 2, 1))])
            enterprise, plant = found[0]
            record_findings([FindingEntry(enterprise, None, date(2025, 5, 1), "认1")])
            audit.record("test", "plant", plant)
    return [plant for _, plant in found]


def _grade(plant: int, grade: str, day: date) -> GradeEntry:
    return GradeEntry(plant, "shaoxing-2023", grade, day, None, "核定")


def _other(enterprise: int, plant: int, day: date) -> ViolationEntry:
    return ViolationEntry(enterprise, plant, "其他", None, day, f"罚{plant}{day}")


def others_bar() -> None:
    """An edit of 规则库 by which every plant's standing is another."""
    with writing("测试"):
        content = {"value": True}
        record_change(Change("set", "block.other_kinds", date(2024, 1, 1), "试", "", "", content))


def by_facts(plants: list[int], on: date) -> dict[int, Standing]:
    rules = standing_rules(on)
    return {plant: standing_on(it, on, rules) for plant, it in facts_of(plants).items()}


def look(plants: list[int]) -> None:
    """Every way to ask for standings answers by the rules of now."""
    lives = intervals_of(plants)
    for on in DAYS:
        right = by_facts(plants, on)
        assert standings_on(plants, on) == right
        assert {it.plant_id: it.standing for it in candidates(on)} == right
        for plant, life in lives.items():
            (held,) = (
                it for it in life
                if it.from_on <= on and (it.until_on is None or on < it.until_on)
            )  # fmt: skip
            assert held.standing == right[plant]
    db.session.rollback()


def acts() -> list[str]:
    kinds = select(AuditEntry.action).where(AuditEntry.object_type == "settings")
    found = list(db.session.execute(kinds.order_by(AuditEntry.sequence)).scalars())
    db.session.rollback()
    return found


def test_an_edit_of_a_large_register_is_followed_by_a_job(app: Flask, plants: list[int]) -> None:
    with app.app_context():
        others_bar()
        assert not is_current()
        under_way = rebuild_under_way()
        assert under_way is not None
        assert (under_way.done, under_way.total) == (0, PLANTS)
        look(plants)
        while jobs.run_next():
            pass
        assert is_current()
        assert rebuild_under_way() is None
        look(plants)
        assert all(it.blocked for it in standings_on(plants, DAYS[1]).values())
        assert acts() == ["standings.rebuild_begun", "standings.rebuilt"]
        assert refresh_in_parts("测试") == 0


def test_an_edit_of_a_small_register_is_followed_at_once(
    app: Flask, plants: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.grades.services.following.AT_ONCE", PLANTS)
    with app.app_context():
        others_bar()
        assert is_current()
        look(plants)
        assert not jobs.run_next()


def interrupted(parts: int) -> None:
    """A rebuild that comes to nothing after so many parts."""
    told = count(1)

    def stop(done: int, total: int, _note: str) -> None:
        assert done <= total == PLANTS
        if next(told) == parts:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh_in_parts("测试", stop)


def test_facts_recorded_meanwhile_count_wherever_the_rebuild_is(
    app: Flask, plants: list[int]
) -> None:
    with app.app_context():
        others_bar()
        interrupted(parts=2)
        for plant in (plants[0], plants[-1]):
            with writing("测试"):
                record_grades([_grade(plant, "C", date(2025, 6, 1))])
                audit.record("test", "plant", plant)
            look(plants)
        new = a_plant(PLANTS + 1)[1]
        look([*plants, new])
        assert refresh_in_parts("测试") == PLANTS + 1 - 4
        look([*plants, new])
        assert is_current()


def test_settings_that_change_meanwhile_are_followed_from_the_beginning(
    app: Flask, plants: list[int]
) -> None:
    with app.app_context():
        others_bar()
        interrupted(parts=2)
        with writing("测试"):
            window = {"value": 2}
            record_change(Change("set", "violations.window_months", DAYS[0], "试", "", "", window))
        under_way = rebuild_under_way()
        assert under_way is not None
        assert under_way.done == 0
        look(plants)
        assert refresh_in_parts("测试") == PLANTS
        look(plants)


def test_killed_anywhere_it_goes_on_where_it_was(app: Flask, plants: list[int]) -> None:
    with app.app_context():
        others_bar()
        db.session.remove()
    done, statements = 0, 3
    while killed_at(app, statements, lambda: refresh_in_parts("测试")):
        with app.app_context():
            under_way = rebuild_under_way()
            if under_way is not None:
                assert under_way.done >= done
                done = under_way.done
            look(plants)
            db.session.remove()
        statements += 7
    with app.app_context():
        assert done > 2
        assert is_current()
        look(plants)
        assert acts() == ["standings.rebuild_begun", "standings.rebuilt"]
        assert audit.verify().broken_at is None
        db.session.remove()


def test_a_process_with_other_settings_leaves_the_rebuild_alone(
    app: Flask, plants: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        others_bar()
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(
                "app.grades.services.rebuilding.settings_fingerprint", lambda: "as before"
            )
            assert jobs.run_next()
        under_way = rebuild_under_way()
        assert under_way is not None
        assert under_way.done == 0
        look(plants)


def test_a_plant_that_moves_is_judged_anew_meanwhile(app: Flask, plants: list[int]) -> None:
    with app.app_context():
        others_bar()
        interrupted(parts=1)
        enterprise, new = a_plant(PLANTS + 1)
        with writing("测试"):
            correct_plants({plants[0]: PlantEntry(enterprise, "009", "原厂", "330602")})
            audit.record("test", "plant", plants[0])
        look([*plants, new])
        refresh_in_parts("测试")
        look([*plants, new])


DAY = "/register?as_of=2025-03-01"


def test_the_register_meanwhile_is_right_or_says_that_it_waits(
    app: Flask, plants: list[int], client_as: ClientAs
) -> None:
    """A page of the list follows from the facts; what asks of all standings waits."""
    officer = client_as("city-officer")
    in_filters = fetched(officer, DAY).count(">当年受限<")
    with app.app_context():
        others_bar()
        interrupted(parts=1)
        db.session.remove()
    html = fetched(officer, DAY)
    assert sorted(listed(html)) == sorted(plants)
    assert html.count(">当年受限<") == PLANTS + in_filters
    for asks in ("&standing=blocked", "&grade=B", "&sort=grade"):
        answer = officer.get(DAY + asks)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "已推算 2 个厂区，共 7 个" in answer.get_data(as_text=True)
    for address in ("/register/export", "/register/batch"):
        asked = address + DAY.removeprefix("/register")
        assert officer.post(asked, data={"which": "all"}).status_code == 503
    assert "已推算 2 个厂区，共 7 个" in fetched(officer, "/")
    with app.app_context():
        assert refresh_in_parts("测试") == PLANTS - 2
    assert counted(fetched(officer, DAY + "&standing=blocked")) == PLANTS
    assert "正在按现行规则" not in fetched(officer, "/")


def test_the_doctor_tells_of_a_rebuild_and_of_one_that_was_interrupted(
    app: Flask, plants: list[int], clock: Freeze
) -> None:
    def health() -> tuple[Health, str]:
        with app.app_context():
            (found,) = (it for it in examine(thorough=False) if it.id == "standings")
            db.session.remove()
        return found.health, found.what

    clock("2030-03-01 09:00")
    assert health()[0] is Health.GOOD
    with app.app_context():
        others_bar()
        interrupted(parts=3)
        db.session.remove()
    kind, told = health()
    assert kind is Health.NOTE
    assert "已推算 6 个厂区，共 7 个" in told
    clock("2030-03-01 09:05")
    kind, told = health()
    assert kind is Health.NEEDED
    assert "中断" in told
    assert "已重新推算 1 个厂区" in app.test_cli_runner().invoke(args=["grades", "refresh"]).output
    assert health()[0] is Health.GOOD
