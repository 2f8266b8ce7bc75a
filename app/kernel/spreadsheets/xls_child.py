"""Reads an old .xls (BIFF) in a process of its own and prints its rows as JSON lines.

Run by `xls.py` with a limit on memory and time: the library that reads .xls asks for as much
memory as the file claims to need and ends the process when it cannot have it. Run as a plain
file, it imports nothing of the app.

Output: one line per row `[sheet, row number, [cells]]`, first `{"sheets": [...], "date1904": …}`
with `[name, hidden, [merged cells], [hidden rows]]` for each sheet; a cell is a JSON value or
`{"d": iso date}`, `{"m": iso moment}`, `{"t": iso time}`, `{"e": error code}`, `{"f": ""}` for a
formula that no program has computed.
Exit code 3: password; 4: damaged; 5: too large.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import python_calamine as calamine

PASSWORD, DAMAGED, TOO_LARGE = 3, 4, 5
_END_OF_CHAIN = 0xFFFFFFFA
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_BOUND_SHEET, _BOF, _EOF, _FILE_PASS = 0x85, 0x809, 0x0A, 0x2F
_FORMULA, _BOOL_ERR, _DATE_MODE, _RECALC_ID = 0x06, 0x205, 0x22, 0x1C1
_ROW, _MERGED = 0x208, 0xE5
_CALCULATE_ON_OPENING, _HIDDEN_ROW = 0x2, 0x20
_MOST_MERGED = 100_000
_CELL_RECORDS = {0x06, 0x201, 0x203, 0x204, 0x205, 0x27E, 0xBD, 0xBE, 0xD6, 0xFD}


@dataclass
class Survey:
    """What the library does not tell of a sheet.

    `odd` is row → column → what stands there, `e` or `f` as above; `merged` are first row, first
    column, last row, last column; rows in `merged` and `hidden_rows` count from 1.
    """

    odd: dict[int, dict[int, dict[str, str]]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    last_row: int = 0
    last_column: int = 0

    @property
    def extent(self) -> int:
        """How many cells a full rectangle around all of them has."""
        return (self.last_row + 1) * (self.last_column + 1)


class Refused(Exception):
    """The file cannot be read; the code says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def workbook_stream(content: bytes) -> bytes:
    """The stream `Workbook` (or `Book`) out of the compound file (MS-CFB)."""
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise Refused(DAMAGED)
    size = 1 << shift
    first_directory, _, cutoff, first_mini_fat = struct.unpack_from("<I4sII", content, 48)
    table: list[int] = []
    for sector in _table_sectors(content, size):
        table.extend(struct.unpack(f"<{size // 4}I", _sector(content, sector, size)))
    directory = _chain(content, table, first_directory, size)
    streams = dict(_directory_entries(directory))
    start, length = streams.get("Workbook") or streams.get("Book") or (0, -1)
    if not 0 < length <= len(content):
        raise Refused(DAMAGED)
    if length >= cutoff:
        return _chain(content, table, start, size)[:length]
    root_start, _ = streams["Root Entry"]
    mini = _chain(content, table, root_start, size)
    raw = _chain(content, table, first_mini_fat, size)
    mini_table = list(struct.unpack(f"<{len(raw) // 4}I", raw))
    return _chain(mini, mini_table, start, 64, header=0)[:length]


def _table_sectors(content: bytes, size: int) -> list[int]:
    sectors = [*struct.unpack_from("<109I", content, 76)]
    (following,) = struct.unpack_from("<I", content, 68)
    seen: set[int] = set()
    while following < _END_OF_CHAIN and following not in seen:
        seen.add(following)
        numbers = struct.unpack(f"<{size // 4}I", _sector(content, following, size))
        sectors.extend(numbers[:-1])
        following = numbers[-1]
    return [sector for sector in sectors if sector < _END_OF_CHAIN]


def _sector(content: bytes, number: int, size: int) -> bytes:
    data = content[(number + 1) * size : (number + 2) * size]
    return data.ljust(size, b"\0")


def _chain(content: bytes, table: list[int], start: int, size: int, header: int = 1) -> bytes:
    pieces: list[bytes] = []
    while start < _END_OF_CHAIN:
        if start >= len(table) or len(pieces) > len(table):
            raise Refused(DAMAGED)
        pieces.append(content[(start + header) * size : (start + header + 1) * size])
        start = table[start]
    return b"".join(pieces)


