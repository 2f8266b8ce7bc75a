"""Backups while others write; backups and restores that are killed (中途被杀)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from app.kernel import audit, files, presence
from app.kernel.config import ROOT
from app.kernel.transaction import writing
from app.operations import archive
from app.operations.services import write_backup
from tests.installations import Sqlite, close, installed
from tests.serving import Served
from tests.world import populate

FILES = 16
"""Pieces of evidence, of a megabyte each."""
NOT_INHERITED = {"DATABASE_URL", "INSTANCE_DIR", "SECRET_KEY", "BACKUP_DIR", "ANCHOR_DIR"}


def test_every_write_acknowledged_before_the_start_is_in_it(app: Flask, tmp_path: Path) -> None:
    acknowledged: list[int] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with app.app_context(), writing("测试"):
                audit.record("test", "thing", len(acknowledged))
            acknowledged.append(1)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for number in range(8):
            until = len(acknowledged) + 1
            while len(acknowledged) < until:
                time.sleep(0.02)
            before = len(acknowledged)
            with app.app_context():
                made = write_backup(tmp_path / f"{number}.zip")
            assert made.audit_entries >= before > 0
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    for number in range(8):
        with archive.opened(tmp_path / f"{number}.zip") as source:
            lines = sum(1 for _ in source.lines("tables/audit_entry.jsonl"))
            assert lines == source.manifest["audit"]["entries"], "one moment for all tables"


def begun(instance: Path, *arguments: str) -> subprocess.Popen[str]:
    """A ``flask`` command on that installation, in a process of its own."""
    environ = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        cwd=ROOT,
        env={**environ, "INSTANCE_DIR": str(instance), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def done(instance: Path, *arguments: str) -> str:
    """What a command prints; it must succeed."""
    process = begun(instance, *arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def killed_when(process: subprocess.Popen[str], is_time: Callable[[], bool]) -> bool:
    """Kill it as soon as ``is_time``; False when it ended by itself before that."""
    while process.poll() is None:
        if is_time():
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return process.returncode == -signal.SIGKILL
        time.sleep(0.002)
    process.communicate()
    return False


@pytest.fixture(scope="module")
def prepared(sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a register, evidence of some size, and a key of its own."""
    folder = tmp_path_factory.mktemp("prepared")
    (folder / "secret.key").write_text("tests only")
    with sqlite.database(folder, with_bureau=True) as url:
        app = installed(folder, url)
        populate(app)
        with app.app_context(), writing("测试"):
            for number in range(FILES):
                stored = files.keep(BytesIO(os.urandom(1 << 20) + bytes([number])))
                files.enter(stored)
            audit.record("export.made", "download", "many")
        close(app)
    return folder


@pytest.fixture
def first(prepared: Path, tmp_path: Path) -> Path:
    """A machine of its own with that installation."""
    return Path(shutil.copytree(prepared, tmp_path / "first"))


def entries(instance: Path) -> int:
    """How many acts are on record."""
    with closing(sqlite3.connect(instance / "app.db")) as database:
        (count,) = database.execute("SELECT count(*) FROM audit_entry").fetchone()
        return int(count)


def test_a_backup_that_is_killed_leaves_no_file_of_that_name(first: Path, tmp_path: Path) -> None:
    target, part = tmp_path / "backup.zip", tmp_path / "backup.zip.part"
    before = entries(first)
    for size in (0, 10_000, (FILES // 2) << 20):
        part.unlink(missing_ok=True)
        assert killed_when(
            begun(first, "backup", str(target)),
            lambda size=size: part.exists() and part.stat().st_size >= size,  # type: ignore[misc]
        )
        assert not target.exists()
    done(first, "backup", str(target))
    assert not part.exists()
    with archive.opened(target):
        assert entries(first) == before + 1, "only the whole one is on record"


def test_a_restore_on_a_second_machine_by_the_written_procedure_even_if_killed_before(
    first: Path, tmp_path: Path
) -> None:
    told = done(first, "backup", str(tmp_path / "all.zip")).splitlines()[0]
    held = {path.name for path in (first / "files").glob("??/*")}
    shutil.rmtree(first / "files")  # the first machine is gone
    second = tmp_path / "second"
    done(second, "db", "upgrade")

    def has_evidence(count: int) -> bool:
        return len(list((second / "files").glob("??/*"))) >= count

    for is_time in (
        lambda: has_evidence(1),
        lambda: any(second.glob("restoring-*")),
        lambda: any(second.glob("restoring-*/secret.key")),
    ):
        for left in second.glob("restoring-*"):
            shutil.rmtree(left)
        assert killed_when(begun(second, "restore", str(tmp_path / "all.zip")), is_time)
        assert entries(second) == 0, "nothing was brought back"
    out = done(second, "restore", str(tmp_path / "all.zip"))
    assert "审计链完整" in done(second, "audit", "verify")
    rows = told.split("数据 ")[1].split(" 行")[0]
    assert f" {rows} 行" in out
    assert not list(second.glob("restoring-*"))
    assert (second / "secret.key").read_text().strip() == "tests only"
    assert {path.name for path in (second / "files").glob("??/*")} == held
    checks = json.loads(begun(second, "doctor", "--json").communicate(timeout=120)[0])
    wrong = {it["id"] for it in checks if it["health"] == "needed"}
    assert wrong <= {"backups", "worker", "fonts", "disk"}, checks


def test_a_second_machine_is_restored_while_it_serves(first: Path, tmp_path: Path) -> None:
    done(first, "backup", str(tmp_path / "all.zip"))
    second = tmp_path / "second"
    second.mkdir()
    server = Served(second)
    try:
        server.wait_until_ready()
        assert page(server, "/").endswith("/setup"), "nobody has set it up"
        process = begun(second, "restore", str(tmp_path / "all.zip"))
        seen = {status(server, "/healthz") for _ in iter(process.poll, 0)}
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert seen <= {200, 503}
        assert "审计链完整" in out
        assert page(server, "/").endswith("/sign-in"), "the people of the first machine"
        assert "审计链完整" in done(second, "audit", "verify"), "by the key that was restored"
        deadline = time.monotonic() + 30
        while not presence.has_worker(second):
            assert time.monotonic() < deadline, server.said()
            time.sleep(0.1)
    finally:
        server.stop()


def test_a_restore_waits_for_what_has_begun_and_lets_nothing_begin(tmp_path: Path) -> None:
    with presence.at_work(tmp_path):
        with pytest.raises(presence.InUse), presence.undisturbed(tmp_path, patience=0.1):
            pass
        with presence.at_work(tmp_path):
            """Those at work do not hinder each other."""
    with presence.undisturbed(tmp_path, patience=0.1):
        with pytest.raises(presence.InUse), presence.at_work(tmp_path):
            pass
        with pytest.raises(presence.InUse), presence.undisturbed(tmp_path, patience=0.1):
            pass
    with presence.at_work(tmp_path):
        """Afterwards everybody goes on."""


def page(server: Served, path: str) -> str:
    """The address where a browser ends up."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}") as answer:
        return str(answer.url).split("?", maxsplit=1)[0]


def status(server: Served, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
