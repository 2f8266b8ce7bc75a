"""Reads the directory of a zip file with suspicion, before anything in it is unpacked."""

from __future__ import annotations

import stat
import struct
import zipfile
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from app.kernel.zips import BROKEN, BROKEN_OR_LOCKED

from .cells import Limits, UnreadableWorkbook

_END_RECORD = b"PK\x05\x06"
_END_SIZE = 22
_DIRECTORY_BYTES_PER_ENTRY = 1024
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_ENCRYPTED = 0x1
_NAME_IS_UTF8 = 0x800

DAMAGED = (
    "文件已损坏或结构不完整，读不出来：可能没有上传完，或由其他软件写坏。"
    "请用 Excel 或 WPS 打开确认，另存为新的 .xlsx 后重新上传。"
)
LOCKED = (
    "文件设了打开密码，系统无法读取。"
    "请用 Excel 或 WPS 打开，在“文件 → 信息 → 保护工作簿”里清除密码，保存后重新上传。"
)


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of an archive that is not read, to those who made it."""

    damaged: str = DAMAGED
    locked: str = LOCKED
    too_many: str = (
        "压缩包里登记了 {entries} 个条目，超过 {most} 个的上限，不像正常的台账文件，"
        "未予读取。请只保留需要的工作表，另存为新的 .xlsx 后上传。"
    )
    twice: str = "压缩包里有两个同名文件“{name}”，无法判断以哪个为准。请删去一个后重新上传。"
    link: str = (
        "压缩包里含有指向别处的链接文件，可能被用来读取服务器上的其他内容，未予读取。"
        "请用 Excel 或 WPS 重新保存台账后上传。"
    )
    outside: str = (
        "压缩包里有文件的路径指向包外（例如含“../”或盘符），可能覆盖服务器上的文件，未予读取。"
        "请用 Excel 或 WPS 重新保存台账，或重新压缩后上传。"
    )
    method: str = "压缩包用了少见的压缩方法，系统不支持。请用系统自带的“压缩为 zip”重新压缩后上传。"
    too_large: str = (
        "文件解压后约 {size} MB，超过 {most} MB "
        "的上限，未予读取。请删去图片和空白格式行，或把台账分成几个文件上传。"
    )
    bomb: str = (
        "文件解压后会膨胀到原来的 {times} 倍，与压缩炸弹的特征一致，"
        "未予读取。请把有内容的行复制到新的工作簿，另存为 .xlsx 后上传。"
    )
    overlap: str = (
        "压缩包里的条目互相重叠，是压缩炸弹的做法，未予读取。"
        "请用 Excel 或 WPS 打开原始台账，另存为新的 .xlsx 后上传。"
    )


OF_LEDGERS = Words()


class Archive(AbstractContextManager["Archive"]):
    """A zip file whose directory has passed every check; entries are opened by their name."""

    def __init__(self, path: Path, limits: Limits, words: Words = OF_LEDGERS) -> None:
        self._words = words
        _check_directory_size(path, limits, words)
        try:
            self._zip = zipfile.ZipFile(path)
        except BROKEN as error:
            raise UnreadableWorkbook(words.damaged) from error
        try:
            self.entries = _checked_entries(self._zip, path, limits, words)
        except BaseException:  # refused or interrupted: it goes on, and no file stays open
            self._zip.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def find(self, name: str) -> str | None:
        """The entry of that name, capitals aside (part names of a workbook ignore case)."""
        wanted = name.casefold()
        return next((entry for entry in self.entries if entry.casefold() == wanted), None)

    def open(self, name: str) -> IO[bytes]:
        """The unpacked content of one entry as a stream that ends at its declared size."""
        try:
            return self._zip.open(self.entries[name])
        except BROKEN_OR_LOCKED as error:
            raise UnreadableWorkbook(self._words.damaged) from error

    def read(self, name: str) -> bytes:
        """The whole unpacked content of one entry."""
        try:
            with self.open(name) as stream:
                return stream.read()
        except BROKEN as error:
            raise UnreadableWorkbook(self._words.damaged) from error


def _check_directory_size(path: Path, limits: Limits, words: Words) -> None:
    """Bounds the directory before the standard library reads all of it into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 65_535 - _END_SIZE))
        tail = file.read()
    at = tail.rfind(_END_RECORD)
    if at < 0 or len(tail) < at + _END_SIZE:
        raise UnreadableWorkbook(words.damaged)
    entries, directory_bytes = struct.unpack_from("<HI", tail, at + 10)
    if entries > limits.entries:
        raise UnreadableWorkbook(_too_many(entries, limits, words))
    if directory_bytes > limits.entries * _DIRECTORY_BYTES_PER_ENTRY:
        raise UnreadableWorkbook(words.damaged)


def _too_many(entries: int, limits: Limits, words: Words) -> str:
    return words.too_many.format(entries=entries, most=limits.entries)


def _checked_entries(
    archive: zipfile.ZipFile, path: Path, limits: Limits, words: Words
) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > limits.entries:
        raise UnreadableWorkbook(_too_many(len(infos), limits, words))
    entries: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for info in infos:
        _check_entry(info, words)
        name = _readable_name(info)
        if info.is_dir():
            continue
        if name.casefold() in seen:
            raise UnreadableWorkbook(words.twice.format(name=name[:60]))
        seen.add(name.casefold())
        entries[name] = info
    _check_unpacked_size(infos, limits, words)
    _check_overlaps(infos, path, archive.start_dir, words)
    return entries


def _check_entry(info: zipfile.ZipInfo, words: Words) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise UnreadableWorkbook(words.locked)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnreadableWorkbook(words.link)
    parts = info.orig_filename.replace("\\", "/").split("/")
    if "\0" in info.orig_filename or ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise UnreadableWorkbook(words.outside)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableWorkbook(words.method)


def _readable_name(info: zipfile.ZipInfo) -> str:
    """The entry's name; names without the UTF-8 mark are tried as UTF-8, then as GB18030."""
    name = info.filename.replace("\\", "/")
    if info.flag_bits & _NAME_IS_UTF8 or name.isascii():
        return name
    raw = name.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name


def _check_unpacked_size(infos: list[zipfile.ZipInfo], limits: Limits, words: Words) -> None:
    unpacked = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if unpacked > limits.unpacked_bytes:
        most = limits.unpacked_bytes // 1024**2
        raise UnreadableWorkbook(words.too_large.format(size=unpacked // 1024**2, most=most))
    if unpacked > limits.ratio_from and unpacked > packed * limits.ratio:
        raise UnreadableWorkbook(words.bomb.format(times=unpacked // max(packed, 1)))


def _check_overlaps(
    infos: list[zipfile.ZipInfo], path: Path, directory_at: int, words: Words
) -> None:
    """Refuses entries that share bytes, by which a small file unpacks to a huge one."""
    free_from = 0
    with path.open("rb") as file:
        for info in sorted(infos, key=lambda info: info.header_offset):
            if info.header_offset < free_from:
                raise UnreadableWorkbook(words.overlap)
            file.seek(info.header_offset)
            header = file.read(_LOCAL_HEADER.size)
            if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
                raise UnreadableWorkbook(words.damaged)
            _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
            free_from = info.header_offset + 30 + name_bytes + extra_bytes + info.compress_size
    if free_from > directory_at:
        raise UnreadableWorkbook(words.overlap)
