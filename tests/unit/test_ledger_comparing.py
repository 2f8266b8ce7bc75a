"""A workbook held against the register: new, changed, the same, matched, refused (台账比较)."""

from __future__ import annotations

from datetime import date

import pytest

from app.ledger.comparing import Counts
from app.ledger.preview import Preview, preview_of
from app.ledger.problems import Level
from app.ledger.sheets import BY_NAME, SHEETS
from tests.workbooks import (
    A,
    B,
    C,
    compared,
    finding,
    found,
    grade,
    lawful,
    person,
    places,
    recorded,
    texts,
)


def test_every_row_of_a_lawful_workbook_is_new_in_an_empty_register() -> None:
    comparison = compared(lawful())
    assert texts(comparison) == ""
    assert {name: counts.new for name, counts in comparison.counts.items()} == {
        name: len(rows) for name, rows in lawful().items()
    }
    assert set(comparison.counts) == {spec.name for spec in SHEETS}


def test_the_same_workbook_again_changes_nothing() -> None:
    comparison = compared(lawful(), recorded(lawful()), person())
    assert comparison.is_unchanged
    assert not comparison.is_refused
    assert all(counts.new == counts.changed == 0 for counts in comparison.counts.values())


def test_a_changed_cell_is_shown_as_old_and_new() -> None:
    tables = lawful()
    tables["企业"][0]["联系电话"] = "0575-2"
    preview = preview_of(compared(tables, recorded(lawful()), person(head=True)))
    (change,) = preview.changes
    assert (change.sheet, change.row, change.kind) == ("企业", 2, "changed")
    assert [(it.column, it.old, it.new) for it in change.cells] == [
        ("联系电话", "0575-1", "0575-2")
    ]
    assert preview.counts["企业"] == Counts(changed=1, same=1)


def test_a_blank_cell_never_erases_and_an_absent_column_is_untouched() -> None:
    tables = lawful()
    del tables["企业"][0]["联系电话"]
    tables["厂区"] = [{k: v for k, v in row.items() if k != "镇街"} for row in tables["厂区"]]
    tables["厂区"][0]["排污许可证编号"] = None
    assert compared(tables, recorded(lawful()), person()).is_unchanged


@pytest.mark.parametrize(
    ("sheet", "row", "column"), [("违法行为", 1, "撤销日期"), ("等级", 1, "失效日期")]
)
def test_a_blank_where_a_withdrawal_or_an_end_stands_is_reported_and_not_taken(
    sheet: str, row: int, column: str
) -> None:
    tables = lawful()
    tables[sheet][row][column] = None
    tables[sheet][0][column] = None
    comparison = compared(tables, recorded(lawful()), person())
    assert comparison.is_unchanged
    assert places(comparison, Level.WARNING) == [(sheet, row + 2, column)]


def test_a_withdrawal_is_a_changed_row() -> None:
    tables = lawful()
    tables["违法行为"][0]["撤销日期"] = date(2025, 5, 1)
    preview = preview_of(compared(tables, recorded(lawful()), person()))
    assert [(it.column, it.old, it.new) for it in preview.changes[0].cells] == [
        ("撤销日期", "", "2025-05-01")
    ]


def test_brackets_of_a_document_number_make_no_other_fact() -> None:
    tables = lawful()
    tables["违法行为"][0]["决定文号"] = "绍环罚[2025]1号"
    tables["建设项目"][0]["项目名称"] = "扩建(一期)"
    assert compared(tables, recorded(lawful()), person()).is_unchanged


def test_another_kind_under_one_document_is_another_violation() -> None:
    tables = lawful()
    tables["违法行为"].append({**tables["违法行为"][0], "类型": "逃避监管排放"})
    comparison = compared(tables, recorded(lawful()), person())
    assert comparison.counts["违法行为"].new == 1


def test_an_application_for_a_project_under_other_brackets_is_for_that_project() -> None:
    tables = lawful()
    tables["排污权申请"][0]["项目名称"] = "扩建(一期)"
    comparison = compared(tables)
    assert comparison.changes("排污权申请")[0].values["project_name"] == "扩建（一期）"
    assert places(comparison, Level.READ_AS) == [("排污权申请", 2, "项目名称")]


