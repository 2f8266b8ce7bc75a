"""A submission as one zip: written piece by piece, and held against its list by the script."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app.filing import bundle
from tests.filing_contents import Json, canonical, content

verify: Any = import_module("scripts.verify_filing")
FILES = (b"first quarter", b"second quarter", b"third")
AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
ORIGINAL = "申报原件_示例.json"


def digest(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


def is_there(it: bundle.Original) -> bool:
    return it.path.is_file() and digest(it.path.read_bytes()) == it.sha256


def packed(tmp_path: Path, document: Json | None = None) -> tuple[Path, str]:
    """The zip as it is sent, and the value that stands on the paper."""
    document = document or content(FILES, tables=2)
    for file in FILES:
        (tmp_path / digest(file)).write_bytes(file)
    original = canonical(document)
    written = [
        bundle.Written(ORIGINAL, original),
        bundle.Written("申报存证件_示例.pdf", b"%PDF-"),
        bundle.Written(bundle.NOTE, bundle.note(document, [ORIGINAL])),
        bundle.Written(bundle.VERIFIER, b"# script"),
    ]
    materials = bundle.originals(document, lambda sha256: tmp_path / sha256)
    sent = tmp_path / "sent.zip"
    sent.write_bytes(b"".join(bundle.pieces(written, materials, AT, is_there)))
    return sent, digest(original)


def checked(path: Path, sha256: str) -> int:
    return int(verify.main([str(path), "--sha256", sha256]))


def test_the_zip_and_its_folder_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent, sha256 = packed(tmp_path)
    assert checked(sent, sha256) == 0
    assert "佐证材料 3 个文件与清单逐一相符" in capsys.readouterr().out
    with zipfile.ZipFile(sent) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert {it.compress_type for it in package.infolist() if "材料/" in it.filename} == {
            zipfile.ZIP_STORED
        }
        note = package.read(bundle.NOTE).decode("utf-8-sig")
        package.extractall(tmp_path / "out" / "below")
    assert ORIGINAL in note
    assert "python3 verify_filing.py 压缩包.zip --sha256" in note
    assert sha256 not in note
    assert [it for it in names if it.startswith("材料/")] == [
        bundle.material_name(it) for it in content(FILES, tables=2)["evidence"]
    ]
    (tmp_path / "out" / "Thumbs.db").write_bytes(b"of Windows")
    assert checked(tmp_path / "out" / "below", sha256) == 0
    assert checked(tmp_path / "out", sha256) == 0
    assert checked(sent, "0" * 64) == 1


@pytest.mark.parametrize("name", ["绍兴市虞舜印染", "𠮷田染整"])
def test_a_console_that_cannot_show_a_name_does_not_make_it_altered(
    tmp_path: Path, name: str
) -> None:
    document = content(FILES, tables=2)
    document["plant"]["enterprise"] = name
    sent, sha256 = packed(tmp_path, document)
    command = [sys.executable, str(verify.__file__), str(sent), "--sha256", sha256]
    console = {**os.environ, "PYTHONIOENCODING": "gbk", "PYTHONUTF8": "0"}
    told = subprocess.run(command, capture_output=True, env=console)
    assert (told.returncode, told.stderr) == (0, b"")
    assert "核验通过".encode("gbk") in told.stdout


def material(folder: Path) -> Path:
    return sorted((folder / "材料").rglob("001_*"))[0]


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


ALTERED: dict[str, tuple[Callable[[Path], Any], str]] = {
    "original": (lambda it: alter(it / ORIGINAL), "与所给的校验值不同"),
    "no original": (lambda it: (it / ORIGINAL).unlink(), "没有找到申报原件"),
    "a second original": (
        lambda it: shutil.copy(it / "说明.txt", it / "申报原件_另.json"), "多出的文件"),
    "altered": (lambda it: alter(material(it)), "佐证材料 1（第1季度监测报告.pdf）的内容已被改动"),
    "missing": (lambda it: material(it).unlink(), "佐证材料 1（第1季度监测报告.pdf）缺少"),
    "extra material": (
        lambda it: (it / "材料" / "1-1.1" / "009_附加.pdf").write_bytes(b"x"),
        "多出的文件，不在佐证材料清单中：材料/1-1.1/009_附加.pdf"),
    "extra beside": (lambda it: (it / "批复.pdf").write_bytes(b"x"), "清单中：批复.pdf"),
    "hidden as a note": (
        lambda it: (it / "材料" / "说明.txt").write_bytes(b"x"), "清单中：材料/说明.txt"),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_what_was_altered_is_named_in_the_folder_and_in_the_zip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    sent, sha256 = packed(tmp_path)
    folder = tmp_path / "out"
    with zipfile.ZipFile(sent) as package:
        package.extractall(folder)
    (folder / "材料" / "1-1.1").mkdir(exist_ok=True)
    change, told = ALTERED[name]
    change(folder)
    assert checked(folder, sha256) == 1
    assert told in capsys.readouterr().err
    again = shutil.make_archive(str(tmp_path / "again"), "zip", folder)
    assert checked(Path(again), sha256) == 1
    assert told in capsys.readouterr().err


def test_a_damaged_zip_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent, sha256 = packed(tmp_path)
    whole = sent.read_bytes()
    at = whole.index(FILES[0])
    for broken in (whole[:-40], whole[: at + 3], whole[:at] + b"F" + whole[at + 1 :], b"PK\x03"):
        sent.write_bytes(broken)
        assert checked(sent, sha256) == 1
        assert "压缩包已损坏" in capsys.readouterr().err


def test_what_is_not_whole_on_the_server_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = content((*FILES, b"never kept"), tables=2)
    sent, sha256 = packed(tmp_path, document)
    with zipfile.ZipFile(sent) as package:
        said = package.read(bundle.MISSING).decode("utf-8-sig")
    assert "佐证材料 4（" in said
    assert checked(sent, sha256) == 1
    told = capsys.readouterr().err
    assert "佐证材料 4（" in told
    assert told.count("核验不通过") == 1


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("a/b\\c:*?.pdf", "D/1", "材料/1-D_1/001_a_b_c___.pdf"),
        ("../../etc/passwd", "..", "材料/1-/001_.._._etc_pass"),
        ("长" * 300 + ".pdf", "x" * 99, f"材料/1-{'x' * 28}/001_{'长' * 50}.pdf"),
        ("CON. ", "a. ", "材料/1-a/001_CON"),
        ("\n.pdf", "一", "材料/1-一/001__.pdf"),
    ],
)
def test_names_are_safe_everywhere(name: str, row: str, expected: str) -> None:
    assert bundle.material_name({"no": 1, "place": 1, "row_key": row, "name": name}) == expected


def test_materials_of_the_whole_plant_have_their_folder() -> None:
    file = {"no": 12, "place": 0, "row_key": "", "name": "扫描件.pdf"}
    assert bundle.material_name(file) == "材料/0-全厂/012_扫描件.pdf"


def test_of_a_large_file_one_piece_is_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(200 << 20)
    many = [bundle.Original(f"材料/{it}.pdf", path, "", "") for it in range(2)]
    tracemalloc.start()
    sent = most = 0
    for piece in bundle.pieces([], many, AT, lambda _: True):
        sent += len(piece)
        most = max(most, len(piece))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent > 400 << 20
    assert most < 3 << 20
    assert peak < 16 << 20


def test_a_file_that_breaks_off_breaks_the_zip_off(tmp_path: Path) -> None:
    lost = [bundle.Original("材料/a.pdf", tmp_path / "nowhere", "", "")]
    with pytest.raises(FileNotFoundError):
        b"".join(bundle.pieces([], lost, AT, lambda _: True))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b""))
