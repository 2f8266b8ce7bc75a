"""What a person typed is what is read: digits, days, row numbers, errors, formulas."""

from __future__ import annotations

import io
import struct
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from app.kernel.spreadsheets import (
    Cell,
    CellError,
    Row,
    Sheet,
    UncomputedFormula,
    Workbook,
    find_header,
    read_workbook,
)
from app.kernel.spreadsheets.ooxml_parts import is_date_format
from tests.unit import spreadsheet_files as files

MOMENT = datetime(2025, 6, 30, 8, 30)  # noqa: DTZ001 - a cell's moment has no time zone


def read(tmp_path: Path, content: bytes, name: str = "台账.xlsx") -> Workbook:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return read_workbook(path, name)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def one_row(tmp_path: Path, cells: str) -> tuple[Cell, ...]:
    content = files.xlsx(files.sheet_xml(f'<row r="1">{cells}</row>'))
    rows = read(tmp_path, content).sheets[0].rows
    return rows[0].cells if rows else ()


@pytest.mark.parametrize(
    ("stored", "value"),
    [
        ("1", 1),
        ("1.0", 1),
        ("-3", -3),
        ("8.3309999999999995", Decimal("8.331")),
        ("0.30000000000000004", Decimal("0.3")),
        ("1.5E3", 1500),
        ("1E-3", Decimal("0.001")),
        ("913306043456789012", 913306043456789012),
        ("1e999", CellError("#NUM!")),
        ("NaN", CellError("#NUM!")),
        ("abc", CellError("#VALUE!")),
        (" 7 ", 7),
    ],
)
def test_a_number_keeps_the_digits_that_were_typed(
    tmp_path: Path, stored: str, value: Cell
) -> None:
    (cell,) = one_row(tmp_path, f'<c r="A1"><v>{stored}</v></c>')
    assert cell == value
    assert type(cell) is type(value)


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ("<f>1+1</f>", UncomputedFormula("1+1")),
        ("<f>1+1</f><v></v>", UncomputedFormula("1+1")),
        ("<f>1+1</f><v/>", UncomputedFormula("1+1")),
        ('<f t="shared" si="0"/>', UncomputedFormula("")),
        ("<f>1+1</f><v>2</v>", 2),
        ("", None),
    ],
)
def test_a_formula_without_a_stored_value_is_told_from_a_computed_one(
    tmp_path: Path, xml: str, value: Cell
) -> None:
    cells = one_row(tmp_path, f'<c r="A1">{xml}</c><c r="B1"><v>1</v></c>')
    assert cells == (value, 1)


def test_a_formula_whose_result_is_an_empty_text_is_a_blank(tmp_path: Path) -> None:
    xml = '<c r="A1" t="str"><f>IF(1,"","")</f><v></v></c><c r="B1"><v>1</v></c>'
    assert one_row(tmp_path, xml) == (None, 1)


def test_error_values_and_other_kinds_are_kept(tmp_path: Path) -> None:
    cells = one_row(
        tmp_path,
        '<c r="A1" t="e"><f>X</f><v>#REF!</v></c><c r="B1" t="b"><v>1</v></c>'
        '<c r="C1" t="d"><v>2025-06-30</v></c><c r="D1" t="str"><v>a_x000D_b_xD800_</v></c>'
        '<c r="E1" t="inlineStr"><is><r><t>甲</t></r><r><t>乙</t></r><rPh><t>jia</t></rPh></is>'
        "</c>",
    )
    assert cells == (CellError("#REF!"), True, date(2025, 6, 30), "a\rb\ufffd", "甲乙")


def test_shared_texts_leave_phonetic_hints_out(tmp_path: Path) -> None:
    parts = files.xlsx_parts(files.sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'))
    parts["xl/_rels/workbook.xml.rels"] = files.relations(
        ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "/xl/texts.xml")
    )
    parts["xl/texts.xml"] = (
        f'<sst xmlns="{files.MAIN}"><si><r><t>绍</t></r><r><t>兴</t></r>'
        "<rPh><t>shao</t></rPh></si></sst>"
    )
    assert read(tmp_path, files.zipped(parts)).sheets[0].rows[0].cells == ("绍兴",)


