"""A backup holds everything; a restore brings all of it back or touches nothing (备份与恢复)."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from app.kernel import audit, files
from app.kernel.database import Mode, db, mode
from app.kernel.transaction import writing
from app.operations import archive
from app.operations.domain import OperationFailed, OperationRefused
from app.operations.services import restore_backup, write_backup
from app.operations.tables import digests, kind_of
from tests.installations import ENGINES, Postgresql, Sqlite, close, installed
from tests.world import populate

Place = Callable[[str], Flask]


@pytest.fixture
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """``another("sqlite")``: a further empty installation, on a machine of its own."""
    opened: list[AbstractContextManager[Flask]] = []

    @contextmanager
    def empty(engine: str, folder: Path) -> Iterator[Flask]:
        folder.mkdir()
        made: Sqlite | Postgresql = request.getfixturevalue(engine)
        with made.database(folder) as url:
            fresh = installed(folder, url)
            yield fresh
            close(fresh)

    def make(engine: str) -> Flask:
        place = empty(engine, tmp_path / f"other-{len(opened)}")
        opened.append(place)
        return place.__enter__()

    yield make
    for place in reversed(opened):
        place.__exit__(None, None, None)


@pytest.fixture
def filled(app: Flask, bureau: None) -> Flask:
    """A bureau with a register, jobs, messages, evidence."""
    populate(app)
    return app


def contents(app: Flask) -> dict[str, tuple[int, str]]:
    with app.app_context(), mode(Mode.READ), db.engine.connect() as connection:
        return digests(connection)


def evidence(app: Flask) -> dict[str, bytes]:
    root = app.config["CONFIG"].instance_dir / "files"
    return {path.name: path.read_bytes() for path in root.glob("??/*")}


def keep(app: Flask, content: bytes) -> str:
    with app.app_context(), writing("测试"):
        stored = files.keep(BytesIO(content))
        files.enter(stored)
        audit.record("export.made", "download", stored.sha256)
    return stored.sha256


def backed_up(app: Flask, path: Path) -> Path:
    with app.app_context():
        write_backup(path)
    return path


def but_for_the_restore(found: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Without the audit trail, to which making and restoring the backup each add an entry."""
    return {name: told for name, told in found.items() if name != "audit_entry"}


@pytest.mark.parametrize("to", ENGINES)
def test_what_was_backed_up_comes_back_on_either_engine(
    filled: Flask, another: Place, to: str, tmp_path: Path
) -> None:
    kept = keep(filled, b"%PDF-1.7 \x00\xff" * 1000)
    (filled.config["CONFIG"].instance_dir / "settings.toml").write_text("# 本局设定\n")
    before, held = contents(filled), evidence(filled)
    file = backed_up(filled, tmp_path / "all.zip")
    other = another(to)
    with other.app_context():
        restored = restore_backup(file)
        assert audit.verify().broken_at is None
        assert audit.verify().entries == restored.audit_entries + 1
    assert but_for_the_restore(contents(other)) == but_for_the_restore(before)
    assert kept in evidence(other)
    assert evidence(other) == held
    assert (other.config["CONFIG"].instance_dir / "settings.toml").read_text() == "# 本局设定\n"
    assert restored.rows == sum(rows for rows, _ in before.values())
    keep(other, b"new rows go on being numbered")
    populate_more(other)


def populate_more(app: Flask) -> None:
    """New rows find numbers that were never given."""
    with app.app_context(), writing("测试"):
        from app.accounts import services

        services.open_account("lai-zhe", "来者", password_hash="x")


def test_the_tables_protect_themselves_after_a_restore(
    filled: Flask, another: Place, tmp_path: Path
) -> None:
    file = backed_up(filled, tmp_path / "all.zip")
    engine = "sqlite" if filled.config["CONFIG"].is_sqlite else "postgresql"
    other = another(engine)
    with other.app_context():
        restore_backup(file)
        for statement in ("DELETE FROM audit_entry", "UPDATE violation SET recorded_via = 'x'"):
            with (
                pytest.raises(Exception, match=r"kept|altered|removed"),
                mode(Mode.WRITE),
                db.engine.begin() as connection,
            ):
                connection.exec_driver_sql(statement)


