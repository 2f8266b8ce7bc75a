"""Decides by its content whether a file is a ledger that may be read, and says why not."""

from __future__ import annotations

import codecs
from pathlib import Path

from .archive import LOCKED, Archive
from .cells import DEFAULT_LIMITS, Limits, UnreadableWorkbook, WorkbookKind, is_invisible
from .ooxml_parts import read_tags

_HEAD_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_ENTRY = 128
_XLSX_TYPES = (
    "spreadsheetml.sheet.main+xml",
    "spreadsheetml.template.main+xml",
)
_SAVE_AS = "请用 Excel 或 WPS 打开原始台账，另存为“Excel 工作簿（.xlsx）”后重新上传。"

_KNOWN_CONTENT: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPG 图片"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"II*\0", "TIFF 图片"),
    (b"MM\0*", "TIFF 图片"),
    (b"%PDF", "PDF 文档"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"MZ", "可执行程序"),
    (b"\x7fELF", "可执行程序"),
    (b"{\\rtf", "RTF 文档"),
    (b"SQLite format 3\0", "数据库文件"),
    (b"RIFF", "音视频或图片"),
)

_LEFT_ASIDE: tuple[tuple[str, str], ...] = (
    (
        "xl/externallinks/",
        "引用其他文件的外部链接或 DDE 链接，只读取单元格里已保存的值，不更新链接",
    ),
    ("xl/embeddings/", "嵌入的其他文档（OLE 对象），未予打开"),
    ("xl/connections.xml", "外部数据连接，未予连接"),
    ("xl/querytables/", "外部数据查询，未予刷新"),
    ("xl/media/", "图片，未予读取"),
)


def inspect_workbook(
    path: Path, original_name: str, limits: Limits = DEFAULT_LIMITS
) -> WorkbookKind:
    """What the file really is, judged by its content and not by its name.

    Accepts .xlsx, .xls, a .csv, a zip of .csv and a folder of .csv. Reads only directories
    and first bytes, so it may run while a person waits; what lies in the sheets is checked
    by `read_workbook`. Raises UnreadableWorkbook with a sentence in Chinese.
    """
    if path.is_dir():
        return WorkbookKind("csv-folder")
    name = shown_name(original_name)
    size = path.stat().st_size
    if size == 0:
        raise UnreadableWorkbook(
            f"文件“{name}”是空的（0 字节），可能是上传中断或保存失败。"
            "请确认能用 Excel 打开后重新上传。"
        )
    if size > limits.file_bytes:
        raise UnreadableWorkbook(
            f"文件“{name}”有 {size // 1024**2} MB，超过 {limits.file_bytes // 1024**2} MB 的上限。"
            "请删去图片等无关内容，或把台账分成几个文件上传。"
        )
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith(b"PK"):
        return _inspect_zip(path, name, limits)
    if head.startswith(_OLE):
        return _inspect_ole(path, name)
    _refuse_known_content(head, name)
    return _inspect_text(head, name)


def shown_name(original_name: str) -> str:
    """A file name fit to be shown: last part only, no control or direction marks, at most 60."""
    last = original_name.replace("\\", "/").rsplit("/", 1)[-1]
    clean = "".join(char for char in last if not is_invisible(char)).strip()
    return clean if len(clean) <= 60 else clean[:50] + "…" + clean[-9:]


def _inspect_zip(path: Path, name: str, limits: Limits) -> WorkbookKind:
    with Archive(path, limits) as archive:
        if archive.find("[Content_Types].xml") is not None:
            return _inspect_office(archive, name)
        if archive.find("mimetype") is not None:
            raise UnreadableWorkbook(
                f"文件“{name}”是 ODF（.ods 等）或电子书格式，系统不读取这种格式。" + _SAVE_AS
            )
        entries = [entry for entry in archive.entries if not _is_clutter(entry)]
        if not any(is_csv(entry) for entry in entries):
            raise UnreadableWorkbook(
                f"压缩包“{name}”里没有 .csv 文件。压缩包只用于一次上传多个 .csv（每个工作表一个）；"
                "如果里面是 .xlsx 或 .xls，请解压后直接上传该文件。"
            )
        others = sorted(entry for entry in entries if not is_csv(entry))
    return WorkbookKind(
        "csv-zip",
        tuple(f"压缩包里的“{shown_name(other)}”不是 .csv，未予读取。" for other in others),
    )


def is_csv(name: str) -> bool:
    """Whether a file name is that of a .csv a person put there."""
    return name.casefold().endswith(".csv") and not _is_clutter(name)


def _is_clutter(name: str) -> bool:
    """Files that operating systems add to folders and archives unasked."""
    last = name.rsplit("/", 1)[-1]
    return (
        name.startswith("__MACOSX/")
        or last.startswith((".", "~$"))
        or last.casefold() in ("thumbs.db", "desktop.ini")
    )


