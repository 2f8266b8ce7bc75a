"""统一社会信用代码 (GB 32100-2015) and 排污许可证编号 (HJ 608-2017), as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as second_opinion

from app.registry.domain import (
    normalised_permit_number,
    normalised_plant_number,
    normalised_uscc,
    permit_number_problem,
    plant_number_problem,
    uscc_check_character,
    uscc_problem,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE = "91130200699229617X"


@pytest.mark.parametrize(
    "code", [CODE, "91350100M000100Y43", "11500000MB1614741U", "11371500MB28359259"]
)
def test_codes_of_real_bodies_are_accepted(code: str) -> None:
    assert uscc_problem(code) is None


numeric_first = st.tuples(
    st.text("0123456789", min_size=8, max_size=8), st.text(ALPHABET, min_size=9, max_size=9)
).map("".join)


@given(numeric_first)
def test_the_check_character_agrees_with_an_independent_computation(first_17: str) -> None:
    assert uscc_check_character(first_17) == second_opinion.calc_check_digit(first_17)
    assert uscc_problem(first_17 + uscc_check_character(first_17)) is None


@given(numeric_first, st.sampled_from(ALPHABET))
def test_a_code_is_accepted_exactly_when_the_second_opinion_accepts_it(
    first_17: str, last: str
) -> None:
    assert (uscc_problem(first_17 + last) is None) == second_opinion.is_valid(first_17 + last)


def test_every_one_of_the_31_check_characters_can_occur() -> None:
    made = {uscc_check_character(f"9133060{n:010d}") for n in range(400)}
    assert made == set(ALPHABET)


@given(numeric_first, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(first_17: str, place: int, wrong: str) -> None:
    code = first_17 + uscc_check_character(first_17)
    mistyped = code[:place] + wrong + code[place + 1 :]
    assert (uscc_problem(mistyped) is None) == (mistyped == code)


def test_a_code_of_another_registering_body_may_begin_with_letters() -> None:
    first_17 = "N2330604MF1234567"
    assert uscc_problem(first_17 + uscc_check_character(first_17)) is None


@pytest.mark.parametrize(
    "typed",
    [
        " 91130200699229617x ",
        "９１１３０２００６９９２２９６１７Ｘ",
        "9113 0200 6992 2961 7X\u200b",
    ],
)
def test_width_case_and_blanks_are_read_safely(typed: str) -> None:
    assert normalised_uscc(typed) == CODE


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "没有填写"),
        ("9113020069922961", "应为 18 位，现为 16 位"),
        ("330600000012345", "旧的工商注册号"),
        ("9.1130200699E+17", "设为文本格式"),
        ("911302006992296170", "校验码（第 18 位“0”）与前 17 位不符"),
        ("9113O200699229617X", "第 5 位是字母 O"),
        ("91130200699229617V", "第 18 位是字母 V"),
        ("9113020069922961-X", "第 17 位是“-”"),
        ("91A30200699229617X", "第 3 至 8 位是登记机关行政区划码"),
    ],
)
def test_a_wrong_code_is_told_apart_by_its_fault_and_how_to_mend_it(code: str, says: str) -> None:
    problem = uscc_problem(code)
    assert problem is not None
    assert says in problem
    assert "请" in problem


@pytest.mark.parametrize("letter", "IOSVZ")
def test_a_letter_that_codes_do_not_use_is_explained_not_corrected(letter: str) -> None:
    code = CODE[:9] + letter + CODE[10:]
    assert normalised_uscc(code) == code
    assert f"第 10 位是字母 {letter}" in (uscc_problem(code) or "")


# --- Permit numbers ---


@pytest.mark.parametrize("mark", "PXUY09")
def test_a_permit_number_is_the_code_three_digits_and_any_mark(mark: str) -> None:
    assert permit_number_problem(f"{CODE}001{mark}", CODE) is None


def test_a_permit_number_is_read_like_a_code() -> None:
    assert normalised_permit_number(f" {CODE.lower()}００１p") == f"{CODE}001P"


def test_a_substitute_code_keeps_its_lower_case_letter() -> None:
    number = normalised_permit_number("h9330604ABCDEFG12k001p")
    assert number == "H9330604ABCDEFG12k001P"
    assert permit_number_problem(number, CODE) is None


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (f"{CODE}001", "应为 22 位"),
        (f"{CODE}0A1P", "后 4 位"),
        (f"{CODE}001-", "后 4 位"),
        ("11500000MB1614741U001P", "与本企业的统一社会信用代码"),
        ("H9330604ABCDEFG12o001P", "除 i、o 以外的小写字母"),
        ("H9330604ABCDEFG121001P", "除 i、o 以外的小写字母"),
    ],
)
def test_a_wrong_permit_number_is_told_apart_by_its_fault(number: str, says: str) -> None:
    problem = permit_number_problem(number, CODE)
    assert problem is not None
    assert says in problem
    assert "请" in problem


# --- Plant numbers ---


@pytest.mark.parametrize(
    ("typed", "number"), [("1", "001"), ("02", "002"), (" ００３ ", "003"), ("010", "010")]
)
def test_a_short_plant_number_is_read_as_three_digits(typed: str, number: str) -> None:
    assert normalised_plant_number(typed) == number
    assert plant_number_problem(number) is None


@pytest.mark.parametrize("typed", ["", "0", "000", "1000", "A01", "一"])
def test_a_plant_number_is_001_to_999(typed: str) -> None:
    assert "三位数字" in (plant_number_problem(normalised_plant_number(typed)) or "")
