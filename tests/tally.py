"""How much an attack tried and how much of it failed, told by the tests themselves (攻击计数).

An attack that tried nothing has shown nothing: it fails. With ``TALLY_FILE`` in the environment
each count is also added to that file, from which ``scripts/bench`` makes its table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TALLY_FILE = "TALLY_FILE"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts for one engine; ``engine`` is empty for what never reaches a database."""

    engine: str

    def __call__(
        self, attack: str, tried: int, faults: Sequence[str], *, at_least: int = 1, **more: int
    ) -> None:
        """Tell the count, and fail on any fault or when less was tried than there is to try."""
        counts = {"tried": tried, "failed": len(faults), **more}
        print(f"\n{attack}: {', '.join(f'{name} {it}' for name, it in counts.items())}")  # noqa: T201
        if TALLY_FILE in os.environ:
            line = {"attack": attack, "engine": self.engine, **counts}
            with Path(os.environ[TALLY_FILE]).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        assert not faults, f"{len(faults)} of {tried}\n" + "\n".join(faults[:40])
        assert tried >= max(1, at_least), f"only {tried} of {at_least}"
