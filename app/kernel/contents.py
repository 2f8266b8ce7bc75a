"""What a file is, read from its content (按内容识别文件); its name says nothing here.

Only first bytes and the directory of an archive are read, so a hostile file costs nothing. What a
file would cost to open is asked in :mod:`app.kernel.pictures`, in a process of its own.
"""

from __future__ import annotations

import re
import struct
import zipfile
from enum import StrEnum
from pathlib import Path

from app.kernel.zips import BROKEN, BROKEN_OR_LOCKED

MOST_PARTS = 5000
"""Parts of an office file."""
_OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "heic": "image/heic",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "ofd": "application/ofd",
}
"""The kinds that are known, by the ending of their names (jpeg counts as jpg)."""
_HEADS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
_MAIN_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "OFD.xml"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_ACTIVE = re.compile("/(activex|macrosheets)/")
_TYPES, _MOST_OF_TYPES = "[Content_Types].xml", 1024 * 1024
_END, _END_SIZE, _MOST_OF_AN_ENTRY = b"PK\x05\x06", 22, 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
_OTHER_PICTURES = (b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")


class Fault(StrEnum):
    """Why a file is none of the known kinds."""

    EMPTY = "empty"
    MACROS = "macros"
    ENCRYPTED = "encrypted"
    OLD_OFFICE = "old-office"
    ARCHIVE = "archive"
    OTHER_PICTURE = "other-picture"
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


class NotKnown(Exception):
    """The content is none of the known kinds; ``fault`` says which sort of other thing it is."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def ending_of(name: str) -> str:
    """The kind that a name claims: pdf, jpg …; empty when it has none."""
    ending = name.rsplit(".", 1)[-1].casefold() if "." in name else ""
    return {"jpeg": "jpg", "heif": "heic"}.get(ending, ending)


def media_type_of(name: str) -> str:
    """The media type of a kept file by its name, which was made to agree with its content."""
    return MEDIA_TYPES.get(ending_of(name), "application/octet-stream")


def kind_of(path: Path) -> str:
    """The kind that the content is, one of MEDIA_TYPES. Raises NotKnown."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise NotKnown(Fault.EMPTY)
    for kind, start in _HEADS.items():
        if head.startswith(start):
            return kind
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return "heic"
    if head.startswith(b"PK\x03\x04"):
        return _office_kind(path)
    raise NotKnown(_other(head))


def _other(head: bytes) -> Fault:
    if head.startswith(_OLE):
        return Fault.OLD_OFFICE
    if head.startswith(_ARCHIVES):
        return Fault.ARCHIVE
    if head.startswith(_OTHER_PICTURES) or head[4:8] == b"ftyp":
        return Fault.OTHER_PICTURE
    return Fault.UNKNOWN


def _office_kind(path: Path) -> str:
    """Which office file an archive is; one with macros is none."""
    if not _has_small_directory(path):
        raise NotKnown(Fault.DAMAGED)
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            runs = _runs_something(archive)
    except BROKEN as broken:
        raise NotKnown(Fault.DAMAGED) from broken
    except RuntimeError as locked:  # an encrypted part was to be read
        raise NotKnown(Fault.ENCRYPTED) from locked
    if any(part.flag_bits & 1 for part in parts):
        raise NotKnown(Fault.ENCRYPTED)
    if runs:
        raise NotKnown(Fault.MACROS)
    names = {part.filename for part in parts}
    kind = next((kind for kind, main in _MAIN_PARTS.items() if main in names), "")
    if not kind:
        raise NotKnown(Fault.ARCHIVE)
    if len(parts) > MOST_PARTS:
        raise NotKnown(Fault.DAMAGED)
    return kind


def _has_small_directory(path: Path) -> bool:
    """Whether the directory may be read: 50 MB of nothing but entries would take minutes."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65_535 - _END_SIZE))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        return False
    entries, size = struct.unpack_from("<HI", tail, at + 10)
    return bool(entries <= MOST_PARTS and size <= MOST_PARTS * _MOST_OF_AN_ENTRY)


def _runs_something(archive: zipfile.ZipFile) -> bool:
    """Whether opening the office file would run a program that came with it."""
    names = [name.casefold().replace("\\", "/") for name in archive.namelist()]
    if any(name.endswith("vbaproject.bin") or _ACTIVE.search(name) for name in names):
        return True
    if _TYPES not in archive.namelist():
        return False
    with archive.open(_TYPES) as types:
        return b"macroenabled" in types.read(_MOST_OF_TYPES).lower()


_COUNTED = {
    "docx": ("docProps/app.xml", re.compile(rb"<Pages>(\d{1,5})</Pages>")),
    "ofd": ("Document.xml", re.compile(rb"<(?:ofd:)?Page\s[^>]*BaseLoc")),
}
_MOST_OF_A_PART = 4 * 1024 * 1024


def pages_said(path: Path, kind: str) -> int | None:
    """How many pages a docx or ofd says it has; None where it says nothing."""
    if kind not in _COUNTED:
        return None
    part, pattern = _COUNTED[kind]
    try:
        with zipfile.ZipFile(path) as archive:
            names = [it for it in archive.namelist() if it == part or it.endswith(f"/{part}")][:20]
            texts = []
            for name in names:
                with archive.open(name) as file:
                    texts.append(file.read(_MOST_OF_A_PART))
    except BROKEN_OR_LOCKED:
        return None
    found = [it for text in texts for it in pattern.findall(text)]
    if kind == "docx":
        return int(found[0]) or None if found else None
    return len(found) or None
