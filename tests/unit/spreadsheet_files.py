"""Files that arrive in real life and files made to do harm, built byte by byte for the tests."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
MACRO_TYPE = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"


def content_types(workbook_type: str = SHEET_TYPE) -> str:
    return (
        f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{workbook_type}"/></Types>'
    )


def relations(*targets: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def sheet_xml(rows: str) -> str:
    return (
        f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    )


def xlsx_parts(
    *sheets: str, workbook_type: str = SHEET_TYPE, properties: str = ""
) -> dict[str, str]:
    """The parts of a workbook whose sheets (raw XML) are called 表1, 表2, …"""
    listed = "".join(
        f'<sheet name="表{n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": content_types(workbook_type),
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": relations(
            *(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1))
        ),
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": xml for n, xml in enumerate(sheets, start=1)}
    return parts


def zipped(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def xlsx(*sheets: str, properties: str = "", **more: str | bytes) -> bytes:
    """A workbook of raw sheet XML; further parts by keyword, `__` for `/`, `_dot_` for `.`."""
    extra = {name.replace("__", "/").replace("_dot_", "."): text for name, text in more.items()}
    return zipped({**xlsx_parts(*sheets, properties=properties), **extra})


def one_cell() -> str:
    return sheet_xml('<row r="1"><c r="A1"><v>1</v></c></row>')


# Old .xls: records of BIFF8 inside a compound file.


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def xls_text(row: int, column: int, text: str) -> bytes:
    raw = text.encode("utf-16-le")
    head = struct.pack("<HHHHB", row, column, 0, len(text), 1)
    return record(0x204, head + raw)


def xls_number(row: int, column: int, number: float, style: int = 0) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, style, number))


def xls_error(row: int, column: int, code: int) -> bytes:
    return record(0x205, struct.pack("<HHHBB", row, column, 0, code, 1))


def xls_formula_error(row: int, column: int, code: int) -> bytes:
    result = bytes([2, 0, code, 0, 0, 0]) + b"\xff\xff"
    head = struct.pack("<HHH", row, column, 0)
    return record(0x06, head + result + struct.pack("<HIH", 0, 0, 2) + b"\x1c" + bytes([code]))


def xls_formula(row: int, column: int, result: bytes, options: int = 0) -> bytes:
    """The formula 1 with the eight bytes of its stored result."""
    head = struct.pack("<HHH", row, column, 0) + result
    return record(0x06, head + struct.pack("<HIH", options, 0, 3) + b"\x1e\x01\x00")


def xls(sheets: Mapping[str, Iterable[bytes]], globals_more: bytes = b"", **names: str) -> bytes:
    """An old workbook; style 1 is a date. `names` adds directory entries (name="storage")."""
    begin = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0x0DBB, 0x07CC, 0, 6))
    formats = b"".join(
        record(0xE0, struct.pack("<HH", 0, number).ljust(20, b"\0")) for number in (0, 14)
    )
    bodies = [
        record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6))
        + b"".join(cells)
        + record(0x0A)
        for cells in sheets.values()
    ]
    heads = [struct.pack("<BB", len(name), 1) + name.encode("utf-16-le") for name in sheets]
    at = len(begin) + len(formats) + len(globals_more) + 4
    at += sum(len(head) + 10 for head in heads)
    bound = b""
    for head, body in zip(heads, bodies, strict=True):
        bound += record(0x85, struct.pack("<IBB", at, 0, 0) + head)
        at += len(body)
    stream = begin + globals_more + formats + bound + record(0x0A) + b"".join(bodies)
    return compound_file("Workbook", stream, *names.values())


def compound_file(name: str, stream: bytes, *more_entries: str) -> bytes:
    """A compound file with one stream (padded past the size of small streams)."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    entries = [("Root Entry", 5, 0xFFFFFFFE, 0), (name, 2, 0, len(stream))]
    entries += [(extra, 1, 0, 0) for extra in more_entries]
    directory = b"".join(_entry(*entry) for entry in entries)
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    extra_sectors = len(directory) // 512
    table = [*range(1, sectors), 0xFFFFFFFE]
    table += [*range(sectors + 1, sectors + extra_sectors), 0xFFFFFFFE]
    tables = -(-(len(table) + 1) // 128)
    while -(-(len(table) + tables) // 128) > tables:
        tables += 1
    first_table = len(table)
    table += [0xFFFFFFFD] * tables
    table += [0xFFFFFFFF] * (tables * 128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, tables, sectors, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    difat = [*range(first_table, first_table + tables)]
    difat += [0xFFFFFFFF] * (109 - len(difat))
    header += struct.pack("<109I", *difat)
    return header + stream + directory + struct.pack(f"<{len(table)}I", *table)


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    return (
        raw.ljust(64, b"\0")
        + struct.pack(
            "<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 1 if kind == 5 else 0xFFFFFFFF
        )
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
