"""Requests take turns (轮流): one is computed at a time, but none is kept waiting by a long one.

Python runs one thread at a time anyway. Threads that compute side by side only lose time: each
comes back from each of its statements into a queue of milliseconds behind whoever computes, so a
page of thirty statements gets slower by a multiple, and the process spends up to half as much CPU
again. Therefore a request has its turn for a short while; one that takes longer (a large export, a
wait for the writer's lock) goes on beside the next ones.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_TURN = 0.03
"""Seconds; most pages take a third of it, and what takes longer mostly waits for the database."""


class Turns:
    """Who is at it in this process; ``longest`` is how long others wait for one of them."""

    def __init__(self, longest: float = LONGEST_TURN) -> None:
        self._longest = longest
        self._changed = threading.Condition()
        self._holder: object | None = None
        self._until = 0.0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Inside, nobody else is, but for those whose turn has lasted too long."""
        me = object()
        with self._changed:
            while self._holder is not None and (left := self._until - time.monotonic()) > 0:
                self._changed.wait(left)
            self._holder, self._until = me, time.monotonic() + self._longest
        try:
            yield
        finally:
            with self._changed:
                if self._holder is me:
                    self._holder = None
                    self._changed.notify()
