"""One violation recorded and the standing of its plant followed, against the bare insert.

Ours is a writing transaction of the program: the writer's lock, the fact, its audit entry in the
chain, the plant's whole life derived anew, its intervals and its row in the register list brought
in step, the durable commit. The floor: the same row by the bare driver in a durable transaction of
its own, same pragmas, nothing else. In turns, each time for another plant of the country; medians.

Both wait once for the disk, so what the disk takes for a page (``flush_ms``) decides the ratio: at
some milliseconds it is below 3, and the quicker the disk, the more it becomes that of the processor
times. Ours are some eight of the floor's: what is written (the fact, its entry, the
intervals, the row of the list with its indexes) is a third of it in the database alone; five
questions (last entry of the trail, the plant's rows, its grades, violations, findings) and the
edits of 规则库 a quarter, though the driver is asked them itself; leading the writing statements
there a fifth; deriving the life of the plant a twentieth.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.ground import Ground
from bench.measuring import Result, ratio

from app.kernel import audit, clock
from app.kernel.transaction import writing
from app.supervision.services import ViolationEntry, record_violations

TIMES, WARM = 300, 30
KIND = "未依法环评"
COLUMNS = (
    "enterprise_id", "plant_id", "kind", "acted_on", "decided_on", "document", "document_key",
    "withdrawn_on", "withdrawal_document", "withdrawal_reason", "barring_reason", "recorded_at",
    "recorded_by", "recorded_via",
)  # fmt: skip
PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
    "trusted_schema=OFF", "cell_size_check=ON",
)  # fmt: skip
Timed = tuple[float, float]


def measure(place: Ground) -> list[Result]:
    """The ratio of the medians; beside it processor time and what the disk takes."""
    dice = random.Random(place.size.seed)  # noqa: S311 - which plants
    with place.copied() as copy:
        raw, app = copy.raw(), copy.app()
        owners = _owners(raw)
        if copy.engine == "sqlite":
            for pragma in PRAGMAS:
                raw.execute(f"PRAGMA {pragma}").fetchall()
        else:
            raw.autocommit = True
        with app.app_context():
            ours: list[Timed] = []
            floor: list[Timed] = []
            for number in range(WARM + TIMES):
                facts = [_made_up(dice, owners, number) for _ in range(2)]
                ours.append(_timed(partial(_record, facts[0])))
                floor.append(_timed(partial(_insert, raw, copy.engine, facts[1])))
        raw.close()
        flush = median(_flushed(copy.instance) for _ in range(TIMES // 3))
    return [_told(place.engine, ours[WARM:], floor[WARM:], flush)]


def _flushed(folder: Path) -> float:
    """Seconds that the disk takes to keep a page."""
    with (folder / "flushed").open("ab", buffering=0) as file:
        file.write(bytes(4096))
        start = time.perf_counter()
        os.fsync(file.fileno())
        return time.perf_counter() - start


def _told(engine: str, ours: list[Timed], floor: list[Timed], flush: float) -> Result:
    wall, floor_wall = (median(it[0] for it in side) for side in (ours, floor))
    processor = [median(it[1] for it in side) for side in (ours, floor)]
    return ratio(
        "one_fact", "recorded, its plant's standing follows", engine, wall, floor_wall, 3,
        ours_cpu_ms=round(processor[0] * 1000, 3),
        floor_cpu_ms=round(processor[1] * 1000, 3),
        flush_ms=round(flush * 1000, 3),
    )  # fmt: skip


def _owners(raw: Any) -> list[tuple[int, int]]:
    found = raw.execute(
        "SELECT plant_id, enterprise_id FROM plant_record WHERE annulled_at IS NULL"
    ).fetchall()
    raw.commit()
    return [(row[0], row[1]) for row in found]


def _made_up(dice: random.Random, owners: list[tuple[int, int]], number: int) -> ViolationEntry:
    plant, enterprise = dice.choice(owners)
    day = date(2021, 1, 1) + timedelta(days=dice.randrange(5 * 365))
    return ViolationEntry(enterprise, plant, KIND, day, day, f"测〔{day.year}〕{number}号")


def _record(entry: ViolationEntry) -> None:
    with writing("测量"):
        (fact,) = record_violations([entry])
        audit.record("violation.recorded", "violation", fact, {"文号": entry.document})


def _insert(raw: Any, engine: str, entry: ViolationEntry) -> None:
    mark = "?" if engine == "sqlite" else "%s"
    raw.execute("BEGIN IMMEDIATE" if engine == "sqlite" else "BEGIN")
    raw.execute(
        f"INSERT INTO violation ({', '.join(COLUMNS)}) "  # noqa: S608 - names from above
        f"VALUES ({', '.join([mark] * len(COLUMNS))})",
        (
            entry.enterprise_id, entry.plant_id, entry.kind, str(entry.acted_on),
            str(entry.decided_on), entry.document, entry.document, None, "", "", "",
            clock.iso(clock.now()), None, "测量",
        ),
    )  # fmt: skip
    raw.execute("COMMIT")


def _timed(act: Callable[[], None]) -> Timed:
    wall, processor = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - processor
