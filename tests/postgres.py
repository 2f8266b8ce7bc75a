"""A PostgreSQL server of the tests' own: temporary, on a socket file, gone afterwards."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; one of these users exists on every Linux."""
NO_DURABILITY = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=128MB",
)  # fmt: skip
IN_MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3  # noqa: S108 - a folder made there is one's own
"""Each test has a database of its own, of some 600 files: on a disk, making and dropping those
takes longer than the test."""


class Cluster:
    """One server for the length of a ``with`` block; :meth:`url` addresses its databases.

    Without ``kept`` it lies in a temporary folder and is gone afterwards; it forgets what it
    should keep in a power cut unless ``durable``.
    """

    def __init__(self, kept: Path | None = None, *, durable: bool = False) -> None:
        self._kept = kept
        self._durable = durable
        self._settings = () if durable else NO_DURABILITY

    def __enter__(self) -> Self:
        self._folder = self._kept or Path(
            tempfile.mkdtemp(prefix="jixiao-pg-", dir=None if self._durable else _in_memory())
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        self._user = _unprivileged_user()
        programs = _programs()
        if "user" in self._user:
            os.chown(self._folder, self._user["user"], self._user["group"])
        data = self._folder / "data"
        if not data.exists():
            self._run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E",
                      "UTF8", "--no-sync", "--no-instructions", *_collation(programs))  # fmt: skip
        settings = [part for setting in self._settings for part in ("-c", setting)]
        self._log = (self._folder / "log").open("wb")
        self._server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", self._folder, "-c", "listen_addresses=",
             *settings],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            **self._user,
        )  # fmt: skip
        self._wait_until_ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.send_signal(signal.SIGINT)  # "fast": ends open sessions, then stops
        self._server.wait(30)
        self._log.close()
        if self._kept is None:
            shutil.rmtree(self._folder)

    def url(self, database: str = "postgres") -> str:
        """The address of one database, as ``DATABASE_URL`` takes it."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def _run(self, *command: str | Path) -> None:
        result = subprocess.run(
            command, capture_output=True, text=True, cwd=self._folder, **self._user
        )
        assert result.returncode == 0, result.stderr

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError:
                log = (self._folder / "log").read_text(errors="replace")
                assert self._server.poll() is None, log
                assert time.monotonic() < deadline, log
                time.sleep(0.05)


def _in_memory() -> Path | None:
    """A file system in memory with room for a server; none where the system has none."""
    there_is = IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK)
    return IN_MEMORY if there_is and shutil.disk_usage(IN_MEMORY).free > ROOM else None


def _unprivileged_user() -> dict[str, Any]:
    """The user options of a subprocess: none for an ordinary user, another user for root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = next(known[name] for name in UNPRIVILEGED if name in known)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _programs() -> Path:
    """The folder of the server's programs; Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
    )
    assert folders, "no PostgreSQL server here; install it with: apt-get install -y postgresql"
    return folders[-1]


def _collation(programs: Path) -> tuple[str, ...]:
    """Text sorts the Chinese way where it can, so that nothing relies on the order of bytes."""
    asked = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True)
    version = re.search(r"\d+", asked.stdout)
    if version and int(version[0]) >= 15:
        return ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh-Hans")
    return ("--locale=C.UTF-8",)
