"""Finding headers and rows in workbooks as they arrive (台账的表头、合计行与多余的列)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from app.kernel.spreadsheets import UncomputedFormula, Workbook
from app.ledger.problems import Level
from app.ledger.reading import TypedLedger
from tests.workbooks import A, B, lawful, read, sheet_of, workbook

HEADER = ["统一社会信用代码", "企业名称", "备注"]


def sheet(*lines: Sequence[Any], name: str = "企业") -> TypedLedger:
    return read(Workbook((sheet_of(name, lines),)))


def rows(ledger: TypedLedger, name: str = "企业") -> list[int]:
    return [row.number for row in ledger.rows(name)]


def refused(ledger: TypedLedger) -> list[tuple[int | None, str]]:
    return [(it.row, it.column) for it in ledger.problems if it.level is Level.REFUSED]


def test_a_lawful_workbook_is_read_without_a_word() -> None:
    ledger = read(workbook(lawful()))
    assert ledger.problems == []
    assert ledger.ignored == []
    assert ledger.skipped == []


def test_title_rows_above_the_header_are_skipped_and_reported() -> None:
    ledger = sheet(["台账（2025年）"], ["填报单位：示例", None, "日期：9月"], HEADER, [A, "甲"])
    assert rows(ledger) == [4]
    assert [(it.first, it.last) for it in ledger.skipped] == [(1, 2)]


def test_the_column_order_is_free_and_stars_spaces_and_line_breaks_do_not_count() -> None:
    ledger = sheet(["备 注", "企业\n名称＊", " 统一社会信用代码*"], ["记", "甲", A])
    assert ledger.rows("企业")[0].values == {"note": "记", "name": "甲", "uscc": A}


def test_a_second_header_line_below_the_first_is_part_of_the_header() -> None:
    ledger = sheet(
        ["统一社会信用代码", "名称与备注", None], [None, "企业名称", "备注"], [A, "甲", "记"]
    )
    assert rows(ledger) == [3]
    assert ledger.rows("企业")[0].values["name"] == "甲"


def test_a_header_repeated_on_every_printed_page_is_skipped() -> None:
    ledger = sheet(HEADER, [A, "甲"], HEADER, [B, "乙"])
    assert rows(ledger) == [2, 4]
    assert [it.why for it in ledger.skipped] == ["重复的表头"]


@pytest.mark.parametrize(
    "line",
    [
        ["合计", None, "8家"],
        [None, "合 计", "8家"],
        ["小计"],
        ["填表人：某甲", None, "审核人：某乙"],
        [None, None, "填表日期：2025年9月"],
    ],
)
def test_a_line_for_people_without_a_code_is_skipped_and_reported(line: list[Any]) -> None:
    ledger = sheet(HEADER, [A, "甲"], line)
    assert rows(ledger) == [2]
    assert refused(ledger) == []
    assert [it.first for it in ledger.skipped] == [3]


def test_a_row_with_a_code_is_never_taken_for_a_total() -> None:
    ledger = sheet(HEADER, [A, "合计（绍兴）有限公司", "小计"])
    assert rows(ledger) == [2]


def test_a_row_without_its_code_is_refused_not_skipped() -> None:
    ledger = sheet(HEADER, [None, "示例戊有限公司", None])
    assert refused(ledger) == [(2, "统一社会信用代码")]


def test_blank_rows_and_rows_that_hold_only_a_number_are_skipped() -> None:
    ledger = sheet(["序号", *HEADER], [1, A, "甲"], [None, None], [2], [3, B, "乙"])
    assert rows(ledger) == [2, 5]
    assert [(it.first, it.last) for it in ledger.skipped] == [(3, 3), (4, 4)]
    assert refused(ledger) == []


def test_unknown_columns_and_sheets_are_named_and_left_aside() -> None:
    ledger = read(
        Workbook(
            (
                sheet_of("企业", [["序号", *HEADER, "镇街"], [1, A, "甲", None, "某镇"]]),
                sheet_of("说明", [["本表由镇街汇总"]]),
            )
        )
    )
    assert refused(ledger) == []
    said = "".join(ledger.ignored)
    assert all(word in said for word in ("序号", "镇街", "说明"))


def test_the_column_of_an_earlier_report_is_left_aside_without_a_word() -> None:
    assert sheet([*HEADER, "错误"], [A, "甲", None, "某错误"]).ignored == []


def test_a_sheet_without_its_header_is_refused_as_a_whole() -> None:
    ledger = sheet(["代码", "名称"], [A, "甲"])
    assert refused(ledger) == [(1, "")]
    assert "表头" in ledger.problems[0].text


def test_a_sheet_that_cannot_tell_whom_its_rows_are_about_is_refused_once() -> None:
    ledger = sheet(["统一社会信用代码", "厂区名称"], [A, "老厂"], [B, "本部"], name="厂区")
    assert refused(ledger) == [(1, "厂区编号")]


def test_two_columns_of_one_title_are_refused() -> None:
    assert refused(sheet([*HEADER, "备注"], [A, "甲", "一", "二"])) == [(1, "备注")]


def test_a_workbook_without_any_sheet_of_the_ledger_is_refused() -> None:
    ledger = sheet(["某表"], name="Sheet1")
    assert refused(ledger) == [(None, "")]
    assert "企业" in ledger.problems[0].mend


def test_an_empty_sheet_is_no_fault() -> None:
    assert read(Workbook((sheet_of("企业", []),))).problems == []


def test_text_like_a_formula_is_kept_as_text_and_pointed_out() -> None:
    ledger = sheet(HEADER, [A, "=HYPERLINK(1)", "-"])
    assert [(it.level, it.column) for it in ledger.problems] == [(Level.WARNING, "企业名称")]
    assert ledger.rows("企业")[0].values["name"] == "=HYPERLINK(1)"


def test_a_formula_nobody_computed_is_refused() -> None:
    ledger = sheet(HEADER, [A, UncomputedFormula("A1"), None])
    assert refused(ledger) == [(2, "企业名称")]
    assert "公式未计算" in ledger.problems[0].what


def test_a_finding_shows_the_cell_as_it_was_typed() -> None:
    ledger = sheet([*HEADER, "成立日期"], [A.lower(), "甲", None, "10.5.3"])
    told = {it.level: it for it in ledger.problems}
    assert told[Level.READ_AS].value == A.lower()
    assert told[Level.REFUSED].value == "10.5.3"
    assert told[Level.REFUSED].text.startswith("企业 第 2 行“成立日期”：")
    assert told[Level.REFUSED].mend.startswith("请写成")


def test_an_enterprise_wide_sheet_without_plant_numbers_says_what_that_means() -> None:
    ledger = sheet(
        ["统一社会信用代码", "类型", "决定日期", "决定文号"],
        [A, "其他", date(2025, 1, 1), "一号"],
        name="违法行为",
    )
    assert [(it.level, it.column) for it in ledger.problems] == [(Level.WARNING, "厂区编号")]
