"""Old .xls workbooks, read in a child process that may fail without harm to the server."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from . import xls_child
from .archive import LOCKED
from .cells import (
    Cell,
    CellError,
    Limits,
    Merged,
    Row,
    Sheet,
    UncomputedFormula,
    UnreadableWorkbook,
    too_many_merged,
)
from .ooxml_sheet import number_cell

_SAVE_AS = "请用 Excel 或 WPS 打开，另存为“Excel 工作簿（.xlsx）”后重新上传。"
_REASONS = {
    xls_child.PASSWORD: LOCKED,
    xls_child.DAMAGED: "文件是旧的 .xls 格式，内容已损坏或结构不完整，读不出来。" + _SAVE_AS,
    xls_child.TOO_LARGE: (
        "旧的 .xls 文件里，最远的单元格离数据太远，工作表大得不正常，未予读取。"
        "请删去数据下方和右侧的空白行、列。" + _SAVE_AS
    ),
}


def read_xls(path: Path, limits: Limits) -> tuple[tuple[Sheet, ...], bool]:
    """All worksheets of an .xls, and whether its days count from 1904.

    Raises UnreadableWorkbook when it cannot be read safely.
    """
    command = [
        *(sys.executable, "-I", xls_child.__file__, str(path.absolute())),
        *(str(limits.cells), str(limits.child_bytes)),
    ]
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            timeout=limits.child_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableWorkbook(
            f"旧的 .xls 文件在 {limits.child_seconds} 秒内没有读完，已停止。" + _SAVE_AS
        ) from error
    if result.returncode != 0:
        raise UnreadableWorkbook(_REASONS.get(result.returncode, _REASONS[xls_child.DAMAGED]))
    first, *lines = result.stdout.splitlines()
    head = json.loads(first)
    rows: list[list[Row]] = [[] for _ in head["sheets"]]
    for line in lines:
        index, number, cells = json.loads(line)
        rows[index].append(Row(number, tuple(_cell(cell) for cell in cells)))
    sheets = []
    for of_sheet, (name, hidden, merged, hidden_rows) in zip(rows, head["sheets"], strict=True):
        if len(merged) > limits.merged:
            raise UnreadableWorkbook(too_many_merged(name, limits))
        filled = {row.number for row in of_sheet}
        unseen = tuple(number for number in sorted(set(hidden_rows)) if number in filled)
        regions = tuple(Merged(*region) for region in merged)
        sheets.append(Sheet(name, tuple(of_sheet), hidden, regions, unseen))
    return tuple(sheets), head["date1904"]


def _cell(value: Any) -> Cell:
    if isinstance(value, float):
        return number_cell(repr(value))
    if not isinstance(value, dict):
        return value if isinstance(value, str | int) else None
    kind, text = next(iter(value.items()))
    if kind == "e":
        return CellError(text)
    if kind == "f":
        return UncomputedFormula(text)
    if kind == "t":
        return time.fromisoformat(text)
    if kind == "d":
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment.date() if moment.time() == time() else moment
