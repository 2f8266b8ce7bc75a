"""A running ``start.py`` for tests: what a person starts, in a process of its own (启动)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from app.kernel.config import ROOT

START = [sys.executable, str(ROOT / "scripts" / "start.py")]
PATIENCE_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environ(**more: str) -> dict[str, str]:
    """What a person's shell would hand on; nothing that these tests run with."""
    left_out = {
        "ALLOW_PLAINTEXT",
        "DATABASE_URL",
        "FILER_ADDRESS",
        "FILER_HOST",
        "FILER_PORT",
        "FILER_TLS_CERT",
        "FILER_TLS_KEY",
        "FILER_TRUSTED_HOSTS",
        "INSTANCE_DIR",
        "LISTENER",
        "SECRET_KEY",
        "TLS",
        "TLS_NAMES",
        "WEB_PROCESSES",
    }
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return {**kept, "PYTHONUNBUFFERED": "1", **more}


def script(name: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / name, *arguments],
        env=environ(),
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
    )


class Served:
    """A running ``start.py`` and what it has said so far."""

    def __init__(self, instance: Path, *options: str, **environment: str) -> None:
        self.port, self.instance = free_port(), instance
        self._log = instance.with_suffix(".log")
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*START, "--instance", str(instance), "--port", str(self.port), *options],
                env=environ(**environment),
                cwd=instance.parent,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while words not in self.said():
            assert time.monotonic() < deadline, self.said()
            assert self.process.poll() is None, self.said()
            time.sleep(0.05)

    def wait_until_ready(self) -> None:
        self.wait_for("按 Ctrl-C 停止。")

    def health(self) -> object:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as answer:
            return json.load(answer)

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(number) for number in path.read_text().split()]

    def stop(self) -> int:
        """End it as the service does; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)
