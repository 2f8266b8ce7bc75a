"""Kept answers follow what they are made of: at once where it changed, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from app.desk.queries.facts import VIOLATION
from app.desk.queries.lists import FactFilter, list_facts
from app.grades.queries import shown_day
from app.grades.services import GradeEntry, record_grades, show_day, shown
from app.kernel import audit, presence
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db
from app.kernel.transaction import rehearse, writing
from app.portal.domain import PERMITS, STANDINGS
from app.portal.queries.conditions import STATES, RegisterFilter
from app.portal.queries.register import (
    count_by_grade,
    count_conditions,
    count_register,
    list_officers,
    list_towns,
)
from app.portal.queries.register_statements import Asked
from app.registry.models import PlantSearch
from app.registry.services import (
    EnterpriseEntry,
    PlantEntry,
    correct_enterprises,
    correct_plants,
    search_rows,
)
from app.supervision.services import ViolationEntry, annul_violations, record_violations
from tests.facts import a_plant, code
from tests.people import KEQIAO, YUECHENG
from tests.registers import statements

SCOPES = (EVERYTHING, Scope(frozenset({YUECHENG})), Scope(frozenset({KEQIAO})))
ONE = PlantEntry(0, "001", "本部", YUECHENG)


@pytest.fixture
def plants(app: Flask) -> Iterator[list[tuple[int, int]]]:
    """(enterprise, plant) of three plants, the last in the other county."""
    with app.app_context():
        yield [a_plant(1), a_plant(2), a_plant(3, county=KEQIAO)]


def counted(wanted: RegisterFilter, scope: Scope) -> tuple[int, int]:
    """How many plants and enterprises the list has."""
    return count_register(Asked.of(wanted, scope))


def _with(whole: RegisterFilter, name: str, value: Any) -> RegisterFilter:
    return replace(whole, **{name: value})


def _filters() -> list[RegisterFilter]:
    day = shown_day()
    whole = RegisterFilter(day)
    return [
        whole,
        RegisterFilter(day + timedelta(days=40), standing="banned"),
        *(_with(whole, name, value) for name, value in (
            ("search", "示例"), ("search", "新名"), ("county", KEQIAO), ("town", "甲镇"),
            ("officer", "某甲"), ("industry", "casting"), ("grade", "B"), ("grade", "none"),
            ("life", "closed"), ("life", "all"),
        )),
        *(replace(whole, permit=it) for it in PERMITS),
        *(replace(whole, standing=it) for it in STANDINGS),
        *(replace(whole, state=it) for it in STATES),
    ]  # fmt: skip


def _answers() -> list[Any]:
    found: list[Any] = []
    for scope in SCOPES:
        found += [counted(it, scope) for it in _filters()]
        found += [count_by_grade(shown_day(), scope), count_conditions(shown_day(), scope)]
        found += [list_towns(scope), list_officers(scope)]
        facts = (FactFilter(), FactFilter(search="新名"), FactFilter(county=KEQIAO))
        found += [list_facts(VIOLATION, it, scope, shown_day()).total for it in facts]
    db.session.rollback()
    return found


def _acts(plants: list[tuple[int, int]]) -> list[Callable[[], object]]:
    (enterprise, plant), (_, second), (other, third) = plants
    entry = replace(ONE, enterprise_id=enterprise)
    day = shown_day()
    against = ViolationEntry(other, third, "其他", None, day, "罚1")
    given: list[int] = []
    return [
        lambda: correct_plants({plant: replace(entry, town="甲镇")}),
        lambda: correct_plants({plant: replace(entry, town="乙镇", officer="某甲")}),
        lambda: correct_plants({plant: replace(entry, permit_until=day - timedelta(days=1))}),
        lambda: correct_plants({plant: replace(entry, state="停产")}),
        lambda: correct_plants({plant: replace(entry, county=KEQIAO)}),
        lambda: correct_plants({plant: replace(entry, closed_on=day)}),
        lambda: correct_plants({plant: entry}),
        lambda: correct_enterprises({other: EnterpriseEntry(code(3), "新名字有限公司")}),
        lambda: given.extend(record_violations([against])),
        lambda: record_violations([replace(against, plant_id=None, document="罚2")]),
        lambda: annul_violations(given, "录入有误"),
        lambda: record_grades(
            [GradeEntry(second, "shaoxing-2023", "B", date(2024, 1, 1), None, "核定")]
        ),
        lambda: show_day(day + timedelta(days=40)),
        lambda: show_day(day),
    ]


def test_no_answer_is_stale_whatever_is_recorded(
    plants: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, moved = _answers(), 0
    for act in _acts(plants):
        with writing("测试"):
            act()
            audit.record("test.act", "plant", 0)
        kept_ones = _answers()
        with monkeypatch.context() as patch:
            patch.setattr("app.kernel.kept._marks", lambda _: object())
            patch.setattr("app.kernel.kept._last_entry", object)
            assert kept_ones == _answers()
        moved += kept_ones != before
        before = _answers()
    assert moved >= 12  # of the acts; the day moves on over nothing


def test_what_did_not_change_is_not_counted_again(
    app: Flask, plants: list[tuple[int, int]]
) -> None:
    (enterprise, plant), *_ = plants
    day = shown_day()

    def asked() -> list[str]:
        with statements(app) as said:
            for scope in SCOPES:
                counted(RegisterFilter(day), scope)
                counted(RegisterFilter(day, grade="B"), scope)
                count_by_grade(day, scope)
                list_facts(VIOLATION, FactFilter(), scope, day)
                list_towns(scope)
            db.session.rollback()
        return [it for it in said if "count(" in it or "DISTINCT" in it]

    assert len(asked()) == 15
    assert asked() == []
    with writing("测试"):
        correct_plants({plant: PlantEntry(enterprise, "001", "本部", YUECHENG, town="甲镇")})
        audit.record("test.act", "plant", plant)
    again = asked()
    assert len(again) == 3
    assert all("plant_search.town" in it for it in again)
    with writing("测试"):
        audit.record("test.act", "plant", plant)
    assert asked() == []


def test_what_was_undone_is_told_nobody_and_a_restore_begins_anew(
    app: Flask, plants: list[tuple[int, int]]
) -> None:
    (enterprise, plant), *_ = plants
    moved = PlantEntry(enterprise, "001", "本部", KEQIAO)
    whole = RegisterFilter(shown_day())
    before = [counted(whole, it) for it in SCOPES]
    db.session.rollback()
    with writing("测试"):
        inside = rehearse(
            lambda: correct_plants({plant: moved}),
            lambda: [counted(whole, it) for it in SCOPES],
        )
        audit.record("test.act", "plant", plant)
    assert inside == [(3, 3), (1, 1), (2, 2)]
    assert [counted(whole, it) for it in SCOPES] == before
    db.session.rollback()
    presence.begin_generation(app.config["CONFIG"].instance_dir)
    with statements(app) as said:
        counted(whole, EVERYTHING)
        db.session.rollback()
    assert any("count(" in it for it in said)


def test_an_older_snapshot_gets_its_own_answer(plants: list[tuple[int, int]], app: Flask) -> None:
    """Somebody reads on while somebody else records, as in another process."""
    (enterprise, plant), *_ = plants
    whole = RegisterFilter(shown_day(), town="甲镇")
    assert counted(whole, EVERYTHING) == (0, 0)  # and this snapshot stays open
    with app.app_context():
        with writing("测试"):
            correct_plants({plant: PlantEntry(enterprise, "001", "本部", YUECHENG, town="甲镇")})
            audit.record("test.act", "plant", plant)
        assert counted(whole, EVERYTHING) == (1, 1)
        db.session.rollback()
    assert counted(whole, EVERYTHING) == (0, 0)
    db.session.rollback()
    assert counted(whole, EVERYTHING) == (1, 1)


def test_every_column_of_the_list_has_a_topic_of_its_writer() -> None:
    """A new column is either written by the facts, and compared, or is of the standing."""
    assert {*search_rows.OF_FACTS, *shown.STANDING_OF_ROW} == set(
        PlantSearch.__table__.columns.keys()
    )
