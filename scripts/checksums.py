"""The checksums of an installation bundle (校验和): written when it is made, checked before use.

The file is what ``sha256sum -c SHA256SUMS`` reads, so a person can check without this program. It
shows damage, not forgery: whoever can alter a file can alter this list. Against forgery compare the
sum of the whole archive with the one its maker told over another way.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from telling import Unable

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_NAMED_AT_MOST = 3


def sha256_of(path: Path) -> str:
    """The file's sum, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(folder: Path, names: Iterable[str]) -> None:
    """List the sums of these files of ``folder`` (paths relative to it)."""
    lines = [f"{sha256_of(folder / name)}  {name}\n" for name in sorted(names)]
    (folder / NAME).write_text("".join(lines), encoding="utf-8")


def check(folder: Path) -> None:
    """See that every listed file is there and unaltered. Raises Unable naming those that are not.

    A folder without a list (a checkout of the source) has nothing to check.
    """
    listed = folder / NAME
    if not listed.exists():
        return
    damaged = [name for sum_, name in _read(listed) if not _is_sound(folder / name, sum_)]
    if damaged:
        named = "、".join(damaged[:_NAMED_AT_MOST])
        more = f"等 {len(damaged)} 个文件" if len(damaged) > _NAMED_AT_MOST else ""
        raise Unable(
            f"安装包已损坏：{named}{more}与校验和不符或缺失。请重新拷贝安装包，解开后再运行。"
        )


def _is_sound(path: Path, wanted: str) -> bool:
    try:
        return sha256_of(path) == wanted
    except OSError:
        return False


def _read(listed: Path) -> list[tuple[str, str]]:
    """The sums and names of the list. Raises Unable when it is no such list."""
    try:
        lines = listed.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    entries = [match.groups() for line in lines if (match := _LINE.fullmatch(line))]
    if not lines or len(entries) != len(lines) or any(_leaves(name) for _, name in entries):
        raise Unable(f"安装包已损坏：读不懂 {NAME}。请重新拷贝安装包，解开后再运行。")
    return [(sum_, name) for sum_, name in entries]


def _leaves(name: str) -> bool:
    """Whether the name points out of the folder."""
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts
