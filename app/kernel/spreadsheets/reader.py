"""Reads a ledger workbook (台账) of any accepted kind into plain rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from .archive import Archive
from .cells import (
    DEFAULT_LIMITS,
    Limits,
    Sheet,
    UnreadableWorkbook,
    Workbook,
)
from .delimited import read_csv
from .guard import inspect_workbook, is_csv, shown_name
from .ooxml_parts import read_catalogue, read_date_styles, read_shared_strings
from .ooxml_sheet import Budget, SheetReader
from .text import header_key
from .xls import read_xls


def read_workbook(path: Path, original_name: str, limits: Limits = DEFAULT_LIMITS) -> Workbook:
    """Every sheet, row and cell of the file, with row numbers as Excel shows them.

    Cells come as stored: text untouched, whole numbers as int, others as Decimal with the
    digits a person typed, dates as date (datetime only with a time of day), formulas as their
    stored result, else UncomputedFormula. Raises UnreadableWorkbook as `inspect_workbook`
    does, and when a sheet is larger than the limits.
    """
    kind = inspect_workbook(path, original_name, limits)
    if kind.format == "xlsx":
        return _read_xlsx(path, kind.notes, limits)
    if kind.format == "xls":
        old_sheets, date1904 = read_xls(path, limits)
        return Workbook(old_sheets, kind.notes, date1904)
    if kind.format == "csv-folder":
        sheets = _read_folder(path, limits)
    elif kind.format == "csv-zip":
        sheets = _read_zip(path, limits)
    else:
        sheets = (read_csv(path.read_bytes(), Path(shown_name(original_name)).stem, limits),)
    return Workbook(_checked_names(sheets), kind.notes)


def find_header(sheet: Sheet, starred_first_column: str) -> int | None:
    """The index in `sheet.rows` of the header row: the first that holds the given column.

    Titles are compared after full width, spaces, line breaks and a trailing `*` are put aside.
    None when no row holds it.
    """
    wanted = header_key(starred_first_column)
    for index, row in enumerate(sheet.rows):
        if any(isinstance(cell, str) and header_key(cell) == wanted for cell in row.cells):
            return index
    return None


def _read_xlsx(path: Path, notes: tuple[str, ...], limits: Limits) -> Workbook:
    with Archive(path, limits) as archive:
        catalogue = read_catalogue(archive)
        if len(catalogue.sheets) > limits.sheets:
            raise UnreadableWorkbook(
                f"工作簿有 {len(catalogue.sheets)} 个工作表，超过 {limits.sheets} 个的上限。"
                "请只保留台账所需的工作表后上传。"
            )
        strings = read_shared_strings(archive, catalogue.shared_strings)
        styles = read_date_styles(archive, catalogue.styles)
        budget = Budget(limits)
        sheets: list[Sheet] = []
        for listed in catalogue.sheets:
            reader = SheetReader(listed.name, strings, styles, budget, date1904=catalogue.date1904)
            with archive.open(listed.part) as stream:
                sheets.append(reader.read(stream, hidden=listed.hidden))
    return Workbook(_checked_names(sheets), notes, date1904=catalogue.date1904)


def _read_folder(folder: Path, limits: Limits) -> tuple[Sheet, ...]:
    files = sorted(file for file in folder.iterdir() if file.is_file() and is_csv(file.name))
    if not files:
        raise UnreadableWorkbook(
            f"文件夹“{shown_name(folder.name)}”里没有 .csv 文件。"
            "请把每个工作表另存为一个 .csv（文件名即工作表名）放进去。"
        )
    total = sum(file.stat().st_size for file in files)
    if total > limits.unpacked_bytes or len(files) > limits.sheets:
        raise UnreadableWorkbook(
            f"文件夹“{shown_name(folder.name)}”里的 .csv 共 {len(files)} 个、"
            f"{total // 1024**2} MB，超过了上限。请分批导入。"
        )
    return tuple(read_csv(file.read_bytes(), file.stem.strip(), limits) for file in files)


def _read_zip(path: Path, limits: Limits) -> tuple[Sheet, ...]:
    sheets: list[Sheet] = []
    with Archive(path, limits) as archive:
        for entry in sorted(filter(is_csv, archive.entries)):
            name = Path(entry.rsplit("/", 1)[-1]).stem.strip()
            sheets.append(read_csv(archive.read(entry), name, limits))
    return tuple(sheets)


def _checked_names(sheets: Iterable[Sheet]) -> tuple[Sheet, ...]:
    checked = tuple(sheets)
    names = Counter(header_key(sheet.name).casefold() for sheet in checked)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise UnreadableWorkbook(
            f"有两个名为“{twice}”的工作表，无法判断以哪个为准。请合并或改名后重新上传。"
        )
    return checked
