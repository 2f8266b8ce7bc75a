"""What is sent as a material is looked at before it is taken: its kind, its pages, its harm."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image

from app.kernel import pictures
from app.kernel.config import Config
from app.kernel.materials import Examined, Unacceptable, examine
from tests import evidence_files as sample

MB = 1024 * 1024
TAKEN = [
    ("报告.pdf", sample.pdf(3), Examined("pdf", 3, "报告.pdf")),
    ("IMG_1.jpg", sample.picture(), Examined("jpg", 1, "IMG_1.jpg")),
    ("IMG_1.JPEG", sample.picture(), Examined("jpg", 1, "IMG_1.JPEG")),
    ("截图.png", sample.picture("PNG"), Examined("png", 1, "截图.png")),
    ("IMG_2.HEIC", sample.picture("HEIF"), Examined("heic", 1, "IMG_2.HEIC")),
    ("a heic called jpg", sample.picture("HEIF"), Examined("heic", 1, "a heic called jpg.heic")),
    ("IMG_3.heic", sample.picture(), Examined("jpg", 1, "IMG_3.heic.jpg")),
    ("说明.docx", sample.office("word/document.xml"), Examined("docx", None, "说明.docx")),
    ("台账.xlsx", sample.office("xl/workbook.xml"), Examined("xlsx", None, "台账.xlsx")),
    ("批复.ofd", sample.ofd(2), Examined("ofd", 2, "批复.ofd")),
    ("报\x07告\u202efdp.pdf", sample.pdf(), Examined("pdf", 1, "报告fdp.pdf")),
    ("../../etc/报告.pdf", sample.pdf(), Examined("pdf", 1, "报告.pdf")),
]
REFUSED = [
    ("空.pdf", b"", "空文件"),
    ("脚本.pdf", sample.pdf(catalog=b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), "脚本"),
    ("改写.pdf", sample.pdf(catalog=b"/OpenAction<</S/J#61vaScript/J#53(x)>>"), "脚本"),
    ("藏起.pdf", sample.packed_script(), "脚本"),
    ("启动.pdf", sample.pdf(catalog=b"/OpenAction<</S/Launch/F(cmd.exe)>>"), "脚本"),
    ("密码.pdf", sample.locked_pdf(), "加了密码"),
    ("半个.pdf", sample.pdf(3)[:-60], "不完整"),
    ("半个.jpg", sample.picture()[:3000], "不完整"),
    ("半个.png", sample.picture("PNG")[:1500], "不完整"),
    ("半个.docx", sample.office("word/document.xml")[:60], "不完整"),
    ("杂音.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20 + b"%%EOF", "损坏"),
    ("炸弹.png", sample.bomb(), "像素"),
    ("宏.xlsx", sample.office("xl/workbook.xml", "xl/vbaProject.bin"), "宏"),
    ("旧.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 Office"),
    ("包.zip", sample.office("a.txt"), "压缩包"),
    ("程序.pdf", b"MZ\x90\0" + bytes(99), "不是可以接收的文件类型"),
    ("网页.jpg", b"<html><script>alert(1)</script>", "不是可以接收的文件类型"),
    ("动图.jpg", b"GIF89a" + bytes(99), "JPG 或 PNG"),
    ("录像.heic", b"\0\0\0\x18ftypisom" + bytes(99), "JPG 或 PNG"),
    ("大.pdf", sample.pdf().ljust(2 * MB + 1), "超过每个文件 2 MB"),
]  # fmt: skip


@dataclass
class Place:
    folder: Path

    def file(self, content: bytes) -> Path:
        path = self.folder / "content"
        path.write_bytes(content)
        return path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def office(tmp_path: Path) -> Flask:
    """Knows its folder, and nothing else."""
    app = Flask("office")
    app.config["CONFIG"] = Config(instance_dir=tmp_path, database_url="sqlite://", secret_key="x")
    return app


@pytest.mark.parametrize(("name", "content", "found"), TAKEN, ids=[it[0] for it in TAKEN])
def test_a_material_is_taken_by_its_content(
    place: Place, name: str, content: bytes, found: Examined
) -> None:
    assert examine(place.file(content), name, largest=2 * MB) == found


@pytest.mark.parametrize(("name", "content", "says"), REFUSED, ids=[it[0] for it in REFUSED])
def test_a_bad_file_is_refused_by_name_and_says_what_to_do(
    place: Place, name: str, content: bytes, says: str
) -> None:
    with pytest.raises(Unacceptable) as refusal:
        examine(place.file(content), name, largest=2 * MB)
    assert says in str(refusal.value)
    assert str(refusal.value).startswith(f"“{name}”")
    assert "请" in str(refusal.value)


def test_a_page_becomes_a_picture_once_and_loses_what_the_camera_noted(
    place: Place, office: Flask
) -> None:
    taken = Image.linear_gradient("L").resize((640, 480)).convert("RGB")
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Zhang San"  # turned by 90 degrees
    taken.save(buffer, "JPEG", exif=exif)
    with office.app_context():
        path = place.file(buffer.getvalue())
        drawn = pictures.page_picture("ab" * 32, path, "jpg", 1, pictures.SMALL)
        path.unlink()
        assert pictures.page_picture("ab" * 32, path, "jpg", 1, pictures.SMALL) == drawn
    assert b"Zhang San" not in drawn.read_bytes()
    with Image.open(drawn) as picture:
        assert picture.format == "JPEG"
        assert picture.size[0] < picture.size[1] <= pictures.SMALL * 4 // 3


VIEWED = [("pdf", sample.pdf(2)), ("heic", sample.picture("HEIF")), ("png", sample.picture("PNG"))]


@pytest.mark.parametrize(("kind", "content"), VIEWED, ids=[it[0] for it in VIEWED])
def test_every_viewable_kind_is_drawn_as_jpg(
    place: Place, office: Flask, kind: str, content: bytes
) -> None:
    with office.app_context():
        drawn = pictures.page_picture("cd" * 32, place.file(content), kind, 1, pictures.WHOLE)
    with Image.open(drawn) as picture:
        assert picture.format == "JPEG"


def test_a_page_as_long_as_a_street_is_drawn_within_bounds(place: Place, office: Flask) -> None:
    with office.app_context():
        path = place.file(sample.pdf(size=(10, 14_400)))
        drawn = pictures.page_picture("ef" * 32, path, "pdf", 1, pictures.READABLE)
    with Image.open(drawn) as picture:
        assert picture.width * picture.height <= 25_000_000


def test_who_takes_too_much_memory_or_time_is_stopped(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place.file(sample.picture("PNG", (6000, 6000)))
    monkeypatch.setattr(pictures, "MEGABYTES", 150)
    with pytest.raises(Unacceptable, match="超过限度"):
        examine(path, "图.png", largest=9 * MB)
    monkeypatch.setattr(pictures, "MEGABYTES", 1536)
    monkeypatch.setattr(pictures, "PATIENCE", 0.01)
    with pytest.raises(Unacceptable, match="超过限度"):
        examine(path, "图.png", largest=9 * MB)


def test_the_oldest_pictures_are_thrown_away_first(office: Flask, tmp_path: Path) -> None:
    import os

    folder = tmp_path / "cache" / "pages" / "aa"
    folder.mkdir(parents=True)
    for age, name in enumerate(("new", "middle", "old")):
        (folder / name).write_bytes(bytes(1000))
        os.utime(folder / name, (10_000 - age, 10_000 - age))
    with office.app_context():
        assert pictures.let_go(2000) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["middle", "new"]


def test_an_office_file_is_never_unpacked(place: Place) -> None:
    """50 MB of nothing in a packet of 50 KB: only its directory is read."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(50 * MB))
    assert examine(place.file(buffer.getvalue()), "大.docx", largest=MB).kind == "docx"
