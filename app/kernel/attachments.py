"""Files that people attach as evidence (附件): what they are is read from their content.

A name is only shown; the kind is what the first bytes and, for office files, the parts inside say,
and it must agree with the ending of the name. What is kept is never opened by the app again, only
handed back as a download.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from werkzeug.datastructures import FileStorage

from app.kernel import files
from app.kernel.contents import MEDIA_TYPES, MOST_PARTS, NotKnown, ending_of, kind_of, media_type_of
from app.kernel.files import Stored
from app.kernel.spreadsheets import shown_name

__all__ = [
    "ACCEPTED", "HINT", "LARGEST", "MOST_PARTS", "Attachment", "Unacceptable", "media_type_of",
    "receive",
]  # fmt: skip

LARGEST = 20 * 1024 * 1024
"""Bytes of one file."""
KINDS = frozenset(MEDIA_TYPES) - {"heic"}
"""The kinds that are taken; none that only a telephone opens."""
ACCEPTED = ".pdf,.png,.jpg,.jpeg,.docx,.xlsx,.ofd"
HINT = "PDF、OFD、图片（JPG、PNG）、Word 或 Excel（docx、xlsx），不超过 20 MB。"


class Unacceptable(Exception):
    """The file cannot be taken; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on disk with the name it is shown by."""

    stored: Stored
    name: str


def receive(sent: FileStorage | None) -> Attachment | None:
    """Keep an attached file on disk; None when none was chosen. Raises Unacceptable."""
    if sent is None or not sent.filename:
        return None
    name = shown_name(sent.filename)
    if ending_of(name) not in KINDS:
        raise Unacceptable(f"“{name}”不是可以上传的文件类型。请上传{HINT}")
    files.refuse_without_room()
    return Attachment(files.keep(cast("BinaryIO", sent.stream), check=partial(_check, name)), name)


def _check(name: str, path: Path) -> None:
    size = path.stat().st_size
    if size == 0:
        raise Unacceptable(f"“{name}”是空文件（0 字节）。请确认能打开后重新选择。")
    if size > LARGEST:
        raise Unacceptable(f"“{name}”超过 {LARGEST // 1024**2} MB。请压缩图片或分拆后重新选择。")
    if _kind_of(path) != ending_of(name):
        raise Unacceptable(
            f"“{name}”的内容与扩展名不符，或者已经损坏、加密、含有宏。请另存为{HINT}"
        )


def _kind_of(path: Path) -> str:
    """What the content is; empty when it is none of the known kinds."""
    try:
        return kind_of(path)
    except NotKnown:
        return ""
