"""What a file is, read from its content: a directory too large to be read is not read."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from app.kernel.contents import MOST_PARTS, Fault, NotKnown, kind_of


def word_file(*more: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("word/document.xml", *more):
            archive.writestr(name, b"")
    return content.getvalue()


def saying(content: bytes, at: int, form: str, value: int) -> bytes:
    """The file with another number in the record that ends it."""
    end = content.rindex(b"PK\x05\x06")
    said = bytearray(content)
    struct.pack_into(form, said, end + at, value)
    return bytes(said)


SMALL = word_file()
LARGE = (
    saying(SMALL, 10, "<H", MOST_PARTS + 1),
    saying(SMALL, 10, "<H", 0xFFFF),
    saying(SMALL, 12, "<I", MOST_PARTS * 1024 + 1),
)


@pytest.mark.parametrize("content", LARGE)
def test_a_directory_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(content)
    monkeypatch.setattr("app.kernel.contents.zipfile.ZipFile", None)
    with pytest.raises(NotKnown) as refused:
        kind_of(path)
    assert refused.value.fault is Fault.DAMAGED


def test_an_ordinary_one_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(SMALL)
    assert kind_of(path) == "docx"
