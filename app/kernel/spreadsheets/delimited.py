"""CSV (逗号分隔文本) in and out, with cells that no spreadsheet program will run as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal

from .cells import Cell, CellError, Limits, Row, Sheet, UncomputedFormula, UnreadableWorkbook

_ENCODINGS = ("utf-8-sig", "gb18030")
_NEUTRALISED = re.compile(r"'[' ]*[=+\-@\t\r\n＝＋－＠|%]")
_LIVE = re.compile(r"[' ]*[=+\-@\t\r\n＝＋－＠|%]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def read_csv(content: bytes, name: str, limits: Limits) -> Sheet:
    """One sheet from UTF-8 (with or without mark) or GB18030 text; every cell is text.

    Rows are counted as Excel counts them: blank lines count, a line break inside quotes does
    not begin a row. An apostrophe that `write_csv` put before a formula sign is taken off.
    """
    text = _decoded(content, name)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    number = 0
    try:
        for number, fields in enumerate(reader, start=1):
            cells = tuple(_cell(field) for field in fields)
            while cells and cells[-1] is None:
                cells = cells[:-1]
            if cells:
                rows.append(Row(number, cells))
                _check(name, number, len(cells), len(rows), limits)
    except csv.Error as error:
        raise UnreadableWorkbook(
            f"工作表“{name}”（.csv）第 {number + 1} 行的引号没有配对，无法分清各列。"
            "请改正该行的双引号，或用 Excel 打开后另存为 .xlsx，再上传。"
        ) from error
    return Sheet(name, tuple(rows))


def _decoded(content: bytes, name: str) -> str:
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableWorkbook(
        f"工作表“{name}”（.csv）的文字编码既不是 UTF-8 也不是 GB18030，读出来会是乱码。"
        "请用 Excel 打开后另存为“CSV UTF-8（逗号分隔）”或 .xlsx，再上传。"
    )


def _cell(field: str) -> str | None:
    text = field[1:] if _NEUTRALISED.match(field) else field
    return text if text.strip() else None


def _check(name: str, number: int, columns: int, rows: int, limits: Limits) -> None:
    if columns > limits.columns:
        raise UnreadableWorkbook(
            f"工作表“{name}”（.csv）第 {number} 行有 {columns} 列，超过 {limits.columns} 列的上限。"
            "请删去多余的列后上传。"
        )
    if rows > limits.rows:
        raise UnreadableWorkbook(
            f"工作表“{name}”（.csv）的数据超过 {limits.rows // 10_000} 万行，"
            "系统一次读不了这么多。请分成几个文件上传。"
        )


def write_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as CSV that Excel opens as Chinese text: UTF-8 with mark, CRLF line ends.

    A text that begins with `=`, `+`, `-`, `@`, a tab or a line break (also full width, also
    `|` and `%`) would run as a formula when the file is opened; it gets one apostrophe in
    front, which `read_csv` takes off again. Numbers and dates are never changed, nor are
    texts that are plain numbers such as `-3.5`.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows([csv_field(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode("utf-8")


def csv_field(cell: Cell) -> str:
    """One cell as the text that stands for it in CSV, neutralised if it could run."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return plain_text(cell)
    text = _CONTROL.sub("", cell)
    if _LIVE.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def plain_text(cell: Cell) -> str:
    """A cell as a person would type it: dates as 2025-06-30, numbers without exponent."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    if isinstance(cell, CellError):
        return cell.code
    if isinstance(cell, UncomputedFormula):
        return "=" + cell.formula
    return "" if cell is None else str(cell)
