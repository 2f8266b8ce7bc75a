"""How single cells of the ledger are read (台账单元格): what as what, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.kernel.spreadsheets import Cell, Parsed
from app.ledger import parsing
from app.ledger.parsing import Parse
from tests.workbooks import A, tools

READ: list[tuple[Parse, Cell, object, bool]] = [
    (parsing.grade, "B", "B", False),
    (parsing.grade, "B级", "B", True),
    (parsing.grade, "b-", "B-", True),
    (parsing.grade, "Ｂ－", "B-", True),
    (parsing.grade, "A＋级", "A+", True),
    (parsing.grade, "引领", "引领性", True),
    (parsing.grade, "绩效引领性", "引领性", True),
    (parsing.grade, "非引领", "非引领性", True),
    (parsing.county, "330604", "330604", False),
    (parsing.county, 330604, "330604", False),
    (parsing.county, "上虞区", "330604", True),
    (parsing.county, "330682", "330604", True),
    (parsing.county, "绍兴市上虞区", "330604", True),
    (parsing.industry, "铸造", "casting", False),
    (parsing.industry, 6, "casting", False),
    (parsing.industry, "6", "casting", False),
    (parsing.industry, "家具", "furniture", True),
    (parsing.plant_number, "001", "001", False),
    (parsing.plant_number, 1, "001", True),
    (parsing.plant_number, "１２", "012", True),
    (parsing.uscc, A, A, False),
    (parsing.uscc, A.lower(), A, True),
    (parsing.gbt_code, "3391", "3391", False),
    (parsing.gbt_code, 3391, "3391", False),
    (parsing.gbt_code, "C3011", "3011", True),
    (parsing.year, 2025, 2025, False),
    (parsing.year, "2025年", 2025, True),
    (parsing.pollutant, "VOCs", "VOCs", False),
    (parsing.pollutant, "SO₂", "SO2", True),
    (parsing.pollutant, "氮氧化物", "NOx", True),
    (parsing.level, "省级", "province", False),
    (parsing.level, "市", "city", True),
    (parsing.permit_category, "重点", "重点管理", True),
    (parsing.rulebook, "shaoxing-2023", "shaoxing-2023", False),
    (parsing.rulebook, "Shaoxing-2023", "shaoxing-2023", True),
    (parsing.inspectors, "张三、李四", "张三、李四", False),
    (parsing.inspectors, "张三，李四", "张三、李四", True),
    (parsing.phone, "１３８", "138", True),
    (parsing.yes_no, "是", True, False),
]
REFUSED: list[tuple[Parse, Cell, str]] = [
    (parsing.grade, "E", "等级"),
    (parsing.grade, "优秀", "等级"),
    (parsing.county, "330699", "区县代码"),
    (parsing.county, "杭州市", "区县代码"),
    (parsing.industry, "航天", "行业目录"),
    (parsing.industry, "玻", "多个行业"),
    (parsing.industry, 99, "行业目录"),
    (parsing.plant_number, "000", "三位"),
    (parsing.plant_number, "东区", "三位"),
    (parsing.uscc, A[:-1] + ("0" if A[-1] != "0" else "1"), "校验码"),
    (parsing.uscc, 123456789012345678, "15 位"),
    (parsing.gbt_code, "铸造业", "国民经济行业代码"),
    (parsing.year, "25", "年度"),
    (parsing.year, 1925, "1925"),
    (parsing.pollutant, "CO2", "可选范围"),
    (parsing.positive_tonnes, 0, "大于 0"),
    (parsing.positive_tonnes, "1.2345", "小数"),
    (parsing.inspectors, "张三", "两人"),
    (parsing.inspectors, "张三、张三", "两人"),
    (parsing.violation_kind, "超标排放", "未依法环评"),
    (parsing.text(5), "一二三四五六", "5 个字"),
    (parsing.text(5), "㍿㍿", "5 个字"),
]


@pytest.mark.parametrize(("parse", "cell", "value", "is_told"), READ)
def test_what_can_be_read_safely_is_read_and_told(
    parse: Parse, cell: Cell, value: object, is_told: bool
) -> None:
    parsed: Parsed[Any] = parse(cell, tools())
    assert (parsed.value, parsed.problem) == (value, None)
    assert (parsed.read_as is not None) is is_told


@pytest.mark.parametrize(("parse", "cell", "word"), REFUSED)
def test_what_cannot_be_read_is_refused_with_a_way_to_mend_it(
    parse: Parse, cell: Cell, word: str
) -> None:
    parsed: Parsed[Any] = parse(cell, tools())
    assert parsed.value is None
    assert parsed.problem is not None
    assert word in parsed.problem
    assert "请" in parsed.problem


@pytest.mark.parametrize("cell", [None, "", "  ", "\u3000"])
@pytest.mark.parametrize("parse", sorted({parse for parse, *_ in READ}, key=repr))
def test_a_blank_cell_is_a_blank_whatever_the_column(parse: Parse, cell: Cell) -> None:
    assert parse(cell, tools()) == Parsed()


def test_a_subtype_is_read_within_its_industry() -> None:
    assert parsing.subtype("cement", "粉磨站", tools()).value == "独立粉磨站"
    refused = parsing.subtype("cement", "熟", tools())
    assert refused.value == "熟料"
    wrong = parsing.subtype("cement", "锅炉", tools()).problem
    assert wrong is not None
    assert "熟料" in wrong


def test_a_subtype_the_catalogue_cannot_know_is_kept_as_given() -> None:
    assert parsing.subtype("industrial-coating", "木器", tools()) == Parsed("木器")
