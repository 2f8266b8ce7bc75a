"""Materials that people send to prove something (佐证材料): taken by what they are, or refused.

The kind is that of the content; where the name says otherwise, its ending is put right. A file is
opened before it is taken, in a process of its own, so that what cannot be looked at later, or does
something when it is opened, is refused while its sender can still mend it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.kernel import contents, files, pictures
from app.kernel.contents import ending_of
from app.kernel.files import Stored
from app.kernel.spreadsheets import shown_name

ACCEPTED = ".pdf,.ofd,.jpg,.jpeg,.png,.heic,.heif,.docx,.xlsx,image/*"
"""What a file dialog offers; on a telephone also its camera."""
KINDS_HINT = "PDF、OFD、图片（JPG、PNG、HEIC）、Word（docx）或 Excel（xlsx）"
MB = 1024 * 1024
_FAULTS = {
    contents.Fault.EMPTY: "是空文件（0 字节）。请确认能打开后重新选择。",
    contents.Fault.MACROS: "含有宏或控件，不能接收。请另存为不含宏的 docx、xlsx 或 PDF。",
    contents.Fault.ENCRYPTED: "加了密码，无法查看。请去掉密码后重新选择。",
    contents.Fault.OLD_OFFICE: (
        "是旧版 Office、WPS 文件，或者加了打开密码。请去掉密码，另存为 docx、xlsx 或 PDF。"
    ),
    contents.Fault.ARCHIVE: "是压缩包或其他打包文件。请解压后选择其中的文件。",
    contents.Fault.OTHER_PICTURE: "是不能接收的图片或音视频格式。图片请另存为 JPG 或 PNG。",
    contents.Fault.DAMAGED: "已经损坏，或者不完整。请确认能打开后重新选择。",
    contents.Fault.UNKNOWN: f"的内容不是可以接收的文件类型。请上传{KINDS_HINT}。",
    pictures.Fault.ENCRYPTED: "加了密码，无法查看。请去掉密码后重新选择。",
    pictures.Fault.SCRIPT: (
        "含有脚本或会启动程序的动作，为安全不能接收。请用“打印为 PDF”另存一份后上传。"
    ),
    pictures.Fault.CUT_OFF: "不完整，中途就断了。请确认能打开、翻到最后一页，再重新选择。",
    pictures.Fault.DAMAGED: "已经损坏，或者不完整。请确认能打开后重新选择。",
    pictures.Fault.PIXELS: f"的像素超过 {pictures.MOST_PIXELS / 10**8:g} 亿。请缩小后重新选择。",
    pictures.Fault.PAGES: f"超过 {pictures.MOST_PAGES} 页。请分成几个文件。",
    pictures.Fault.TOO_MUCH: (
        "打开时占用的内存或时间超过限度。请用“打印为 PDF”另存，或缩小后重新选择。"
    ),
    pictures.Fault.NO_READER: "暂时无法检查：服务器缺少读取文件的组件。请告知受理申报的部门。",
}


class Unacceptable(Exception):
    """The file cannot be taken; the text names it, says why and what to do."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that may be taken."""

    kind: str
    pages: int | None
    name: str
    """As it is shown and handed back, with the ending of its kind."""


def refuse_size(name: str, size: int, largest: int) -> None:
    """Refuse a file for its size alone, before it is sent. Raises Unacceptable."""
    if size <= 0:
        raise Unacceptable(f"“{shown_name(name)}”{_FAULTS[contents.Fault.EMPTY]}")
    if size > largest:
        raise Unacceptable(
            f"“{shown_name(name)}”有 {-(-size // MB)} MB，"
            f"超过每个文件 {largest // MB} MB 的上限。请压缩或分拆后重新选择。"
        )


def examine(path: Path, original_name: str, *, largest: int) -> Examined:
    """What a file on disk is, by its content. Raises Unacceptable."""
    name = shown_name(original_name) or "未命名"
    refuse_size(name, path.stat().st_size, largest)
    try:
        kind = contents.kind_of(path)
        if kind in pictures.VIEWABLE:
            pages: int | None = pictures.look_at(path, kind).pages
        else:
            pages = contents.pages_said(path, kind)
    except (contents.NotKnown, pictures.NotShown) as refusal:
        raise Unacceptable(f"“{name}”{_FAULTS[refusal.fault]}") from refusal
    return Examined(kind, pages, name if ending_of(name) == kind else f"{name}.{kind}")


def receive(stream: BinaryIO, name: str, *, largest: int) -> tuple[Stored, Examined]:
    """Keep a sent file on disk once it may be taken. Raises Unacceptable."""
    found: list[Examined] = []

    def check(path: Path) -> None:
        found.append(examine(path, name, largest=largest))

    files.refuse_without_room()
    stored = files.keep(stream, check=check)
    pictures.prepare(stored.sha256, stored.path, found[0].kind)
    return stored, found[0]
