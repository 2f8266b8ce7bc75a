"""Whether the server runs (在运行): its processes hold a shared lock on a file, commands do not.

The system drops the lock when a process ends, however it ends, so the answer is never stale.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.kernel.database import HAS_FLOCK

if HAS_FLOCK:
    import fcntl

_FILE = "serving.lock"
_WORKER = "worker.lock"
_held: dict[Path, int] = {}


class InUse(Exception):
    """The installation is being served, or is being restored."""


def stay_present(instance: Path) -> None:
    """Be seen as a process of the server until this process ends. Raises InUse in a restore."""
    _hold(instance / _FILE)


def stay_present_as_worker(instance: Path) -> None:
    """The same, and be known as a worker of jobs. Raises InUse in a restore."""
    stay_present(instance)
    _hold(instance / _WORKER)


def has_worker(instance: Path) -> bool | None:
    """Whether a worker of jobs runs; None where the system cannot tell."""
    if not HAS_FLOCK:  # pragma: no cover
        return None
    try:
        with alone(instance / _WORKER):
            return False
    except InUse:
        return True


def _hold(path: Path) -> None:
    if not HAS_FLOCK or path in _held:
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        os.close(descriptor)
        raise InUse from busy
    _held[path] = descriptor


@contextmanager
def nobody_else(instance: Path) -> Iterator[None]:
    """Inside, no process serves the installation and none can begin to. Raises InUse."""
    if not HAS_FLOCK:  # pragma: no cover - Windows: the person is asked to stop the server
        yield
        return
    with alone(instance / _FILE):
        yield


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Inside, the file is this process's alone. Raises InUse where another one holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise InUse from busy
        yield
    finally:
        os.close(descriptor)
