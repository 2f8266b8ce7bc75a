"""A stored result is read as a value, and the sheet says that a formula gave it."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

from app.kernel.spreadsheets import read_workbook


def test_the_cells_that_hold_formulas_are_known(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("表")
    sheet.write_row(0, 0, ["甲", "乙"])
    sheet.write_number(1, 0, 15)
    sheet.write_formula(1, 1, "=10+5", None, 15)
    book.close()
    (read,) = read_workbook(path, "form.xlsx").sheets
    assert read.rows[1].cells == (15, 15)
    assert read.formulas == {(2, 1)}
