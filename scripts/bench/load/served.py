"""A running ``start.py`` on a ground: its processes, their CPU time, how they end (服务进程)."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.ground import Ground

from app.kernel.config import ROOT

PATIENCE_SECONDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """The program, started by the command that a bureau starts it with."""

    place: Ground
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to start it; :meth:`wait_until_ready` says when it answers."""
        command = [
            sys.executable, str(ROOT / "scripts" / "start.py"),
            "--instance", str(self.place.instance), "--port", str(self.port),
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self.keeper = subprocess.Popen(
                command,
                env={**self.place.environ, **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> Path:
        """What it says on the terminal."""
        return self.place.instance.with_suffix(".log")

    def words(self) -> str:
        """All that it has said there, and in its own logs of what went wrong."""
        logs = sorted((self.place.instance / "logs").glob("app-*.log"))
        texts = [it.read_text(encoding="utf-8", errors="replace") for it in (self.log, *logs)]
        return "\n".join(texts)

    def wait_until_ready(self) -> None:
        """Until ``/healthz`` says so and a page is served. Raises RuntimeError with its words."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (_answers(self.port, "/healthz") and _answers(self.port, "/sign-in")):
            if time.monotonic() > deadline or self.keeper.poll() is not None:
                raise RuntimeError(self.log.read_text(encoding="utf-8", errors="replace")[-2000:])
            time.sleep(0.01)

    def processes(self) -> dict[str, list[int]]:
        """What runs now: ``keeper``, ``web`` (its process and theirs), ``worker``."""
        found: dict[str, list[int]] = {"keeper": [self.keeper.pid], "web": [], "worker": []}
        for pid in _children(self.keeper.pid):
            role = "worker" if b"\0worker" in _command_line(pid) else "web"
            found[role] += [pid, *_below(pid)]
        return found

    def is_over(self, *, after: float) -> bool:
        """Whether the keeper has ended by itself within so many seconds."""
        try:
            self.keeper.wait(after)
        except subprocess.TimeoutExpired:
            return False
        return True

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time so far, by the same names."""
        return {
            role: sum(_cpu_seconds(pid) for pid in pids) for role, pids in self.processes().items()
        }

    def peaks(self) -> dict[str, float]:
        """MiB that a process has held at most, by what it is for; gone ones are not in it.

        ``reader``: one that looks at a file.
        """
        most: dict[str, float] = {}
        for role, pids in self.processes().items():
            for pid in pids:
                name = "reader" if b"pictures/child.py" in _command_line(pid) else role
                most[name] = max(_peak_mib(pid), most.get(name, 0.0))
        return most

    def kill(self, *roles: str) -> None:
        """``kill -9`` at once to every process of these roles.

        ``answering``: the processes that answer, without the one that keeps them.
        """
        running = self.processes()
        running["answering"] = running["web"][1:]
        for pid in [pid for role in roles for pid in running[role]]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def wait_until_gone(self) -> None:
        """After the keeper was killed: until it and all that it had started have ended."""
        self.keeper.wait(PATIENCE_SECONDS)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while _is_listened_on(self.port):
            if time.monotonic() > deadline:
                raise RuntimeError(f"port {self.port} is still held")
            time.sleep(0.01)

    def stop(self) -> None:
        """End it as the service does."""
        if self.keeper.poll() is None:
            self.keeper.terminate()
        self.keeper.wait(PATIENCE_SECONDS)


@contextmanager
def served(place: Ground, **environment: str) -> Iterator[Server]:
    """The program serving this ground, ready."""
    server = Server(place, environment=environment)
    server.log.unlink(missing_ok=True)
    server.start()
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _is_listened_on(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _children(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(it) for it in thread.read_text().split()]
    return found


def _below(pid: int) -> list[int]:
    return [it for child in _children(pid) for it in (child, *_below(child))]


def _command_line(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _peak_mib(pid: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _cpu_seconds(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0
