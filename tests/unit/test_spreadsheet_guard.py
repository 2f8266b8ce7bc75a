"""Every odd or hostile file gets its verdict: read, or refused with a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.kernel.spreadsheets import UnreadableWorkbook, inspect_workbook, read_workbook
from tests.hostile_files.workbooks import (
    ACCEPTED,
    CSV,
    REFUSED,
    SMALL,
    gbk_names,
    with_part,
    zip_with,
)


def verdict(tmp_path: Path, name: str, content: bytes) -> str:
    """The kind of an accepted file, or the sentence of a refused one."""
    path = tmp_path / "upload"
    path.write_bytes(content)
    try:
        kind = inspect_workbook(path, name, SMALL)
        read_workbook(path, name, SMALL)
    except UnreadableWorkbook as refusal:
        return str(refusal)
    return kind.format


@pytest.mark.parametrize(("name", "content", "says"), [case[1:] for case in REFUSED], ids=[
    case[0] for case in REFUSED
])  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_what_why_and_what_to_do(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    sentence = verdict(tmp_path, name, content)
    assert says in sentence
    assert sentence.endswith("。")
    assert "请" in sentence
    assert "！" not in sentence


@pytest.mark.parametrize(("name", "content", "kind"), [case[1:] for case in ACCEPTED], ids=[
    case[0] for case in ACCEPTED
])  # fmt: skip
def test_an_odd_but_harmless_file_is_read(
    tmp_path: Path, name: str, content: bytes, kind: str
) -> None:
    assert verdict(tmp_path, name, content) == kind


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(REFUSED) + len(ACCEPTED) >= 60


def test_names_inside_a_gbk_zip_become_sheet_names(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(gbk_names())
    assert [sheet.name for sheet in read_workbook(path, "a.zip").sheets] == ["企业", "厂区"]


def test_what_is_left_aside_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(with_part("xl/externalLinks/externalLink1.xml"))
    (note,) = inspect_workbook(path, "a.xlsx").notes
    assert "外部链接" in note
    path.write_bytes(zip_with(lambda archive: archive.writestr("说明.docx", "x")))
    (note,) = inspect_workbook(path, "a.zip").notes
    assert "说明.docx" in note


def test_a_folder_of_csv_is_read_sheet_by_file(tmp_path: Path) -> None:
    (tmp_path / "企业.csv").write_bytes(CSV.encode("gb18030"))
    (tmp_path / "厂区.csv").write_bytes(CSV.encode("utf-8-sig"))
    (tmp_path / "~$企业.csv").write_bytes(b"lock")
    (tmp_path / "readme.txt").write_bytes(b"x")
    book = read_workbook(tmp_path, tmp_path.name)
    assert {sheet.name: sheet.rows[1].cells[1] for sheet in book.sheets} == {
        "企业": "示例甲",
        "厂区": "示例甲",
    }


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableWorkbook, match=r"没有 \.csv"):
        read_workbook(tmp_path, "空")


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "a\\b.xlsx",
        "x" * 300 + ".xlsx",
        "😀.xlsx",
        "a\r\nb.xlsx",
        "a\u202excod.xlsx",
        "",
    ],
)
def test_a_hostile_file_name_is_shown_harmlessly(tmp_path: Path, name: str) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"")
    with pytest.raises(UnreadableWorkbook) as refusal:
        inspect_workbook(path, name)
    sentence = str(refusal.value)
    assert len(sentence) < 200
    assert not set(sentence) & set("\r\n\u202e/\\")