def _directory_entries(directory: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    for at in range(0, len(directory) - 127, 128):
        (length,) = struct.unpack_from("<H", directory, at + 64)
        name = directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        yield name, struct.unpack_from("<II", directory, at + 116)


def records(stream: bytes, at: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """Every record of the stream from an offset on: its offset, kind and content."""
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield at, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def survey(stream: bytes, most_cells: int) -> tuple[list[Survey], bool]:
    """What stands in each sheet beside plain values, and whether days count from 1904.

    Refuses passwords and sheets of absurd extent, because the library lays out every sheet as a
    full rectangle. Whoever computes a workbook notes with which engine; where that is missing, a
    formula without a result has none because nobody computed it.
    """
    offsets: list[int] = []
    was_computed = date1904 = False
    for _, kind, data in records(stream):
        if kind == _FILE_PASS:
            raise Refused(PASSWORD)
        if kind == _BOUND_SHEET and len(data) > 6 and data[5] == 0:
            offsets.append(struct.unpack_from("<I", data)[0])
        if kind == 0xFC and struct.unpack_from("<I", data, 4)[0] > len(stream):
            raise Refused(DAMAGED)
        was_computed = was_computed or kind == _RECALC_ID
        date1904 = date1904 or (kind == _DATE_MODE and data[:1] == b"\1")
        if kind == _EOF:
            break
    found: list[Survey] = []
    area = 0
    for offset in offsets:
        survey_of = _sheet_survey(stream, offset, was_computed=was_computed)
        area += survey_of.extent
        if area > most_cells:
            raise Refused(TOO_LARGE)
        found.append(survey_of)
    return found, date1904


def _sheet_survey(stream: bytes, offset: int, *, was_computed: bool) -> Survey:
    found = Survey()
    depth = 0
    for _, kind, data in records(stream, offset):
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            break
        if depth > 1:
            continue
        if kind in _CELL_RECORDS and len(data) >= 6:
            _survey_cell(found, kind, data, was_computed=was_computed)
        elif kind == _ROW and len(data) >= 16 and data[12] & _HIDDEN_ROW:
            found.hidden_rows.append(struct.unpack_from("<H", data)[0] + 1)
        elif kind == _MERGED and len(found.merged) <= _MOST_MERGED:
            whole = data[2 : 2 + max(0, len(data) - 2) // 8 * 8]
            for first, last, left, right in struct.iter_unpack("<4H", whole):
                found.merged.append((first + 1, left, last + 1, right))
    return found


def _survey_cell(found: Survey, kind: int, data: bytes, *, was_computed: bool) -> None:
    row, column = struct.unpack_from("<HH", data)
    last_column = column
    if kind in (0xBD, 0xBE):
        (last_column,) = struct.unpack_from("<H", data, len(data) - 2)
    found.last_row = max(found.last_row, row)
    found.last_column = max(found.last_column, last_column)
    if kind == _BOOL_ERR and len(data) >= 8 and data[7] == 1:
        found.odd.setdefault(row, {})[column] = {"e": _ERRORS.get(data[6], "#N/A")}
    if kind == _FORMULA and len(data) >= 16:
        is_special = data[12:14] == b"\xff\xff"
        if is_special and data[6] == 2:
            found.odd.setdefault(row, {})[column] = {"e": _ERRORS.get(data[8], "#N/A")}
        elif not was_computed and _has_no_result(data, is_special=is_special):
            found.odd.setdefault(row, {})[column] = {"f": ""}


def _has_no_result(data: bytes, *, is_special: bool) -> bool:
    """Whether a formula holds what programs that cannot compute put there: nothing, or a zero."""
    if is_special:
        return data[6] == 3
    return data[6:14] == bytes(8) and bool(data[14] & _CALCULATE_ON_OPENING)


def as_json(value: object) -> object:
    """A cell as calamine gives it, in a form JSON can carry."""
    if isinstance(value, dt.datetime):
        return {"m": value.isoformat()}
    if isinstance(value, dt.date):
        return {"d": value.isoformat()}
    if isinstance(value, dt.time):
        return {"t": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return value / dt.timedelta(days=1)
    return None if value == "" else value


def print_rows(path: Path, most_cells: int) -> None:
    """Writes the whole workbook to standard output."""
    surveys, date1904 = survey(workbook_stream(path.read_bytes()), most_cells)
    book = calamine.CalamineWorkbook.from_path(str(path))
    sheets = [meta for meta in book.sheets_metadata if meta.typ is calamine.SheetTypeEnum.WorkSheet]
    if len(sheets) != len(surveys):
        raise Refused(DAMAGED)
    out = sys.stdout
    visible = calamine.SheetVisibleEnum.Visible
    heads = [
        [meta.name, meta.visible is not visible, of_sheet.merged, of_sheet.hidden_rows]
        for meta, of_sheet in zip(sheets, surveys, strict=True)
    ]
    out.write(json.dumps({"sheets": heads, "date1904": date1904}) + "\n")
    for index, meta in enumerate(sheets):
        odd = surveys[index].odd
        rows = book.get_sheet_by_name(meta.name).to_python(skip_empty_area=False)
        rows.extend([] for _ in range(len(rows), max(odd, default=-1) + 1))
        for number, row in enumerate(rows):
            cells = [as_json(value) for value in row]
            for column, what in odd.get(number, {}).items():
                cells.extend([None] * (column + 1 - len(cells)))
                cells[column] = what
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                out.write(json.dumps([index, number + 1, cells]) + "\n")


def limit_memory(most_bytes: int) -> None:
    """Caps this process; on systems without such limits only the parent's clock stops it."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Reads the file named first on the command line; then most cells and most memory follow."""
    limit_memory(int(sys.argv[3]))
    try:
        print_rows(Path(sys.argv[1]), int(sys.argv[2]))
    except Refused as refused:
        return refused.code
    except calamine.PasswordError:
        return PASSWORD
    except (calamine.CalamineError, struct.error, KeyError, IndexError, OSError, ValueError):
        return DAMAGED
    return 0


if __name__ == "__main__":
    sys.exit(main())
