"""The made-up register keeps the rules of the ledger, whatever day it is made on (示例数据)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest

from app.demo.builder import COUNTY_CODES, DemoRegister
from app.demo.services import make_register
from app.demo.stories import STORIES
from app.registry.domain import permit_number_problem, uscc_problem
from app.rulebook.queries import catalogue, rulebook_on
from app.supervision.domain import ban_last_day

DAYS = [date(2026, 11, 22), date(2027, 1, 1), date(2027, 12, 31), date(2028, 2, 29)]


@pytest.fixture(scope="module", params=DAYS, ids=str)
def register(request: pytest.FixtureRequest) -> DemoRegister:
    return make_register(request.param)


def final(register: DemoRegister, kind: str) -> list[Any]:
    """The facts of a kind as they stand after all corrections."""
    return [fact.corrected or fact.entry for fact in register.facts[kind]]


def test_the_same_day_gives_the_same_register(register: DemoRegister) -> None:
    again = make_register(register.today)
    assert again.plants == register.plants
    assert again.facts == register.facts
    assert again.enterprises == register.enterprises


def test_it_is_a_city_of_about_300_enterprises_in_six_districts_and_a_zone(
    register: DemoRegister,
) -> None:
    assert 295 <= len(register.enterprises) <= 315
    assert 330 <= len(register.plants) <= 390
    assert {plant.county for plant in register.plants} == set(COUNTY_CODES.values())
    assert len(COUNTY_CODES) == 7


def test_every_enterprise_is_marked_and_every_code_is_right_in_form(register: DemoRegister) -> None:
    codes = [fact.entry.uscc for fact in register.enterprises]
    assert len(set(codes)) == len(codes)
    for fact in register.enterprises:
        assert "示例" in fact.entry.name
        assert uscc_problem(fact.entry.uscc) is None
    for plant in register.plants:
        uscc = codes[plant.enterprise_id]
        assert permit_number_problem(plant.permit_number, uscc) is None


def test_nothing_is_decided_after_today_or_withdrawn_before_it_was_decided(
    register: DemoRegister,
) -> None:
    for violation in final(register, "violations"):
        assert violation.acted_on <= violation.decided_on <= register.today
        assert (violation.withdrawn_on or register.today) >= violation.decided_on
        assert (violation.withdrawn_on or register.today) <= register.today
    for finding in final(register, "findings"):
        assert finding.found_on <= register.today
        assert (finding.withdrawn_on or register.today) >= finding.found_on
    assert all(it.inspected_on <= register.today for it in final(register, "inspections"))
    assert all(it.applied_on <= register.today for it in final(register, "applications"))
    assert all(it.year == it.applied_on.year for it in final(register, "applications"))


def test_no_grade_starts_inside_a_standing_ban(register: DemoRegister) -> None:
    starts = final(register, "grades")
    for finding in final(register, "findings"):
        if finding.withdrawn_on is not None:
            continue
        for grade in starts:
            plant = register.plants[grade.plant_id]
            concerned = finding.plant_id in {grade.plant_id, None}
            if concerned and plant.enterprise_id == finding.enterprise_id:
                last = ban_last_day(finding.found_on)
                assert not finding.found_on <= grade.effective_on <= last


def test_every_grade_belongs_to_the_scheme_of_an_industry_of_its_plant(
    register: DemoRegister,
) -> None:
    rules = rulebook_on(register.today)
    industries: dict[int, list[Any]] = {}
    for industry in final(register, "industries"):
        industries.setdefault(industry.plant_id, []).append(industry)
    for grade in final(register, "grades"):
        if grade.source == "历史" or grade.rulebook != rules.id:
            continue
        schemes = [
            rules.scheme(catalogue().by_id(it.industry), it.subtype or None)
            for it in industries[grade.plant_id]
        ]
        assert None in schemes or any(grade.grade in it.grades for it in schemes if it)


def test_no_identity_of_the_ledger_stands_twice(register: DemoRegister) -> None:
    identities = {
        "grades": lambda it: (it.plant_id, it.rulebook, it.effective_on),
        "projects": lambda it: (it.plant_id, it.name),
        "applications": lambda it: (it.plant_id, it.project_name, it.pollutant, it.year),
        "industries": lambda it: (it.plant_id, it.industry, it.subtype),
        "lines": lambda it: (it.plant_id, it.number),
        "violations": lambda it: it.document,
        "findings": lambda it: it.document,
        "inspections": lambda it: it.action_code,
    }
    for kind, identity in identities.items():
        counted = Counter(map(identity, final(register, kind)))
        assert not [it for it, times in counted.items() if times > 1], kind


def test_every_violation_kind_grade_and_pollutant_occurs(register: DemoRegister) -> None:
    assert len({it.kind for it in final(register, "violations")}) == 6
    assert {it.grade for it in final(register, "grades")} == {
        "A+", "A", "引领性", "B", "B-", "C", "D", "非引领性"
    }  # fmt: skip
    assert len({it.pollutant for it in final(register, "applications")}) == 4
    assert any(it.plant_id is None for it in final(register, "findings"))


def test_every_story_has_its_enterprise(register: DemoRegister) -> None:
    names = {(fact.corrected or fact.entry).former_name for fact in register.enterprises}
    names |= {(fact.corrected or fact.entry).name for fact in register.enterprises}
    assert {f"示例·{story.title}有限公司" for story in STORIES} <= names
