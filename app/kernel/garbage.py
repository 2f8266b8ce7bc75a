"""Keeping the collector of cyclic garbage from walking over what a long task is building."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Inside, nothing is searched for cycles.

    For work that makes hundreds of thousands of small values which all stay until its end: the
    collector would walk over them again and again, a quarter of the time, and find nothing. What
    is no longer referred to is freed as always.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
