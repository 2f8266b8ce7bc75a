"""The offline bundle (离线安装包): whole, refused when damaged, installs with no network at all."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from app.kernel.config import ROOT
from tests.serving import environ, script

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
SCRIPTS = tuple(path.name for path in (ROOT / "scripts").glob("*.py"))
LOCKS = ("requirements.lock", "requirements-pip.lock")


def test_it_holds_program_wheels_fonts_and_the_sum_of_every_file(
    archive: Path, tmp_path: Path
) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path)  # noqa: S202 - our own; Python 3.11.2 knows no filter yet
    (program,) = tmp_path.iterdir()
    assert program.name == archive.name.removesuffix(".tar.gz")
    held = {path.relative_to(program).as_posix() for path in program.rglob("*") if path.is_file()}
    assert {"wsgi.py", "scripts/start.py", "requirements.lock", "fonts/仿宋.ttf"} <= held
    assert not {path for path in held if path.startswith((".venv/", ".git/"))}
    assert not {path for path in held if path.endswith((".db", "secret.key"))}
    wheels = {path.split("/")[1].split("-")[0].lower() for path in held if "/pip-" in path}
    assert wheels == {"pip"}
    listed = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=program, capture_output=True
    )
    assert listed.returncode == 0, listed.stdout
    sums = (program / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert {line.split("  ", 1)[1] for line in sums} == held - {"SHA256SUMS"}
    release = json.loads((program / "release.json").read_text(encoding="utf-8"))
    assert release["machines"] == [platform.machine()]
    assert release["pythons"] == [HERE]


def test_it_installs_and_serves_where_there_is_no_network(archive: Path, tmp_path: Path) -> None:
    tried = script("try_bundle.py", archive, cwd=tmp_path)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert "网页服务应答正常。" in tried.stdout
    assert "确认没有网络。" in tried.stdout or "不允许建立网络命名空间" in tried.stdout


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """What a bundle looks like to ``start.py`` before it installs anything."""
    program = tmp_path / "jixiao"
    (program / "scripts").mkdir(parents=True)
    for name in SCRIPTS:
        shutil.copyfile(ROOT / "scripts" / name, program / "scripts" / name)
    for name in LOCKS:
        shutil.copyfile(ROOT / name, program / name)
    describe(program)
    listed = subprocess.run(
        ["sha256sum", *(f"scripts/{name}" for name in SCRIPTS), *LOCKS, "release.json"],
        cwd=program,
        capture_output=True,
    )
    (program / "SHA256SUMS").write_bytes(listed.stdout)
    return program


def describe(program: Path, **other: object) -> None:
    release = {"machines": [platform.machine()], "pythons": [HERE], **other}
    (program / "release.json").write_text(json.dumps(release), encoding="utf-8")


def refusal(program: Path) -> str:
    """The one sentence with which an installation is refused; nothing is made before it."""
    refused = subprocess.run(
        [sys.executable, program / "scripts" / "start.py", "--setup-only"],
        env=environ(),
        cwd=program.parent,
        capture_output=True,
        encoding="utf-8",
    )
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert not (program / ".venv").exists()
    return refused.stderr


def test_a_damaged_file_is_named_before_anything_is_installed(unpacked: Path) -> None:
    with (unpacked / "requirements.lock").open("ab") as file:
        file.write(b" ")
    assert "安装包已损坏：requirements.lock" in refusal(unpacked)


def test_a_missing_file_is_named(unpacked: Path) -> None:
    (unpacked / "requirements-pip.lock").unlink()
    assert "requirements-pip.lock" in refusal(unpacked)


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b"\xff\xfe", b"0" * 64 + b"  ../../x\n"])
def test_a_list_of_sums_that_cannot_be_read_is_refused(unpacked: Path, content: bytes) -> None:
    (unpacked / "SHA256SUMS").write_bytes(content)
    assert "读不懂 SHA256SUMS" in refusal(unpacked)


def test_a_bundle_without_its_list_is_refused(unpacked: Path) -> None:
    (unpacked / "SHA256SUMS").unlink()
    assert "SHA256SUMS" in refusal(unpacked)


def test_a_bundle_for_another_machine_says_which(unpacked: Path) -> None:
    describe(unpacked, machines=["riscv64"])
    sums = (unpacked / "SHA256SUMS").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = "".join(line for line in sums if "release.json" not in line)
    (unpacked / "SHA256SUMS").write_text(kept, encoding="utf-8")
    assert "适用于 riscv64" in refusal(unpacked)


def test_a_folder_of_fonts_that_is_missing_is_said(tmp_path: Path) -> None:
    made = script("bundle.py", "--fonts", tmp_path / "none", "--output", tmp_path, cwd=tmp_path)
    assert made.returncode == 1
    assert "没有字体目录" in made.stderr
    assert list(tmp_path.iterdir()) == []
