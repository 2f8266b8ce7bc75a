"""All eight measures with the facts read once, against one measure.

Both begin with an open application and end with every byte of the canonical JSON written and
hashed; `answers`, which compares two installations, does the former for each day.
"""

from __future__ import annotations

from bench.country import AS_OF
from bench.ground import Ground
from bench.measuring import Result, in_turns, ratio

from app.policy.queries import PolicyRun, run_every_measure, run_measure

BUILT_IN = 8


def _written(run: PolicyRun) -> int:
    return sum(map(len, run.listed.chunks()))


def _all() -> None:
    lists = [_written(run) for _, run in run_every_measure(AS_OF) if isinstance(run, PolicyRun)]
    if len(lists) != BUILT_IN:
        raise RuntimeError(f"{len(lists)} lists")


def measure(place: Ground) -> list[Result]:
    """Seconds of eight lists against seconds of one."""
    with place.app().app_context():
        ours, one = in_turns(_all, lambda: _written(run_measure("positive-list", AS_OF)))
    return [ratio("policy_all", "eight lists against one", place.engine, ours, one, 4)]
