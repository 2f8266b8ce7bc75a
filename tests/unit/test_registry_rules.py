"""Names, document numbers and places of the register (登记信息), made comparable and plausible."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.registry.domain import coordinates_problem, coordinates_warning, document_key, name_key


@pytest.mark.parametrize(
    "name",
    [
        "示例甲铸造(绍兴)有限公司",
        "示例甲铸造（绍兴）有限公司",
        "示例甲铸造〔绍兴〕有限公司",
        "示例甲铸造［绍兴］有限公司",
        "示例甲铸造【绍兴】有限公司",
        " 示例甲铸造（绍兴） 有限公司\u3000",
    ],
)
def test_brackets_widths_and_blanks_make_no_other_name(name: str) -> None:
    assert name_key(name) == name_key("示例甲铸造（绍兴）有限公司")


def test_other_characters_do_make_another_name() -> None:
    assert name_key("示例甲铸造绍兴有限公司") != name_key("示例甲铸造（绍兴）有限公司")
    assert name_key("示例Ａbc厂") == name_key("示例ABC厂")


@pytest.mark.parametrize(
    "document",
    [
        "绍环罚[2025]1号",
        "绍环罚（2025）1号",
        "绍环罚(2025) 1 号",
        "绍环罚【２０２５】１号",
        "绍环罚﹝2025﹞1号",
    ],
)
def test_brackets_widths_and_blanks_make_no_other_document(document: str) -> None:
    assert document_key(document) == document_key("绍环罚〔2025〕1号")


def test_another_number_is_another_document() -> None:
    assert document_key("绍环罚〔2025〕11号") != document_key("绍环罚〔2025〕1号")


Pair = tuple[str | None, str | None]


def place(pair: Pair) -> tuple[Decimal | None, Decimal | None]:
    longitude, latitude = (None if text is None else Decimal(text) for text in pair)
    return longitude, latitude


@pytest.mark.parametrize(
    "pair", [(None, None), ("120.58", "30.01"), ("118", "27"), ("123", "31.5")]
)
def test_a_place_in_zhejiang_or_none_is_accepted_in_silence(pair: Pair) -> None:
    assert coordinates_problem(*place(pair)) is None
    assert coordinates_warning(*place(pair)) is None


@pytest.mark.parametrize(
    "pair", [("117.99", "30"), ("123.01", "30"), ("120", "26.99"), ("120", "31.51")]
)
def test_a_place_outside_zhejiang_is_pointed_out_not_refused(pair: Pair) -> None:
    assert coordinates_problem(*place(pair)) is None
    assert "浙江省范围" in (coordinates_warning(*place(pair)) or "")


@pytest.mark.parametrize(
    ("pair", "says"),
    [
        (("30.03", "120.88"), "填反了"),
        (("120.58", None), "现缺纬度"),
        ((None, "30.01"), "现缺经度"),
        (("0", "0"), "不在我国境内"),
        (("12058", "3001"), "十进制度"),
        (("NaN", "30"), "不在我国境内"),
    ],
)
def test_an_impossible_place_is_refused_with_what_to_do(pair: Pair, says: str) -> None:
    problem = coordinates_problem(*place(pair))
    assert problem is not None
    assert says in problem
    assert "请" in problem
    assert coordinates_warning(*place(pair)) is None
