"""A submission as one file (全部申报文件): its papers, its original and every material, in a zip.

The zip is written while it is sent: nothing of it lies on disk, and of a file of any size one piece
at a time is in memory. The materials stand as they were sent, each in the folder of its indicator.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path, PurePath

from app.filing.record import Json
from app.kernel.papers import safe_name

FOLDER = "材料"
VERIFIER = "verify_filing.py"
NOTE = "说明.txt"
MISSING = "缺少的材料.txt"
OF_PLANT = "全厂"
_LEFT_OUT = "以下材料在服务器上缺失或已损坏，没有放入，须从备份恢复："
_CHUNK = 1 << 20
_LONG_FOLDER, _LONG_STEM = 30, 50
"""Characters; with them the longest path stays under what Windows takes (260)."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of the zip that was made for it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Original:
    """A material as it lies on disk."""

    name: str
    path: Path
    sha256: str
    title: str
    """As the list of materials has it: 佐证材料 3（监测报告.pdf）."""


def material_name(file: Json) -> str:
    """Where a material lies in the zip: 材料/1-D2/003_监测报告.pdf."""
    row = file["row_key"] if file["place"] else file["row_key"] or OF_PLANT
    folder = safe_name(f"{file['place']}-{row}")[:_LONG_FOLDER].rstrip(" .")
    name = PurePath(safe_name(file["name"]))
    stem = name.stem[:_LONG_STEM].rstrip(" .")
    return f"{FOLDER}/{folder}/{file['no']:03d}_{stem}{name.suffix[:10].rstrip(' .')}"


def originals(content: Json, path_of: Callable[[str], Path]) -> list[Original]:
    """The materials of a submission, in the order of its list."""
    return [
        Original(material_name(it), path_of(it["sha256"]), it["sha256"],
                 f"佐证材料 {it['no']}（{it['name']}）")
        for it in content["evidence"]
    ]  # fmt: skip


def note(content: Json, papers: Sequence[str]) -> bytes:
    """What is in the zip and how it is checked, for whoever opens it years later."""
    plant = content["plant"]
    source = (resources.files("app.filing") / "data" / "bundle.txt").read_text(encoding="utf-8")
    text = source.format(
        enterprise=plant["enterprise"], plant=f"{plant['number']} {plant['name']}".strip(),
        year=content["year"], receipt=content["receipt"], number=content["number"],
        count=len(content["evidence"]), papers="\n".join(f"  {it}" for it in papers),
    )  # fmt: skip
    return text.replace("\n", "\r\n").encode("utf-8-sig")


class _Pieces:
    """What a zip is written to: keeps what has not been sent yet, and cannot go back."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Take the next bytes."""
        self._held.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing lies behind."""

    def taken(self) -> bytes:
        """All that was written since it was last taken."""
        held, self._held = b"".join(self._held), []
        return held


def pieces(
    written: Sequence[Written], materials: Sequence[Original], at: datetime,
    is_whole: Callable[[Original], bool],
) -> Iterator[bytes]:  # fmt: skip
    """The zip, piece by piece; what is not whole on disk is left out and named in it.

    A file that breaks off while it is read breaks the zip off, which whoever fetches it notices.
    """
    out = _Pieces()
    missing: list[str] = []
    moment = at.timetuple()[:6]
    with zipfile.ZipFile(out, "w") as package:  # type: ignore[call-overload]
        for made in written:
            package.writestr(_entry(made.name, moment, zipfile.ZIP_DEFLATED), made.content)
            yield out.taken()
        for material in materials:
            if not is_whole(material):
                missing.append(material.title)
                continue
            entry = _entry(material.name, moment, zipfile.ZIP_STORED)
            entry.file_size = material.path.stat().st_size
            with package.open(entry, "w") as target, material.path.open("rb") as source:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
                    yield out.taken()
        if missing:
            text = "\r\n".join(
                ["以下材料在服务器上缺失或已损坏，没有放入，须从备份恢复：", *missing, ""]
            )
            package.writestr(
                _entry(MISSING, moment, zipfile.ZIP_DEFLATED), text.encode("utf-8-sig")
            )
    yield out.taken()


def _entry(name: str, at: tuple[int, ...], method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (at[0], at[1], at[2], at[3], at[4], at[5]))
    entry.compress_type = method
    entry.external_attr = 0o100644 << 16
    return entry
