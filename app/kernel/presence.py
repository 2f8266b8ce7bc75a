"""Who is at work on an installation (在用): locks on files, which end with their process.

* ``serving.lock``: held, shared, by every process of the server as long as it lives. A move to
  another database needs it alone.
* ``work.lock``: held, shared, for the length of one request or one job. A restore needs it alone:
  it waits until what has begun is done, and nothing begins before it has ended. ``door.lock`` turns
  away those who come later, so that a busy server cannot keep a restore waiting for ever.

A restore leaves another *generation* behind: what a process read at its start (key, settings,
measures, plugins) may be another now, and it has to begin anew.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from app.kernel.database import HAS_FLOCK

if HAS_FLOCK:
    import fcntl

_SERVING = "serving.lock"
_WORKER = "worker.lock"
_DOOR = "door.lock"
_WORK = "work.lock"
_GENERATION = "restored"
_BETWEEN_LOOKS = 0.05
_held: dict[Path, AbstractContextManager[None]] = {}


class InUse(Exception):
    """The installation is being served, worked on, or restored."""


def stay_present(instance: Path) -> None:
    """Be seen as a process of the server until this process ends. Raises InUse in a move."""
    _hold(instance / _SERVING)


def stay_present_as_worker(instance: Path) -> None:
    """The same, and be known as a worker of jobs. Raises InUse in a move."""
    stay_present(instance)
    _hold(instance / _WORKER)


def has_worker(instance: Path) -> bool | None:
    """Whether a worker of jobs runs; None where the system cannot tell."""
    if not HAS_FLOCK:  # pragma: no cover
        return None
    try:
        with locked(instance / _WORKER, alone=True):
            return False
    except InUse:
        return True


@contextmanager
def at_work(instance: Path) -> Iterator[None]:
    """Inside, the installation is not restored. Raises InUse while it is, or is about to be."""
    with ExitStack() as inside:
        with locked(instance / _DOOR):
            inside.enter_context(locked(instance / _WORK))
        yield


@contextmanager
def undisturbed(instance: Path, patience: float) -> Iterator[None]:
    """Inside, no request is answered and no job is done.

    Waits up to ``patience`` seconds for those that have begun; raises InUse if they take longer.
    """
    with (
        locked(instance / _DOOR, alone=True, patience=patience),
        locked(instance / _WORK, alone=True, patience=patience),
    ):
        yield


@contextmanager
def nobody_else(instance: Path) -> Iterator[None]:
    """Inside, no process serves the installation and none can begin to. Raises InUse."""
    with locked(instance / _SERVING, alone=True):
        yield


def generation(instance: Path) -> int:
    """Which contents the installation has: another number after each restore."""
    try:
        return (instance / _GENERATION).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def begin_generation(instance: Path) -> None:
    """Let every process begin anew. Before the restore is kept, for afterwards it may be killed."""
    (instance / _GENERATION).touch()


def _hold(path: Path) -> None:
    if not HAS_FLOCK or path in _held:
        return
    lock = locked(path, patience=1)  # has_worker looks by holding it alone for an instant
    lock.__enter__()
    _held[path] = lock


@contextmanager
def locked(path: Path, *, alone: bool = False, patience: float = 0) -> Iterator[None]:
    """Inside, the file is held, with others or ``alone``.

    Raises InUse where others hold it otherwise and have not let go after ``patience`` seconds.
    """
    if not HAS_FLOCK:  # pragma: no cover - Windows: the person is asked to stop the server
        yield
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
                break
            except BlockingIOError as busy:
                if time.monotonic() >= until:
                    raise InUse from busy
                time.sleep(_BETWEEN_LOOKS)
        yield
    finally:
        os.close(descriptor)