def test_a_restore_over_data_is_refused_unless_asked_for(filled: Flask, tmp_path: Path) -> None:
    file = backed_up(filled, tmp_path / "all.zip")
    populate_more(filled)
    before = contents(filled)
    with filled.app_context():
        with pytest.raises(OperationRefused, match="--replace"):
            restore_backup(file)
        assert contents(filled) == before
        restored = restore_backup(file, replace=True)
    assert restored.safety is not None
    assert contents(filled)["user_account"][0] == before["user_account"][0] - 1
    with filled.app_context():
        restore_backup(restored.safety, replace=True)
    assert but_for_the_restore(contents(filled)) == but_for_the_restore(before)


def test_a_flipped_bit_anywhere_is_found_and_nothing_changes(
    filled: Flask, another: Place, tmp_path: Path
) -> None:
    keep(filled, b"evidence " * 50)
    whole = backed_up(filled, tmp_path / "all.zip").read_bytes()
    other = another("sqlite")
    before = contents(other)
    chance = random.Random(7)  # noqa: S311 - places to damage
    places = {0, 1, len(whole) - 1, len(whole) - 65, len(whole) - 80, len(whole) // 2}
    places |= {chance.randrange(len(whole)) for _ in range(150)}
    damaged = tmp_path / "damaged.zip"
    with other.app_context():
        for place in sorted(places):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << chance.randrange(8)
            damaged.write_bytes(flipped)
            with pytest.raises(OperationFailed):
                restore_backup(damaged)
        for cut in (0, 10, 64, len(whole) // 3, len(whole) - 1):
            damaged.write_bytes(whole[:cut])
            with pytest.raises(OperationFailed):
                restore_backup(damaged)
    assert contents(other) == before
    assert evidence(other) == {}


def rebuilt(source: Path, target: Path, change: Callable[[dict[str, object]], None]) -> Path:
    """The archive with another manifest, its checksums made anew: as someone with skill would."""
    with zipfile.ZipFile(source) as raw, archive.written(target) as out:
        manifest = json.loads(raw.read(archive.MANIFEST))
        for name in raw.namelist():
            if name != archive.MANIFEST:
                with out.member(name) as sink:
                    sink.write(raw.read(name))
        change(manifest)
        out.close(manifest)
    return target


def test_an_archive_of_a_newer_program_is_refused(
    filled: Flask, another: Place, tmp_path: Path
) -> None:
    file = backed_up(filled, tmp_path / "all.zip")
    newer = rebuilt(file, tmp_path / "newer.zip", lambda it: it.update(revision="9999"))
    other = another("sqlite")
    before = contents(other)
    with other.app_context(), pytest.raises(OperationRefused, match="更新的程序"):
        restore_backup(newer)
    assert contents(other) == before


def test_a_chain_that_does_not_fit_is_refused_after_loading_and_nothing_changes(
    filled: Flask, another: Place, tmp_path: Path
) -> None:
    file = backed_up(filled, tmp_path / "all.zip")
    cut = rebuilt(
        file, tmp_path / "cut.zip", lambda it: it.update(audit={"entries": 1, "head": "0" * 64})
    )
    other = another("sqlite" if filled.config["CONFIG"].is_sqlite else "postgresql")
    before = contents(other)
    with other.app_context(), pytest.raises(OperationFailed, match="链尾"):
        restore_backup(cut)
    assert contents(other) == before
    populate_more(other)


def test_missing_or_spoilt_evidence_fails_the_backup_by_name(filled: Flask, tmp_path: Path) -> None:
    lost, spoilt = keep(filled, b"one"), keep(filled, b"two")
    with filled.app_context():
        files.path_of(lost).unlink()
        files.path_of(spoilt).write_bytes(b"owt")
        with pytest.raises(OperationFailed, match=rf"{lost}|{spoilt}"):
            write_backup(tmp_path / "all.zip")
        assert list(tmp_path.glob("all.zip*")) == []
        made = write_backup(tmp_path / "all.zip", allow_missing=True)
    assert set(made.missing) == {lost, spoilt}


def test_a_full_disk_leaves_nothing_behind(
    filled: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.operations.archive.os.fsync", full)
    with filled.app_context(), pytest.raises(OperationFailed, match="磁盘已满"):
        write_backup(tmp_path / "all.zip")
    assert list(tmp_path.glob("all.zip*")) == []


def test_every_column_of_the_program_has_a_kind() -> None:
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            assert kind_of(column.type), f"{table.name}.{column.name}"
