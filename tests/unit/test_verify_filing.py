"""The stand-alone check of a filing: bytes, files, and every grade reckoned again (独立核验)."""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.filing_contents import Json, canonical, content

verify: Any = import_module("scripts.verify_filing")
FILES = (b"first quarter", b"second quarter", b"third")
SOUND = canonical(content(FILES, tables=2))


def digest(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


def checked(tmp_path: Path, file: bytes, *options: str, paper: str = "") -> int:
    path = tmp_path / "filing.json"
    path.write_bytes(file)
    return int(verify.main([str(path), "--sha256", paper or digest(file), *options]))


def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence" / "below"
    folder.mkdir(parents=True)
    for number, file in enumerate(FILES):
        (folder / f"any name {number}").write_bytes(file)
    return folder.parent


def test_a_sound_submission_passes_and_tells_what_to_compare(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = evidence(tmp_path)
    paper = f" {digest(SOUND).upper()} "
    assert checked(tmp_path, SOUND, "--files", str(folder), paper=paper) == 0
    said = capsys.readouterr().out
    for expected in ("示例水泥有限公司", "330603-2026-000012，第 1 版", digest(SOUND), "3 个文件"):
        assert expected in said
    assert "没有核对" not in said
    assert checked(tmp_path, SOUND) == 0
    assert "佐证材料文件没有核对" in capsys.readouterr().out


MUTATIONS: dict[str, Callable[[bytes, int], bytes]] = {
    "lowest bit": lambda b, n: b[:n] + bytes([b[n] ^ 1]) + b[n + 1 :],
    "highest bit": lambda b, n: b[:n] + bytes([b[n] ^ 128]) + b[n + 1 :],
    "deleted": lambda b, n: b[:n] + b[n + 1 :],
    "a space put in": lambda b, n: b[:n] + b" " + b[n:],
    "cut off": lambda b, n: b[:n],
}


def refuses(file: bytes, paper: str) -> bool:
    try:
        verify.check_bytes(file, paper)
    except verify.Altered:
        return True
    return False


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_sampled_position_is_guarded_by_the_hash_on_paper(name: str) -> None:
    paper = digest(SOUND)
    assert not refuses(SOUND, paper)
    places = range(0, len(SOUND), 7)
    assert [n for n in places if not refuses(MUTATIONS[name](SOUND, n), paper)] == []


@pytest.mark.parametrize(
    "file",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"format": "jixiao-filing-1"}',
     b'{"format":"jixiao-filing-1"}', b'{"a":NaN}', SOUND + b"\n", b"\xef\xbb\xbf" + SOUND],
)  # fmt: skip
def test_what_is_no_original_is_refused_whatever_its_hash(tmp_path: Path, file: bytes) -> None:
    assert checked(tmp_path, file) == 1


def test_keys_out_of_order_or_twice_are_not_canonical(tmp_path: Path) -> None:
    assert checked(tmp_path, SOUND.replace(b'{"commitment"', b'{"way":"x","commitment"', 1)) == 1
    assert checked(tmp_path, b'{"number":2,' + SOUND[1:]) == 1


def first_row(document: Json) -> Json:
    row: Json = document["tables"][0]["rows"][0]
    return row


def said_grade(document: Json, grade: str | None) -> None:
    first_row(document)["grade"] = grade


ALTERED: dict[str, tuple[Callable[[Json], Any], str]] = {
    "a worse grade": (lambda it: said_grade(it, "C"), "按短板原则推算为 C，原件写的是 B"),
    "no grade": (lambda it: said_grade(it, None), "按短板原则推算为 未定，原件写的是 B"),
    "the table's grade": (lambda it: it["tables"][1].update(grade="A"), "按短板原则推算为 B"),
    "the overall grade": (lambda it: it.update(overall="A"), "总体自评等级推算为 B"),
    "a row twice": (lambda it: it["tables"][0]["rows"].append(first_row(it)), "出现了两次"),
    "a file taken out": (lambda it: it["evidence"].pop(), "所列佐证材料与清单不一致"),
    "a file's row": (lambda it: it["evidence"][0].update(row_key="9.9"), "不在自评表中"),
    "a file's number": (lambda it: it["evidence"][0].update(no=7), "不是从 1 起连续"),
    "no statement": (lambda it: it["commitment"].update(statements=[]), "没有承诺和声明"),
    "accepted too late": (
        lambda it: it["commitment"]["statements"][0].update(accepted_at="2027"), "晚于签署"),
    "signed too late": (lambda it: it["commitment"].update(signed_at="2027"), "晚于提交"),
    "a part missing": (lambda it: it.pop("plant"), "缺少 plant"),
    "a row's part missing": (lambda it: first_row(it).pop("answer"), "缺少 answer"),
    "tables out of order": (lambda it: it["tables"].reverse(), "依次排列"),
}  # fmt: skip


@pytest.mark.parametrize("name", ALTERED)
def test_an_alteration_under_a_new_hash_does_not_agree_with_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    document = copy.deepcopy(content(FILES, tables=2))
    change, told = ALTERED[name]
    change(document)
    assert checked(tmp_path, canonical(document)) == 1
    assert told in capsys.readouterr().err


def test_altered_and_missing_files_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = evidence(tmp_path)
    (folder / "below" / "any name 0").write_bytes(b"first Quarter")
    (folder / "below" / "any name 1").rename(folder / "below" / "002_第2季度监测报告.pdf")
    (folder / "below" / "002_第2季度监测报告.pdf").write_bytes(b"")
    assert checked(tmp_path, SOUND, "--files", str(folder)) == 1
    said = capsys.readouterr().err
    assert "佐证材料 1（第1季度监测报告.pdf）缺少" in said
    assert "佐证材料 2（第2季度监测报告.pdf）的内容已被改动：below/002" in said
    assert "多出的文件，不在佐证材料清单中：below/any name 0" in said
    assert "佐证材料 3" not in said


def test_wrong_use_is_told_apart_from_what_does_not_agree(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing.json")
    assert verify.main([missing, "--sha256", "0" * 64]) == 2
    assert checked(tmp_path, SOUND, "--files", str(tmp_path / "nowhere")) == 2
    with pytest.raises(SystemExit) as ended:
        verify.main([missing])
    assert ended.value.code == 2
    assert checked(tmp_path, SOUND, paper="0" * 64) == 1


def test_tables_of_different_schemes_cross_by_the_order_in_the_original() -> None:
    tables = [{"grades": ["A", "B", "C", "D"], "grade": "C"},
              {"grades": ["引领性", "非引领性"], "grade": "非引领性"}]  # fmt: skip
    order = ["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"]
    assert verify.crossing({"tables": tables, "grade_order": order}) == "非引领性"
    tables[1]["grade"] = "引领性"
    assert verify.crossing({"tables": tables, "grade_order": order}) == "C"


def test_the_script_needs_nothing_but_an_old_python() -> None:
    source = Path(verify.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [it.name for it in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported <= {
        "__future__", "argparse", "collections", "decimal", "hashlib", "io", "json", "pathlib",
        "re", "sys", "typing", "unicodedata", "zipfile", "zlib",
    }  # fmt: skip
    assert ".removesuffix(" not in source
    assert "strict=" not in source
