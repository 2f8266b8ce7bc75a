"""Every hostile file of ``tests/hostile_files``: what it costs to come to its verdict.

Each is read in a process of its own as the program reads it: a workbook to its last cell, evidence
until it is kept, a backup until it is seen to be whole, a measure, plugin or letter until it is
told. Held against one second of processor time and 100 MiB of memory more than before.
"""

from __future__ import annotations

import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.ground import Ground
from bench.measuring import Result, limit

from tests.hostile_files import Hostile, backups, evidence, given, settings, verdicts, workbooks

NEEDS_COUNTRY = False
Case = tuple[Hostile, Callable[[Hostile, Path], str]]


def measure(place: Ground) -> list[Result]:
    """The slowest and the largest; none may do more."""
    if place.engine != "sqlite":
        return []  # no database is asked
    costs = {str(file): _cost(file, verdict) for file, verdict in _every()}
    slowest = max(costs, key=lambda it: costs[it][0])
    largest = max(costs, key=lambda it: costs[it][1])
    told = {"files": len(costs)}
    return [
        limit("hostile_files", "slowest", place.engine, costs[slowest][0], 1, "s",
              file=slowest, **told),
        limit("hostile_files", "largest", place.engine, costs[largest][1], 100, "MiB",
              file=largest, **told),
    ]  # fmt: skip


def _every() -> Iterator[Case]:
    for file in workbooks.every():
        yield file, verdicts.of_workbook
    for file in evidence.FILES:
        yield file, verdicts.of_evidence
    for file in backups.backups(verdicts.a_backup()):
        yield file, verdicts.of_backup
    for files, verdict in (
        (settings.MEASURES, verdicts.of_measure),
        (settings.PLUGINS, verdicts.of_plugin),
        (settings.LETTERS, verdicts.of_letter),
    ):
        for file in files:
            yield file, verdict


def _cost(file: Hostile, verdict: Callable[[Hostile, Path], str]) -> tuple[float, float]:
    """Seconds and MiB that a process of its own spends on the verdict."""
    there = Hostile(file.what, file.name, given(file.make()), file.says)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, json.dumps(_spent(there, verdict)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise RuntimeError(f"{file}: no verdict")
    seconds, mebibytes = json.loads(told)
    return seconds, mebibytes


def _spent(file: Hostile, verdict: Callable[[Hostile, Path], str]) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        verdict(file, Path(folder))
        seconds = time.process_time() - start
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, (after - before) / 1024
