"""Bundles as ``bundle.py`` makes them, but small (小安装包): for what is done with a bundle.

In place of sixty megabytes of wheels such a bundle carries one, which leads to the libraries of the
tests. It is installed as any other: unpacked, checked, into an environment of its own, offline.
"""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import json
import platform
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from app.kernel.config import ROOT

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PROGRAM = ("app", "migrations", "scripts")
FILES = ("wsgi.py", "pyproject.toml")
WHEEL = "libraries-1-py3-none-any.whl"


def copy_program(target: Path) -> None:
    """The program as it is in git, without its libraries."""
    for name in PROGRAM:
        ignore = shutil.ignore_patterns("__pycache__", "node_modules", "wheels")
        shutil.copytree(ROOT / name, target / name, ignore=ignore)
    for name in FILES:
        shutil.copyfile(ROOT / name, target / name)


def small_bundle(folder: Path, name: str, added: Mapping[str, str]) -> Path:
    """A bundle called ``name`` in ``folder``, of this program and the files ``added`` to it."""
    program = folder / name
    copy_program(program)
    for path, text in added.items():
        (program / path).write_text(text, encoding="utf-8")
    _write_wheels(program)
    release = {"machines": [platform.machine()], "pythons": [HERE]}
    (program / "release.json").write_text(json.dumps(release), encoding="utf-8")
    names = sorted(it.relative_to(program).as_posix() for it in program.rglob("*") if it.is_file())
    sums = "".join(f"{_sum(program / it).hex()}  {it}\n" for it in names)
    (program / "SHA256SUMS").write_text(sums, encoding="utf-8")
    packed = folder / f"{name}.tar.gz"
    with tarfile.open(packed, "w:gz", compresslevel=1) as archive:
        for it in (*names, "SHA256SUMS"):
            archive.add(program / it, f"{name}/{it}")
    shutil.rmtree(program)
    return packed


def _write_wheels(program: Path) -> None:
    folder = program / "wheels"
    folder.mkdir()
    for pip in (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"):
        shutil.copy(pip, folder)
    about = "libraries-1.dist-info"
    members = {
        "libraries.pth": f"{sysconfig.get_path('purelib')}\n",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: libraries\nVersion: 1\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    sums = {name: hashlib.sha256(text.encode()).digest() for name, text in members.items()}
    named = [f"{name},sha256={_short(it)},{len(members[name])}" for name, it in sums.items()]
    members[f"{about}/RECORD"] = "\n".join([*named, f"{about}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        for name, text in members.items():
            wheel.writestr(name, text)
    lock = f"libraries==1 --hash=sha256:{_sum(folder / WHEEL).hex()}\n"
    (program / "requirements.lock").write_text(lock, encoding="utf-8")


def _sum(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def _short(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
