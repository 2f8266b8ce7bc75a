"""What goes out: the bureau's layout, equal cells by both engines, nothing that can run."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.spreadsheets import (
    Cell,
    CellError,
    Column,
    Limits,
    Row,
    Sheet,
    SheetLayout,
    UncomputedFormula,
    Workbook,
    read_workbook,
    write_csv,
    write_report_copy,
    write_xlsx,
)
from app.kernel.spreadsheets.delimited import read_csv
from app.kernel.spreadsheets.layout import CUT_MARK, LONGEST_CELL, sheet_names

ENGINES: tuple[Literal["portable", "fast"], ...] = ("portable", "fast")
PAYLOADS = [
    start + body
    for start in ("=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "|", "%")
    for body in (
        'HYPERLINK("http://x","示例")',
        "cmd|' /C calc'!A0",
        "1+1",
        'WEBSERVICE("http://x")',
    )
]
MOMENT = datetime.combine(date(2025, 1, 1), time(3, 4, 5))
UNCOMPUTED = UncomputedFormula("1")
COLUMNS = [
    Column("代码", 20, "code"),
    Column("名称", 30),
    Column("数", 10, "number"),
    Column("吨", 10, "tonnes"),
    Column("日", 12, "date"),
    Column("错误", 40, error=True),
]
ROWS: list[list[Cell]] = [
    [None] * 6,
    ["001", "=1+1", 5, Decimal("8.331"), date(2025, 1, 2), None],
    [1, None, "约800", None, "文本", ""],
    [None, "http://x.cn", Decimal("1.5"), Decimal("0.3"), MOMENT, "x" * 40_000],
    ["_x0041_", "a\x00b\r\nc  ", 12345678901234567890, True, date(1899, 1, 1), UNCOMPUTED],
    ["😀" * 20_000, "  前后 ", -3, Decimal("-0.5"), time(3, 4), CellError("#REF!")],
    ["末", 12, 0, Decimal(0), date(2025, 1, 2), "\ud800"],
]


def written(sheets: list[SheetLayout], engine: Literal["portable", "fast"]) -> bytes:
    buffer = io.BytesIO()
    write_xlsx(buffer, sheets, engine=engine)
    return buffer.getvalue()


def read(tmp_path: Path, content: bytes) -> Workbook:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    return read_workbook(path, "book.xlsx")


def formulas(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        sheets = [archive.read(name).decode() for name in archive.namelist() if "sheet" in name]
    return sum(
        sheet.count("<f>") + sheet.count("<f ") + sheet.count("<hyperlink") for sheet in sheets
    )


def layouts() -> list[SheetLayout]:
    return [
        SheetLayout("甲", COLUMNS, ROWS, ("=标题", "文号：@SUM(1)"), ("说明\x01",)),
        SheetLayout("空", COLUMNS, []),
        SheetLayout("单", [Column("一列")], [["-1"], ["+1"]], ("题",)),
    ]


def test_both_engines_give_the_same_cells(tmp_path: Path) -> None:
    portable, fast = (read(tmp_path, written(layouts(), engine)) for engine in ENGINES)
    assert portable == fast
    assert [sheet.name for sheet in portable.sheets] == ["甲", "空", "单"]
    assert portable.sheets[0].rows[4].cells == (
        "001",
        "=1+1",
        5,
        Decimal("8.331"),
        date(2025, 1, 2),
    )
    assert portable.sheets[1].rows[0].cells == tuple(column.header for column in COLUMNS)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_input_gives_the_same_bytes_at_any_time(
    engine: Literal["portable", "fast"],
) -> None:
    first = written(layouts(), engine)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        core = archive.read("docProps/core.xml").decode()
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
    assert core.count("2000-01-01T00:00:00Z") == 2
    assert written(layouts(), engine) == first


@pytest.mark.parametrize("engine", ENGINES)
def test_forty_payloads_stay_text(engine: Literal["portable", "fast"], tmp_path: Path) -> None:
    assert len(PAYLOADS) >= 40
    rows: list[list[Cell]] = [
        [payload, payload, payload, payload, payload, payload] for payload in PAYLOADS
    ]
    content = written([SheetLayout("a", COLUMNS, rows, ("=1+1",), ("=1+1",))], engine)
    assert formulas(content) == 0
    back = [row.cells[1] for row in read(tmp_path, content).sheets[0].rows[3:]]
    assert back == [payload.replace("\r", "\n") for payload in PAYLOADS]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_page_is_a4_across_with_header_filter_and_page_numbers(
    engine: Literal["portable", "fast"],
) -> None:
    page: Any = openpyxl.load_workbook(io.BytesIO(written(layouts(), engine))).worksheets[0]
    assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
    assert (page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage) == (0, True)
    assert page.print_title_rows == "$4:$4"
    assert page.freeze_panes == "A5"
    assert page.auto_filter.ref == "A4:F11"
    assert page.oddFooter.center.text == "第 &P 页 共 &N 页"
    assert page.column_dimensions["B"].width == pytest.approx(30.7, abs=0.1)
    assert [page.cell(6, column).number_format for column in (1, 4, 5)] == [
        "@",
        "0.000",
        "yyyy-mm-dd",
    ]
    assert page.cell(8, 6).font.color.rgb == "FFC00000"


@pytest.mark.parametrize(("rows", "engine"), [(5000, "portable"), (5001, "fast")])
def test_large_sheets_take_the_fast_engine(rows: int, engine: Literal["portable", "fast"]) -> None:
    sheet = [SheetLayout("a", [Column("一")], [[str(number)] for number in range(rows)])]
    automatic = io.BytesIO()
    write_xlsx(automatic, sheet)
    assert automatic.getvalue() == written(sheet, engine)


def test_a_path_is_written_as_well(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", layouts())
    assert (tmp_path / "a.xlsx").read_bytes() == written(layouts(), "portable")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_text_longer_than_a_cell_is_cut_where_all_can_see(
    engine: Literal["portable", "fast"], tmp_path: Path
) -> None:
    content = written(
        [SheetLayout("a", [Column("一")], [["甲" * 32_767], ["甲" * 32_768]])], engine
    )
    rows = read(tmp_path, content).sheets[0].rows
    whole, cut = rows[1].cells[0], rows[2].cells[0]
    assert whole == "甲" * 32_767
    assert isinstance(cut, str)
    assert cut.endswith(CUT_MARK)
    assert len(cut) == LONGEST_CELL


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_any_text_goes_out_alike_by_both_engines(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    sheet = [SheetLayout("a", [Column("一"), Column("二")], [[text, "末"] for text in texts])]
    contents = [written(sheet, engine) for engine in ENGINES]
    assert [formulas(content) for content in contents] == [0, 0]
    folder = tmp_path_factory.getbasetemp()
    portable, fast = (read(folder, content) for content in contents)
    assert portable == fast


def test_a_layout_that_contradicts_itself_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="different titles"):
        SheetLayout("a", [Column("一"), Column("一")], [])
    with pytest.raises(ValueError, match="another length"):
        SheetLayout("a", [Column("一")], [["1", "2"]])


def test_sheet_names_are_made_acceptable() -> None:
    assert sheet_names(["a/b", "A_B", "x" * 40, "x" * 40, "'", ""]) == [
        "a_b",
        "A_B(2)",
        "x" * 31,
        "x" * 28 + "(2)",
        "工作表",
        "工作表(2)",
    ]


def test_csv_opens_as_chinese_text_and_nothing_runs() -> None:
    content = write_csv(
        [["代码", *PAYLOADS], ["-3.5", -3, Decimal("0.10"), date(2025, 6, 30), None]]
    )
    assert content.startswith(b"\xef\xbb\xbf")
    first, second = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert all(field.startswith("'") for field in first[1:])
    assert second == ["-3.5", "-3", "0.10", "2025-06-30", ""]


@given(st.lists(st.text(alphabet="'=+-@\t甲1|% ", min_size=1, max_size=6), min_size=1, max_size=5))
def test_csv_we_wrote_is_read_back_unchanged(texts: list[str]) -> None:
    sheet = read_csv(write_csv([texts, ["末"]]), "a", Limits())
    shown: list[str | None] = [text if text.strip() else None for text in texts]
    while shown and shown[-1] is None:
        shown.pop()
    assert list(sheet.rows[0].cells) == (shown or ["末"])


def report(workbook: Workbook, tmp_path: Path, **options: Any) -> Workbook:
    content = write_report_copy(workbook, options.pop("errors"), **options)
    assert formulas(content) == 0
    return read(tmp_path, content)


def messy() -> Workbook:
    return Workbook(
        (
            Sheet(
                "企业",
                (
                    Row(1, ("台账",)),
                    Row(3, ("代码", "名称", "日期")),
                    Row(4, ("001", "=1+1", date(2025, 6, 30))),
                    Row(7, (True, Decimal("8.331"), CellError("#REF!"), UncomputedFormula("A1"))),
                ),
            ),
            Sheet("其他", (Row(2, ("原样",)),)),
        )
    )


def test_the_report_copy_is_the_persons_workbook_with_one_column_more(tmp_path: Path) -> None:
    result = report(
        messy(), tmp_path, errors={"企业": {4: "=代码有误", 7: "日期有误"}}, header_rows={"企业": 3}
    )
    assert result.sheets == (
        Sheet(
            "企业",
            (
                Row(1, ("台账",)),
                Row(3, ("代码", "名称", "日期", None, "错误")),
                Row(4, ("001", "=1+1", date(2025, 6, 30), None, "=代码有误")),
                Row(7, (True, Decimal("8.331"), "#REF!", "=A1", "日期有误")),
            ),
        ),
        Sheet("其他", (Row(2, ("原样",)),)),
    )


def test_a_mended_report_copy_gets_its_column_anew(tmp_path: Path) -> None:
    first = report(messy(), tmp_path, errors={"企业": {4: "旧", 7: "旧"}}, header_rows={"企业": 3})
    second = report(first, tmp_path, errors={"企业": {7: "新"}}, header_rows={"企业": 3})
    rows = second.sheets[0].rows
    assert [row.cells[4:] for row in rows] == [(), ("错误",), (), ("新",)]


def test_a_fault_of_the_header_itself_stands_beside_it(tmp_path: Path) -> None:
    result = report(
        messy(), tmp_path, errors={"企业": {3: "缺少列“区县代码”"}}, header_rows={"企业": 3}
    )
    assert result.sheets[0].rows[1].cells[4] == "错误：缺少列“区县代码”"


def test_a_report_without_known_headers_and_of_an_empty_workbook_is_still_made(
    tmp_path: Path,
) -> None:
    assert report(messy(), tmp_path, errors={"其他": {2: "多余"}}).sheets[1].rows == (
        Row(1, (None, "错误")),
        Row(2, ("原样", "多余")),
    )
    assert len(report(Workbook(()), tmp_path, errors={}).sheets) == 1