@pytest.mark.parametrize("sheet", [spec.name for spec in SHEETS])
def test_the_same_identity_twice_is_refused_and_both_rows_are_named(sheet: str) -> None:
    tables = lawful()
    tables[sheet].append(dict(tables[sheet][0]))
    comparison = compared(tables)
    last = len(tables[sheet]) + 1
    (refusal,) = found(comparison)
    assert (refusal.sheet, refusal.row) == (sheet, last)
    assert "第 2 行" in refusal.text
    assert f"第 {last} 行" in refusal.text


def test_a_duplicate_under_other_brackets_and_widths_is_found() -> None:
    tables = lawful()
    tables["企业"].append({"统一社会信用代码": A.lower(), "企业名称": "示例甲(绍兴)有限公司"})
    assert places(compared(tables)) == [("企业", 4, "统一社会信用代码")]


# --- Whom a row is about -----------------------------------------------------------------------


def test_a_plant_without_its_enterprise_is_refused() -> None:
    tables = lawful()
    tables["厂区"].append(
        {"统一社会信用代码": C, "厂区编号": "001", "厂区名称": "无主", "区县代码": "330602"}
    )
    comparison = compared(tables)
    assert places(comparison) == [("厂区", 5, "统一社会信用代码")]


def test_a_fact_of_an_unknown_plant_is_refused() -> None:
    tables = lawful()
    tables["违法行为"][1]["厂区编号"] = "009"
    assert places(compared(tables)) == [("违法行为", 3, "厂区编号")]


def test_a_refused_enterprise_does_not_call_forth_a_refusal_of_all_its_rows() -> None:
    tables = lawful()
    tables["企业"][0]["成立日期"] = "10.5.3"
    tables["厂区"][2]["区县代码"] = "999999"
    assert places(compared(tables)) == [("企业", 2, "成立日期"), ("厂区", 4, "区县代码")]


def test_a_fact_may_rest_on_what_the_register_holds() -> None:
    more = {"等级": [grade(B, "001", "B", date(2025, 6, 1))]}
    comparison = compared(more, recorded(lawful()), person(head=True))
    assert texts(comparison) == ""
    assert comparison.counts["等级"].new == 1


def test_an_old_workbook_that_names_the_former_code_is_matched_and_reported() -> None:
    register = recorded(lawful())
    enterprise_id = register.enterprises[A]
    register.enterprises[C] = register.enterprises.pop(A)
    register.former_codes = {A: frozenset({enterprise_id})}
    comparison = compared({"企业": lawful()["企业"][:1]}, register, person())
    assert not comparison.is_refused
    assert comparison.is_unchanged
    assert C in texts(comparison, Level.READ_AS)


def test_an_old_workbook_that_names_the_former_owner_of_a_plant_is_matched_and_reported() -> None:
    register = recorded(lawful())
    plant_id = register.plants.pop((register.enterprises[A], "002"))
    register.former_numbers = {(register.enterprises[A], "002"): frozenset({plant_id})}
    old = {"厂区": lawful()["厂区"][1:2], "等级": lawful()["等级"][1:2]}
    comparison = compared(old, register, person())
    assert not comparison.is_refused
    assert comparison.is_unchanged
    assert places(comparison, Level.READ_AS) == [("厂区", 2, "厂区编号"), ("等级", 2, "厂区编号")]


# --- Columns -----------------------------------------------------------------------------------


def test_a_new_row_needs_every_starred_column_and_a_row_on_record_does_not() -> None:
    tables = {"行业": [{k: v for k, v in row.items() if k != "角色"} for row in lawful()["行业"]]}
    assert compared(tables, recorded(lawful()), person()).is_unchanged
    tables["行业"].append({"统一社会信用代码": A, "厂区编号": "001", "行业": "工业涂装"})
    comparison = compared(tables, recorded(lawful()), person())
    assert places(comparison) == [("行业", 5, "")]
    assert "角色" in texts(comparison)


