"""What is written down while the program runs (运行日志): enough to find a fault, nothing typed."""

from __future__ import annotations

import logging
import multiprocessing
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import logs
from app.kernel.config import SHORTEST_LOG, Config, ConfigError
from app.kernel.database import db
from tests.conftest import Freeze
from tests.people import ClientAs

LINE = re.compile(
    r"2025-06-30T09:00:00\+0800 127\.0\.0\.1 (\d+|-) [A-Z]+ \S+ \d{3} \d+ms ([0-9a-f]{12}|-) main"
)
PLENTY = 10**9


@pytest.fixture
def folder(tmp_path: Path, clock: Freeze) -> Iterator[Path]:
    """Where this process writes until the test ends."""
    clock("2025-06-30 09:00")
    end = logs.log_into(tmp_path / "logs", SHORTEST_LOG, PLENTY)
    yield tmp_path / "logs"
    end()


def written(folder: Path, kind: str) -> list[str]:
    path = folder / logs.name_of(kind, date(2025, 6, 30), 0)
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def test_every_request_is_one_line_without_what_was_typed(
    app: Flask, client_as: ClientAs, folder: Path
) -> None:
    officer = client_as("county-officer")
    before = len(written(folder, "access"))
    for address in ("/", "/register?q=张三13800000000", "/plants/1", "/downloads/a-secret-token"):
        officer.get(address)
    app.test_client().post("/sign-in", data={"name": "lixiaohong", "password": "Geheim-123"})
    lines = written(folder, "access")
    assert len(lines) == before + 5
    for line in lines:
        assert LINE.fullmatch(line), line
    everything = "\n".join(lines)
    for typed in ("张三", "13800000000", "a-secret-token", "lixiaohong", "Geheim", "?"):
        assert typed not in everything
    assert any(re.search(r" 127.0.0.1 \d+ GET /plants/1 ", line) for line in lines)
    assert "GET /downloads/* " in everything
    assert (folder / logs.name_of("access", date(2025, 6, 30), 0)).stat().st_mode & 0o777 == 0o600


def test_an_address_cannot_forge_a_line(app: Flask, bureau: None, folder: Path) -> None:
    browser = app.test_client()
    browser.get("/x%0a2025-06-30T09:00:00+0800%20127.0.0.1%201%20GET%20/%20200")
    browser.get("/\u202e%1b[31m" + "y" * 5000)
    lines = written(folder, "access")
    assert len(lines) == 2
    for line in lines:
        assert LINE.fullmatch(line), line
        assert line.isascii()
        assert len(line) < 400


def test_a_problem_is_told_with_its_place_and_without_values(app: Flask, folder: Path) -> None:
    log = logging.getLogger("app.kernel.web")
    try:
        raise ValueError("invalid literal: '张三' 13800000000\n2025-06-30T09:00:00 INFO forged")
    except ValueError:
        log.exception("request %s failed", "abc\r\nforged")
    with app.app_context():
        try:
            db.session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "李四"})
        except DBAPIError:
            log.exception("database refused")
        db.session.rollback()
    lines = written(folder, "app")
    everything = "\n".join(lines)
    assert "ERROR" in lines[0]
    assert "test_logs.py" in everything
    assert "ValueError" in everything
    for value in ("张三", "13800000000", "李四"):
        assert value not in everything
    assert not [line for line in lines if line.startswith(("forged", "2025-06-30T09:00:00 INFO"))]
    assert all(line.startswith(("2025-06-30T09:00:00+0800 ", "    ")) for line in lines)


def test_a_large_day_goes_on_in_another_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LARGEST_FILE", 100)
    for number in range(20):
        logging.getLogger("access").info("line %s of some length", number)
    parts = sorted(folder.glob("access-*.log"))
    assert len(parts) > 3
    assert all(part.stat().st_size <= 200 for part in parts)
    kept = "".join(part.read_text() for part in parts)
    assert sorted(kept.splitlines()) == sorted(f"line {n} of some length" for n in range(20))


def test_old_days_go_and_half_a_year_stays(tmp_path: Path) -> None:
    today = date(2025, 6, 30)
    for back in (0, 1, SHORTEST_LOG, SHORTEST_LOG + 1, 900):
        (tmp_path / logs.name_of("access", today - timedelta(days=back), 0)).write_text("x" * 10)
    (tmp_path / "notes.txt").write_text("not a log")
    logs.clear_out(tmp_path, today, SHORTEST_LOG, PLENTY)
    kept = {path.name for path in tmp_path.iterdir()}
    assert kept == {
        "notes.txt",
        *(logs.name_of("access", today - timedelta(days=it), 0) for it in (0, 1, SHORTEST_LOG)),
    }
    logs.clear_out(tmp_path, today, SHORTEST_LOG, 15)  # no room: the oldest go, today's stays
    assert {path.name for path in tmp_path.glob("*.log")} == {logs.name_of("access", today, 0)}


def _write_many(folder: Path, number: int) -> None:
    end = logs.log_into(folder, SHORTEST_LOG, PLENTY)
    for count in range(300):
        logging.getLogger("access").info("process %s line %s %s", number, count, "z" * 200)
    end()


def test_several_processes_write_whole_lines(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(tmp_path, it)) for it in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    (file,) = tmp_path.glob("access-*.log")
    lines = file.read_text().splitlines()
    assert len(lines) == 900
    assert all(re.fullmatch(r"process \d line \d+ z{200}", line) for line in lines)


def test_logs_cannot_be_kept_for_less_than_the_law_says(tmp_path: Path) -> None:
    environ = {"INSTANCE_DIR": str(tmp_path), "SECRET_KEY": "x"}
    assert Config.from_environment(environ).log_days == SHORTEST_LOG
    assert Config.from_environment({**environ, "LOG_DAYS": "365"}).log_days == 365
    for wrong in ("30", "-1", "many", "１８４"):
        with pytest.raises(ConfigError, match="LOG_DAYS 应为不小于 184 的整数"):
            Config.from_environment({**environ, "LOG_DAYS": wrong})
