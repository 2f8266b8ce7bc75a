"""Strings that people and attackers put where a word was expected (恶意输入)."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

_TEXTS = (
    # bytes and characters no database and no file name can hold, or nobody can see
    "\x00", "正常\x00值", "\ud800", "\udfff\ud800", "\u202e甲乙", "\u200b", "\ufeff",
    "\x1b[31m", "\x7f",
    "\r\nSet-Cookie: x=1", "\t\n", " ", "　", "e" + "\u0301" * 200, "ﷺ" * 60, "😀" * 41,
    # numbers that are none, or too many
    "9223372036854775808", "-9223372036854775809", "9007199254740993", "-1", "0", "00", "1e309",
    "0x10", "1_000", "NaN", "Infinity", "٣", "２０２５", "²", "Ⅳ", "½", "1" * 5000,
    # days and moments
    "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2025-02-30", "2025-13-01",
    "25-01-01",
    "２０２５-０１-０１", "2025-06-30T25:00", "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00+14:00",
    "2025-06-30T23:59:60", "2025-W27-1", "20250630T09",
    # words of other languages
    "null", "None", "undefined", "true", "[]", "{}", "[object Object]",
    "{{7777*7777}}", "${7777*7777}",
    "%s%n%x", "%00", "%25", "%", "_", "\\", "'", '"', "`",
    # markup, formulas, commands, paths
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)",
    '" hx-get="/sign-out" hx-trigger="load" x="', "javascript:alert(1)", "</title><b qz=1>",
    "<!--",
    "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "' OR 1=1 --", "'; DROP TABLE plant; --",
    "../../../../etc/passwd", "..%2f..", "/etc/passwd", "C:\\con", "//evil.example", "http://[",
    "file:///etc/passwd", "a;b,c|d&e", "越城区" * 1000, "x" * 60_000,
)  # fmt: skip
_NOT_TEXTS = (b"\xff\xfe", b"\xc0\xaf", b"\xe4\xb8", b"\xf5\x80\x80\x80")

LONG = b"x" * 1_000_000
EVERYWHERE = (
    "正常\x00值".encode(), b"\xed\xa0\x80", LONG, b"=cmd|' /C calc'!A0",
    "\u202e甲乙\u200b".encode(),
)  # fmt: skip
"""For every single field: NUL, half a character, 1 MB, a formula, directions and nothing to see."""
_FILE_NAMES = (
    "../../../etc/passwd.xlsx", "..\\..\\evil.xlsx", "/", ".", "..", "CON.xlsx", "甲\x00乙.xlsx",
    "台账😀.xlsx", "长" * 300 + ".xlsx", "x" * 5000, "\u202excod.xlsx", "\ud800.xlsx", "a;b.xlsx",
    "<script>alert(1)</script>.xlsx", '甲"乙.xlsx', "%00.xlsx", "=1+1.xlsx", " .xlsx", "没有后缀",
)  # fmt: skip


def _as_bytes(texts: Iterable[str]) -> Iterator[bytes]:
    return (text.encode("utf-8", "surrogatepass") for text in texts)


TEXTS = (*_as_bytes(_TEXTS), *_NOT_TEXTS)
"""As bytes, since not all of them are text."""
FILE_NAMES = (*_as_bytes(_FILE_NAMES), b"\xff\xfe.xlsx", b"a\tb.xlsx")


def some(texts: tuple[bytes, ...], number: int, seed: str) -> list[bytes]:
    """So many of the texts, the same ones each time for the same seed."""
    return random.Random(seed).sample(texts, min(number, len(texts)))  # noqa: S311 - no secret


def multipart(name: str, file_name: bytes, content: bytes, **fields: str) -> bytes:
    """A form with one file, put together by hand: clients would mend the name."""
    plain = b'--MARK\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    before = b"".join(plain % (it.encode(), value.encode()) for it, value in fields.items())
    quoted = file_name.replace(b'"', b"%22")
    head = b'--MARK\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n'
    kind = b"Content-Type: application/octet-stream\r\n\r\n"
    return before + head % (name.encode(), quoted) + kind + content + b"\r\n--MARK--\r\n"