# --- Rules of one row --------------------------------------------------------------------------

ROW_FAULTS = [
    ("等级", 0, {"失效日期": date(2024, 1, 10)}, "失效日期"),
    ("违法行为", 0, {"行为日期": date(2025, 3, 2)}, "行为日期"),
    ("违法行为", 0, {"撤销日期": date(2025, 2, 28)}, "撤销日期"),
    ("虚假材料", 0, {"撤销日期": date(2023, 8, 31)}, "撤销日期"),
    ("检查", 0, {"实际等级": None}, "实际等级"),
    ("检查", 0, {"检查人员": "张三"}, "检查人员"),
    ("厂区", 0, {"经度": "30.01", "纬度": "120.58"}, "经度"),
    ("厂区", 0, {"纬度": None}, "经度"),
    ("厂区", 0, {"排污许可证编号": B + "001P"}, "排污许可证编号"),
    ("排污权申请", 0, {"申请量": 0}, "申请量"),
]
ROW_EDGES = [
    ("等级", 0, {"失效日期": date(2024, 1, 11)}),
    ("违法行为", 0, {"行为日期": date(2025, 3, 1)}),
    ("违法行为", 0, {"撤销日期": date(2025, 3, 1)}),
    ("虚假材料", 0, {"撤销日期": date(2023, 9, 1)}),
    ("检查", 0, {"结论": "符合", "实际等级": None}),
]


@pytest.mark.parametrize(("sheet", "row", "cells", "column"), ROW_FAULTS)
def test_a_row_that_breaks_a_rule_is_refused_at_its_cell(
    sheet: str, row: int, cells: dict[str, object], column: str
) -> None:
    tables = lawful()
    tables[sheet][row].update(cells)
    comparison = compared(tables)
    assert places(comparison) == [(sheet, row + 2, column)]
    assert all(it.mend for it in found(comparison))


@pytest.mark.parametrize(("sheet", "row", "cells"), ROW_EDGES)
def test_a_row_at_the_edge_of_a_rule_is_lawful(
    sheet: str, row: int, cells: dict[str, object]
) -> None:
    tables = lawful()
    tables[sheet][row].update(cells)
    assert texts(compared(tables)) == ""


def test_the_rules_look_at_the_row_as_it_would_be_recorded() -> None:
    update = {"违法行为": [{**lawful()["违法行为"][0], "撤销日期": date(2025, 2, 1)}]}
    del update["违法行为"][0]["行为日期"]
    comparison = compared(update, recorded(lawful()), person())
    assert places(comparison) == [("违法行为", 2, "撤销日期")]


# --- The preview as a file ---------------------------------------------------------------------


def test_a_preview_is_read_again_as_it_was_kept() -> None:
    tables = lawful()
    tables["企业"][0]["联系电话"] = "0575-2"
    tables["等级"][0]["等级"] = "E"
    tables["厂区"][0]["厂区编号"] = 1
    preview = preview_of(compared(tables, recorded(lawful()), person(head=True)))
    assert preview.is_refused
    assert preview.changes
    assert preview.read_as
    assert Preview.from_bytes(preview.as_bytes()) == preview


def test_the_hash_of_a_change_set_tells_changes_apart_and_is_the_same_for_the_same() -> None:
    tables = lawful()
    first = compared(tables).sha256
    assert compared(lawful()).sha256 == first
    tables["企业"][0]["备注"] = "新"
    assert compared(tables).sha256 != first


def test_every_sheet_of_the_contract_is_declared_with_its_columns_in_order() -> None:
    assert [column.header for column in BY_NAME["等级"].columns] == [
        "统一社会信用代码", "厂区编号", "规则集", "等级", "生效日期", "失效日期", "来源", "文号",
    ]  # fmt: skip
    assert BY_NAME["厂区"].asked_columns[-1].header == "镇街"


def test_a_finding_in_the_register_is_not_new_because_its_plant_is_typed_in_another_width() -> None:
    tables = {"虚假材料": [finding(B, "１", date(2023, 9, 1))]}
    assert compared(tables, recorded(lawful()), person()).is_unchanged
