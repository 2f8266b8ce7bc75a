"""``start.py`` as a person meets it: refusals in one sentence, serving, stopping (启动)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel.config import ROOT
from tests.serving import PATIENCE_SECONDS, START, Served, environ


def refused(tmp_path: Path, *options: str) -> tuple[int, str]:
    result = subprocess.run(
        [*START, *options], env=environ(), cwd=tmp_path, capture_output=True, encoding="utf-8"
    )
    assert result.stderr.count("\n") == 1, result.stderr
    return result.returncode, result.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port", "eighty"], "端口应为 1 到 65535 的整数"),
        (["--port", "70000"], "端口应为 1 到 65535 的整数"),
        (["--tls-cert", "a.pem"], "须同时给出"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_bad_use_is_refused_with_code_2(tmp_path: Path, options: list[str], sentence: str) -> None:
    code, said = refused(tmp_path, *options)
    assert code == 2
    assert sentence in said


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, said = refused(tmp_path, "--instance", str(tmp_path), "--port", port)
    assert code == 1
    assert f"端口 {port}" in said


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, said = refused(tmp_path, "--instance", str(tmp_path / "file" / "data"))
    assert code == 1
    assert "不可写" in said


def test_a_key_of_another_kind_is_refused_with_the_command_that_converts_it(tmp_path: Path) -> None:
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("-----BEGIN RSA PRIVATE KEY-----\n")
    code, said = refused(
        tmp_path, "--instance", str(tmp_path), "--tls-cert", "cert.pem", "--tls-key", "key.pem"
    )
    assert code == 1
    assert "openssl pkcs8" in said


def test_the_demo_over_data_is_skipped_and_that_is_said(tmp_path: Path) -> None:
    def set_up(*options: str) -> str:
        command = [*START, "--instance", str(tmp_path), "--setup-only", *options]
        return subprocess.check_output(command, env=environ(), cwd=tmp_path, encoding="utf-8")

    assert "准备完成。" in set_up()
    add = ["-m", "flask", "--app", "wsgi", "user", "add", "lixiaohong", "--role", "auditor"]
    subprocess.check_output(
        [sys.executable, *add], env=environ(INSTANCE_DIR=str(tmp_path)), cwd=ROOT
    )
    said = set_up("--demo")
    assert "示例数据未载入" in said
    assert "准备完成。" in said
    assert "一次性设置码" not in said


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path / "instance")
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.wait()


def test_it_serves_names_the_one_time_code_and_stops_cleanly(served: Served) -> None:
    served.wait_for("按 Ctrl-C 停止。")
    assert f"http://127.0.0.1:{served.port}" in served.said()
    assert "一次性设置码" in served.said()
    assert "flask --app wsgi" in served.said()
    assert served.health() == {"status": "ok"}
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(PATIENCE_SECONDS) == 0
    assert "服务已停止。" in served.said()
    with pytest.raises(urllib.error.URLError):
        served.health()


def test_a_part_that_dies_is_started_again(served: Served) -> None:
    served.wait_for("按 Ctrl-C 停止。")
    before = served.children()
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    served.wait_for("网页服务意外退出，正在重新启动。")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            assert served.health() == {"status": "ok"}
            break
        except OSError:
            time.sleep(0.1)
    assert served.children() != before


def test_a_killed_start_leaves_nothing_running(served: Served) -> None:
    served.wait_for("按 Ctrl-C 停止。")
    parts = served.children()
    served.process.kill()
    served.process.wait()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(Path(f"/proc/{part}").exists() for part in parts):
        assert time.monotonic() < deadline
        time.sleep(0.05)
