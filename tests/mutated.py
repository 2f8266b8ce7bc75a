"""Test runs without one permission check each (变异的测试运行).

A plugin of pytest for ``scripts/bench/run.py mutants``; it is not loaded otherwise. With ``MUTANT``
in the environment the whole run goes without that check. With ``MUTANTS_TOLD`` one process gets
everything ready, notes which test asks which check and how long it takes, reads the checks to try
from its input, a JSON list of their ids, and tries each in a process forked off: what one does to
the program and to its register is gone with it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

import app  # noqa: F401 - all functions of the program must be there to be changed
from tests.mutation import Site, chosen, noting, sites, without

TOLD = "MUTANTS_TOLD"
"""The variable with the file for the outcomes: id → the test that noticed, or why none did."""
UNASKED, UNNOTICED, STUCK = "no test asks it", "no test notices", "did not end"
SECONDS_PER_CHECK, SECONDS_AT_MOST = 30.0, 300
"""How much of the tests that ask a check is run without it (processor time they take with it)."""
CLOSE = {"kernel": ("test_permissions.py", "test_forgery.py")}
"""Whose tests are tried before all others."""
_held = ExitStack()


def pytest_configure() -> None:
    """Take the one check out."""
    if (check := chosen()) is not None:
        _held.enter_context(without(check))


def pytest_unconfigure() -> None:
    """Put it back."""
    _held.close()


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """In place of running the tests: try each check with those that ask it."""
    if TOLD not in os.environ:
        return None
    with ExitStack() as folder:
        proof = Proof(session, Path(os.environ[TOLD]))
        folder.callback(proof.scratch.unlink, missing_ok=True)
        proof.get_ready()
        proof.note(sites())
        wanted = set(json.loads(sys.stdin.readline()))
        proof.try_all([it for it in sites() if it.id in wanted])
    return True


@dataclass(slots=True)
class Proof:
    """What the tests of one session notice."""

    session: pytest.Session
    told: Path
    asked: dict[str, list[str]] = field(default_factory=dict)
    """Place of a check → the tests that ask it."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def scratch(self) -> Path:
        return self.told.with_suffix(".part")

    def get_ready(self) -> None:
        """Make what all tests share, here: what is forked off has it already."""
        first = next(
            (it for it in self._items if "world" in getattr(it, "fixturenames", ())), self._items[0]
        )
        _run(first, next((it for it in self._items if it.path != first.path), None))

    @property
    def _items(self) -> Sequence[pytest.Item]:
        return self.session.items

    def note(self, checks: Sequence[Site]) -> None:
        """Which test asks which check, and how long it takes; all of them have to pass."""

        def listen() -> int:
            gc.unfreeze()  # what was put aside would not be found to be listened to
            asked: dict[str, list[str]] = defaultdict(list)
            seconds: dict[str, float] = {}
            now: set[str] = set()
            with noting(checks, lambda it: now.add(_place(*it))):
                for item, following in zip(self._items, [*self._items[1:], None], strict=True):
                    now.clear()
                    start = time.process_time()
                    _run(item, following)
                    seconds[item.nodeid] = time.process_time() - start
                    for place in now:
                        asked[place].append(item.nodeid)
            self.scratch.write_text(json.dumps([asked, seconds]), encoding="utf-8")
            return self.session.testsfailed

        code = _ended(_forked(listen, quiet=False))
        if code:
            raise pytest.UsageError("tests fail while nothing is missing")
        self.asked, self.seconds = json.loads(self.scratch.read_text(encoding="utf-8"))
        if not self.asked:
            raise pytest.UsageError("no test was heard to ask anything")

    def try_all(self, checks: Sequence[Site]) -> None:
        """Each check in a process of its own, as many at a time as there are processors."""
        outcomes: dict[str, str] = {}
        under_way: dict[int, tuple[Site, list[pytest.Item]]] = {}
        waiting = list(reversed(checks))
        while waiting or under_way:
            if waiting and len(under_way) < (os.cpu_count() or 1):
                check = waiting.pop()
                tests = self._tests_of(check)
                if tests and check.way != "mark":
                    under_way[_forked(partial(_first_fault, check, tests))] = (
                        check, tests,
                    )  # fmt: skip
                else:
                    outcomes[check.id] = UNASKED
                continue
            process, status = os.wait()
            check, tests = under_way.pop(process)
            outcomes[check.id] = _told(os.waitstatus_to_exitcode(status), tests)
            if outcomes[check.id] in (UNNOTICED, STUCK):
                sys.stderr.write(f"   {outcomes[check.id]}: {check.id}\n")
        self.told.write_text(json.dumps(outcomes), encoding="utf-8")

    def _tests_of(self, check: Site) -> list[pytest.Item]:
        """The tests that ask it, file by file, those about reach and of its stage first."""
        asking = set(self.asked.get(_place(check.path, check.line, check.column), ()))
        stage = check.path.split("/")[1]

        def rank(it: pytest.Item) -> tuple[int, str, float]:
            name = it.path.name
            near = "reach" in name or stage in name
            first = 0 if name in CLOSE.get(stage, ()) else 1 if near else 2
            return first, name, self.seconds[it.nodeid]

        found: list[pytest.Item] = []
        spent = 0.0
        for it in sorted((it for it in self._items if it.nodeid in asking), key=rank):
            spent += self.seconds[it.nodeid]
            if spent > SECONDS_PER_CHECK or len(found) == _MOST:
                break
            found.append(it)
        return found


_MOST, _BROKEN = 250, 255
"""Tests for one check: which of them failed is told by the number a process ends with."""


def _told(code: int, tests: Sequence[pytest.Item]) -> str:
    if code < 0 or code == _BROKEN:
        return STUCK
    return tests[code - 1].nodeid if code else UNNOTICED


def _place(path: str, line: int, column: int) -> str:
    return f"{path}:{line}:{column}"


def _run(item: pytest.Item, following: pytest.Item | None) -> None:
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _first_fault(check: Site, tests: list[pytest.Item]) -> int:
    """The number, from one, of the first test that fails without this check; 0 if none does."""
    gc.unfreeze()  # what was put aside would not be found to be changed
    with without(check) as changed:
        if not changed:
            raise RuntimeError(f"{check.id}: no function holds this check")
        for number, (item, following) in enumerate(zip(tests, [*tests[1:], None], strict=True), 1):
            failed = item.session.testsfailed
            _run(item, following)
            if item.session.testsfailed > failed:
                return number
    return 0


def _forked(task: Callable[[], int], *, quiet: bool = True) -> int:
    """A process that does the task and ends with its number; ended if it takes too long."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    code = _BROKEN
    try:
        if quiet:
            signal.alarm(SECONDS_AT_MOST)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
        code = task()
    finally:
        os._exit(code)


def _ended(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
