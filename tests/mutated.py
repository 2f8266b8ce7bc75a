"""A test run without one permission check, or one that notes which test asks which check.

A plugin of pytest for ``scripts/bench/run.py mutants``; it is not loaded otherwise.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import app  # noqa: F401 - all functions of the program must be there to be changed
from tests.mutation import chosen, noting, sites, without

NOTED = "MUTANTS_NOTED"
_held = ExitStack()
_asked: dict[str, set[str]] = defaultdict(set)
_now: set[str] = set()


def pytest_configure() -> None:
    """Take the check out, or listen to all of them."""
    if NOTED in os.environ:
        checks = sites()
        _held.enter_context(noting(checks, lambda it: _now.add(f"{it[0]}:{it[1]}:{it[2]}")))
    elif (check := chosen()) is not None:
        _held.enter_context(without(check))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Note what the test asks."""
    _now.clear()
    yield
    for check in _now:
        _asked[check].add(item.nodeid)


def pytest_unconfigure() -> None:
    """Write down who asked what; the quickest way to a check is not known, so all of them."""
    _held.close()
    if NOTED in os.environ:
        told = {check: sorted(tests) for check, tests in _asked.items()}
        Path(os.environ[NOTED]).write_text(json.dumps(told), encoding="utf-8")
