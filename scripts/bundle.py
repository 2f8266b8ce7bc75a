"""One archive that installs without any network (离线安装包): ``python3 scripts/bundle.py``.

It holds the program, the wheels of its lock for the machines named, Chinese fonts for letters, and
the checksum of every file. On the server: unpack, then ``python3 scripts/start.py``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import checksums
import manual
from environment import PIP_LOCK, PYTHON, RELEASE, ROOT, RUNTIME_LOCK, offline_options, prepare
from telling import Unable, say

MACHINES = ("x86_64", "aarch64")
PYTHONS = ("3.11", "3.12", "3.13")
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
FONT_NAMES = ("NotoSerifCJK-Regular", "NotoSerifCJK-Bold", "NotoSansCJK-Regular")
FONT_ENDINGS = (".ttc", ".otf", ".ttf")
FONT_LICENCES = (Path("/usr/share/doc/fonts-noto-cjk/copyright"),)
NOT_PROGRAM = {".git", ".venv", "instance", "wheels", "fonts", "versions", "__pycache__"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the archive and say where it lies; returns the exit code."""
    options = _options(arguments)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=options.output) as place:
            _make(options, Path(place))
    except Unable as problem:
        print(f"安装包没有做成：{problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"安装包没有做成：{error.strerror}（{error.filename}）。", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    here = platform.machine().lower().replace("amd64", "x86_64").replace("arm64", "aarch64")
    parser = argparse.ArgumentParser(description="制作离线安装包。", allow_abbrev=False)
    parser.add_argument(
        "--machine",
        action="append",
        choices=MACHINES,
        help=f"服务器的处理器，可重复给出，默认与本机相同（{here}）",
    )
    parser.add_argument(
        "--python",
        action="append",
        metavar="3.N",
        help=f"服务器的 Python，可重复给出，默认 {'、'.join(PYTHONS)}",
    )
    parser.add_argument("--fonts", type=Path, metavar="DIR", help="中文字体所在目录")
    parser.add_argument("--output", type=Path, metavar="DIR", default=ROOT / "dist")
    options = parser.parse_args(arguments)
    options.machine = options.machine or [here]
    options.python = options.python or list(PYTHONS)
    options.output = options.output.resolve()
    return options


def _make(options: argparse.Namespace, place: Path) -> None:
    fonts = _fonts(options.fonts)
    prepare(RUNTIME_LOCK)
    release = _release(options)
    name = f"jixiao-{release['version']}-{release['commit']}"
    folder = place / name
    for source in program_files():
        _copy(ROOT / source, folder / source)
    _fetch_wheels(options, folder / "wheels")
    for font in fonts:
        _copy(font, folder / "fonts" / font.name)
    if not fonts:
        say("提示：本机没有找到中文字体，包里不含字体；服务器上须另有中文字体，才能生成 PDF 函件。")
    release["fonts"] = [font.name for font in fonts]
    text = json.dumps(release, ensure_ascii=False, indent=2)
    (folder / RELEASE).write_text(text + "\n", encoding="utf-8")
    (folder / manual.NAME).write_text(manual.manual(), encoding="utf-8")
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    checksums.write(folder, names)
    say("正在压缩。")
    archive = pack(folder, [*names, checksums.NAME], options.output, release["made"])
    say(
        f"安装包：{archive}（{archive.stat().st_size / 1e6:.0f} MB）\n"
        f"sha256：{checksums.sha256_of(archive)}\n"
        "请把上面的 sha256 另行告知收件单位。在服务器上解开，进入目录，"
        f"照其中的“{manual.NAME}”安装，不需要网络。"
    )


def _release(options: argparse.Namespace) -> dict[str, object]:
    """What this bundle is: version, commit, machines. Its moment is the commit's, if known."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    release: dict[str, object] = {"version": project["version"]}
    commit = _git("log", "-1", "--format=%h %ct")
    if commit:
        short, moment = commit.split()
        is_altered = bool(_git("status", "--porcelain", "--untracked-files=no"))
        if is_altered:
            say("提示：程序目录有未提交的改动，安装包按目录现状制作。")
        release["commit"] = f"{short}-altered" if is_altered else short
        release["made"] = int(moment)
    elif (ROOT / RELEASE).exists():
        release = json.loads((ROOT / RELEASE).read_text(encoding="utf-8"))
    else:
        now = datetime.now(UTC)
        release |= {"commit": f"{now:%Y%m%d%H%M}", "made": int(now.timestamp())}
    return release | {"machines": sorted(options.machine), "pythons": sorted(options.python)}


def _git(*arguments: str) -> str:
    """What git says of this folder; empty where it is not the top of a checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return ""
    result = subprocess.run([git, *arguments], cwd=ROOT, capture_output=True, encoding="utf-8")
    return result.stdout.strip() if result.returncode == 0 else ""


def program_files() -> list[str]:
    """The program's files: what git knows, else everything that is not made by running it."""
    known = _git("ls-files", "-z").split("\0")
    if any(known):
        return [name for name in known if (ROOT / name).is_file()]
    found = []
    for parent, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_PROGRAM | {"dist"}]
        found += [(Path(parent) / name).relative_to(ROOT).as_posix() for name in names]
    return sorted(set(found) - {checksums.NAME, RELEASE})


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def _fetch_wheels(options: argparse.Namespace, folder: Path) -> None:
    """Every wheel of the lock for every machine and Python. Raises Unable when one is missing."""
    folder.mkdir(parents=True)
    script = str(ROOT / "scripts" / "wheels.py")
    for machine in options.machine:
        for python in options.python:
            say(f"正在收集依赖：{machine}，Python {python}。")
            command = [str(PYTHON), script, "--machine", machine, "--python", python]
            command += ["--into", str(folder), str(RUNTIME_LOCK), str(PIP_LOCK)]
            result = subprocess.run(
                [*command, *offline_options()], capture_output=True, encoding="utf-8"
            )
            if result.returncode:
                print(result.stderr, file=sys.stderr)
                raise Unable(
                    f"没有收齐 {machine}、Python {python} 的依赖，原因见上面 pip 的输出。"
                    "请检查网络，或去掉这一种机器。"
                )


def _fonts(given: Path | None) -> list[Path]:
    """The fonts to carry: those of the folder given, else the free ones of this machine."""
    if given is not None:
        if not given.is_dir():
            raise Unable(f"没有字体目录 {given}。请检查 --fonts。")
        return sorted(path for path in given.iterdir() if path.is_file())
    found = {
        path.stem: path
        for folder in FONT_FOLDERS
        for path in folder.rglob("*")
        if path.stem in FONT_NAMES and path.suffix in FONT_ENDINGS
    }
    licences = [path for path in FONT_LICENCES if path.exists()]
    return [*sorted(found.values()), *licences] if found else []


def pack(folder: Path, names: Iterable[str], into: Path, moment: object) -> Path:
    """``folder`` as a .tar.gz in ``into``; the same files give the same bytes."""
    target = into / f"{folder.name}.tar.gz"
    unfinished = target.with_suffix(".part")

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = int(str(moment))
        return entry

    with (
        unfinished.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in sorted(names):
            archive.add(folder / name, f"{folder.name}/{name}", recursive=False, filter=plain)
    return unfinished.replace(target)


if __name__ == "__main__":
    sys.exit(main())
