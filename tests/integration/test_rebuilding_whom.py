"""What a rebuild writes (全部重新推算): whom the change concerns, and what reads otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from app.grades.domain import standing_on
from app.grades.models import ProjectionState, StandingInterval
from app.grades.queries import (
    Differences,
    facts_of,
    is_current,
    plants_that_read_otherwise,
    rebuild_under_way,
    standings_on,
)
from app.grades.services import GradeEntry, record_grades, refresh_in_parts
from app.grades.settings import standing_rules
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from app.operations.domain import Health
from app.operations.queries.health import examine
from app.registry.models import PlantSearch
from app.rulebook.changes import Change
from app.rulebook.queries import edits_known
from app.rulebook.services import record_change
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.facts import a_plant

BARE, ALL_OF_IT, FINED, FALSE = range(4)
DAYS = (date(2024, 6, 1), date(2025, 3, 1), date(2025, 6, 30), date(2026, 1, 1), date(2027, 1, 1))


@pytest.fixture
def plants(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A grade alone; a violation of the whole enterprise; one of the plant; a finding."""
    monkeypatch.setattr("app.grades.services.following.AT_ONCE", -1)
    monkeypatch.setattr("app.grades.services.rebuilding.PART", 1)
    with app.app_context():
        found = [a_plant(number) for number in range(1, 5)]
        with writing("测试"):
            for _, plant in found:
                record_grades([_grade(plant, "B", date(2024, 1, 1)), _grade(plant, "C", DAYS[1])])
            violations = ((ALL_OF_IT, None), (FINED, found[FINED][1]))
            record_violations(
                [
                    ViolationEntry(found[n][0], plant, "其他", None, date(2025, 2, 1), f"罚{n}")
                    for n, plant in violations
                ]
            )
            enterprise, plant = found[FALSE]
            record_findings([FindingEntry(enterprise, plant, date(2025, 5, 1), "认1")])
            audit.record("test", "plant", plant)
        refresh_in_parts("测试")
    return [plant for _, plant in found]


def _grade(plant: int, grade: str, day: date) -> GradeEntry:
    return GradeEntry(plant, "shaoxing-2023", grade, day, None, "核定")


def change(subject: str, value: object, county: str = "") -> None:
    """From a day on which nothing turns: whom it does not concern, no interval ends there."""
    with writing("测试"):
        content = {"value": value}
        record_change(Change("set", subject, date(2024, 3, 1), "试", "", county, content))


def look(plants: list[int]) -> None:
    """The rows are those of the facts, to the last column, and so is every answer."""
    assert is_current()
    assert not list(plants_that_read_otherwise())
    for on in DAYS:
        rules = standing_rules(on)
        right = {plant: standing_on(it, on, rules) for plant, it in facts_of(plants).items()}
        assert standings_on(plants, on) == right
    db.session.rollback()


ORDER = ["引领性", "A+", "A = B", "B-", "D", "C", "非引领性"]


@pytest.mark.parametrize(
    ("subject", "value", "concerned"),
    [
        ("rulebook_in_force", "national-2026", 1),
        ("false_material.ban_years", 2, 1),
        ("violations.window_months", 12, 2),
        ("violation_year_basis", "acted", 2),
        ("block.other_kinds", True, 2),
        ("grade.order", ORDER, 4),
    ],
)
def test_an_edit_concerns_only_plants_with_such_facts(
    app: Flask, plants: list[int], subject: str, value: object, concerned: int
) -> None:
    with app.app_context():
        change(subject, value)
        under_way = rebuild_under_way()
        assert under_way is not None
        assert under_way.total == concerned
        assert refresh_in_parts("测试") == concerned
        look(plants)


def test_what_another_change_overtakes_is_made_anew_with_it(app: Flask, plants: list[int]) -> None:
    """Violations begin to bar; half way that is taken back, and findings are judged otherwise."""

    def stop(*_far: object) -> None:
        raise KeyboardInterrupt

    with app.app_context():
        change("block.other_kinds", value=True)
        with pytest.raises(KeyboardInterrupt):
            refresh_in_parts("测试", stop)
        with writing("测试"):
            (edit,) = edits_known()
            record_change(Change("withdraw", edit.subject, edit.from_on, "撤销", replaces=edit.id))
        change("false_material.ban_years", 2)
        assert refresh_in_parts("测试") == 3
        look(plants)


def test_a_change_that_no_plant_is_concerned_by_is_over_at_once(app: Flask) -> None:
    with app.app_context():
        a_plant()
        refresh_in_parts("测试")
        change("false_material.ban_years", 2)
        assert is_current()
        assert rebuild_under_way() is None


def _rows() -> tuple[list[Any], list[Any]]:
    found = tuple(
        [tuple(row) for row in db.session.execute(select(*table.columns).order_by(*key))]
        for table, key in (
            (StandingInterval.__table__, StandingInterval.__table__.primary_key),
            (PlantSearch.__table__, PlantSearch.__table__.primary_key),
        )
    )
    db.session.rollback()
    return found[0], found[1]


def test_where_all_is_right_nothing_is_written(
    app: Flask, plants: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[Differences] = []
    monkeypatch.setattr("app.grades.services.projecting._write", looked_at.append)
    with app.app_context():
        before = _rows()
        assert refresh_in_parts("测试", whole=True) == len(plants)
        assert len(looked_at) == len(plants) + 1, "a part each, and what lies behind the last"
        assert all(it == Differences() for it in looked_at)
        assert _rows() == before


@pytest.mark.parametrize("many", [0, 1000])
def test_what_was_altered_past_the_program_is_found_and_made_good(
    app: Flask, plants: list[int], monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """Row by row, and as many rows are entered: another grade, none, and rows of nobody."""
    monkeypatch.setattr("app.kernel.driver_rows._MANY", many)
    monkeypatch.setattr("app.grades.services.projecting._MANY", many)
    columns = list(StandingInterval.__table__.c)
    of_nobody = select(columns[0] + 100, *columns[1:]).where(columns[0] == plants[-1])
    with app.app_context():
        before = _rows()
        assert _health() is Health.GOOD
        with writing("测试"):
            named = StandingInterval.plant_id
            better = update(StandingInterval).where(StandingInterval.grade == "C")
            db.session.execute(better.values(grade="A").where(named == plants[BARE]))
            db.session.execute(delete(StandingInterval).where(named == plants[FINED]))
            db.session.execute(
                insert(StandingInterval).from_select([it.name for it in columns], of_nobody)
            )
            db.session.execute(update(PlantSearch).values(grade="A"))
        wrong = [plants[BARE], plants[FINED], plants[-1] + 100]
        assert list(plants_that_read_otherwise()) == wrong
        assert _health() is Health.NEEDED
        done = app.test_cli_runner().invoke(args=["grades", "refresh", "--all"])
        assert "已重新推算 4 个厂区" in done.output
        after = _rows()
        assert after[0] == before[0]
        assert [it for it in after[1] if it[0] in wrong] == [
            it for it in before[1] if it[0] in wrong
        ]
        assert _health() is Health.GOOD


def _health() -> Health:
    (found,) = (it for it in examine(thorough=True) if it.id == "standings")
    db.session.rollback()
    return found.health


def test_a_register_that_was_never_derived_is_derived_whole(app: Flask, plants: list[int]) -> None:
    with app.app_context():
        with writing("测试"):
            db.session.execute(delete(ProjectionState))
            db.session.execute(delete(StandingInterval))
        assert refresh_in_parts("测试") == len(plants)
        look(plants)
