"""Takes the plain elements out of a part before the parser sees them, because it is much faster.

Office programs write row after row, text after text in one plain manner. What is exactly of that
manner is recognised by one regular expression; whatever else stands there, a formula, an error, a
text in two colours, a prefix, goes to the XML parser as before, in its place. A part in which an
element could be anything but an element (comments, CDATA, other encodings) is left to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO

TEXT = "[^<>&\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*"
"""Characters that stand for themselves in XML."""
_BEGINNING = re.compile(
    rb"""(<\?xml(?![^<>?]*\sencoding=(?!["']utf-8["']))[^<>?]*\?>)?\s*<[a-z]""", re.IGNORECASE
)
"""How a part begins that is written in UTF-8."""
_TOKEN_ENDS = (">", " ", "\n", "\t")

Take = Callable[[str, int], int]
"""Takes the plain elements that stand at this place of the text; returns where they end."""


class WithoutPlain:
    """A part as a stream for the parser, from which ``take`` gets the plain elements in turn.

    ``opening`` is how an element begins that may be plain, ``closing`` how it ends. Every piece
    handed on ends where a tag ends, so that the parser is never behind.
    """

    def __init__(self, stream: IO[bytes], opening: str, closing: str, take: Take) -> None:
        self._stream = stream
        self._opening, self._closing = opening, closing
        self._take = take
        self._rest = b""
        self._text = ""
        self._at = 0
        self._is_first = True
        self._is_plain = True

    def read(self, size: int, /) -> bytes:
        """What the parser reads next; nothing at the end of the part."""
        while self._is_plain:
            if self._at == len(self._text) and (piece := self._refill(size)) is not None:
                return piece
            if piece := self._next_piece():
                return piece
        rest, self._rest = self._rest, b""
        return rest or self._stream.read(size)

    def _refill(self, size: int) -> bytes | None:
        """Read on to the end of an element; gives up looking, with what it has, where none is."""
        chunk = self._rest + self._stream.read(size)
        end = chunk.rfind(self._closing.encode()) + len(self._closing)
        if end < len(self._closing) or not self._may_hold_plain(chunk):
            self._is_plain, self._rest = False, b""
            return chunk
        try:
            self._text, self._at = chunk[:end].decode(), 0
        except UnicodeDecodeError:
            self._is_plain, self._rest = False, b""
            return chunk
        self._rest = chunk[end:]
        return None

    def _may_hold_plain(self, chunk: bytes) -> bool:
        declared = 0
        if self._is_first:
            self._is_first = False
            beginning = _BEGINNING.match(chunk)
            if beginning is None:
                return False
            declared = beginning.end(1) if beginning[1] else 0
        return b"<!" not in chunk and chunk.find(b"<?", declared) < 0

    def _next_piece(self) -> bytes:
        """The text up to the next element that may be plain, or one that is not."""
        text, start = self._text, self._at
        self._at = at = self._take(text, start) if text.startswith(self._opening, start) else start
        if at == len(text):
            return b""
        if at == start and text.startswith(self._opening, at):
            end = text.index(self._closing, at) + len(self._closing)
        else:
            found = text.find(self._opening, at)
            end = found if found >= 0 else len(text)
        self._at = end
        piece = text[at:end]
        if piece and not piece.endswith(_TOKEN_ENDS):
            self._is_plain = False
            self._rest = text[end:].encode() + self._rest
        return piece.encode()
