"""A workbook as officers keep it (乱账): merged, hidden, filtered, copied about; read or told."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from app.accounts.places import SHAOXING
from app.kernel.spreadsheets import Merged, UnreadableWorkbook, read_workbook
from app.ledger.examining import OpenedLedger
from app.ledger.problems import Level
from app.ledger.reading import TypedLedger
from tests.unit import spreadsheet_files as files
from tests.workbooks import A, B, read

HEADER = ["统一社会信用代码", "厂区编号", "行业", "角色", "产能"]
ROWS: list[list[Any]] = [
    [A, "001", "铸造", "主要", 5],
    [A, "002", "水泥", "主要", None],
    [B, "001", 39, "主要", 1],
]


def book(mess: Callable[[Any], object], *, name: str = "行业") -> bytes:
    """A sheet of industries, saved after ``mess`` was made of it."""
    workbook = openpyxl.Workbook()
    sheet: Any = workbook.active
    sheet.title = name
    for line in ([*HEADER], *ROWS):
        sheet.append(line)
    mess(sheet)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def opened(tmp_path: Path, content: bytes, name: str = "台账.xlsx") -> OpenedLedger:
    path = tmp_path / "upload"
    path.write_bytes(content)
    workbook = read_workbook(path, name)
    return OpenedLedger(workbook, read(workbook), SHAOXING)


def told(ledger: TypedLedger, level: Level = Level.REFUSED) -> list[tuple[int | None, str]]:
    return [(it.row, it.column) for it in ledger.problems if it.level is level]


@pytest.mark.parametrize("region", ["A2:A3", "A2:B3", "A1:A3"])
def test_a_cell_under_a_merged_one_is_refused_and_the_region_is_named(
    tmp_path: Path, region: str
) -> None:
    ledger = opened(tmp_path, book(lambda sheet: sheet.merge_cells(region))).ledger
    assert (3, "统一社会信用代码") in told(ledger)
    assert any(region in it.what and "取消合并" in it.mend for it in ledger.problems)


def test_an_optional_cell_under_a_merged_one_is_no_blank(tmp_path: Path) -> None:
    ledger = opened(tmp_path, book(lambda sheet: sheet.merge_cells("E2:E3"))).ledger
    assert told(ledger) == [(3, "产能")]


def test_merged_cells_without_content_and_titles_do_no_harm(tmp_path: Path) -> None:
    def mess(sheet: Any) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "重点行业台账"
        sheet.merge_cells("A1:E1")
        sheet["E5"] = None
        sheet.merge_cells("E4:E5")
        sheet["A7"] = "合计"
        sheet.merge_cells("A7:D7")

    assert told(opened(tmp_path, book(mess)).ledger) == []


def test_rows_that_nobody_sees_are_read_and_that_is_said(tmp_path: Path) -> None:
    def mess(sheet: Any) -> None:
        sheet.auto_filter.ref = "A1:E4"
        sheet.row_dimensions[3].hidden = True
        sheet.row_dimensions[60].hidden = True
        sheet.column_dimensions["E"].hidden = True

    ledger = opened(tmp_path, book(mess)).ledger
    assert len(ledger.rows("行业")) == 3
    (warning,) = [it for it in ledger.problems if it.level is Level.WARNING]
    assert "有 1 行被隐藏或筛选（第 3 行）" in warning.what
    assert warning.place == "行业表"


def test_a_hidden_sheet_is_read_and_that_is_said(tmp_path: Path) -> None:
    def mess(sheet: Any) -> None:
        sheet.parent.create_sheet("封面")
        sheet.sheet_state = "hidden"

    ledger = opened(tmp_path, book(mess)).ledger
    assert len(ledger.rows("行业")) == 3
    assert "隐藏" in next(it.what for it in ledger.problems if it.level is Level.WARNING)


@pytest.mark.parametrize("name", [" 行业 ", "行业\u200b", "行 业", "行业　"])
def test_the_name_of_a_sheet_is_known_whatever_stands_around_it(tmp_path: Path, name: str) -> None:
    its = opened(tmp_path, book(lambda sheet: sheet.cell(3, 3, "航天"), name=name))
    assert told(its.ledger) == [(3, "行业")]
    report = openpyxl.load_workbook(io.BytesIO(its.report()))
    assert "航天" in str(report.worksheets[0].cell(3, 6).value), "the column 错误 is in the report"


def test_two_sheets_whose_names_look_alike_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableWorkbook, match="两个名为"):
        opened(tmp_path, book(lambda sheet: sheet.parent.create_sheet("行 业")))


def test_twenty_thousand_rows_that_are_only_coloured_are_no_rows(tmp_path: Path) -> None:
    def mess(sheet: Any) -> None:
        fill = PatternFill("solid", fgColor="FFFF00")
        for row in range(6, 20_000):
            sheet.cell(row, 1).fill = fill

    ledger = opened(tmp_path, book(mess)).ledger
    assert told(ledger) == []
    assert len(ledger.rows("行业")) == 3


def test_an_old_workbook_tells_what_is_merged_and_hidden_as_well(tmp_path: Path) -> None:
    cells = [files.xls_text(0, place, title) for place, title in enumerate(HEADER[:4])]
    for row, line in enumerate(ROWS, start=1):
        cells += [files.xls_text(row, place, str(it)) for place, it in enumerate(line[:4]) if it]
    del cells[8]  # the code of the second row lies under that of the first
    hidden = files.record(0x208, struct.pack("<HHHHHHHH", 3, 0, 4, 255, 0, 0, 0x20, 0))
    merged = files.record(0xE5, struct.pack("<HHHHH", 1, 1, 2, 0, 0))
    content = files.xls({"行业": [hidden, *cells, merged]})
    its = opened(tmp_path, content, "台账.xls")
    assert its.workbook.sheets[0].merged == (Merged(2, 0, 3, 0),)
    assert its.workbook.sheets[0].hidden_rows == (4,)
    assert told(its.ledger) == [(3, "统一社会信用代码")]
