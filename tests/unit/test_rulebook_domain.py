"""Grades, schemes and the catalogue as the clauses describe them (规则库)."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rulebook import queries
from app.rulebook.domain import Catalogue, FormerName, GradeOrder, SchemeUse, UnknownEntry

DAY = date(2025, 6, 30)
CASES = Path(__file__).parents[1] / "cases"
LOWEST: list[dict[str, Any]] = tomllib.loads(
    (CASES / "rulebook_lowest_grades.toml").read_text(encoding="utf-8")
)["case"]
ORDER = queries.rulebook_on(DAY).grade_order
GRADES = ("A+", "A", "引领性", "B", "B-", "C", "D", "非引领性")


def test_the_order_of_grades_is_the_configured_one() -> None:
    assert [ORDER.rank(grade) for grade in GRADES] == [0, 1, 2, 3, 4, 5, 6, 6]


def test_an_ungraded_plant_ranks_after_every_grade() -> None:
    assert ORDER.rank(None) == 7
    assert not ORDER.at_least(None, "D")
    assert ORDER.at_least("非引领性", None)


def test_d_and_not_leading_are_equal() -> None:
    assert ORDER.at_least("D", "非引领性")
    assert ORDER.at_least("非引领性", "D")


def test_the_crossing_level_is_the_lowest_of_the_grades() -> None:
    assert ORDER.worst(["A", "引领性", "B"]) == "B"
    assert ORDER.worst(["引领性", "A"]) == "引领性"
    assert ORDER.worst(["A", None]) is None
    assert ORDER.worst([]) is None


@given(st.lists(st.sampled_from(GRADES), min_size=1))
def test_no_grade_is_below_the_crossing_level(grades: list[str]) -> None:
    worst = ORDER.worst(grades)
    assert worst in grades
    assert all(ORDER.at_least(grade, worst) for grade in grades)


def test_a_grade_outside_the_order_is_named_in_the_error() -> None:
    with pytest.raises(UnknownEntry, match="等级“S”不在等级排序中"):
        GradeOrder.from_tiers(["A", "B"]).rank("S")


@pytest.mark.parametrize("scheme", queries.schemes(), ids=lambda scheme: scheme.id)
def test_b_minus_is_allowed_wherever_b_is(scheme: Any) -> None:
    assert scheme.admits("B") == scheme.admits("B-")


def test_each_scheme_lists_its_grades_best_first() -> None:
    for scheme in queries.schemes():
        ranks = [ORDER.rank(grade) for grade in scheme.grades]
        assert ranks == sorted(ranks)
        assert scheme.lowest == scheme.grades[-1]


def test_each_rulebook_gives_the_grades_of_its_schemes() -> None:
    plan, national = (queries.rulebook(key, DAY) for key in ("shaoxing-2023", "national-2026"))
    assert plan.grades == ("A", "引领性", "B", "B-", "C", "D", "非引领性")
    assert national.grades == ("A+", "A", "B", "B-", "C", "D")


@pytest.mark.parametrize(
    "case", LOWEST, ids=[f"{c['rulebook']}-{c['industry']}-{c.get('subtype', '')}" for c in LOWEST]
)
def test_the_lowest_grade_of_the_scheme_is_known_or_marked_unverified(case: dict[str, Any]) -> None:
    book = queries.rulebook(case["rulebook"], DAY)
    industry = book.industry(case["industry"]).industry
    assert industry is not None
    lowest = book.lowest_grade(industry, case.get("subtype"))
    assert lowest.grade == case["lowest"]
    assert lowest.verified is case["verified"]
    assert lowest.rulebook == case["rulebook"]


def test_the_lowest_grade_of_an_abc_scheme_is_c() -> None:
    book = queries.rulebook("national-2026", DAY)
    casting = queries.catalogue().by_id("casting")
    simple = replace(
        casting, schemes=(SchemeUse("national-abc", "已核实", "文件", "national-2026"),)
    )
    assert book.lowest_grade(simple).grade == "C"


def test_a_scheme_can_change_on_a_day() -> None:
    book = queries.rulebook("shaoxing-2023", DAY)
    change = date(2025, 6, 30)
    casting = replace(
        queries.catalogue().by_id("casting"),
        schemes=(
            SchemeUse("abcd", "已核实", "旧", "shaoxing-2023", until_on=change),
            SchemeUse("leading", "已核实", "新", "shaoxing-2023", from_on=change),
        ),
    )
    before, of, after = (
        replace(book, on=day).scheme_of(casting).scheme_id
        for day in (date(2025, 6, 29), change, date(2025, 7, 1))
    )
    assert (before, of, after) == ("abcd", "leading", "leading")


def test_the_catalogue_holds_the_39_national_industries_in_order_and_the_local_ones() -> None:
    industries = queries.catalogue().industries
    numbers = [entry.number for entry in industries if not entry.local]
    assert numbers == list(range(1, 40))
    assert queries.whole("catalogue.national_count", DAY) == 39
    assert [entry.name for entry in industries if entry.local] == ["印染"]


def test_every_scheme_stated_has_a_confidence_and_a_source() -> None:
    for industry in queries.catalogue().industries:
        uses = [*industry.schemes, *(use for part in industry.subtypes for use in part.schemes)]
        assert industry.source
        assert all(use.source and use.confidence in {"已核实", "未核实"} for use in uses)
        assert all(code.source for code in industry.codes)


@pytest.mark.parametrize(
    ("text", "name", "how", "read_as"),
    [
        ("铸造", "铸造", "名称", None),
        ("6", "铸造", "序号", "铸造"),
        ("０６", "铸造", "序号", "铸造"),
        ("39.0", "工业涂装", "序号", "工业涂装"),
        (" 铸 造 ", "铸造", "名称", "铸造"),
        ("铸造行业", "铸造", "名称", "铸造"),
        ("家具", "家具制造", "唯一前缀", "家具制造"),
        ("玻璃", "玻璃", "名称", None),
        ("玻璃钢", "玻璃钢（纤维增强塑料制品）", "别名", "玻璃钢（纤维增强塑料制品）"),
        (
            "玻璃钢(纤维增强塑料制品)",
            "玻璃钢（纤维增强塑料制品）",
            "名称",
            "玻璃钢（纤维增强塑料制品）",
        ),
        ("合成革", "塑料人造革与合成革制造", "别名", "塑料人造革与合成革制造"),
        ("染整", "印染", "别名", "印染"),
    ],
)
def test_an_industry_is_read_by_number_name_alias_or_unique_prefix(
    text: str, name: str, how: str, read_as: str | None
) -> None:
    match = queries.catalogue().match(text)
    assert match.industry is not None
    assert (match.industry.name, match.how, match.read_as) == (name, how, read_as)


def test_an_ambiguous_prefix_names_the_candidates() -> None:
    match = queries.catalogue().match("炭")
    assert match.industry is None
    assert match.how == "有歧义"
    assert [entry.name for entry in match.candidates] == ["炭素", "炭黑制造"]


@pytest.mark.parametrize("text", ["", "  ", "0", "40", "航天", "行业", "-1"])
def test_a_text_that_names_no_industry_is_not_read(text: str) -> None:
    match = queries.catalogue().match(text)
    assert (match.industry, match.how, match.read_as) == (None, "未找到", None)


def test_a_subtype_is_read_by_name_alias_or_unique_prefix() -> None:
    catalogue = queries.catalogue()
    cement = catalogue.by_id("cement")
    read = [
        catalogue.match_subtype(cement, text) for text in ("独立粉磨站", "粉磨站", "独立", "砖")
    ]
    assert [match.subtype.name if match.subtype else None for match in read] == [
        "独立粉磨站",
        "独立粉磨站",
        "独立粉磨站",
        None,
    ]
    assert [match.read_as for match in read] == [None, "独立粉磨站", "独立粉磨站", None]


def test_a_label_carries_the_subtype() -> None:
    assert queries.catalogue().by_id("cement").label("熟料") == "水泥/熟料"
    assert queries.catalogue().by_id("casting").label() == "铸造"


def test_a_renamed_industry_keeps_its_former_name_for_earlier_days_and_for_reading() -> None:
    renamed = replace(
        queries.catalogue().by_id("casting"),
        name="铸造及热加工",
        former_names=(FormerName("铸造", date(2025, 1, 1)),),
    )
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 2))
    assert [renamed.name_on(day) for day in days] == ["铸造", "铸造及热加工", "铸造及热加工"]
    assert Catalogue((renamed,)).match("铸造").read_as == "铸造及热加工"


def test_a_retired_industry_leaves_the_catalogue_of_the_day_but_stays_on_record() -> None:
    retired = replace(queries.catalogue().by_id("casting"), until_on=date(2025, 1, 1))
    catalogue = Catalogue((retired,))
    days = (date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 2))
    assert [len(catalogue.on(day).industries) for day in days] == [1, 0, 0]
    assert catalogue.by_id("casting") is retired
