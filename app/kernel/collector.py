"""Python's search for cyclic garbage, put off while very many values are made that stay.

At every few hundred new values the collector looks through the young ones, and now and then through
all: for a country's plants, none of which is garbage, half of the time goes there. What is let go
in the ordinary way is freed meanwhile as always.

What the program itself consists of is some million values. To look through them takes nearly half a
second in which nobody is answered, so a server leaves them out of every search.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_inside: set[object] = set()

_YOUNG = 5_000
"""New values after which the young ones are looked through; a page makes some thousand."""


def settle() -> None:
    """What there is now stays as long as the process: no search looks at it any more."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)


@contextmanager
def put_off() -> Iterator[None]:
    """No search inside the block, also when several threads are inside at once."""
    block = object()
    with _lock:
        _inside.add(block)
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _inside.discard(block)
            if not _inside:
                gc.enable()
