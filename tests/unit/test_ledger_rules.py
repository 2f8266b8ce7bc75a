"""Rules between rows: main industries, schemes, bans, and who may import what (台账规则)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.accounts.domain import Actor, Grant, Role
from app.kernel.authority import Scope
from app.ledger.problems import Level
from app.ledger.rules.reach import SYSTEM, Importer, importer_of
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
    grade,
    lawful,
    person,
    places,
    recorded,
    texts,
)

# --- PLAN-CROSS: exactly one main industry -----------------------------------------------------


def test_two_main_industries_of_a_plant_are_refused_and_both_are_named() -> None:
    tables = lawful()
    tables["行业"].append(
        {"统一社会信用代码": A, "厂区编号": "001", "行业": "家具", "角色": "主要"}
    )
    comparison = compared(tables)
    assert places(comparison) == [("行业", 5, "角色")]
    assert "第 2 行" in texts(comparison)


def test_a_plant_with_only_reference_industries_is_refused() -> None:
    tables = lawful()
    tables["行业"][0]["角色"] = "参照"
    assert places(compared(tables)) == [("行业", 2, "角色")]


def test_a_second_main_industry_beside_the_one_on_record_is_refused() -> None:
    row = {"统一社会信用代码": A, "厂区编号": "001", "行业": "家具", "角色": "主要"}
    comparison = compared({"行业": [row]}, recorded(lawful()), person())
    assert places(comparison) == [("行业", 2, "角色")]
    assert "登记簿中的铸造" in texts(comparison)


def test_the_main_industry_can_be_changed_by_saying_what_becomes_of_the_old_one() -> None:
    plant = {"统一社会信用代码": A, "厂区编号": "001"}
    rows = [{**plant, "行业": "铸造", "角色": "参照"}, {**plant, "行业": "家具", "角色": "主要"}]
    comparison = compared({"行业": rows}, recorded(lawful()), person())
    assert texts(comparison) == ""
    assert (comparison.counts["行业"].changed, comparison.counts["行业"].new) == (1, 1)


def test_a_new_plant_without_any_industry_is_pointed_out() -> None:
    tables = lawful()
    del tables["行业"][2]
    assert ("厂区", 4, "") in places(compared(tables), Level.WARNING)


# --- PLAN-GRADES: the scheme of one of the plant's industries ----------------------------------


def scheme_case(industry: str, given: str, **more: object) -> Tables:
    tables = lawful()
    tables["行业"][0].update({"行业": industry, "子类": more.pop("subtype", None)})
    tables["等级"][0].update({"等级": given, **more})
    return tables


@pytest.mark.parametrize("given", ["A", "B", "B-", "C", "D"])
def test_a_grade_of_the_scheme_is_lawful(given: str) -> None:
    assert texts(compared(scheme_case("铸造", given))) == ""


def test_a_grade_outside_a_verified_scheme_is_refused_without_another_way_out() -> None:
    comparison = compared(scheme_case("铸造", "引领性"))
    assert places(comparison) == [("等级", 2, "等级")]
    assert "未核实" not in texts(comparison)


def test_an_unverified_scheme_binds_and_says_so_and_names_the_way_out() -> None:
    comparison = compared(scheme_case("工业涂装", "引领性"))
    assert places(comparison) == [("等级", 2, "等级")]
    assert "未核实" in texts(comparison)
    assert "历史" in texts(comparison)


def test_an_unknown_scheme_admits_any_grade_of_the_rulebook_with_a_warning() -> None:
    comparison = compared(scheme_case("铁合金", "引领性"))
    assert texts(comparison) == ""
    assert places(comparison, Level.WARNING) == [("等级", 2, "等级")]


def test_history_admits_any_grade_of_the_rulebook_with_a_warning() -> None:
    comparison = compared(scheme_case("铸造", "引领性", 来源="历史"))
    assert texts(comparison) == ""
    assert places(comparison, Level.WARNING) == [("等级", 2, "等级")]


@pytest.mark.parametrize("source", ["核定", "历史"])
def test_a_grade_the_rulebook_does_not_know_is_always_refused(source: str) -> None:
    comparison = compared(scheme_case("铁合金", "A+", 来源=source))
    assert places(comparison) == [("等级", 2, "等级")]


def test_a_reference_industry_admits_the_grades_of_its_scheme() -> None:
    tables = scheme_case("铸造", "引领性")
    tables["行业"].append(
        {
            "统一社会信用代码": A,
            "厂区编号": "001",
            "行业": "水泥",
            "子类": "独立粉磨站",
            "角色": "参照",
        }
    )
    assert texts(compared(tables)) == ""


def test_industries_of_refused_rows_count_for_the_scheme() -> None:
    tables = scheme_case("铸造", "引领性")
    tables["行业"][0]["产能"] = "约800"
    assert places(compared(tables)) == [("行业", 2, "产能"), ("等级", 2, "等级")]


def test_an_industry_that_could_not_be_read_is_no_second_fault_of_the_grade() -> None:
    tables = scheme_case("航天", "引领性")
    comparison = compared(tables)
    assert places(comparison) == [("行业", 2, "行业")]
    assert places(comparison, Level.WARNING) == []


def test_a_grade_on_record_is_not_judged_again() -> None:
    register = recorded(scheme_case("铸造", "引领性", 来源="历史"))
    again = {"等级": [grade(A, "001", "引领性", date(2024, 1, 10), 文号="另一号")]}
    again["等级"][0]["来源"] = "历史"
    assert texts(compared(again, register, person(head=True))) == ""


# --- PLAN-FALSE: no grade but the lowest may start inside a standing ban -----------------------

FOUND = date(2024, 2, 29)
LAST = date(2025, 2, 28)


def ban_case(given: str, on: date, **more: object) -> Tables:
    tables = lawful()
    tables["等级"] = [grade(A, "001", given, on)]
    tables["虚假材料"] = [finding(A, "001", FOUND, **more)]
    return tables


@pytest.mark.parametrize("on", [FOUND, date(2024, 8, 1), LAST])
def test_a_grade_that_starts_inside_a_ban_is_refused(on: date) -> None:
    comparison = compared(ban_case("C", on))
    assert places(comparison) == [("等级", 2, "生效日期")]
    assert "2025-02-28" in texts(comparison)


@pytest.mark.parametrize("on", [date(2024, 2, 28), date(2025, 3, 1)])
def test_a_grade_that_starts_the_day_before_or_after_the_ban_is_lawful(on: date) -> None:
    assert texts(compared(ban_case("C", on))) == ""


def test_the_lowest_grade_may_start_inside_a_ban() -> None:
    assert texts(compared(ban_case("D", date(2024, 8, 1)))) == ""


def test_the_ban_of_a_finding_withdrawn_by_today_does_not_stand() -> None:
    withdrawn = {"撤销日期": date(2025, 9, 1)}
    assert texts(compared(ban_case("C", date(2024, 8, 1), **withdrawn), on=date(2025, 9, 1))) == ""
    assert places(compared(ban_case("C", date(2024, 8, 1), **withdrawn), on=date(2025, 8, 31)))


def test_an_enterprise_wide_finding_bans_every_plant() -> None:
    tables = ban_case("C", date(2024, 8, 1))
    tables["虚假材料"] = [finding(A, None, FOUND)]
    tables["等级"].append(grade(A, "002", "引领性", date(2024, 8, 1)))
    assert places(compared(tables)) == [("等级", 2, "生效日期"), ("等级", 3, "生效日期")]


def test_a_ban_on_record_refuses_a_new_grade() -> None:
    tables = ban_case("D", date(2024, 8, 1))
    new = {"等级": [grade(A, "001", "B", date(2024, 9, 1))]}
    comparison = compared(new, recorded(tables), person(head=True))
    assert places(comparison) == [("等级", 2, "生效日期")]


def test_withdrawing_the_finding_in_the_same_workbook_lifts_its_ban() -> None:
    register = recorded(ban_case("D", date(2024, 8, 1)))
    new: Tables = {
        "等级": [grade(A, "001", "B", date(2024, 9, 1))],
        "虚假材料": [finding(A, "001", FOUND, 撤销日期=date(2025, 1, 1))],
    }
    assert texts(compared(new, register, person(head=True))) == ""


def test_a_finding_is_never_refused_for_a_grade_on_record_and_names_what_it_voids() -> None:
    register = recorded(lawful())
    new = {"虚假材料": [finding(A, "001", date(2024, 1, 1))]}
    comparison = compared(new, register, person(head=True))
    assert texts(comparison) == ""
    said = texts(comparison, Level.WARNING)
    assert "2024-01-10" in said
    assert "等级 B 不再有效" in said


def test_a_finding_names_the_grade_that_holds_when_it_is_made() -> None:
    new = {"虚假材料": [finding(A, None, date(2025, 6, 1))]}
    said = texts(compared(new, recorded(lawful()), person(head=True)), Level.WARNING)
    assert "等级 B 不再有效" in said
    assert "等级 引领性 不再有效" in said


# --- Who imports -------------------------------------------------------------------------------


def own_county(sheet: str) -> Tables:
    """The rows of a sheet about the plant in 柯桥, in a file of its own."""
    return {sheet: [row for row in lawful()[sheet] if row["统一社会信用代码"] == B]}


@pytest.mark.parametrize("sheet", ["厂区", "行业", "违法行为"])
def test_a_county_officer_enters_rows_of_the_own_county_only(sheet: str) -> None:
    tables: Tables = {"企业": lawful()["企业"], "厂区": lawful()["厂区"], **own_county(sheet)}
    for row in tables[sheet]:
        row.update({"联系电话": "1"} if sheet == "企业" else {})
    fresh = {"企业": lawful()["企业"][1:], "厂区": own_county("厂区")["厂区"], **own_county(sheet)}
    empty = recorded({"排污权储备": lawful()["排污权储备"]})
    assert texts(compared(fresh, empty, person(KEQIAO))) == ""
    assert all(
        "不在您的区县" in it for it in texts(compared(fresh, empty, person(YUECHENG))).split("\n")
    )


def test_rows_of_another_county_are_refused() -> None:
    tables = lawful()
    tables["行业"][0]["产能"] = 1300
    comparison = compared({"行业": tables["行业"]}, recorded(lawful()), person(KEQIAO))
    assert places(comparison) == [
        ("行业", 2, "统一社会信用代码"),
        ("行业", 3, "统一社会信用代码"),
    ]


def test_a_plant_cannot_be_moved_into_or_out_of_the_own_county_by_its_officer() -> None:
    tables: Tables = {"厂区": [lawful()["厂区"][2]]}
    tables["厂区"][0]["区县代码"] = SHANGYU
    for county in (KEQIAO, SHANGYU):
        comparison = compared(tables, recorded(lawful()), person(county))
        assert places(comparison) == [("厂区", 2, "统一社会信用代码")]
    assert texts(compared(tables, recorded(lawful()), person(KEQIAO, SHANGYU))) == ""


def test_an_enterprise_wide_fact_needs_all_plants_of_the_enterprise() -> None:
    row = {**lawful()["违法行为"][0], "决定文号": "绍环罚〔2025〕9号"}
    for counties, is_lawful in (((YUECHENG,), False), ((YUECHENG, SHANGYU), True)):
        comparison = compared({"违法行为": [row]}, recorded(lawful()), person(*counties))
        assert (texts(comparison) == "") is is_lawful


def test_an_enterprise_may_be_corrected_by_whoever_has_a_plant_of_it_and_when_it_has_none() -> None:
    tables: Tables = {"企业": lawful()["企业"]}
    tables["企业"][0]["联系人"] = "某人"
    tables["企业"][1]["联系人"] = "某人"
    tables["企业"].append({"统一社会信用代码": C, "企业名称": "示例丙有限公司"})
    comparison = compared(tables, recorded(lawful()), person(SHANGYU))
    assert places(comparison) == [("企业", 3, "统一社会信用代码")]


@pytest.mark.parametrize("sheet", ["等级", "虚假材料", "排污权储备"])
def test_decisions_need_a_head_or_the_city(sheet: str) -> None:
    tables = {sheet: lawful()[sheet][-1:]}
    base = {name: rows for name, rows in lawful().items() if name != sheet}
    if sheet == "虚假材料":
        base["等级"] = lawful()["等级"][:2]
    register = recorded(base)
    assert "负责人" in texts(compared(tables, register, person(KEQIAO)))
    assert texts(compared(tables, register, person(KEQIAO, head=True))) == ""
    assert texts(compared(tables, register, person(head=True))) == ""


def test_a_head_decides_for_the_own_county_only() -> None:
    tables = {"等级": [grade(A, "001", "C", date(2025, 6, 1))]}
    comparison = compared(tables, recorded(lawful()), person(KEQIAO, head=True))
    assert places(comparison)
    assert "区县" in texts(comparison)


def test_who_is_officer_there_and_head_here_decides_here_only() -> None:
    both = replace(person(YUECHENG, head=True), scope=Scope(frozenset({YUECHENG, KEQIAO})))
    own, other = ({"等级": [grade(uscc, "001", "C", date(2025, 6, 1))]} for uscc in (A, B))
    assert texts(compared(own, recorded(lawful()), both)) == ""
    assert "您不是那里的负责人" in texts(compared(other, recorded(lawful()), both))


def test_an_officer_may_hand_in_an_exported_workbook_with_decisions_unchanged() -> None:
    tables = {name: own_county(name)[name] for name in ("企业", "厂区", "行业", "等级", "虚假材料")}
    tables["企业"][0]["联系人"] = "某人"
    comparison = compared(tables, recorded(lawful()), person(KEQIAO))
    assert texts(comparison) == ""
    assert comparison.counts["企业"].changed == 1


def test_the_system_fills_an_empty_register_only() -> None:
    assert texts(compared(lawful(), None, SYSTEM)) == ""
    assert compared(lawful(), recorded(lawful()), SYSTEM).is_unchanged
    tables = lawful()
    tables["企业"][0]["联系人"] = "某人"
    comparison = compared(tables, recorded(lawful()), SYSTEM)
    assert places(comparison) == [("", 0, "")]
    assert "--by" in texts(comparison)


def test_who_imports_reaches_as_far_as_their_role_and_decides_only_if_it_decides() -> None:
    def imported_by(*grants: Grant) -> Importer | None:
        return importer_of(Actor(1, "zhang", "张", grants))

    county = imported_by(Grant(Role.COUNTY_OFFICER, county="330602"))
    city = imported_by(Grant(Role.CITY_OFFICER))
    assert county is not None
    assert county.scope == Scope(frozenset({"330602"}))
    assert county.decisions is None
    assert not county.may_everything
    assert city is not None
    assert city.may_everything
    assert imported_by(Grant(Role.AUDITOR)) is None
