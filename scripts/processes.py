"""Keep the web server and the job worker running together (进程看护)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from environment import ROOT
from telling import Unable, say

GRACE_SECONDS = 10
RESTARTS_ALLOWED = 5
RESTART_WINDOW_SECONDS = 60
PR_SET_PDEATHSIG = 1
NICENESS = 10
"""Of the job worker: a nightly backup or a large import leaves the cores to those who wait."""


class Child:
    """One program that runs as long as the app is served; ``yielding``, after everything else."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: dict[str, str],
        *,
        yielding: bool = False,
    ) -> None:
        self.name = name
        self._yielding = yielding
        self._command = command
        self._environ = environ
        self._deaths: deque[float] = deque(maxlen=RESTARTS_ALLOWED)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches only the keeper."""
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            # The keeper has one thread, so running Python between fork and exec is safe.
            preexec_fn=self._settle if os.name == "posix" else None,  # noqa: PLW1509
        )

    def _settle(self) -> None:
        """In the new process, before its program."""
        if sys.platform == "linux":
            _die_with_parent()
        if self._yielding:
            os.nice(NICENESS)

    def is_running(self) -> bool:
        """Whether it is alive now."""
        return self._process is not None and self._process.poll() is None

    def restart(self) -> None:
        """Start it again after it ended by itself. Raises Unable when that happens too often."""
        now = time.monotonic()
        if len(self._deaths) == RESTARTS_ALLOWED and now - self._deaths[0] < RESTART_WINDOW_SECONDS:
            raise Unable(f"{self.name}反复意外退出，原因见上面的输出。")
        self._deaths.append(now)
        say(f"{self.name}意外退出，正在重新启动。")
        self._kill_group()
        self.start()

    def ask_to_stop(self) -> None:
        """Let it finish what it is doing."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait_until_stopped(self, deadline: float) -> None:
        """Wait for its end until ``deadline`` (monotonic seconds), then end it by force."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, deadline - time.monotonic()))
        self._kill_group()
        self._process.wait()

    def _kill_group(self) -> None:
        """End what it may have left behind: a worker process that still holds the port."""
        if self._process is None:
            return
        if os.name == "nt":
            self._process.kill()
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def run(
    web: Child, others: Sequence[Child], address: tuple[str, int], announcement: Callable[[], str]
) -> int:
    """Run the web server, and once it answers the others, until Ctrl-C or SIGTERM.

    ``announcement`` is made while the web server loads and said when it answers at ``address``.
    Returns the exit code.
    """
    children = (web, *others)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        web.start()
        text = announcement()
        if _answers(web, address, stop):
            say(text)
            _tell_the_system("READY=1")
            for child in others:
                child.start()
        while not stop.wait(0.3):
            for child in children:
                if not child.is_running():
                    child.restart()
        return 0
    finally:
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE_SECONDS
        for child in children:
            child.wait_until_stopped(deadline)
        say("服务已停止。")


def _answers(web: Child, address: tuple[str, int], stop: threading.Event) -> bool:
    """Wait until the web server accepts connections; False when asked to stop before that."""
    while not stop.wait(0.05):
        if not web.is_running():
            raise Unable(f"{web.name}没有启动成功，原因见上面的输出。")
        with contextlib.suppress(OSError), socket.create_connection(address, timeout=1):
            return True
    return False


def _tell_the_system(word: str) -> None:
    """Tell systemd, when it started us and waits to hear, how far we are."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address or not hasattr(socket, "AF_UNIX"):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto(word.encode(), address)


def _die_with_parent() -> None:
    """On Linux: a killed keeper takes its children along, so the port is free again."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
