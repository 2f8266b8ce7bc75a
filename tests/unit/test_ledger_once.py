"""One fault is told once, where it is (一处错误只说一次): no refusal follows from another's fault.

What an unread row, sheet or cell would have said is not known, so nothing is concluded from it.
"""

from __future__ import annotations

from datetime import date

import pytest

from app.ledger.problems import Level
from tests.workbooks import (
    KEQIAO,
    SHANGYU,
    YUECHENG,
    A,
    B,
    C,
    Tables,
    compared,
    finding,
    found,
    lawful,
    person,
    places,
    recorded,
    texts,
)

# --- A row that stands twice -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"), [("主要", "主要"), ("主要", "参照"), ("参照", "主要")]
)
def test_an_industry_that_stands_twice_is_told_as_that_alone(first: str, second: str) -> None:
    tables = lawful()
    tables["行业"][0]["角色"] = first
    tables["行业"].append({**tables["行业"][0], "角色": second})
    assert places(compared(tables)) == [("行业", 5, "统一社会信用代码")]


def test_two_main_industries_are_told_beside_another_row_that_stands_twice() -> None:
    tables = lawful()
    other = {"统一社会信用代码": A, "厂区编号": "001", "行业": "家具", "角色": "主要"}
    tables["行业"] += [other, dict(other)]
    assert places(compared(tables)) == [("行业", 5, "角色"), ("行业", 6, "统一社会信用代码")]


def test_a_grade_that_stands_twice_is_not_held_against_its_scheme_twice() -> None:
    tables = lawful()
    tables["等级"][0]["等级"] = "引领性"
    tables["等级"].append(dict(tables["等级"][0]))
    assert places(compared(tables)) == [("等级", 2, "等级"), ("等级", 5, "统一社会信用代码")]


# --- A sheet whose header cannot be read -------------------------------------------------------


@pytest.mark.parametrize("sheet", ["企业", "厂区", "行业", "建设项目", "生产线"])
def test_a_sheet_without_its_key_column_is_the_only_fault(sheet: str) -> None:
    tables = lawful()
    for row in tables[sheet]:
        row["信用代码"] = row.pop("统一社会信用代码")
    comparison = compared(tables)
    assert [it.sheet for it in found(comparison)] == [sheet]
    assert "没有行业" not in texts(comparison, Level.WARNING)


def test_an_unread_sheet_of_industries_leaves_schemes_unjudged() -> None:
    tables = lawful()
    tables["等级"][0]["等级"] = "引领性"
    for row in tables["行业"]:
        del row["厂区编号"]
    assert places(compared(tables)) == [("行业", 1, "厂区编号")]


def test_who_is_missing_may_be_the_row_whose_code_could_not_be_read() -> None:
    tables = lawful()
    tables["企业"][1]["统一社会信用代码"] = B[:-1]
    refusal = next(it for it in found(compared(tables)) if it.sheet == "厂区")
    assert "“企业”表第 3 行" in refusal.what
    tables = lawful()
    tables["厂区"][2]["厂区编号"] = "一号"
    refusal = next(it for it in found(compared(tables)) if it.sheet == "行业")
    assert "“厂区”表第 4 行" in refusal.what


# --- Industries and schemes --------------------------------------------------------------------


def test_a_grade_is_not_refused_while_another_industry_of_its_plant_is_unread() -> None:
    tables = lawful()
    tables["等级"][0]["等级"] = "引领性"
    tables["行业"].append(
        {"统一社会信用代码": A, "厂区编号": "001", "行业": "航天", "角色": "参照"}
    )
    assert places(compared(tables)) == [("行业", 5, "行业")]
    tables["等级"][0]["来源"] = "历史"
    assert places(compared(tables), Level.WARNING) == []


@pytest.mark.parametrize(
    ("industry", "said"), [("铁合金", "等级方案未知"), ("铸造", "不在该厂区行业的等级方案内")]
)
def test_a_grade_of_the_past_is_warned_of_for_what_is_so(industry: str, said: str) -> None:
    tables = lawful()
    tables["行业"][0]["行业"] = industry
    tables["等级"][0].update({"等级": "引领性", "来源": "历史"})
    (warning,) = [it for it in found(compared(tables), Level.WARNING) if it.sheet == "等级"]
    assert said in warning.what


# --- Who may enter it --------------------------------------------------------------------------


def whole_enterprise() -> Tables:
    """A finding on all plants of an enterprise that has one in 越城 and one in 上虞."""
    return {"虚假材料": [finding(A, None, date(2025, 8, 1))]}


def test_a_county_head_learns_why_a_finding_on_a_whole_enterprise_is_not_the_countys() -> None:
    (refusal,) = found(
        compared(whole_enterprise(), recorded(lawful()), person(YUECHENG, head=True))
    )
    assert "有厂区不在您的区县" in refusal.what
    assert "厂区编号" in refusal.mend
    assert "权限" not in refusal.text


def test_whoever_decides_nowhere_is_told_only_that() -> None:
    (refusal,) = found(compared(whole_enterprise(), recorded(lawful()), person(YUECHENG)))
    assert "没有这项权限" in refusal.what
    assert "区县" in refusal.what
    assert "有厂区不在" not in refusal.text


def test_an_officer_of_two_counties_who_heads_one_is_told_whose_head_is_needed() -> None:
    importer = person(YUECHENG, SHANGYU)
    head = person(YUECHENG, head=True).decisions
    importer = type(importer)(importer.name, importer.user_id, importer.scope, head)
    (refusal,) = found(compared(whole_enterprise(), recorded(lawful()), importer))
    assert "全部区县的负责人" in refusal.what


def test_an_enterprise_elsewhere_is_refused_as_an_enterprise() -> None:
    tables: Tables = {"企业": [{"统一社会信用代码": B, "企业名称": "改名"}]}
    (refusal,) = found(compared(tables, recorded(lawful()), person(YUECHENG)))
    assert "该企业的厂区都不在您的区县" in refusal.what


def test_moving_a_plant_out_of_the_county_is_told_as_that() -> None:
    tables: Tables = {"厂区": [{**lawful()["厂区"][2], "区县代码": SHANGYU}]}
    (refusal,) = found(compared(tables, recorded(lawful()), person(KEQIAO)))
    assert "改动后" in refusal.what
    assert C not in refusal.text