def _inspect_office(archive: Archive, name: str) -> WorkbookKind:
    parts = [entry.casefold() for entry in archive.entries]
    types = [
        tag.attributes.get("ContentType", "")
        for tag in read_tags(archive, archive.find("[Content_Types].xml") or "")
    ]
    if _has_macros(parts, types):
        raise UnreadableWorkbook(
            f"文件“{name}”含有宏（VBA 程序），为防止恶意程序，系统不接收，即使扩展名已改为 .xlsx。"
            "请另存为“Excel 工作簿（.xlsx）”，在提示“无法保存 VB 项目”时选择“是”，再上传。"
        )
    if any(part.startswith("xl/activex/") for part in parts):
        raise UnreadableWorkbook(
            f"文件“{name}”含有 ActiveX 控件（可运行的程序），系统不接收。"
            "请把数据复制到新的工作簿，另存为 .xlsx 后上传。"
        )
    if not any(kind.endswith(_XLSX_TYPES) for kind in types):
        raise UnreadableWorkbook(_not_a_workbook(parts, types, name))
    notes = tuple(
        f"工作簿里有{what}。"
        for start, what in _LEFT_ASIDE
        if any(part.startswith(start) for part in parts)
    )
    return WorkbookKind("xlsx", notes)


def _has_macros(parts: list[str], types: list[str]) -> bool:
    return any("vbaproject" in part or part.startswith("xl/macrosheets/") for part in parts) or any(
        "macroenabled" in kind.casefold() or "vbaproject" in kind.casefold() for kind in types
    )


def _not_a_workbook(parts: list[str], types: list[str], name: str) -> str:
    if any("ms-excel.sheet.binary" in kind for kind in types):
        return f"文件“{name}”是二进制工作簿（.xlsb），系统不读取这种格式。" + _SAVE_AS
    if any(part.startswith("word/") for part in parts):
        return f"文件“{name}”的内容是 Word 文档，不是 Excel 台账。请把表格放进 Excel 后上传。"
    if any(part.startswith("ppt/") for part in parts):
        return f"文件“{name}”的内容是演示文稿，不是 Excel 台账。请上传台账的 .xlsx 文件。"
    return f"文件“{name}”里没有 Excel 工作簿的内容，可能已损坏。" + _SAVE_AS


def _inspect_ole(path: Path, name: str) -> WorkbookKind:
    """Looks for tell-tale names of an old Office file in the places where names can stand."""
    content = path.read_bytes()
    if _ole_holds(content, "EncryptedPackage") or _ole_holds(content, "EncryptionInfo"):
        raise UnreadableWorkbook(LOCKED)
    if any(_ole_holds(content, part) for part in ("_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA")):
        raise UnreadableWorkbook(
            f"文件“{name}”含有宏（VBA 程序），为防止恶意程序，系统不接收。"
            "请另存为“Excel 工作簿（.xlsx）”后重新上传。"
        )
    if _ole_holds(content, "Workbook") or _ole_holds(content, "Book"):
        return WorkbookKind("xls")
    if _ole_holds(content, "WordDocument"):
        raise UnreadableWorkbook(
            f"文件“{name}”的内容是 Word 文档，不是 Excel 台账。请把表格放进 Excel 后上传。"
        )
    raise UnreadableWorkbook(f"文件“{name}”不是 Excel 工作簿，或者已经损坏。" + _SAVE_AS)


def _ole_holds(content: bytes, name: str) -> bool:
    """Whether an OLE directory entry (128 bytes, name first, UTF-16) bears exactly this name."""
    wanted = (name + "\0").encode("utf-16-le")
    at = content.find(wanted)
    while at >= 0:
        if at % _OLE_ENTRY == 0:
            return True
        at = content.find(wanted, at + 1)
    return False


def _refuse_known_content(head: bytes, name: str) -> None:
    for magic, what in _KNOWN_CONTENT:
        if head.startswith(magic):
            raise UnreadableWorkbook(
                f"文件“{name}”的内容是{what}，不是 Excel 台账；只改扩展名不会改变内容。"
                "请上传台账的 .xlsx 或 .xls 文件。"
            )
    text = head.lstrip(codecs.BOM_UTF8).lstrip().lower()
    if text.startswith((b"<!doctype", b"<html", b"<table", b"<head", b"<meta", b"<svg")):
        raise UnreadableWorkbook(
            f"文件“{name}”的内容是网页，不是 Excel 工作簿（有的系统导出的 .xls 其实是网页）。"
            + _SAVE_AS
        )
    if text.startswith(b"<?xml"):
        raise UnreadableWorkbook(f"文件“{name}”的内容是 XML 文本，不是 Excel 工作簿。" + _SAVE_AS)


def _inspect_text(head: bytes, name: str) -> WorkbookKind:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableWorkbook(
            f"文件“{name}”是 Unicode（UTF-16）文本，系统不读取这种编码。"
            "请用 Excel 另存为“CSV UTF-8（逗号分隔）”或 .xlsx 后上传。"
        )
    if b"\0" in head:
        raise UnreadableWorkbook(f"文件“{name}”不是 Excel 工作簿，或者已经损坏。" + _SAVE_AS)
    if name.casefold().endswith(".csv"):
        return WorkbookKind("csv")
    if name.casefold().endswith((".xlsx", ".xls", ".xlsm", ".et")):
        raise UnreadableWorkbook(
            f"文件“{name}”的内容是纯文本，不是 Excel 工作簿，可能只是改了扩展名，或文件已损坏。"
            + _SAVE_AS
        )
    raise UnreadableWorkbook(
        f"系统不认识文件“{name}”的格式。台账可以是 .xlsx、.xls，"
        "或每个工作表一个 .csv（打包为 zip）。" + _SAVE_AS
    )
