"""Opens a package that came back (交回的填报包), as people's zip programs make it.

A folder around everything, GBK names, backslashes, the litter of operating systems and office
programs do not matter. What does is refused whole with a sentence: nothing is taken from a package
in which anything could be meant in two ways.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.filing.offline import FOLDER, FORM, FORMAT, MANIFEST, NOTE, Folder
from app.filing.offline_cells import MaterialLine, Problem
from app.kernel.spreadsheets import Limits, UnreadableWorkbook, Workbook, read_workbook
from app.kernel.spreadsheets.archive import Archive, Words

MB = 1024 * 1024
_LARGEST_FORM = 20 * MB
_LARGEST_MANIFEST = 8 * MB
_FORM_LIMITS = Limits(file_bytes=_LARGEST_FORM, unpacked_bytes=80 * MB, sheets=60, rows=5_000,
                      columns=60, cells=200_000, blank_run=100_000, merged=20_000)  # fmt: skip
_AGAIN = "请从导出的填报包中恢复后，重新压缩成 zip 交来。"
WORDS = Words(
    damaged="压缩包已损坏或者不完整，可能没有传完或者不是 zip。请重新压缩成 zip 后再选择。",
    locked="压缩包设了密码，无法读取。请不设密码重新压缩后再选择。",
    too_many="压缩包里有 {entries} 个条目，超过 {most} 个的上限。请只放填报包中的内容。",
    twice="压缩包里有两个同名文件“{name}”，无法判断以哪个为准。请删去一个后重新压缩。",
    link="压缩包里含有指向别处的链接文件，未予读取。请换成文件本身后重新压缩。",
    outside=(
        "压缩包里有文件的路径指向包外（例如含“../”或盘符），未予读取。"
        "请把整个填报包文件夹重新压缩后再选择。"
    ),
    method="压缩包用了少见的压缩方法。请用系统自带的“压缩为 zip”或 WPS 重新压缩后再选择。",
    too_large=(
        "压缩包解压后约 {size} MB，超过 {most} MB 的上限，未予读取。请压缩或减少材料，"
        "其余的材料可以在导入后另行上传。"
    ),
    bomb="压缩包解压后会膨胀到原来的 {times} 倍，不像正常的材料，未予读取。请核对后重新压缩。",
    overlap="压缩包里的条目互相重叠，已经损坏或者被改动，未予读取。请重新压缩后再选择。",
)


class Unfit(Exception):
    """The package cannot be taken; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file among the materials: where it lies, and the number of its folder."""

    entry: str
    shown: str
    folder: str
    """Empty: it lies in no folder with a number."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A package with its parts found."""

    archive: Archive
    number: str
    manifest: Any
    form_entry: str
    files: tuple[Found, ...]
    notes: tuple[str, ...]

    def book(self) -> Workbook:
        """Its form, read. Raises Unfit."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "form.xlsx"
            if self.archive.entries[self.form_entry].file_size > _LARGEST_FORM:
                raise Unfit(f"填报表超过 {_LARGEST_FORM // MB} MB。请删去图片后重新保存。")
            try:
                path.write_bytes(self.archive.read(self.form_entry))
                return read_workbook(path, FORM, _FORM_LIMITS)
            except UnreadableWorkbook as refusal:
                raise Unfit(_about_form(str(refusal))) from refusal


def _about_form(text: str) -> str:
    """What is said of a workbook, of this one."""
    return "填报表读不出来。" + text.replace("原始台账", "填报表").replace("台账", "填报表")


def open_package(path: Path, largest: int) -> Opened:
    """The package; whoever calls closes its archive. Raises Unfit."""
    limits = Limits(file_bytes=largest, entries=4000, unpacked_bytes=largest, ratio_from=200 * MB)
    try:
        archive = Archive(path, limits, WORDS)
    except UnreadableWorkbook as refusal:
        raise Unfit(str(refusal)) from refusal
    with ExitStack() as closing:  # what is refused leaves no file open
        closing.enter_context(archive)
        opened = _opened(archive)
        closing.pop_all()
    return opened


def _opened(archive: Archive) -> Opened:
    names = [it for it in archive.entries if not is_clutter(it)]
    if archive.find("[Content_Types].xml") is not None:
        raise Unfit(
            f"交来的是一个 Office 文件，不是填报包。请把填报表、“材料”文件夹和“{MANIFEST}”"
            "一起压缩成 zip 后再选择。"
        )
    inner = [it for it in names if it.casefold().endswith(".zip")]
    root, entry = _manifest(names, inner)
    manifest = _read_manifest(archive, entry)
    inside = [it for it in names if it.startswith(root)]
    notes = [f"“{it[:80]}”不在填报包的文件夹中，没有读取。" for it in names if it not in inside]
    form = _form(inside, root)
    rest = [it for it in inside if it not in (form, entry)]
    files = tuple(_found(it, root) for it in rest if not _is_own_note(it))
    return Opened(archive, str(manifest["number"]).upper(), manifest, form, files, tuple(notes))


def _manifest(names: Sequence[str], inner: Sequence[str]) -> tuple[str, str]:
    """The folder of the package, and its manifest."""
    named = [it for it in names if _folded(it.rsplit("/", 1)[-1]).casefold() == MANIFEST]
    found = named or [it for it in names if it.casefold().endswith(".json")]  # renamed
    if not found and inner and len(names) == len(inner):
        raise Unfit("压缩包里还是压缩包。请解开外面的一层，选择里面的 zip。")
    if not found:
        raise Unfit(f"压缩包里没有“{MANIFEST}”，认不出是哪一份填报包。{_AGAIN}")
    if len(found) > 1:
        raise Unfit(f"压缩包里有 {len(found)} 份“{MANIFEST}”，像是几份填报包。请每份单独压缩。")
    return found[0][: found[0].rfind("/") + 1], found[0]


def _read_manifest(archive: Archive, entry: str) -> Any:
    if archive.entries[entry].file_size > _LARGEST_MANIFEST:
        raise _altered()
    try:
        return manifest_in(archive.read(entry))
    except UnreadableWorkbook as fault:
        raise _altered() from fault


def _altered() -> Unfit:
    return Unfit(f"“{MANIFEST}”读不出来，可能被改动。{_AGAIN}")


def manifest_in(content: bytes) -> Any:
    """The manifest that these bytes are. Raises Unfit."""
    altered = _altered()
    if len(content) > _LARGEST_MANIFEST:
        raise altered
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as fault:
        raise altered from fault
    is_ours = isinstance(document, dict) and document.get("format") == FORMAT
    if not is_ours or not isinstance(document.get("number"), str):
        raise altered
    return document


def _form(inside: Sequence[str], root: str) -> str:
    """The workbook: by its name, else the only one beside the manifest."""
    beside = [it for it in inside if "/" not in it[len(root) :]]
    books = [it for it in beside if it.casefold().endswith((".xlsx", ".xlsm", ".xls", ".et"))]
    named = [it for it in books if it[len(root) :].casefold() == FORM.casefold()]
    found = named or books
    if not found:
        raise Unfit(f"压缩包里没有“{FORM}”。{_AGAIN}")
    if len(found) > 1:
        names = "、".join(it[len(root) :][:40] for it in found[:4])
        raise Unfit(f"压缩包里有几份填报表（{names}），无法判断以哪份为准。请只留一份。")
    return found[0]


def _found(entry: str, root: str) -> Found:
    shown = entry[len(root) :]
    parts = [_folded(it) for it in shown.split("/")[:-1]]
    numbers = [match[0] for it in parts if (match := _NUMBER.match(it))]
    return Found(entry, shown, numbers[0] if numbers else "")


_NUMBER = re.compile(r"[0-9]{1,2}-[0-9]{2,3}(?=$|[^0-9])")


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _is_own_note(entry: str) -> bool:
    return entry.rsplit("/", 1)[-1] == NOTE


def is_clutter(name: str) -> bool:
    """Files that operating systems and office programs leave in folders unasked."""
    last = name.rsplit("/", 1)[-1]
    return (
        "__MACOSX/" in f"/{name}"
        or last.startswith((".", "~$"))
        or last.casefold() in ("thumbs.db", "desktop.ini")
        or last.casefold().endswith((".tmp", ".lnk"))
    )


# --- Files and the list of materials ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placed:
    """A file with where it belongs."""

    found: Found
    folder: Folder | None
    """None: no folder of the package."""
    line: MaterialLine | None
    """What the list says of it; None: it is not listed."""


def placed_files(
    files: Sequence[Found], lines: Sequence[MaterialLine], folders: Sequence[Folder]
) -> tuple[list[Placed], list[Problem]]:
    """Every file with its line and folder; lines that name no file are problems."""
    by_number = {it.number: it for it in folders}
    left = list(files)
    placed, problems = [], []
    for line in lines:
        if line.folder and line.folder not in by_number:
            words = f"没有编号为“{line.folder[:20]}”的材料文件夹。请按指标表中的编号改正。"
            problems.append(Problem(line.sheet, line.at, words))
            continue
        if wrong := _kind_fault(line, by_number.get(line.folder)):
            problems.append(Problem(line.sheet, line.at, wrong))
            continue
        fitting = [it for it in left if _fits(it, line)]
        if len(fitting) == 1:
            left.remove(fitting[0])
            number = line.folder or fitting[0].folder
            placed.append(Placed(fitting[0], by_number.get(number), line))
            continue
        problems.append(Problem(line.sheet, line.at, _unclear(line, fitting)))
    placed += [Placed(it, by_number.get(it.folder), None) for it in left]
    return placed, problems


def _kind_fault(line: MaterialLine, folder: Folder | None) -> str:
    if not line.kind or folder is None or folder.row is None or line.kind in folder.kinds:
        return ""
    return (
        f"指标“{folder.title[:40]}”没有列出“{line.kind[:40]}”这种材料。"
        f"“材料”一格请填写：{'、'.join(folder.kinds)}，或者留空。"
    )


def _fits(it: Found, line: MaterialLine) -> bool:
    name = _folded(line.file.replace("\\", "/"))
    is_named = _folded(it.shown) == name or _folded(it.shown).endswith(f"/{name}")
    return is_named and (not line.folder or it.folder in ("", line.folder))


def _unclear(line: MaterialLine, fitting: Sequence[Found]) -> str:
    where = f"材料文件夹 {line.folder} 中" if line.folder else f"“{FOLDER}”文件夹中"
    if fitting:
        return f"{where}有几个名为“{line.file[:60]}”的文件，请写明材料文件夹的编号，或者改名。"
    return (
        f"{where}没有找到文件“{line.file[:60]}”。请把文件放进去，或者改正文件名（含扩展名）；"
        "不交的，清空这一格。一个文件只写一行。"
    )
