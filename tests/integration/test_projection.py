"""The interval projection answers as the pure function does, whatever happened to a plant."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.grades.domain import standing_on
from app.grades.queries import facts_of, standings_on
from app.grades.services import GradeEntry, correct_grades, record_grades
from app.grades.settings import rule_periods, standing_rules
from app.kernel import audit
from app.kernel import clock as kernel_clock
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.services import PlantEntry, correct_plants
from app.rulebook.changes import Change
from app.rulebook.queries import edits_known
from app.rulebook.services import record_change
from app.supervision.domain import ViolationKind
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    correct_violations,
    record_findings,
    record_violations,
)
from tests.facts import a_plant

FIRST = date(2021, 1, 1)
DAYS = st.dates(FIRST, date(2026, 12, 31))
GRADES = st.sampled_from(["A", "B", "B-", "C", "D"])


@st.composite
def grade_acts(draw: st.DrawFn) -> tuple[str, date, date | None, str]:
    start = draw(DAYS)
    end = draw(st.none() | st.integers(1, 900).map(lambda days: start + timedelta(days)))
    return "grade", start, end, draw(GRADES)


@st.composite
def facts_against(draw: st.DrawFn) -> tuple[str, date, date | None, str]:
    start = draw(DAYS)
    withdrawn = draw(st.none() | st.integers(0, 700).map(lambda days: start + timedelta(days)))
    what = draw(st.sampled_from(["finding", *ViolationKind]))
    return what, start, withdrawn, draw(st.sampled_from(["plant", "enterprise"]))


def _act(act: tuple[str, date, date | None, str], number: int, ids: tuple[int, int]) -> None:
    what, start, end, extra = act
    enterprise_id, plant_id = ids
    plant = plant_id if extra == "plant" else None
    with writing("测试"):
        if what == "grade":
            entry = GradeEntry(plant_id, "shaoxing-2023", extra, start, end, "核定")
            standing = {
                record.effective_on: record.id for record in facts_of([plant_id])[plant_id].records
            }
            if start in standing:
                correct_grades({standing[start]: entry})
            else:
                record_grades([entry])
        elif what == "finding":
            record_findings([FindingEntry(enterprise_id, plant, start, f"认{number}", end)])
        else:
            (fact,) = record_violations(
                [ViolationEntry(enterprise_id, plant, what, None, start, f"罚{number}")]
            )
            if end is not None:
                correct_violations(
                    {fact: ViolationEntry(enterprise_id, plant, what, None, start, "罚", end)}
                )
        audit.record("test.act", "plant", plant_id)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    acts=st.lists(grade_acts() | facts_against(), max_size=7),
    days=st.lists(DAYS, min_size=12, max_size=12),
)
def test_intervals_equal_the_pure_function_on_random_histories(
    app: Flask, acts: list[tuple[str, date, date | None, str]], days: list[date]
) -> None:
    with app.app_context():
        _numbers.append(len(_numbers) + 1)
        ids = a_plant(_numbers[-1])
        plant_id = ids[1]
        moments = []
        for number, act in enumerate(acts):
            _act(act, number, ids)
            moments.append(kernel_clock.now())
        boundaries = [day for act in acts for day in (act[1], act[2]) if day is not None]
        known = facts_of([plant_id])[plant_id]
        for day in {*days, *boundaries}:
            expected = standing_on(known, day, standing_rules(day))
            assert standings_on([plant_id], day) == {plant_id: expected}
            assert standings_on([plant_id], day, kernel_clock.now()) == {plant_id: expected}
        db.session.rollback()


_numbers: list[int] = []


def test_a_setting_changed_on_a_day_rules_from_that_day_only(app: Flask) -> None:
    """PLAN-BLOCK: whether 其他 bars is a dated setting; the old value keeps ruling old days."""
    (app.config["CONFIG"].instance_dir / "settings.toml").write_text(
        '[[setting]]\nid = "block.other_kinds"\nvalue = true\nfrom_on = 2025-07-01\n'
        'reason = "试验"\n',
        encoding="utf-8",
    )
    from app.rulebook.queries import use_settings

    use_settings(app, app.config["CONFIG"].instance_dir / "settings.toml")
    with app.app_context():
        assert len(rule_periods()) == 2
        enterprise_id, plant_id = a_plant()
        entry = ViolationEntry(enterprise_id, plant_id, "其他", None, date(2025, 3, 1), "罚1")
        with writing("测试"):
            record_violations([entry])
            audit.record("test", "plant", plant_id)
        blocked = {
            day: standings_on([plant_id], day)[plant_id].blocked
            for day in (date(2025, 6, 30), date(2025, 7, 1), date(2025, 12, 31), date(2026, 1, 1))
        }
        assert list(blocked.values()) == [False, True, True, False]


def test_a_fact_that_names_a_plant_follows_it_to_a_new_owner(app: Flask) -> None:
    """PLAN-BLOCK, PLAN-FALSE: facts follow the plant; enterprise-wide ones stay behind."""
    with app.app_context():
        former, plant_id = a_plant(1)
        new_owner, _ = a_plant(2)
        day = date(2025, 6, 30)
        with writing("测试"):
            record_violations(
                [ViolationEntry(former, plant_id, "未依法环评", None, date(2025, 3, 1), "罚1")]
            )
            record_findings([FindingEntry(former, None, date(2025, 4, 1), "认1")])
            audit.record("test", "plant", plant_id)
        assert standings_on([plant_id], day)[plant_id].banned_until is not None
        db.session.rollback()
        with writing("测试"):
            correct_plants({plant_id: PlantEntry(new_owner, "002", "原厂", "330602")})
            audit.record("test", "plant", plant_id)
        standing = standings_on([plant_id], day)[plant_id]
        assert standing.blocked
        assert standing.banned_until is None


SETTINGS: dict[str, list[Any]] = {
    "block.other_kinds": [True, False],
    "violation_year_basis": ["acted", "decided"],
    "violations.window_months": [1, 12, 36, 60],
    "rulebook_in_force": ["shaoxing-2023", "national-2026"],
    "grade.order": [
        ["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"],
        ["引领性", "A+", "A = B", "B-", "D", "C", "非引领性"],
    ],
}


@st.composite
def rule_acts(draw: st.DrawFn) -> tuple[str, object, date, str]:
    parameter = draw(st.sampled_from(sorted(SETTINGS)))
    county = draw(st.sampled_from(["", "330602"])) if parameter == "rulebook_in_force" else ""
    value = draw(st.sampled_from(SETTINGS[parameter]))
    return parameter, value, draw(DAYS), county


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    acts=st.lists(grade_acts() | facts_against(), max_size=4),
    rules=st.lists(rule_acts(), min_size=1, max_size=5),
    days=st.lists(DAYS, min_size=8, max_size=8),
)
def test_intervals_follow_every_history_of_settings(
    app: Flask,
    acts: list[tuple[str, date, date | None, str]],
    rules: list[tuple[str, object, date, str]],
    days: list[date],
) -> None:
    """Settings are set, set again for the same day, and annulled; old answers stay as they were."""
    with app.app_context():
        _numbers.append(len(_numbers) + 1)
        ids = a_plant(_numbers[-1])
        plant = ids[1]
        for number, act in enumerate(acts):
            _act(act, number, ids)
        remembered = []
        for parameter, value, from_on, county in [*rules, *rules[:1]]:
            asked = sorted({*days, from_on, from_on - timedelta(1)})
            known = kernel_clock.now()
            remembered.append((known, {day: standings_on([plant], day) for day in asked}))
            _set(parameter, value, from_on, county)
            facts = facts_of([plant])[plant]
            for day in asked:
                assert standings_on([plant], day) == {
                    plant: standing_on(facts, day, standing_rules(day))
                }
        for known, answers in remembered:
            assert {day: standings_on([plant], day, known) for day in answers} == answers
        _annul_all()
        db.session.rollback()


def _set(parameter: str, value: object, from_on: date, county: str) -> None:
    """The value from the day on; in the place of another where that day has one."""
    with writing("测试"):
        wanted = (parameter, from_on, county)
        there = [it.id for it in edits_known() if (it.subject, it.from_on, it.county) == wanted]
        content = {"value": value}
        replaces = there[0] if there else None
        record_change(Change("set", parameter, from_on, "试", "", county, content, replaces))


def _annul_all() -> None:
    for edit in edits_known():
        with writing("测试"):
            record_change(Change("withdraw", edit.subject, edit.from_on, "撤销", replaces=edit.id))
