"""The Python environment of this folder (运行环境), made with nothing but the standard library.

Both commands of the README begin here. Texts that a person reads are Chinese; every failure is one
sentence that says what is missing and how to mend it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import checksums
from telling import Unable, say

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed.json"
RUNTIME_LOCK = ROOT / "requirements.lock"
TEST_LOCK = ROOT / "requirements-dev.lock"
PIP_LOCK = ROOT / "requirements-pip.lock"
RELEASE = "release.json"
WHEEL_FOLDERS = (ROOT / "wheels", ROOT / "scripts" / "wheels")
OLDEST_PYTHON = (3, 11)
OFFLINE = {"PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
"""For pip where wheels lie at hand: it needs neither a home folder nor the network."""


def prepare(lock: Path) -> None:
    """Make ``.venv`` hold exactly what ``lock`` names; does nothing when it already does.

    Wheels in ``wheels/`` (beside the script or in the project folder) are used instead of the
    network. Raises Unable.
    """
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise Unable(f"需要 Python 3.11 或更高版本，现在是 {sys.version.split()[0]}。")
    # The test lock holds the runtime lock too, package by package (an architecture test says so).
    held = [RUNTIME_LOCK, TEST_LOCK] if lock == TEST_LOCK else [lock]
    wanted = {name.name: hashlib.sha256(name.read_bytes()).hexdigest() for name in held}
    python = _version()
    installed = _read_stamp()
    if installed.get("python") != python:
        installed = {"python": python}
    if wanted.items() <= installed.items():
        return
    check_release()
    if not _has_installer():
        _make_environment()
        installed = {"python": _version()}
    say(f"正在安装依赖（{lock.name}）。")
    _install(lock)
    STAMP.write_text(json.dumps(installed | wanted), encoding="utf-8")


def flask(*arguments: str) -> list[str]:
    """The command line of one ``flask`` command of this app."""
    return [str(PYTHON), "-m", "flask", "--app", "wsgi", *arguments]


def _version() -> str:
    """The version of the environment's Python; empty when it is missing or does not start.

    Only 3.N: an update of the system's Python within it keeps what is installed, and comes when
    a service that may not write to its program is started again.
    """
    try:
        asked = [str(PYTHON), "-S", "-c", "import sys; print(*sys.version_info[:2], sep='.')"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _read_stamp() -> dict[str, str]:
    """What was installed: the digest of each lock file, and the Python it was installed for."""
    try:
        stamp: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp


def _has_installer() -> bool:
    """Whether the environment's Python is new enough, runs, and has pip."""
    if not PYTHON.exists():
        return False
    check = [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info[:2] < (3, 11))"]
    return subprocess.run(check, capture_output=True).returncode == 0


def _make_environment() -> None:
    pip = next((found for folder in WHEEL_FOLDERS for found in folder.glob("pip-*.whl")), None)
    try:
        import venv

        if pip is None:
            import ensurepip  # noqa: F401
    except ImportError:
        raise Unable(
            "这台机器的 Python 缺少 venv 模块（ensurepip）。"
            "请先执行：apt-get install -y python3-venv，然后重新运行本命令。"
        ) from None
    if not os.access(ROOT, os.W_OK):
        raise Unable(f"项目目录 {ROOT} 不可写，无法建立 .venv。请改用有写权限的用户或目录。")
    say("正在建立运行环境 .venv。")
    try:
        links = os.name != "nt"
        venv.EnvBuilder(clear=True, with_pip=pip is None, symlinks=links).create(VENV)
        if pip is not None:  # a bundle brings its own, since Debian's Python has none
            itself = [str(PYTHON), str(pip / "pip"), "install", "--no-index", "--quiet", str(pip)]
            environ = {**os.environ, **OFFLINE}
            subprocess.run(itself, check=True, stdout=subprocess.DEVNULL, env=environ)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unable(
            f"无法在 {VENV} 建立运行环境（{error}）。请检查磁盘空间和目录权限。"
        ) from error


def _install(lock: Path) -> None:
    """Install what ``lock`` names: with uv where it is at hand, else (or if it fails) with pip."""
    options = ["--no-deps", "--require-hashes", "-r", str(lock), *offline_options()]
    attempts: list[Sequence[str]] = [[str(PYTHON), "-m", "pip", "install", *options]]
    uv = shutil.which("uv")
    if uv:
        attempts.insert(0, [uv, "pip", "install", "--python", str(PYTHON), *options])
    output = ""
    environ = {**os.environ, **(OFFLINE if offline_options() else {})}
    for command in attempts:
        result = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env=environ,
        )  # fmt: skip
        if result.returncode == 0:
            return
        output = result.stdout
    print(output, file=sys.stderr)
    raise Unable(
        "依赖没有装好，原因见上面安装程序的输出。请检查网络，"
        f"或把离线安装包放进 {ROOT / 'wheels'} 后重新运行本命令。"
    )


def offline_options() -> list[str]:
    """How an installer is told to take the wheels that lie here instead of the network."""
    for folder in WHEEL_FOLDERS:
        if any(folder.glob("*.whl")):
            return ["--no-index", "--find-links", str(folder)]
    return []


def check_release() -> None:
    """See that a bundle is whole and made for this machine. Raises Unable; else says nothing."""
    if not (ROOT / RELEASE).exists():
        return
    say("正在核对安装包。")
    if not (ROOT / checksums.NAME).exists():
        raise Unable(f"安装包不完整：缺少 {checksums.NAME}。请重新拷贝安装包，解开后再运行。")
    checksums.check(ROOT)
    release = json.loads((ROOT / RELEASE).read_text(encoding="utf-8"))
    machine = platform.machine()
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if machine not in release["machines"] or version not in release["pythons"]:
        raise Unable(
            f"这个安装包适用于 {'、'.join(release['machines'])}、"
            f"Python {'、'.join(release['pythons'])}，"
            f"这台机器是 {machine}、Python {version}。请换用相应的安装包。"
        )
