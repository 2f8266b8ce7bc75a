"""How a figure is taken: ours and its floor in turns in one run, the best of each, their ratio."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Result:
    """What a figure came to on one engine."""

    figure: str
    """The figure's id."""
    case: str
    """What was measured, in words; unique within the figure."""
    engine: str
    value: str
    """What it came to, as the table prints it: ``3.1×``, ``42 ms``."""
    reach: str
    """What it should come to at most (``≤ 4×``), or ``–`` where it is only told."""
    reached: bool
    details: Mapping[str, Any] = field(default_factory=dict)
    """Seconds, rows, statements: what the value was made from."""

    def as_json(self) -> dict[str, Any]:
        """For the file of last results."""
        return asdict(self)


def ratio(
    figure: str, case: str, engine: str, ours: float, floor: float, reach: float, **details: Any
) -> Result:
    """Our seconds over those of the floor, held against the most they should be."""
    factor = ours / floor
    told = {"ours_s": round(ours, 6), "floor_s": round(floor, 6), **details}
    return Result(figure, case, engine, f"{factor:.3g}×", f"≤ {reach:g}×", factor <= reach, told)


def told(figure: str, case: str, engine: str, ours: float, floor: float, **details: Any) -> Result:
    """A ratio that is held against nothing."""
    found = ratio(figure, case, engine, ours, floor, float("inf"), **details)
    return replace(found, reach="–")


def limit(
    figure: str, case: str, engine: str, value: float, reach: float, unit: str, **details: Any
) -> Result:
    """A plain number held against its limit, in the same unit."""
    said = f"{value:.4g} {unit}"
    return Result(figure, case, engine, said, f"≤ {reach:g} {unit}", value <= reach, dict(details))


def in_turns(
    ours: Callable[[], object], floor: Callable[[], object], rounds: int = 3
) -> tuple[float, float]:
    """The best seconds of each, taken in turns so that both meet the same machine."""
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for place, act in enumerate((ours, floor)):
            gc.collect()
            start = time.perf_counter()
            act()
            best[place] = min(best[place], time.perf_counter() - start)
    return best[0], best[1]


@dataclass(frozen=True, slots=True)
class WholeProcess:
    """A command from start to end: seconds on the clock, most memory it held in MiB."""

    seconds: float
    peak_mib: float


def whole_process(command: Sequence[str], environ: Mapping[str, str]) -> WholeProcess:
    """Run a command to its end; its output goes nowhere, its errors to the terminal."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=dict(environ), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}")
    return WholeProcess(seconds, usage.ru_maxrss / 1024)


def flask(*arguments: str) -> list[str]:
    """The command line of a ``flask`` command, run by the Python that runs this."""
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
