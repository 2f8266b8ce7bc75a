"""The stand-alone check finds every change of every byte, and reckons rows again (独立核验)."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app.issuing.content import issued_file
from app.policy.documents import as_json, sealed
from tests.issued_files import HEAD, sample_content, sample_file

verify_list: Any = import_module("scripts.verify_list")
FILE = sample_file()


def checked(tmp_path: Path, content: bytes, *options: str) -> int:
    path = tmp_path / "list.json"
    path.write_bytes(content)
    return int(verify_list.main([str(path), *options]))


def test_a_sound_file_passes_and_tells_what_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, FILE.content, "--sha256", FILE.sha256.upper()) == 0
    said = capsys.readouterr().out
    for expected in ("绍环发〔2025〕7号", "签发丙", "征求意见稿", FILE.sha256, "行数：4；纳入：2"):
        assert expected in said


def refuses(content: bytes) -> bool:
    try:
        verify_list.check_bytes(content)
    except verify_list.Altered:
        return True
    return False


MUTATIONS: dict[str, Callable[[bytes, int], bytes]] = {
    "lowest bit": lambda b, n: b[:n] + bytes([b[n] ^ 1]) + b[n + 1 :],
    "highest bit": lambda b, n: b[:n] + bytes([b[n] ^ 128]) + b[n + 1 :],
    "letter case": lambda b, n: b[:n] + bytes([b[n] ^ 32]) + b[n + 1 :],
    "deleted": lambda b, n: b[:n] + b[n + 1 :],
    "doubled": lambda b, n: b[: n + 1] + b[n:],
    "a space put in": lambda b, n: b[:n] + b" " + b[n:],
    "cut off": lambda b, n: b[:n],
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_byte_position_is_guarded(name: str) -> None:
    content, change = FILE.content, MUTATIONS[name]
    assert not refuses(content)
    missed = [n for n in range(len(content)) if not refuses(change(content, n))]
    assert missed == []


@pytest.mark.parametrize("tail", [b" ", b"\n", b"\x00", b"}", b"\xef\xbb\xbf"])
def test_nothing_can_be_added_at_either_end(tail: bytes) -> None:
    assert refuses(FILE.content + tail)
    assert refuses(tail + FILE.content)


def test_another_value_on_paper_is_told(tmp_path: Path) -> None:
    assert checked(tmp_path, FILE.content, "--sha256", "0" * 64) == 1


def test_a_missing_file_is_wrong_use(tmp_path: Path) -> None:
    assert verify_list.main([str(tmp_path / "nothing.json")]) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"[" * 100_000, b"\xff"])
def test_what_is_no_list_is_refused(tmp_path: Path, content: bytes) -> None:
    assert checked(tmp_path, content) == 1


def _swapped(content: Any) -> None:
    rows, plants = content["list"]["rows"], content["plants"]
    rows[0], rows[1] = rows[1], rows[0]
    plants[0], plants[1] = plants[1], plants[0]
    rows[0]["rank"], rows[1]["rank"] = 1, 2


def _uncounted(content: Any) -> None:
    next(r for r in content["list"]["rows"] if r["facts"]["blocked"])["facts"]["blocked"] = False


def _miscounted(content: Any) -> None:
    content["list"]["rows"][0]["facts"]["violations_36m"] = 3


def _admitted(content: Any) -> None:
    content["list"]["rows"][0]["reasons"][0]["met"] = False


def _gap(content: Any) -> None:
    content["list"]["rows"][1]["rank"] = 3


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_swapped, "先后与所列排序依据不一致"),
        (_uncounted, "当年是否受限与所附事实不一致"),
        (_miscounted, "违法行为件数与所附事实不一致"),
        (_admitted, "是否纳入与各项理由不一致"),
        (_gap, "位次不是从 1 起连续的"),
    ],
)
def test_a_list_signed_with_wrong_rows_is_told(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Any], None],
    sentence: str,
) -> None:
    content = json.loads(as_json(sample_content()))
    change(content)
    content["list"] = sealed({k: v for k, v in content["list"].items() if k != "sha256"})
    assert checked(tmp_path, issued_file(HEAD, as_json(content)).content) == 1
    assert sentence in capsys.readouterr().err


def test_a_marked_violation_of_another_kind_bars_and_is_not_counted(tmp_path: Path) -> None:
    """PLAN-BLOCK, 等: the head's mark bars filing; ``violations_36m`` counts the law's kinds."""
    content = json.loads(as_json(sample_content()))
    known = next(it for it in content["facts"] if it["fact"] == "violation:5")
    marked = {"fact": "violation:6", "kind": "其他", "barring_reason": "情节严重"}
    content["facts"].append({**known, **marked})
    assert checked(tmp_path, issued_file(HEAD, as_json(content)).content) == 0


def test_it_needs_nothing_but_an_old_python() -> None:
    source = Path(verify_list.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    imported |= {
        str(node.module).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert imported <= sys.stdlib_module_names
