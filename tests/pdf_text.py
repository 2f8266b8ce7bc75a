"""The words of a PDF that our own papers program made (PDF 文本), enough to check its numbers.

Reads plain objects, packed streams and the table by which the body font's glyphs are named; no
more of the format than typst writes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

_OBJECT = re.compile(rb"\d+ 0 obj(.*?)endobj", re.DOTALL)
_TEXT = re.compile(rb"BT(.*?)ET", re.DOTALL)
_PART = re.compile(rb"<([0-9A-F]+)>|\(((?:\\.|[^\\)])*)\)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def texts_of(content: bytes) -> list[str]:
    """Every piece of text as it was set: a line of a paragraph, a cell of a table."""
    streams = list(_streams(content))
    letters = max((_letters(it) for it in streams), key=len)
    return [
        "".join(letters.get(code, "?") for part in _PART.finditer(text[1]) for code in _codes(part))
        for stream in streams
        if b"BT" in stream and b"Tf" in stream
        for text in _TEXT.finditer(stream)
    ]


def _streams(content: bytes) -> Iterator[bytes]:
    for found in _OBJECT.finditer(content):
        _, begin, rest = found[1].partition(b"stream\n")
        if begin:
            raw = rest.rpartition(b"endstream")[0]
            try:
                yield zlib.decompressobj().decompress(raw)
            except zlib.error:
                yield raw


def _letters(stream: bytes) -> dict[int, str]:
    """Glyph → what it means, by the font's own table."""
    return {
        int(code, 16): bytes.fromhex(meaning.decode()).decode("utf-16-be")
        for block in re.findall(rb"beginbfchar(.*?)endbfchar", stream, re.DOTALL)
        for code, meaning in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", block)
    }


def _codes(part: re.Match[bytes]) -> Iterator[int]:
    raw = bytes.fromhex(part[1].decode()) if part[1] else _ESCAPED.sub(_unescaped, part[2])
    for place in range(0, len(raw) - 1, 2):
        yield int.from_bytes(raw[place : place + 2], "big")


def _unescaped(found: re.Match[bytes]) -> bytes:
    said = found[1]
    return bytes([int(said, 8)]) if said.isdigit() else _NAMED.get(said, said)
