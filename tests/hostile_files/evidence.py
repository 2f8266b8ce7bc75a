"""Evidence (证明材料) that is not what it says, or more than it says."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from app.kernel.attachments import LARGEST, MOST_PARTS
from tests.hostile_files import Hostile, given

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
SCRIPT = b"<script>alert(document.cookie)</script>"
KIND, OTHER, EMPTY, LARGE = "不是可以上传的文件类型", "内容与扩展名不符", "是空文件", "超过 20 MB"


def pdf_with(action: bytes) -> bytes:
    return PDF.replace(b"<</Type/Catalog>>", b"<</Type/Catalog/OpenAction<<" + action + b">>>>")


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    """A picture that says it is as large as you like, whatever it holds."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def jpg(more: bytes = b"") -> bytes:
    comment = b"\xff\xfe" + struct.pack(">H", len(more) + 2) + more if more else b""
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
        + comment
        + b"\xff\xd9"
    )


def package(*names: str, content: bytes = b"<x/>", flags: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    made = bytearray(buffer.getvalue())
    if flags:
        for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            made[made.find(magic) + at] |= flags
    return bytes(made)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD, SHEET, PAPER = "word/document.xml", "xl/workbook.xml", "OFD.xml"

_REFUSED: list[tuple[str, str, bytes, str]] = [
    ("a program", "证明.exe", b"MZ\x90\0", KIND),
    ("a script of the shell", "证明.sh", b"#!/bin/sh\nrm -rf /\n", KIND),
    ("a batch file", "证明.bat", b"@echo off", KIND),
    ("a web page", "证明.html", SCRIPT, KIND),
    ("a picture in svg with script", "证明.svg", b"<svg onload='alert(1)'/>", KIND),
    ("a web archive", "证明.mht", b"MIME-Version: 1.0", KIND),
    ("a java archive", "证明.jar", package("META-INF/MANIFEST.MF"), KIND),
    ("a document with macros by its name", "证明.docm", package(WORD), KIND),
    ("a shortcut", "证明.lnk", b"L\0\0\0", KIND),
    ("a zip", "证明.zip", package("a.txt"), KIND),
    ("a name of two endings", "证明.pdf.exe", PDF, KIND),
    ("a name of an ending and a dot", "证明.pdf.", PDF, KIND),
    ("a name with a space behind", "证明.pdf .exe", PDF, KIND),
    ("a name without an ending", "证明", PDF, KIND),
    ("a name that is only an ending", ".htaccess", b"Options +ExecCGI", KIND),
    ("a stream beside the file", "证明.pdf::$DATA", PDF, KIND),
    ("an ending turned round", "证明\u202efdp.exe", PDF, KIND),
    ("nothing called pdf", "证明.pdf", b"", EMPTY),
    ("nothing called docx", "证明.docx", b"", EMPTY),
    ("a web page called pdf", "证明.pdf", b"<html>" + SCRIPT, OTHER),
    ("a web page called png", "证明.png", b"<html>" + SCRIPT, OTHER),
    ("a web page called jpg", "证明.jpg", SCRIPT, OTHER),
    ("a svg called png", "证明.png", SVG, OTHER),
    ("a pdf called png", "证明.png", PDF, OTHER),
    ("a png called pdf", "证明.pdf", png(1, 1), OTHER),
    ("a jpg called png", "证明.png", jpg(), OTHER),
    ("a gif called jpg", "证明.jpg", b"GIF89a" + bytes(40), OTHER),
    ("a program called pdf", "证明.pdf", b"MZ" + PDF, OTHER),
    ("a pdf behind a web page", "证明.pdf", SCRIPT + PDF, OTHER),
    ("a pdf behind a zip", "证明.pdf", package("a.txt") + PDF, OTHER),
    ("a shell script called docx", "证明.docx", b"#!/bin/sh", OTHER),
    ("an old document called docx", "证明.docx", OLE + bytes(600), OTHER),
    ("an encrypted package", "证明.xlsx", OLE + b"EncryptedPackage", OTHER),
    ("a zip called docx", "证明.docx", package("a.txt"), OTHER),
    ("a workbook called docx", "证明.docx", package(SHEET), OTHER),
    ("a document called xlsx", "证明.xlsx", package(WORD), OTHER),
    ("a document called ofd", "证明.ofd", package(WORD), OTHER),
    ("macros in a document", "证明.docx", package(WORD, "word/vbaProject.bin"), OTHER),
    ("macros in a workbook", "证明.xlsx", package(SHEET, "xl/vbaProject.bin"), OTHER),
    ("macros in capitals", "证明.docx", package(WORD, "WORD/VBAPROJECT.BIN"), OTHER),
    ("macros by the kind alone", "证明.docx", package(
        WORD, "[Content_Types].xml", content=b'<Override ContentType="application/vnd.ms-word.'
        b'document.macroEnabled.main+xml"/>'), OTHER),
    ("active controls", "证明.docx", package(WORD, "word/activeX/activeX1.xml"), OTHER),
    ("macro sheets", "证明.xlsx", package(SHEET, "xl/macrosheets/sheet1.xml"), OTHER),
    ("an encrypted part", "证明.docx", package(WORD, flags=1), OTHER),
    ("a package of very many parts", "证明.docx", package(
        WORD, *(f"{number}" for number in range(MOST_PARTS))), OTHER),
    ("a package cut off", "证明.docx", package(WORD)[:40], OTHER),
    ("only the magic of a package", "证明.xlsx", b"PK\x03\x04", OTHER),
    ("only the magic of a pdf", "证明.pdf", b"%PD", OTHER),
    ("noise", "证明.png", bytes(range(256)) * 20, OTHER),
]  # fmt: skip

_TAKEN: list[tuple[str, str, bytes]] = [
    ("a pdf with a script", "证明.pdf", pdf_with(b"/S/JavaScript/JS(app.alert(1))")),
    ("a pdf that starts a program", "证明.pdf", pdf_with(b"/S/Launch/F(cmd.exe)")),
    ("a pdf that calls home", "证明.pdf", pdf_with(b"/S/URI/URI(http://evil.example/)")),
    ("a pdf with a web page behind", "证明.pdf", PDF + SCRIPT),
    ("a pdf with a zip behind", "证明.pdf", PDF + package("a.html", content=SCRIPT)),
    ("a pdf of one head", "证明.pdf", b"%PDF-"),
    ("a picture as large as a country", "证明.png", png(2**31 - 1, 2**31 - 1)),
    ("a picture that unpacks to 20 MB", "证明.png", png(4000, 1700, bytes(20_000_000))),
    ("a picture with a web page in it", "证明.jpg", jpg(SCRIPT)),
    ("a picture with a script behind", "证明.png", png(1, 1) + SCRIPT),
    ("a name of a jpeg", "证明.JPEG", jpg()),
    ("a document that includes a file of the server", "证明.docx", package(
        WORD, content=b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>')),
    ("a document of a billion laughs", "证明.docx", package(
        WORD, content=b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]><x>&b;</x>')),
    ("a document that unpacks to 50 MB", "证明.docx", package(WORD, content=bytes(50_000_000))),
    ("a document with climbing names", "证明.docx", package(WORD, "../../../../etc/cron.d/x")),
    ("a paper with a script", "证明.ofd", package(PAPER, content=SCRIPT)),
    ("a name of a path", "../../../../etc/证明.pdf", PDF),
    ("a name of a Windows path", "C:\\Windows\\证明.pdf", PDF),
    ("a name of markup", "<img src=x onerror=alert(1)>.pdf", PDF),
    ("a name of a header", "a\r\nSet-Cookie: x=1\r\n.pdf", PDF),
    ("a name of 5,000 characters", "长" * 5000 + ".pdf", PDF),
    ("a name of a formula", "=cmd|' /C calc'!A0.pdf", PDF),
    ("a name of a device", "CON.pdf", PDF),
]  # fmt: skip

FILES = [
    *(Hostile(what, name, given(content), says) for what, name, content, says in _REFUSED),
    Hostile("a pdf of one byte too many", "证明.pdf", lambda: PDF.ljust(LARGEST + 1), LARGE),
    *(Hostile(what, name, given(content), "") for what, name, content in _TAKEN),
]