def test_prefixed_and_sparse_xml_is_read_alike(tmp_path: Path) -> None:
    xml = (
        f'<?xml version="1.0"?><x:worksheet xmlns:x="{files.MAIN}"><x:sheetData>'
        "<x:row><x:c><x:v>1</x:v></x:c></x:row>"
        "<x:row r='5'><!-- note --><x:c r='C5' q='&gt;'><x:v>2</x:v></x:c></x:row>"
        "</x:sheetData></x:worksheet>"
    )
    assert read(tmp_path, files.xlsx(xml)).sheets[0].rows == (
        Row(1, (1,)),
        Row(5, (None, None, 2)),
    )


def test_row_numbers_are_those_excel_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page: Any = book.active
    page["B3"] = "标题"
    page["A7"] = "末行"
    page.row_dimensions[3].hidden = True
    page.merge_cells("B3:D3")
    book.create_sheet("隐藏").sheet_state = "hidden"
    result = read(tmp_path, saved(book))
    assert result.sheets[0].rows == (Row(3, (None, "标题")), Row(7, ("末行",)))
    assert [sheet.hidden for sheet in result.sheets] == [False, True]


def test_dates_are_told_by_their_format(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page: Any = book.active
    formats = [
        "yyyy-mm-dd",
        'yyyy"年"m"月"d"日"',
        "[$-804]yyyy/m/d;@",
        "General",
        '0"日d"',
        "[h]:mm",
    ]
    for column, code in enumerate(formats, start=1):
        page.cell(1, column, 45838).number_format = code
    page.append([MOMENT, time(8, 30), date(2025, 6, 30)])
    for column, number in enumerate([0, 60, -5, 3_000_000, 20250630], start=1):
        page.cell(3, column, number).number_format = "yyyy-mm-dd"
    rows = read(tmp_path, saved(book)).sheets[0].rows
    day = date(2025, 6, 30)
    assert rows[0].cells == (day, day, day, 45838, 45838, 45838)
    assert rows[1].cells == (MOMENT, time(8, 30), day)
    assert rows[2].cells == (0, 60, -5, 3_000_000, 20250630)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("m/d/yy", True),
        ('"年"0', False),
        ("[Red]0.00", False),
        ("[Red]yyyy", True),
        ("General", False),
        ("0.00E+00", False),
        ("[mm]:ss", False),
        ("h:mm", True),
        (r"\d0", False),
        ("_d0", False),
        ("@", False),
        ('[DBNum1][$-804]yyyy"年"', True),
        ("G/通用格式", False),
    ],
)
def test_a_number_format_is_known_for_a_date(code: str, expected: bool) -> None:
    assert is_date_format(code) is expected


def test_days_of_old_macintosh_workbooks_count_from_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    page: Any = book.active
    page["A1"] = date(2025, 6, 30)
    result = read(tmp_path, saved(book))
    assert result.date1904
    assert result.sheets[0].rows == (Row(1, (date(2025, 6, 30),)),)


def test_an_old_workbook_keeps_rows_days_and_errors(tmp_path: Path) -> None:
    content = files.xls(
        {
            "企业": [
                files.xls_text(1, 0, "统一社会信用代码"),
                files.xls_number(3, 1, 8.331),
                files.xls_number(3, 2, 45838, style=1),
            ],
            "厂区": [files.xls_error(1, 1, 0x17), files.xls_formula_error(4, 0, 0x07)],
        }
    )
    result = read(tmp_path, content, "台账.xls")
    assert result.sheets == (
        Sheet(
            "企业",
            (
                Row(2, ("统一社会信用代码",)),
                Row(4, (None, Decimal("8.331"), date(2025, 6, 30))),
            ),
        ),
        Sheet("厂区", (Row(2, (None, CellError("#REF!"))), Row(5, (CellError("#DIV/0!"),)))),
    )


