"""The system service (系统服务): a unit systemd accepts, a start it hears of, ends it survives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from app.kernel.config import ROOT
from tests.serving import PATIENCE_SECONDS, Served, environ, script


def unit(*options: str | Path) -> str:
    printed = script("service.py", *options, cwd=Path("/"))
    assert printed.returncode == 0, printed.stderr
    return printed.stdout


def parsed(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_the_unit_restarts_shuts_off_and_writes_only_where_it_must(tmp_path: Path) -> None:
    service = parsed(unit("--instance", tmp_path, "--user", "bureau"))["Service"]
    assert service["ExecStart"].startswith(f'"{sys.executable}" ')
    assert str(ROOT / "scripts" / "start.py") in service["ExecStart"]
    assert service["Restart"] == "always"
    assert service["User"] == "bureau"
    assert service["ReadWritePaths"].strip('"') == str(tmp_path)
    assert (service["ProtectSystem"], service["NoNewPrivileges"]) == ("strict", "yes")
    assert service["CapabilityBoundingSet"] == ""
    low = parsed(unit("--port", "443"))["Service"]
    assert low["AmbientCapabilities"] == "CAP_NET_BIND_SERVICE"


def test_paths_of_any_kind_stay_one_word(tmp_path: Path) -> None:
    odd = tmp_path / '数据 100% "x" $HOME'
    odd.mkdir()
    service = parsed(unit("--instance", odd))["Service"]
    assert service["ReadWritePaths"] == f'"{tmp_path}/数据 100%% \\"x\\" $$HOME"'


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """Where systemd is not installed its syntax alone was checked, above."""
    file = tmp_path / "jixiao.service"
    file.write_text(unit("--instance", tmp_path, "--user", "root"), encoding="utf-8")
    try:
        checked = subprocess.run(
            ["systemd-analyze", "verify", file], capture_output=True, encoding="utf-8"
        )
    except FileNotFoundError:
        assert parsed(file.read_text(encoding="utf-8")).sections() == ["Unit", "Service", "Install"]
        return
    assert (checked.returncode, checked.stderr) == (0, "")


def test_removing_what_was_never_installed_is_one_sentence() -> None:
    if Path("/etc/systemd/system/jixiao.service").exists():
        return  # this machine has the service: it is not ours to remove
    refused = script("service.py", "--remove", cwd=Path("/"))
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1


@pytest.fixture
def notified(tmp_path: Path) -> Iterator[tuple[Served, socket.socket]]:
    """A server started as systemd starts it, and the socket on which it reports."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(PATIENCE_SECONDS)
        running = Served(tmp_path / "instance", NOTIFY_SOCKET=str(tmp_path / "notify"))
        yield running, listener
        running.stop()


def test_systemd_hears_of_the_start_and_every_killed_part_comes_back(
    notified: tuple[Served, socket.socket],
) -> None:
    running, listener = notified
    assert listener.recv(100) == b"READY=1"
    assert running.health() == {"status": "ok"}
    running.wait_until_ready()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(running.children()) < 2:
        assert time.monotonic() < deadline
    web, worker = running.children()
    for name, part in (("网页服务", web), ("后台任务", worker)):
        os.kill(part, signal.SIGKILL)
        running.wait_for(f"{name}意外退出，正在重新启动。")
    while True:
        assert time.monotonic() < deadline
        try:
            assert running.health() == {"status": "ok"}
            break
        except OSError:
            time.sleep(0.1)
    assert not {web, worker} & set(running.children())
    assert running.stop() == 0


def test_what_cannot_go_on_ends_with_a_failure_so_that_systemd_starts_it_anew(
    tmp_path: Path,
) -> None:
    """A part that dies again and again is not restarted for ever in silence."""
    running = Served(tmp_path / "instance")
    try:
        running.wait_until_ready()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while running.process.poll() is None and time.monotonic() < deadline:
            for part in running.children()[1:]:
                os.kill(part, signal.SIGKILL)
            time.sleep(0.2)
        assert running.process.wait(PATIENCE_SECONDS) == 1
        assert "反复意外退出" in running.said()
    finally:
        running.stop()


def test_a_useless_number_of_processes_is_said(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, ROOT / "scripts" / "start.py", "--instance", tmp_path, "--port", "0"],
        env=environ(WEB_PROCESSES="many"),
        capture_output=True,
        encoding="utf-8",
    )
    assert refused.returncode == 2  # the port comes first
    refused = subprocess.run(
        [sys.executable, ROOT / "scripts" / "start.py", "--instance", tmp_path],
        env=environ(WEB_PROCESSES="many"),
        capture_output=True,
        encoding="utf-8",
    )
    assert refused.returncode == 1
    assert "WEB_PROCESSES 应为 1 到 64 的整数" in refused.stderr
