"""What a crowd was told and how fast: answers by kind, errors with their words (应答时间)."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.load.browser import Answer
from bench.load.served import Server


@dataclass
class Answers:
    """Milliseconds by kind of request, and every answer that nobody should get."""

    taken: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    size: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, answer: Answer, *, expected: tuple[int, ...] = (200,)) -> bool:
        """Enter an answer; whether it is one of those expected."""
        self.taken.setdefault(kind, []).append(answer.seconds * 1000)
        self.size[kind] += len(answer.text)
        if answer.status not in expected:
            self.errors[f"{kind}: {answer.status} {answer.words(200)}"] += 1
        return answer.status in expected

    def break_off(self, kind: str, why: object) -> None:
        """Enter a request that nobody answered."""
        self.errors[f"{kind}: {why}"] += 1

    @property
    def requests(self) -> int:
        """How many were answered."""
        return sum(map(len, self.taken.values()))

    def of(self, *kinds: str) -> list[float]:
        """The milliseconds of some kinds together."""
        return [it for kind in kinds for it in self.taken.get(kind, ())]

    def told(self) -> dict[str, Any]:
        """By kind: how many, the half, 95 and 99 of a hundred, the slowest."""
        return {
            kind: {
                "n": len(found),
                "p50": round(percentile(found, 50)),
                "p95": round(percentile(found, 95)),
                "p99": round(percentile(found, 99)),
                "max": round(max(found)),
                "kB": round(self.size[kind] / len(found) / 1000),
            }
            for kind, found in sorted(self.taken.items())
        }


def percentile(values: list[float], of_hundred: float) -> float:
    """The least value that so many of a hundred do not exceed; 0 of none."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * of_hundred / 100) - 1)] if ranked else 0.0


class Shares:
    """How much of one core the server's processes and this one take from now on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._began = time.perf_counter()
        self._own, self._theirs = time.process_time(), server.cpu_seconds()

    def told(self, requests: int) -> Mapping[str, float]:
        """Cores by process, and CPU milliseconds of the web server for each request."""
        wall = time.perf_counter() - self._began
        spent = {
            name: seconds - self._theirs[name]
            for name, seconds in self._server.cpu_seconds().items()
        }
        return {
            "seconds": round(wall, 1),
            "requests_per_s": round(requests / wall, 1),
            "cores_web": round(spent["web"] / wall, 3),
            "cores_worker": round(spent["worker"] / wall, 3),
            "cores_load": round((time.process_time() - self._own) / wall, 3),
            "web_cpu_ms_per_request": round(spent["web"] / max(requests, 1) * 1000, 2),
        }