COMPUTED = files.record(0x1C1, bytes(8))
"""Which engine last computed an old workbook; only programs that can compute write it."""
EMPTY, ZERO, TWO = b"\x03\0\0\0\0\0\xff\xff", bytes(8), struct.pack("<d", 2.0)


@pytest.mark.parametrize(
    ("result", "options", "engine", "cell"),
    [
        (EMPTY, 0, b"", UncomputedFormula()),
        (EMPTY, 0, COMPUTED, None),
        (ZERO, 2, b"", UncomputedFormula()),
        (ZERO, 2, COMPUTED, 0),
        (ZERO, 0, b"", 0),
        (TWO, 2, b"", 2),
        (TWO, 0, COMPUTED, 2),
    ],
)
def test_a_formula_of_an_old_workbook_that_nobody_computed_is_told_from_a_computed_one(
    tmp_path: Path, result: bytes, options: int, engine: bytes, cell: object
) -> None:
    cells = [files.xls_text(0, 0, "数量"), files.xls_formula(1, 0, result, options)]
    (sheet,) = read(tmp_path, files.xls({"表": cells}, engine), "台账.xls").sheets
    assert [row.cells[0] for row in sheet.rows[1:]] == ([] if cell is None else [cell])


def test_days_of_an_old_macintosh_workbook_in_the_old_format_count_from_1904(
    tmp_path: Path,
) -> None:
    cells = [files.xls_number(0, 0, 44376, style=1), files.xls_number(1, 0, 44376)]
    mode = files.record(0x22, b"\x01\x00")
    result = read(tmp_path, files.xls({"表": cells}, mode), "台账.xls")
    assert result.date1904
    assert [row.cells[0] for row in result.sheets[0].rows] == [date(2025, 6, 30), 44376]
    assert not read(tmp_path, files.xls({"表": cells}), "台账.xls").date1904


def test_csv_rows_are_counted_as_excel_counts_them(tmp_path: Path) -> None:
    text = '标题,,\r\n\r\n代码,名称\r\n001,"两\r\n行"\r\n,\r\n=1,\'=1+1\r\n'
    result = read(tmp_path, text.encode("utf-8-sig"), "企业.csv")
    assert result.sheets == (
        Sheet(
            "企业",
            (
                Row(1, ("标题",)),
                Row(3, ("代码", "名称")),
                Row(4, ("001", "两\r\n行")),
                Row(6, ("=1", "=1+1")),
            ),
        ),
    )


@pytest.mark.parametrize(
    "title",
    ["统一社会信用代码", "统一社会信用代码*", " 统一社会\n信用代码＊", "统一 社会信用 代码 *"],
)
def test_the_header_is_the_first_row_with_the_first_starred_column(title: str) -> None:
    sheet = Sheet(
        "企业",
        (
            Row(1, ("××区重点行业企业台账",)),
            Row(2, ("填报单位：统一社会信用代码管理处",)),
            Row(4, ("序号", title, "企业名称")),
            Row(5, (1, "统一社会信用代码", None)),
        ),
    )
    assert find_header(sheet, "统一社会信用代码*") == 2
    assert find_header(sheet, "厂区编号*") is None


def test_our_reader_agrees_with_two_others_on_an_ordinary_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page: Any = book.active
    for row in range(1, 60):
        page.append(
            [
                f"{row:03d}",
                row,
                row / 8,
                f"示例{row} <&> “”",
                date(2024, 1, 1).replace(day=row % 28 + 1),
            ]
        )
    content = saved(book)
    ours = [row.cells for row in read(tmp_path, content).sheets[0].rows]
    others = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values
    third = python_calamine.CalamineWorkbook.from_object(io.BytesIO(content))
    calamine = third.get_sheet_by_index(0).to_python()
    assert [_plain(cells) for cells in ours] == [_plain(cells) for cells in others]
    assert [_plain(cells) for cells in ours] == [_plain(cells) for cells in calamine]


def _plain(cells: Any) -> list[object]:
    return [
        cell.date()
        if isinstance(cell, datetime)
        else float(cell)
        if isinstance(cell, int | Decimal)
        else cell
        for cell in cells
    ]
