"""Workbooks as they arrive and as they are made to do harm, each with its verdict (台账文件)."""

from __future__ import annotations

import io
import re
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl

from app.kernel.spreadsheets import Limits
from tests.hostile_files import Hostile, given
from tests.unit import spreadsheet_files as files

CSV = "统一社会信用代码,企业名称\r\n91330604AY4CL12TH1,示例甲\r\n"
SMALL = Limits(
    file_bytes=200_000,
    entries=50,
    unpacked_bytes=3_000_000,
    ratio=50,
    ratio_from=100_000,
    sheets=5,
    rows=100,
    columns=30,
    cells=1000,
    blank_run=500,
    child_seconds=20,
)


def plain() -> bytes:
    book = openpyxl.Workbook()
    page: Any = book.active
    page.append(["统一社会信用代码", "企业名称"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zip_with(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("企业.csv", CSV)
            change(archive)
    return buffer.getvalue()


def symlink(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("厂区.csv")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


def flagged_encrypted() -> bytes:
    content = bytearray(files.zipped({"企业.csv": CSV}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(magic) + at] |= 1
    return bytes(content)


def overlapping() -> bytes:
    """Two directory entries that unpack the same bytes."""
    content = files.zipped({"企业.csv": CSV * 50, "厂区.csv": CSV * 50})
    second = content.rfind(b"PK\x01\x02")
    changed = bytearray(content)
    struct.pack_into("<I", changed, second + 42, 0)
    return bytes(changed)


def gbk_names() -> bytes:
    content = files.zipped({"aaaa.csv": CSV, "bbbb.csv": CSV})
    return content.replace(b"aaaa.csv", "企业".encode("gbk") + b".csv").replace(
        b"bbbb.csv", "厂区".encode("gbk") + b".csv"
    )


def many_entries() -> bytes:
    return files.zipped({f"{number}.csv": "a" for number in range(60)})


def with_part(name: str, content: str = "<x/>") -> bytes:
    return files.zipped({**files.xlsx_parts(files.one_cell()), name: content})


def cell_at(reference: str) -> bytes:
    row = re.sub("[A-Z]", "", reference)
    return files.xlsx(files.sheet_xml(f'<row r="{row}"><c r="{reference}"><v>1</v></c></row>'))


def sheet(rows: str) -> bytes:
    return files.xlsx(files.sheet_xml(rows))


def bad_crc() -> bytes:
    content = bytearray(files.zipped(files.xlsx_parts(files.one_cell()), zipfile.ZIP_STORED))
    at = content.find(b"<sheetData>")
    content[at : at + 11] = b"<sheetdata>"
    return bytes(content)


ENTITIES = '<!DOCTYPE w [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">]>'
MACRO = files.zipped(files.xlsx_parts(files.one_cell(), workbook_type=files.MACRO_TYPE))
WORD = files.zipped({"[Content_Types].xml": files.content_types("x"), "word/document.xml": "<w/>"})
SLIDES = files.zipped({"[Content_Types].xml": files.content_types("x"), "ppt/a.xml": "<w/>"})
OLD = files.xls({"企业": [files.xls_number(0, 0, 1)]})
BINARY = files.zipped(
    {"[Content_Types].xml": files.content_types("application/vnd.ms-excel.sheet.binary.main")}
)

REFUSED: list[tuple[str, str, bytes, str]] = [
    ("a picture called xlsx", "台账.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(900), "PNG 图片"),
    ("a photo called xls", "台账.xls", b"\xff\xd8\xff\xe0" + bytes(900), "JPG 图片"),
    ("a gif", "a.xlsx", b"GIF89a" + bytes(90), "GIF 图片"),
    ("a bitmap", "a.xlsx", b"BM" + bytes(90), "BMP 图片"),
    ("a tiff", "a.xlsx", b"II*\0" + bytes(90), "TIFF 图片"),
    ("a pdf", "台账.xlsx", b"%PDF-1.7\n" + bytes(90), "PDF 文档"),
    ("a rar", "台账.xlsx", b"Rar!\x1a\x07" + bytes(90), "RAR 压缩包"),
    ("a 7z", "台账.zip", b"7z\xbc\xaf\x27\x1c" + bytes(90), "7z 压缩包"),
    ("a gzip", "台账.xlsx", b"\x1f\x8b\x08" + bytes(90), "gzip"),
    ("a program", "台账.xlsx", b"MZ\x90\0" + bytes(90), "可执行程序"),
    ("a linux program", "台账.xlsx", b"\x7fELF" + bytes(90), "可执行程序"),
    ("a rich text", "台账.xls", b"{\\rtf1 }", "RTF"),
    ("a database", "台账.xlsx", b"SQLite format 3\0" + bytes(90), "数据库"),
    ("a web page called xls", "导出.xls", b"<html><table></table></html>", "网页"),
    ("a web page with mark", "导出.xls", b"\xef\xbb\xbf <!DOCTYPE html>", "网页"),
    ("a picture in svg", "a.xlsx", b"<svg onload='x'/>", "网页"),
    ("old xml workbook", "导出.xls", b"<?xml version='1.0'?><Workbook/>", "XML"),
    ("nothing", "台账.xlsx", b"", "0 字节"),
    ("text called xlsx", "台账.xlsx", CSV.encode(), "纯文本"),
    ("utf-16 text", "台账.csv", CSV.encode("utf-16"), "UTF-16"),
    ("zero bytes called csv", "台账.csv", b"a,b\0c", "已经损坏"),
    ("unknown text", "台账.md", b"# hello", "不认识"),
    ("too large a file", "台账.csv", b"a" * 200_001, "上限"),
    ("an open document", "a.ods", files.zipped({"mimetype": "application/ods"}), "ODF"),
    ("a word document", "a.xlsx", WORD, "Word"),
    ("slides", "a.xlsx", SLIDES, "演示文稿"),
    ("binary workbook", "a.xlsb", BINARY, ".xlsb"),
    ("zip without csv", "a.zip", files.zipped({"说明.txt": "x"}), "没有 .csv"),
    ("zip that holds a workbook", "a.zip", files.zipped({"台账.xlsx": plain()}), "解压后直接上传"),
    ("empty zip", "a.zip", files.zipped({}), "没有 .csv"),
    ("cut off", "a.xlsx", plain()[:3000], "已损坏"),
    ("only the magic", "a.xlsx", b"PK\x03\x04", "已损坏"),
    ("a changed byte", "a.xlsx", bad_crc(), "已损坏"),
    ("macros called xlsx", "a.xlsx", with_part("xl/vbaProject.bin"), "宏"),
    ("macros by type alone", "a.xlsx", MACRO, "宏"),
    ("macros in capitals", "a.xlsx", with_part("XL/VBAPROJECT.BIN"), "宏"),
    ("old macro sheets", "a.xlsx", with_part("xl/macrosheets/sheet1.xml"), "宏"),
    ("active controls", "a.xlsx", with_part("xl/activeX/activeX1.xml"), "ActiveX"),
    ("encrypted package", "a.xlsx", files.compound_file("EncryptedPackage", b"x" * 9), "密码"),
    ("encrypted zip", "a.zip", flagged_encrypted(), "密码"),
    ("old word document", "a.xls", files.compound_file("WordDocument", b"x"), "Word"),
    ("other old file", "a.xls", files.compound_file("SummaryInformation", b"x"), "不是 Excel"),
    ("old workbook with macros", "a.xls", files.xls({"a": []}, m="_VBA_PROJECT_CUR"), "宏"),
    (
        "old workbook with password",
        "a.xls",
        files.xls({"a": []}, files.record(0x2F, bytes(54))),
        "密码",
    ),
    ("old workbook of noise", "a.xls", files.compound_file("Workbook", b"\xaa" * 9000), "损坏"),
    ("old workbook cut off", "a.xls", files.xls({"a": []})[:2048], "Excel"),
    (
        "old workbook of vast extent",
        "a.xls",
        files.xls({"a": [files.xls_number(65_535, 255, 1)]}),
        "离数据太远",
    ),
    ("climbing names", "a.zip", zip_with(lambda z: z.writestr("../x.csv", CSV)), "包外"),
    ("rooted names", "a.zip", zip_with(lambda z: z.writestr("/etc/x.csv", CSV)), "包外"),
    ("drive names", "a.zip", zip_with(lambda z: z.writestr("C:/x.csv", CSV)), "包外"),
    ("climbing by backslash", "a.zip", zip_with(lambda z: z.writestr("..\\x.csv", CSV)), "包外"),
    ("a link", "a.zip", zip_with(symlink), "链接"),
    ("same name twice", "a.zip", zip_with(lambda z: z.writestr("企业.CSV", CSV)), "同名"),
    (
        "same sheet in two folders",
        "a.zip",
        zip_with(lambda z: z.writestr("乙/企业.csv", "a")),
        "两个名为",
    ),
    ("overlapping entries", "a.zip", overlapping(), "重叠"),
    ("many entries", "a.zip", many_entries(), "上限"),
    ("a bomb", "a.zip", files.zipped({"企业.csv": b"0" * 2_000_000}), "膨胀"),
    ("more than may be unpacked", "a.zip", files.zipped({"企业.csv": b"0" * 3_100_000}), "上限"),
    ("rare packing", "a.zip", files.zipped({"企业.csv": CSV}, zipfile.ZIP_LZMA), "压缩方法"),
    ("noise as csv", "a.csv", b"\xff\xfe\x80\xff" * 30, "UTF-16"),
    ("csv in no known encoding", "a.csv", b"\x81\xff\x81\xff\xff", "编码"),
    ("csv with open quote", "a.csv", b'a,b\r\n"c,d\r\n', "引号"),
    ("csv of many rows", "a.csv", b"a\r\n" * 101, "万行"),
    ("csv of many columns", "a.csv", b"a," * 31, "31 列"),
    ("entities in a sheet", "a.xlsx", files.xlsx(ENTITIES + "<w>&b;</w>"), "实体"),
    ("broken sheet", "a.xlsx", files.xlsx("<worksheet><sheetData>"), "已损坏"),
    (
        "sheet missing",
        "a.xlsx",
        files.zipped(
            {
                name: part
                for name, part in files.xlsx_parts(files.one_cell()).items()
                if "sheet1" not in name
            }
        ),
        "已损坏",
    ),
    ("far right", "a.xlsx", cell_at("XFD1"), "第 16384 列"),
    ("impossible column", "a.xlsx", cell_at("ZZZZ1"), "已损坏"),
    ("impossible row", "a.xlsx", cell_at("A1048577"), "已损坏"),
    ("cell of another row", "a.xlsx", sheet('<row r="1"><c r="A9"><v>1</v></c></row>'), "已损坏"),
    ("rows backwards", "a.xlsx", sheet('<row r="9"/><row r="2"/>'), "已损坏"),
    ("row in words", "a.xlsx", sheet('<row r="x"/>'), "已损坏"),
    (
        "cell twice",
        "a.xlsx",
        sheet('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>'),
        "已损坏",
    ),
    (
        "text that is not there",
        "a.xlsx",
        sheet('<row r="1"><c r="A1" t="s"><v>7</v></c></row>'),
        "已损坏",
    ),
    ("negative text", "a.xlsx", sheet('<row r="1"><c r="A1" t="s"><v>-1</v></c></row>'), "已损坏"),
    ("unknown kind", "a.xlsx", sheet('<row r="1"><c r="A1" t="zz"><v>1</v></c></row>'), "已损坏"),
    ("rows of nothing", "a.xlsx", sheet("<row/>" * 600), "空白行"),
    ("cells of nothing", "a.xlsx", sheet("<row>" + '<c s="1"/>' * 600 + "</row>"), "空白"),
    ("too many rows", "a.xlsx", sheet("<row><c><v>1</v></c></row>" * 101), "万行"),
    (
        "too many cells",
        "a.xlsx",
        files.xlsx(*[files.sheet_xml(("<row>" + "<c><v>1</v></c>" * 30 + "</row>") * 20)] * 2),
        "单元格超过",
    ),
    ("too many sheets", "a.xlsx", files.xlsx(*[files.one_cell()] * 6), "工作表"),
]

ACCEPTED: list[tuple[str, str, bytes, str]] = [
    ("a plain workbook", "台账.xlsx", plain(), "xlsx"),
    ("a workbook by another name", "台账.xls", plain(), "xlsx"),
    ("a workbook called png", "台账.png", plain(), "xlsx"),
    ("an old workbook", "台账.xls", OLD, "xls"),
    ("an old workbook called xlsx", "a.xlsx", OLD, "xls"),
    ("one csv", "企业.csv", CSV.encode(), "csv"),
    ("csv with mark", "企业.csv", CSV.encode("utf-8-sig"), "csv"),
    ("csv in gb18030", "企业.CSV", CSV.encode("gb18030"), "csv"),
    ("zip of csv", "台账.zip", files.zipped({"企业.csv": CSV, "厂区.csv": CSV}), "csv-zip"),
    ("zip with a folder", "台账.zip", files.zipped({"台账/企业.csv": CSV}), "csv-zip"),
    ("zip with gbk names", "台账.zip", gbk_names(), "csv-zip"),
    ("zip from a Mac", "a.zip", files.zipped({"a.csv": CSV, "__MACOSX/._a.csv": "x"}), "csv-zip"),
    ("far down", "a.xlsx", cell_at("A1048576"), "xlsx"),
    ("vast declared extent", "a.xlsx", files.xlsx(
        files.one_cell().replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    ), "xlsx"),
    ("outside links", "a.xlsx", with_part("xl/externalLinks/externalLink1.xml"), "xlsx"),
    ("embedded objects", "a.xlsx", with_part("xl/embeddings/oleObject1.bin"), "xlsx"),
    ("pictures", "a.xlsx", with_part("xl/media/image1.png"), "xlsx"),
    ("names by backslash", "a.xlsx", files.zipped({
        name.replace("/", "\\"): part for name, part in files.xlsx_parts(files.one_cell()).items()
    }), "xlsx"),
    ("an empty workbook", "a.xlsx", files.xlsx(files.sheet_xml("")), "xlsx"),
]  # fmt: skip


def every() -> list[Hostile]:
    """All of them, as a person would send them."""
    named = [*REFUSED, *ACCEPTED]
    made = [Hostile(what, name, given(content), says) for what, name, content, says in named]
    return [*made, Hostile("a bomb of 300 MB", "a.zip", bomb, "膨胀")]


def bomb() -> bytes:
    """300 MB in 300 kB."""
    return files.zipped({"企业.csv": bytes(300_000_000)})
