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
_held: dict[Path, int] = {}


class InUse(Exception):
    """The installation is being served, or is being restored."""


def stay_present(instance: Path) -> None:
    """Be seen as a process of the server until this process ends. Raises InUse in a restore."""
    if not HAS_FLOCK or instance in _held:
        return
    descriptor = os.open(instance / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        os.close(descriptor)
        raise InUse from busy
    _held[instance] = descriptor


@contextmanager
def nobody_else(instance: Path) -> Iterator[None]:
    """Inside, no process serves the installation and none can begin to. Raises InUse."""
    if not HAS_FLOCK:  # pragma: no cover - Windows: the person is asked to stop the server
        yield
        return
    descriptor = os.open(instance / _FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as busy:
        raise InUse from busy
    finally:
        os.close(descriptor)
