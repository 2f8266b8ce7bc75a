"""Files made to exhaust the server cost little time and memory, whatever they declare."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit import spreadsheet_files as files

ROOT = Path(__file__).parents[2]
GENEROUS_SECONDS = 8.0
MOST_GROWTH_MB = 100

MEASURE = """
import json, resource, sys, time
from pathlib import Path
from app.kernel.spreadsheets import UnreadableWorkbook, read_workbook

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

before, started = peak(), time.perf_counter()
try:
    book = read_workbook(Path(sys.argv[1]), sys.argv[2])
    said = "read " + str(sum(len(sheet.rows) for sheet in book.sheets))
except UnreadableWorkbook as refusal:
    said = str(refusal)
json.dump([said, time.perf_counter() - started, peak() - before], sys.stdout)
"""


def rows_of_nothing() -> bytes:
    rows = "".join(f'<row r="{number}"/>' for number in range(1, 1_048_577))
    return files.xlsx(files.sheet_xml(rows))


def formatted_to_the_last_row() -> bytes:
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(2, 1_048_577))
    return files.xlsx(files.sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>' + rows))


def formatted_to_the_last_column() -> bytes:
    cells = "<row>" + '<c s="1"/>' * 16_384 + "</row>"
    return files.xlsx(files.sheet_xml(cells * 60))


def corner(reference: str) -> bytes:
    row = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    far = f'<row r="{row}"><c r="{reference}"><v>1</v></c></row>'
    return files.xlsx(files.sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>' + far))


def declared_extent() -> bytes:
    extent = '<dimension ref="A1:XFD1048576"/><sheetData>'
    return files.xlsx(files.one_cell().replace("<sheetData>", extent))


def one_long_text_many_times() -> bytes:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 50_001))
    parts = files.xlsx_parts(files.sheet_xml(cells))
    parts["xl/_rels/workbook.xml.rels"] = files.relations(
        ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
    )
    parts["xl/sharedStrings.xml"] = f"<sst><si><t>{'甲' * 32_000}</t></si></sst>"
    return files.zipped(parts)


def bomb(name: str) -> Callable[[], bytes]:
    def build() -> bytes:
        return files.zipped({**files.xlsx_parts(files.one_cell()), name: b" " * 250_000_000})

    return build


def csv_bomb() -> bytes:
    return files.zipped({"企业.csv": b"\r\n" * 120_000_000})


def countless_entries() -> bytes:
    path = [f"{number}.csv" for number in range(40_000)]
    return files.zipped(dict.fromkeys(path, "a"), zipfile.ZIP_STORED)


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<!DOCTYPE w [<!ENTITY a0 "haha">{entities}]>'
    return files.xlsx(f'<?xml version="1.0"?>{head}<worksheet>&a9;</worksheet>')


def old_corner() -> bytes:
    return files.xls({"甲": [files.xls_number(0, 0, 1), files.xls_number(65_535, 255, 1)]})


def old_with_endless_chain() -> bytes:
    content = bytearray(files.xls({"甲": [files.xls_number(0, 0, 1)]}))
    table = content.rfind(struct.pack("<III", 1, 2, 3))
    struct.pack_into("<I", content, table + 4, 0)
    return bytes(content)


def old_with_boundless_texts() -> bytes:
    texts = files.record(0xFC, struct.pack("<II", 0x7FFFFFFF, 0x7FFFFFFF))
    return files.xls({"甲": [files.xls_number(0, 0, 1)]}, texts)


CASES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a million rows of nothing": ("a.xlsx", rows_of_nothing, "空白行"),
    "a million formatted rows": ("a.xlsx", formatted_to_the_last_row, "空白行"),
    "a million formatted cells": ("a.xlsx", formatted_to_the_last_column, "空白"),
    "the last row": ("a.xlsx", lambda: corner("A1048576"), "read 2"),
    "the last corner": ("a.xlsx", lambda: corner("XFD1048576"), "第 16384 列"),
    "a declared extent": ("a.xlsx", declared_extent, "read 1"),
    "one long text many times": ("a.xlsx", one_long_text_many_times, "read 50000"),
    "a bomb in a sheet": ("a.xlsx", bomb("xl/worksheets/sheet1.xml"), "膨胀"),
    "a bomb in the styles": ("a.xlsx", bomb("xl/styles.xml"), "膨胀"),
    "a bomb of csv": ("a.zip", csv_bomb, "膨胀"),
    "countless entries": ("a.zip", countless_entries, "上限"),
    "entities in entities": ("a.xlsx", billion_laughs, "实体"),
    "an old workbook's last corner": ("a.xls", old_corner, "离数据太远"),
    "an old workbook without end": ("a.xls", old_with_endless_chain, "损坏"),
    "an old workbook of boundless texts": ("a.xls", old_with_boundless_texts, "损坏"),
}


@pytest.mark.parametrize(("name", "build", "says"), CASES.values(), ids=CASES)
def test_a_file_made_to_exhaust_the_server_is_cheap(
    tmp_path: Path, name: str, build: Callable[[], bytes], says: str
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(build())
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path), name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    said, seconds, megabytes = json.loads(result.stdout)
    assert says in said
    assert seconds < GENEROUS_SECONDS
    assert megabytes < MOST_GROWTH_MB
