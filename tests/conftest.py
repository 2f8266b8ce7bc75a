"""Fixtures of every kind of test."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import datetime

import pytest

from app.kernel import clock as kernel_clock
from tests.tally import Tally

Freeze = Callable[[str], datetime]


@pytest.fixture(scope="session")
def bureau() -> None:
    """Asked for by a test whose installation is that of Shaoxing with its six districts."""


@pytest.fixture
def clock() -> Iterator[Freeze]:
    """``clock("2025-06-30 09:00")`` holds the clock at that Beijing time until the test ends.

    Calling it again moves the clock.
    """
    held: list[AbstractContextManager[None]] = []

    def freeze(moment: str) -> datetime:
        at = datetime.fromisoformat(moment).replace(tzinfo=kernel_clock.SHANGHAI)
        held.append(kernel_clock.frozen(at))
        held[-1].__enter__()
        return at

    yield freeze
    for hold in reversed(held):
        with suppress(ValueError):  # held in a context of the test's own, and gone with it
            hold.__exit__(None, None, None)


LONGEST = frozenset(
    f"test_{it}"
    for it in (
        "access_matrix", "hostile_input", "mass_assignment", "forgery", "outsiders",
        "stored_text", "fragments", "headers",
    )
)  # fmt: skip
"""What asks every address takes minutes; begun last, one worker would finish it alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; else the order stays."""
    items.sort(key=lambda it: it.path.stem not in LONGEST)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """``tally("attack", tried, faults)``: tells the count and fails on a fault or on nothing."""
    given = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    engines = [it for it in given.values() if it in ("sqlite", "postgresql")]
    return Tally(engines[0] if engines else "")
