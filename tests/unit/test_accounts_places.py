"""Which county a text means, and what a bureau's plan must hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.accounts.places import (
    SHAOXING,
    Bureau,
    BureauPlan,
    CountyIndex,
    CountyPlan,
    plan_problems,
    short_name,
    with_codes,
)


def index_of(plan: BureauPlan) -> CountyIndex:
    bureaus = [
        Bureau(plan.province_code, plan.province, short_name(plan.province), "province"),
        Bureau(plan.city_code, plan.city, short_name(plan.city), "city", plan.province_code),
    ]
    bureaus += [
        Bureau(
            code,
            county.name,
            short_name(county.name),
            "county",
            plan.city_code,
            county.former_codes,
        )
        for county, code in with_codes(plan)
    ]
    return CountyIndex(bureaus)


INDEX = index_of(SHAOXING)


@pytest.mark.parametrize(
    ("text", "code", "exact"),
    [
        ("330602", "330602", True),
        (" 330602 ", "330602", True),
        ("３３０６０２", "330602", True),
        ("330621", "330603", False),
        ("330682", "330604", False),
        ("越城区", "330602", False),
        ("越城", "330602", False),
        ("上虞市", "330604", False),
        ("绍兴市越城区", "330602", False),
        ("浙江省绍兴市诸暨市", "330681", False),
    ],
)
def test_a_county_is_found_by_code_former_code_or_name(text: str, code: str, exact: bool) -> None:
    found = INDEX.find(text)
    assert found is not None
    assert (found.county.code, found.exact) == (code, exact)


@pytest.mark.parametrize("text", ["", "区", "330600", "330605", "萧山区", "绍兴市", "3306", "越"])
def test_anything_else_is_no_county(text: str) -> None:
    assert INDEX.find(text) is None


def test_a_name_that_two_counties_share_finds_neither() -> None:
    plan = replace(
        SHAOXING, counties=(CountyPlan("城东区", "330611"), CountyPlan("城东县", "330612"))
    )
    index = index_of(plan)
    assert index.find("城东") is None
    assert index.find("城东区") is not None


def test_a_zone_without_a_division_code_gets_a_local_one() -> None:
    plan = replace(
        SHAOXING, counties=(*SHAOXING.counties, CountyPlan("滨海新区"), CountyPlan("文旅区"))
    )
    assert plan_problems(plan) == []
    assert [code for _, code in with_codes(plan)][-2:] == ["330691", "330692"]


def test_a_local_code_steps_aside_for_one_that_was_given() -> None:
    plan = replace(SHAOXING, counties=(CountyPlan("甲区", "330691"), CountyPlan("滨海新区")))
    assert [code for _, code in with_codes(plan)] == ["330691", "330692"]


def test_what_is_offered_is_in_order() -> None:
    assert plan_problems(SHAOXING) == []


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (replace(SHAOXING, city=""), "city"),
        (replace(SHAOXING, city_code="3306"), "city_code"),
        (replace(SHAOXING, province_code="３３００００"), "province_code"),
        (replace(SHAOXING, counties=()), "county_name_1"),
        (replace(SHAOXING, counties=(CountyPlan("", "330602"),)), "county_name_1"),
        (replace(SHAOXING, counties=(CountyPlan("越城区", "33060"),)), "county_code_1"),
        (
            replace(
                SHAOXING, counties=(CountyPlan("甲区", "330602"), CountyPlan("乙区", "330602"))
            ),
            "county_code_2",
        ),
        (
            replace(
                SHAOXING, counties=(CountyPlan("甲区", "330602"), CountyPlan("甲区", "330603"))
            ),
            "county_name_2",
        ),
        (replace(SHAOXING, counties=(CountyPlan("甲区", "330600"),)), "county_code_1"),
        (
            replace(SHAOXING, counties=tuple(CountyPlan(f"第{n}区") for n in range(10))),
            "county_name_1",
        ),
    ],
)
def test_a_faulty_plan_is_named_at_its_input(plan: BureauPlan, field: str) -> None:
    assert field in [name for name, _ in plan_problems(plan)]
