"""Fixtures of every kind of test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import pytest

from app.kernel import clock as kernel_clock

Freeze = Callable[[str], datetime]


@pytest.fixture
def clock() -> Iterator[Freeze]:
    """``clock("2025-06-30 09:00")`` holds the clock at that Beijing time until the test ends.

    Calling it again moves the clock.
    """
    with ExitStack() as held:

        def freeze(moment: str) -> datetime:
            at = datetime.fromisoformat(moment).replace(tzinfo=kernel_clock.SHANGHAI)
            held.enter_context(kernel_clock.frozen(at))
            return at

        yield freeze
