"""指标表 as files: the shape of the guide and TOML, both ways; mistakes told by their cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.indicators import shipped
from app.indicators.checking import faults, unverified_cells
from app.indicators.criteria import Evidence, IndicatorTable
from app.indicators.documents import as_text, from_text
from app.indicators.sheets import Problem, UnreadableTable, read_table, write_table
from app.indicators.toml_files import from_toml, to_toml
from app.kernel.spreadsheets import UnreadableWorkbook, read_workbook
from tests.indicators import GRADES, a_row, a_table, dust

DEMO = Path(__file__).parents[2] / "app/demo/data/indicators"
EVERY_KIND = replace(
    a_table(
        dust("0.008"),
        a_row("4.2", ("A", "NMHC（喷涂，小时均值）≤20～30mg/m³"), ("B", "同上一级"),
              ("B- C", "NMHC（喷涂，小时均值）≤40mg/m³（基准氧含量3.5%）"),
              ("D", "未达到B、C级要求")),
        a_row("4.3", ("A B B- C", "集气罩控制风速≥0.3m/s"), ("D", "未达到C级要求"),
              source="来源乙"),
        a_row("5.1", ("A", "1、甲\n2、乙"), ("B B-", "满足下列任意1项：\n1、甲\n2、乙"),
              ("C", "须做到：甲"), ("D", "未核实")),
        a_row("5.2", ("A", "国五及以上车辆比例≥80%"), ("B B- C D", "国四车辆比例≤5%")),
    ),
    source="",
)  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Path]:
    def make(table: IndicatorTable, spoil: Callable[[Any], None] = lambda _: None) -> Path:
        content, path = BytesIO(), tmp_path / "table.xlsx"
        write_table(content, table)
        book = openpyxl.load_workbook(content)
        spoil(book)
        book.save(path)
        return path

    return make


def with_evidence(table: IndicatorTable) -> IndicatorTable:
    """The first row with evidence, a cell's own source, and 不涉及 allowed."""
    row = table.rows[0]
    cells = (replace(row.cells[0], source="单元格来源"), *row.cells[1:])
    kinds = (Evidence("监测报告", "上一自然年"), Evidence("现场照片"))
    first = replace(row, cells=cells, evidence=kinds, may_not_apply=True)
    return replace(table, rows=(first, *table.rows[1:]))


def tables() -> list[IndicatorTable]:
    demo = [from_toml(path.read_text(encoding="utf-8")) for path in sorted(DEMO.glob("*.toml"))]
    return [EVERY_KIND, with_evidence(EVERY_KIND), *demo, *shipped.tables()]


@pytest.mark.parametrize("table", tables(), ids=lambda it: it.title)
def test_every_way_out_is_a_way_back(table: IndicatorTable, made: Callable[..., Path]) -> None:
    assert faults(table, [table.grades]) == []
    assert from_text(as_text(table)) == table
    assert from_toml(to_toml(table)) == table
    assert read_table(read_workbook(made(table), "表.xlsx"), table) == table


def test_shipped_tables_say_only_what_has_a_source() -> None:
    for table in shipped.tables():
        assert table.source
        assert unverified_cells(table) > 0
        for row in table.rows:
            known = unverified_cells(replace(table, rows=(row,))) < len(row.cells)
            assert row.source or not known, row.key


def test_cells_merged_over_several_rows_are_read_for_each(made: Callable[..., Path]) -> None:
    table = a_table(dust("10"), dust("8", "4.2"))

    def merge(book: Any) -> None:
        book["指标表"].merge_cells("H4:H5")

    assert read_table(read_workbook(made(table, merge), "表.xlsx"), table) == table


def problems(path: Path, table: IndicatorTable) -> tuple[Problem, ...]:
    with pytest.raises(UnreadableTable) as caught:
        read_table(read_workbook(path, "表.xlsx"), table)
    return caught.value.problems


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("D4", "≤10～20", "看不懂"),
        ("D4", "10 mg/m³", "看不懂"),
        ("D4", "颗粒物≤NaNmg/m³", "看不懂"),
        ("D4", "颗粒物≤-5mg/m³", "看不懂"),
        ("D4", "颗粒物≤1e999mg/m³", "看不懂"),
        ("D4", "颗粒物≤99999999999mg/m³", "看不懂"),
        ("D4", "颗粒物≤10mg/m³（基准氧含量21%）", "低于 21%"),
        ("D4", "同上一级", "最高等级"),
        ("D4", "=1/0", "公式"),
        ("E4", "颗粒物≤10kg/h", "两种单位"),
        ("H4", "未达到D级要求", "左侧"),
        ("A4", "", "编号应为"),
        ("A4", "编号一", "编号应为"),
        ("C4", None, "没有写指标名称"),
        ("I4", "也许", "“是”或“否”"),
        ("J4", "（上一年）", "看不懂"),
        ("K4", "源" * 201, "最多 200 个字"),
    ],
)
def test_a_mistake_is_told_by_its_cell(
    made: Callable[..., Path], cell: str, value: Any, said: str
) -> None:
    table = a_table(dust("10"))

    def spoil(book: Any) -> None:
        book["指标表"][cell] = value

    (problem,) = problems(made(table, spoil), table)
    assert (problem.sheet, problem.at) == ("指标表", cell)
    assert said in problem.text
    assert "请" in problem.text


def test_full_width_digits_are_read_as_they_are_meant(made: Callable[..., Path]) -> None:
    table = a_table(dust("10"))

    def spoil(book: Any) -> None:
        book["指标表"]["D4"] = "颗粒物≤１０ mg/m3"

    assert read_table(read_workbook(made(table, spoil), "表.xlsx"), table) == table


def test_a_number_used_twice_and_foreign_columns_are_told(made: Callable[..., Path]) -> None:
    table = a_table(dust("10"), dust("8", "4.2"))

    def double(book: Any) -> None:
        book["指标表"]["A5"] = "4.1"

    def rename(book: Any) -> None:
        book["指标表"]["D3"] = "甲级"

    assert "用了两次" in problems(made(table, double), table)[0].text
    assert "表头" in problems(made(table, rename), table)[0].text


def test_a_table_may_leave_out_b_minus(made: Callable[..., Path]) -> None:
    table = a_table(a_row("1", ("A", "须做到：甲"), ("B B- C D", "未核实")))
    without = replace(
        table, grades=("A", "B", "C", "D"),
        rows=(a_row("1", ("A", "须做到：甲"), ("B C D", "未核实")),),
    )  # fmt: skip
    book = read_workbook(made(without), "表.xlsx")
    assert read_table(book, table, [GRADES, ("A", "B", "C", "D")]) == without


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"%PDF-1.7", b"\xd0\xcf\x11\xe0x"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)
    with pytest.raises((UnreadableWorkbook, UnreadableTable), match="请"):
        read_table(read_workbook(path, "表.xlsx"), a_table())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("rulebook = ", "rulebok = "), "没有“rulebok”"),
        (('title = "测试指标表"', "title = 3"), "title 应为"),
        (('grades = ["A"]', 'grades = "A"'), "grades 应为"),
        (("≤10mg", "<>10mg"), "看不懂"),
        (("[[row]]", "[[row"), "TOML"),
        (("source = ", "grades = "), "TOML"),
        (('key = "4.1"', 'key = "4.1"\nmay_not_apply = 1'), "true 或 false"),
    ],
)
def test_a_mistake_in_toml_is_told(change: tuple[str, str], said: str) -> None:
    text = to_toml(a_table(dust("10"))).replace(*change)
    with pytest.raises(UnreadableTable, match="请") as caught:
        from_toml(text)
    assert said in str(caught.value)
