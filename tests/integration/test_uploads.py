"""A file sent in parts: a broken line loses nothing, a foreign hand gets nothing, rests go."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app.kernel import attachments, audit, files, materials, uploads
from app.kernel import clock as kernel_clock
from app.kernel.database import db
from app.kernel.models import Upload
from app.kernel.transaction import writing
from app.kernel.uploads import NotWhole, OutOfStep, UnderWay
from tests.conftest import Freeze

CONTENT = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def begun(app: Flask, owner: int = 7, mark: str = "1", sha256: str = DIGEST) -> UnderWay:
    with app.app_context():
        with writing("test"):
            token = uploads.begin(owner, "filing:1", {"row": "R1"}, name="a.pdf",
                                  size=len(CONTENT), mark=mark, sha256=sha256)  # fmt: skip
        found = uploads.find(token, owner, "filing:1")
        db.session.rollback()
    assert found is not None
    return found


def test_a_file_arrives_in_parts_and_goes_on_where_the_line_broke(app: Flask) -> None:
    it = begun(app)
    with app.app_context():
        assert uploads.append(it, 0, io.BytesIO(CONTENT[:300_000])) == 300_000
    again = begun(app)
    assert again.token == it.token
    with app.app_context():
        assert again.arrived == 300_000
        with pytest.raises(OutOfStep) as late:
            uploads.append(again, 0, io.BytesIO(CONTENT[:10]))
        assert late.value.arrived == 300_000
        uploads.append(again, 300_000, io.BytesIO(CONTENT[300_000:]))
        stored = uploads.keep_whole(again, check=Path.exists)
        assert stored.sha256 == DIGEST
        assert files.is_whole(DIGEST)
        with writing("test"):
            uploads.forget(it.token)
        assert not list(files.incoming().iterdir())
        assert uploads.find(it.token, 7, "filing:1") is None


def test_what_came_of_a_broken_part_stays(app: Flask) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            if not found:
                raise ConnectionError
            return found

    it = begun(app)
    with app.app_context():
        with pytest.raises(ConnectionError):
            uploads.append(it, 0, Breaking(CONTENT[:500_000]))
        assert it.arrived == 500_000


def test_more_than_was_announced_is_not_taken(app: Flask) -> None:
    it = begun(app)
    with app.app_context():
        with pytest.raises(OutOfStep):
            uploads.append(it, 0, io.BytesIO(CONTENT + bytes(uploads.PART)))
        assert it.arrived <= len(CONTENT)


def test_a_part_of_a_file_or_another_file_is_not_kept(app: Flask) -> None:
    it = begun(app)
    with app.app_context():
        uploads.append(it, 0, io.BytesIO(CONTENT[:-1]))
        with pytest.raises(NotWhole):
            uploads.keep_whole(it, check=Path.exists)
        uploads.append(it, len(CONTENT) - 1, io.BytesIO(b"!"))
        with pytest.raises(NotWhole):
            uploads.keep_whole(it, check=Path.exists)
        assert it.arrived == 0, "it is sent again from the beginning"


def test_what_the_check_refuses_is_not_kept(app: Flask) -> None:
    it = begun(app)

    def refuse(path: Path) -> None:
        raise ValueError

    with app.app_context():
        uploads.append(it, 0, io.BytesIO(CONTENT))
        with pytest.raises(ValueError):  # noqa: PT011 - its own
            uploads.keep_whole(it, check=refuse)
        assert not files.path_of(DIGEST).exists()


def test_only_its_own_person_finds_it_and_only_for_its_matter(app: Flask) -> None:
    it = begun(app)
    with app.app_context():
        assert uploads.find(it.token, 8, "filing:1") is None
        assert uploads.find(it.token, 7, "filing:2") is None
    assert begun(app, owner=8).token != it.token
    assert begun(app, mark="2").token != it.token


def test_two_tabs_do_not_write_into_each_other(app: Flask) -> None:
    it = begun(app)

    class Nested(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            with pytest.raises(OutOfStep):
                uploads.append(it, 0, io.BytesIO(b"x"))
            return super().read(size)

    with app.app_context():
        assert uploads.append(it, 0, Nested(CONTENT[:1000])) == 1000


def test_nobody_begins_without_end(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_UNDER_WAY", 2)
    begun(app, mark="1")
    begun(app, mark="2")
    with pytest.raises(uploads.TooManyUnderWay):
        begun(app, mark="3")


def test_nobody_fills_the_disk_with_what_was_only_begun(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES_UNDER_WAY", 2 * len(CONTENT))
    begun(app, mark="1")
    begun(app, mark="2")
    begun(app, owner=8)
    with pytest.raises(uploads.TooManyUnderWay):
        begun(app, mark="3")


def test_what_people_send_leaves_room_to_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = begun(app)
    almost_full = SimpleNamespace(total=10**12, free=files.RESERVE + len(CONTENT) - 1)
    monkeypatch.setattr("app.kernel.files.shutil.disk_usage", lambda _: almost_full)
    with pytest.raises(OSError, match="for the database"):
        begun(app, mark="2")
    assert begun(app).token == it.token, "what was begun before is"
    with app.app_context():
        assert uploads.append(it, 0, io.BytesIO(CONTENT)) == len(CONTENT)
        with pytest.raises(OSError, match="for the database"):
            uploads.keep_whole(it, check=lambda _: None)
        almost_full.free = files.RESERVE - 1
        with pytest.raises(OSError, match="for the database"):
            uploads.append(it, len(CONTENT), io.BytesIO(b""))
        with pytest.raises(OSError, match="for the database"):
            materials.receive(io.BytesIO(b"%PDF-"), "a.pdf", largest=10)
        sent = FileStorage(io.BytesIO(b"%PDF-"), "a.pdf")
        with pytest.raises(OSError, match="for the database"):
            attachments.receive(sent)


def test_files_that_no_row_knows_are_swept_when_they_are_old(app: Flask, clock: Freeze) -> None:
    start = clock("2026-03-02 09:00")
    with app.app_context():
        entered, refused, fresh = (files.keep(io.BytesIO(it)) for it in (b"in", b"out", b"new"))
        broken = files.incoming() / ("ab" * 16)
        broken.write_bytes(b"killed while it came")
        under_way = begun(app)
        uploads.append(under_way, 0, io.BytesIO(b"part"))
        part = broken.with_name(f"upload-{under_way.token}")
        for path in (entered.path, refused.path, broken, part):
            os.utime(path, (start.timestamp(), start.timestamp()))
        soon = (start + timedelta(days=1)).timestamp()
        os.utime(fresh.path, (soon, soon))
        clock("2026-03-16 10:00")
        with writing("test"):
            files.enter(entered)
            audit.record("test.entered", "file", entered.sha256)
            assert files.sweep() == 2
        assert [it.path.exists() for it in (entered, refused, fresh)] == [True, False, True]
        assert list(files.incoming().iterdir()) == [part]


def test_a_file_and_the_new_folders_that_lead_to_it_outlive_a_power_failure(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(files, "_sync_folder", synced.append)
    with app.app_context():
        kept = files.keep(io.BytesIO(b"content")).path
        assert synced.index(kept.parent.parent) < synced.index(kept.parent)
        assert kept.parent.parent.parent in synced, "the folder of all files is new, too"
        synced.clear()
        files.keep(io.BytesIO(b"content"))
        assert synced == [kept.parent], "the others are there"


def test_an_old_file_that_comes_in_again_while_it_is_swept_stays(
    app: Flask, clock: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock("2026-03-02 09:00")
    real = Path.replace
    with app.app_context():
        old = files.keep(io.BytesIO(b"content"))
        os.utime(old.path, (start.timestamp(), start.timestamp()))
        clock("2026-03-20 09:00")

        def comes_again(path: Path, target: Path) -> Path:
            if path == old.path:
                os.utime(path)
            return real(path, target)

        monkeypatch.setattr(Path, "replace", comes_again)
        with writing("test"):
            assert files.sweep() == 0
        assert old.path.read_bytes() == b"content"


def test_what_nobody_went_on_sending_is_swept(app: Flask, clock: Freeze) -> None:
    start = clock("2026-03-02 09:00")
    old, fresh = begun(app, mark="old"), begun(app, mark="fresh")
    with app.app_context():
        uploads.append(old, 0, io.BytesIO(b"rest"))
        uploads.append(fresh, 0, io.BytesIO(b"on its way"))
        stray = files.incoming() / "upload-stray"
        stray.write_bytes(b"x")
        for path in files.incoming().iterdir():
            at = start + (timedelta(days=3) if fresh.token in path.name else timedelta())
            os.utime(path, (at.timestamp(), at.timestamp()))
        clock("2026-03-06 09:00")
        with writing("test"):
            assert uploads.sweep() == 2
        left = db.session.execute(select(Upload.token)).scalars().all()
        db.session.rollback()
        assert left == [fresh.token]
        assert [it.name for it in files.incoming().iterdir()] == [f"upload-{fresh.token}"]
    assert kernel_clock.now() > start
