"""Two web processes and one worker on PostgreSQL: nothing is held in one of them alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path

from app.kernel.config import ROOT
from tests.postgres import Cluster
from tests.serving import Served, environ

PEOPLE = 3
TIMES = 12


class Browser:
    """A browser with cookies; every request is a connection of its own, so any process answers."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._open = urllib.request.build_opener(cookies).open

    def get(self, path: str) -> tuple[str, str]:
        """Where it led, and the page."""
        with self._open(self._address + path, timeout=60) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Where it led; the token comes from the page's own form."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path)[1])
        assert token
        data = urllib.parse.urlencode({**fields, "csrf_token": token[1]}).encode()
        with self._open(self._address + path, data=data, timeout=60) as answer:
            led: str = urllib.parse.urlsplit(answer.url).path
            return led


def flask(instance: Path, url: str, *arguments: str) -> str:
    told: str = subprocess.check_output(
        [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
        env=environ(INSTANCE_DIR=str(instance), DATABASE_URL=url),
        cwd=ROOT,
        encoding="utf-8",
    )
    return told


def web_processes(running: Served) -> int:
    """How many processes answer requests, below the one that keeps them."""
    web = running.children()[0]
    kept = Path(f"/proc/{web}/task/{web}/children").read_text().split()
    names = [Path(f"/proc/{it}/cmdline").read_bytes() for it in kept]
    return sum(b"resource_tracker" not in it for it in names)


def is_yielding(running: Served) -> bool:
    """Whether the second child comes after the first; it says so just after it was forked."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        niceness = [os.getpriority(os.PRIO_PROCESS, it) for it in running.children()]
        if len(niceness) == 2 and niceness[1] > niceness[0]:
            return True
        time.sleep(0.05)
    return False


def test_two_web_processes_share_sessions_and_write_one_unbroken_chain(tmp_path: Path) -> None:
    with Cluster() as cluster:
        running = Served(tmp_path / "data", DATABASE_URL=cluster.url())
        try:
            running.wait_until_ready()
            assert web_processes(running) == 2
            assert is_yielding(running), "the job worker leaves the cores to the web"
            sign_in_together(running, tmp_path / "data", cluster.url())
        finally:
            assert running.stop() == 0
        assert "审计链完整" in flask(tmp_path / "data", cluster.url(), "audit", "verify")
        kept = {path.name for path in (tmp_path / "data").iterdir()}
        assert "app.db" not in kept
        assert "write.lock" not in kept


def sign_in_together(running: Served, instance: Path, url: str) -> None:
    """Everybody at once, twice over; each session holds whichever process is asked."""
    slips = {}
    for number in range(PEOPLE):
        name = f"person{number}"
        told = flask(instance, url, "user", "add", name, "--role", "auditor")
        password = re.search(r"[A-Za-z0-9]{4}(?:-[A-Za-z0-9]{4}){3,}", told)
        assert password, told
        slips[name] = password[0]

    def come_in(name: str) -> list[str]:
        browser = Browser(running.port)
        led = [browser.post("/sign-in", {"name": name, "password": slips[name]})]
        return led + [browser.get("/")[0] for _ in range(TIMES)]

    with ThreadPoolExecutor(PEOPLE) as everybody:
        for led in everybody.map(come_in, slips):
            assert "/sign-in" not in led
