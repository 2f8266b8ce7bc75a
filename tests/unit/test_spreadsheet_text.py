"""Cells become values; what was read as something else is said, what is refused can be mended."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.spreadsheets import (
    Cell,
    CellError,
    UncomputedFormula,
    clean_text,
    parse_choice,
    parse_code,
    parse_date,
    parse_decimal,
    parse_integer,
    parse_text,
    parse_yes_no,
)

DAY = date(2025, 6, 30)


@pytest.mark.parametrize(
    "cell",
    [
        DAY,
        "2025-06-30",
        "2025-6-30",
        "2025/6/30",
        "2025年6月30日",
        "20250630",
        20250630,
        " 2025-06-30 ",
    ],
)
def test_the_listed_forms_of_a_day_are_read_without_remark(cell: Cell) -> None:
    parsed = parse_date(cell)
    assert (parsed.value, parsed.read_as, parsed.problem) == (DAY, None, None)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (45838, DAY),
        (20000, date(1954, 10, 3)),
        (60000, date(2064, 4, 8)),
        (Decimal("45838.5"), DAY),
        (datetime.combine(DAY, time(8)), DAY),
        ("２０２５－０６－３０", DAY),
        ("2025年 6月 30日", DAY),
    ],
)
def test_a_day_read_with_care_is_reported(cell: Cell, day: date) -> None:
    parsed = parse_date(cell)
    assert parsed.value == day
    assert parsed.read_as is not None
    assert day.isoformat() in parsed.read_as


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("45838", "文本"),
        ("10.5.3", "两位"),
        ("25-06-30", "两位"),
        ("25/6/30", "两位"),
        ("09年6月30日", "两位"),
        ("2010/2/30", "2 月没有 30 日"),
        ("2025-13-01", "没有 13 月"),
        ("20250231", "2 月没有 31 日"),
        (20250231, "2 月没有 31 日"),
        ("1899-12-31", "1900"),
        ("2025-06/30", "不是可以识别"),
        ("2025.6.30", "不是可以识别"),
        ("2025年6月", "不是可以识别"),
        ("昨天", "不是可以识别"),
        ("250630", "不是可以识别"),
        ("x" * 50_000, "不是可以识别"),
        (19999, "不是日期"),
        (60001, "不是日期"),
        (2025, "不是日期"),
        (True, "不是日期"),
        (time(8, 0), "不是日期"),
        (CellError("#REF!"), "#REF!"),
        (UncomputedFormula("A1"), "公式未计算"),
    ],
)
def test_a_day_that_cannot_be_sure_is_refused_with_the_way_to_mend_it(
    cell: Cell, says: str
) -> None:
    parsed = parse_date(cell)
    assert parsed.value is None
    assert parsed.problem is not None
    assert says in parsed.problem
    assert "请" in parsed.problem


def test_a_bare_day_number_of_a_1904_workbook_counts_from_1904() -> None:
    assert parse_date(44376, date1904=True).value == DAY


@given(st.dates(min_value=date(1900, 1, 1)))
def test_every_day_survives_every_listed_form(day: date) -> None:
    for text in (
        day.isoformat(),
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day:%Y%m%d}",
    ):
        assert parse_date(text).value == day


@given(st.one_of(st.text(), st.integers(), st.decimals(), st.booleans(), st.none()))
def test_no_cell_breaks_a_parser(cell: Cell) -> None:
    for parsed in (
        parse_date(cell),
        parse_integer(cell),
        parse_decimal(cell),
        parse_code(cell, digits=3),
        parse_text(cell),
        parse_yes_no(cell),
        parse_choice(cell, ("甲",)),
    ):
        assert parsed.value is None or parsed.problem is None


@pytest.mark.parametrize("blank", [None, "", "  ", "\u3000", "\u200b"])
def test_blank_cells_are_nothing_and_no_fault(blank: Cell) -> None:
    for parsed in (parse_date(blank), parse_decimal(blank), parse_text(blank), parse_code(blank)):
        assert (parsed.value, parsed.problem) == (None, None)


@pytest.mark.parametrize(
    ("cell", "value", "reported"),
    [
        (Decimal("8.331"), Decimal("8.331"), False),
        ("8.331", Decimal("8.331"), False),
        (60, Decimal(60), False),
        ("1.2000", Decimal("1.2"), False),
        ("1,200", Decimal(1200), True),
        ("1，200.5", Decimal("1200.5"), True),
        ("６０", Decimal(60), True),
        ("0", Decimal(0), False),
        ("-0", Decimal(0), False),
    ],
)
def test_a_number_is_read_to_the_digit(cell: Cell, value: Decimal, reported: bool) -> None:
    parsed = parse_decimal(cell)
    assert parsed.value == value
    assert (parsed.read_as is not None) is reported


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("约800", "不是数字"),
        ("800吨", "不是数字"),
        ("1e3", "不是数字"),
        ("1e999", "不是数字"),
        ("NaN", "不是数字"),
        ("Infinity", "不是数字"),
        ("12,00", "不是数字"),
        ("1_000", "不是数字"),
        ("٣", "不是数字"),
        ("--1", "不是数字"),
        ("1.2345", "四舍五入"),
        (Decimal("0.0001"), "四舍五入"),
        ("-5", "负数"),
        (-5, "负数"),
        (Decimal("1e30"), "太大"),
        ("9" * 13, "太大"),
        (DAY, "不是数字"),
        (True, "不是数字"),
        (Decimal("NaN"), "不是数字"),
        (CellError("#DIV/0!"), "除以了零"),
    ],
)
def test_what_is_no_number_is_refused(cell: Cell, says: str) -> None:
    parsed = parse_decimal(cell)
    assert parsed.value is None
    assert parsed.problem is not None
    assert says in parsed.problem


def test_whole_numbers() -> None:
    assert parse_integer(2025).value == 2025
    assert parse_integer("1,200").read_as == "“1,200”读作 1200"
    assert "请填整数" in (parse_integer("1.5").problem or "")


@pytest.mark.parametrize(
    ("cell", "digits", "value", "reported"),
    [
        ("91330604AY4CL12TH1", None, "91330604AY4CL12TH1", False),
        (" 91330604AY4CL12TH1 ", None, "91330604AY4CL12TH1", False),
        ("91330604ay4cl12th1", None, "91330604AY4CL12TH1", True),
        ("９１３３０６０４ＡＹ４ＣＬ１２ＴＨ１", None, "91330604AY4CL12TH1", True),
        ("9133 0604 AY4C L12T H1", None, "91330604AY4CL12TH1", True),
        ("001", 3, "001", False),
        (1, 3, "001", True),
        ("1", 3, "001", True),
        (330604, None, "330604", False),
    ],
)
def test_codes_are_read_in_half_width_and_capitals(
    cell: Cell, digits: int | None, value: str, reported: bool
) -> None:
    parsed = parse_code(cell, digits=digits)
    assert parsed.value == value
    assert (parsed.read_as is not None) is reported


def test_a_code_typed_as_a_long_number_is_refused_because_digits_are_lost() -> None:
    assert "前 15 位" in (parse_code(913306043456789000).problem or "")


def test_choices() -> None:
    options = ("A+", "A", "B", "引领性")
    assert parse_choice("B", options).read_as is None
    assert parse_choice("b", options).read_as == "“b”读作 B"
    assert parse_choice("Ａ＋", options).value == "A+"
    assert parse_choice("B级", options, {"B级": "B"}).read_as == "“B级”读作 B"
    assert "A+、A、B、引领性" in (parse_choice("Z", options).problem or "")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("是", True), ("否", False), (True, True), ("y", True), ("√", True), ("No", False)],
)
def test_yes_and_no(cell: Cell, value: bool) -> None:
    assert parse_yes_no(cell).value is value


def test_yes_and_no_refuses_the_rest() -> None:
    assert "是、否" in (parse_yes_no("也许").problem or "")


def test_text_loses_only_what_nobody_can_see() -> None:
    assert clean_text("\u3000绍\x00兴\u202e（\u200b上虞）\r\n\t铸造\xa0") == "绍兴（上虞） 铸造"
    assert clean_text("\U00031350\ue000") == "\U00031350\ue000", "rare names stay"
    assert parse_text(13800000000).value == "13800000000"
    assert parse_text(Decimal("1.50")).value == "1.50"
    assert parse_text(DAY).value == "2025-06-30"
