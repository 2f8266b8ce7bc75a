"""One violation recorded and the standing of its plant followed, against the same by the driver.

Ours is a writing transaction of the program: the writer's lock, the fact, its audit entry in the
chain, the plant's whole life derived anew, its intervals and its row in the register list brought
in step, the marks of what is kept elsewhere, the durable commit. The floor asks and writes what
nobody can leave out who keeps all that right, and works out nothing: in a durable transaction of
its own, same pragmas, the bare driver reads the last entry of the trail, the facts that bear on the
plant and the intervals that stand, and writes the very rows that ours would leave, which are known
to it beforehand, by doing it and undoing it. What it wrote is read again, and the figure fails
where that is not what ours leaves. In turns, each time for another plant of the country; medians.

Beside it, held against nothing, stands the bare insert of the fact alone, which was the question at
first. It asks how many rows a fact has to leave, and that is decided, not measured: without its
entry, its intervals and its row of the list the fact would be unproved and the list wrong. It asks
for the disk besides: the less that takes for a page (``flush_ms``), the larger the ratio becomes,
though every fact is recorded sooner. So what people feel has a limit of its own: writers wait for
each other, and where no fact takes longer than 10 ms the last of fifty who save at one moment waits
half a second.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.ground import Ground
from bench.measuring import Result, limit, ratio, told
from bench.rows import Rows, Write, begin, connected, mark_of, read

from app.kernel import audit, collector
from app.kernel.database import db
from app.kernel.transaction import hand_on, transaction, writing
from app.supervision.services import ViolationEntry, record_violations

TIMES, WARM = 300, 30
REACH, LONGEST_MS = 3, 10
KIND = "未依法环评"
OF_THE_PLANT = {
    "violation": ("id",),
    "standing_interval": ("plant_id", "from_on"),
    "plant_search": ("plant_id",),
}
OF_ALL = {"audit_entry": ("sequence",), "kept_mark": ("topic",)}
TABLES = {**OF_THE_PLANT, **OF_ALL}
ASKED = (
    "SELECT sequence, at, hash FROM audit_entry ORDER BY sequence DESC LIMIT 1",
    "SELECT * FROM standing_interval WHERE plant_id = {0} ORDER BY from_on",
    "SELECT * FROM grade_record WHERE plant_id = {0} AND annulled_at IS NULL",
    "SELECT * FROM violation WHERE plant_id = {0} AND annulled_at IS NULL",
    "SELECT * FROM finding WHERE plant_id = {0} AND annulled_at IS NULL",
)
"""What the chain and the standing of a plant follow from."""
Timed = tuple[float, float]


def measure(place: Ground) -> list[Result]:
    """The ratios of the medians, and how long the slowest of a hundred takes."""
    dice = random.Random(place.size.seed)  # noqa: S311 - which plants
    with place.copied() as copy, connected(copy) as raw, copy.app().app_context():
        owners = _owners(raw)
        collector.settle()  # as a server does
        ours: list[Timed] = []
        same: list[Timed] = []
        alone: list[Timed] = []
        for number in range(WARM + TIMES):
            facts = [_made_up(dice, owners, f"{number}-{it}") for it in range(3)]
            ours.append(_timed(partial(_record, facts[0])))
            same.append(_kept(raw, facts[1], *_rehearsed(facts[1])))
            alone.append(_inserted(raw, _rehearsed(facts[2])[1]))
        flush = median(_flushed(copy.instance) for _ in range(TIMES // 3))
    return _results(place.engine, ours[WARM:], same[WARM:], alone[WARM:], flush)


def _flushed(folder: Path) -> float:
    """Seconds that the disk takes to keep a page."""
    with (folder / "flushed").open("ab", buffering=0) as file:
        file.write(bytes(4096))
        start = time.perf_counter()
        os.fsync(file.fileno())
        return time.perf_counter() - start


def _results(
    engine: str, ours: list[Timed], same: list[Timed], alone: list[Timed], flush: float
) -> list[Result]:
    wall, of_same, of_alone = (median(it[0] for it in side) for side in (ours, same, alone))
    ours_cpu, same_cpu, alone_cpu = (
        round(median(it[1] for it in side) * 1000, 3) for side in (ours, same, alone)
    )
    flushed = round(flush * 1000, 3)
    slowest = quantiles([it[0] for it in ours], n=100)[98]
    return [
        ratio("one_fact", "recorded, its plant's standing follows", engine, wall, of_same, REACH,
              ours_cpu_ms=ours_cpu, floor_cpu_ms=same_cpu, flush_ms=flushed),
        told("one_fact", "against the insert of the fact alone", engine, wall, of_alone,
             ours_cpu_ms=ours_cpu, floor_cpu_ms=alone_cpu, flush_ms=flushed),
        limit("one_fact", "the slowest of a hundred", engine, slowest * 1000, LONGEST_MS, "ms",
              median_ms=round(wall * 1000, 3)),
    ]  # fmt: skip


def _owners(raw: Any) -> list[tuple[int, int]]:
    return [
        (row[0], row[1])
        for row in raw.execute(
            "SELECT plant_id, enterprise_id FROM plant_record WHERE annulled_at IS NULL"
        ).fetchall()
    ]


def _made_up(dice: random.Random, owners: list[tuple[int, int]], number: str) -> ViolationEntry:
    plant, enterprise = dice.choice(owners)
    day = date(2021, 1, 1) + timedelta(days=dice.randrange(5 * 365))
    return ViolationEntry(enterprise, plant, KIND, day, day, f"测〔{day.year}〕{number}号")


def _record(entry: ViolationEntry) -> None:
    with writing("测量"):
        _enter(entry)


def _enter(entry: ViolationEntry) -> None:
    (fact,) = record_violations([entry])
    audit.record("violation.recorded", "violation", fact, {"文号": entry.document})


class _Undone(Exception):
    """Nothing of it is to be kept."""


def _rehearsed(entry: ViolationEntry) -> tuple[Rows, Rows]:
    """The rows before and after it is recorded; nothing is kept."""
    assert entry.plant_id is not None  # noqa: S101 - as they are made up
    with suppress(_Undone), writing("测量") as current:
        raw = db.session.connection().connection.driver_connection
        before = _rows(raw, entry.plant_id, current.last_sequence)
        last = current.last_sequence
        _enter(entry)
        hand_on()
        after = _rows(raw, entry.plant_id, last)
        for topic in transaction().touched:  # as the commit marks them
            after["kept_mark"][1][(topic,)] = (topic, secrets.token_hex(16))
        raise _Undone
    return before, after


def _rows(raw: Any, plant: int, last: int) -> Rows:
    return {
        **read(raw, OF_THE_PLANT, f"WHERE plant_id = {plant}"),
        **read(raw, {"audit_entry": OF_ALL["audit_entry"]}, f"WHERE sequence > {last}"),
        **read(raw, {"kept_mark": OF_ALL["kept_mark"]}),
    }


def _kept(raw: Any, entry: ViolationEntry, before: Rows, after: Rows) -> Timed:
    """What the bare driver takes to ask what has to be asked, and to make the rows so."""
    write = Write(raw, TABLES, before, after)
    asked = [(it.format(mark_of(raw)), (entry.plant_id,) * it.count("{0}")) for it in ASKED]

    def act() -> None:
        begin(raw)
        for statement, values in asked:
            raw.execute(statement, values).fetchall()
        write.carry_out()
        raw.execute("COMMIT")

    taken = _timed(act)
    (last,) = raw.execute("SELECT max(sequence) FROM audit_entry").fetchone()
    assert entry.plant_id is not None  # noqa: S101 - as they are made up
    if _rows(raw, entry.plant_id, last - 1) != after:
        raise RuntimeError(f"not the same rows: plant {entry.plant_id}")
    return taken


def _inserted(raw: Any, after: Rows) -> Timed:
    """What it takes to insert the last of the violations alone."""
    names, rows = after["violation"]
    newest = max(rows)
    columns, places = ", ".join(names), ", ".join([mark_of(raw)] * len(names))
    statement = f"INSERT INTO violation ({columns}) VALUES ({places})"  # noqa: S608

    def act() -> None:
        begin(raw)
        raw.execute(statement, rows[newest])
        raw.execute("COMMIT")

    return _timed(act)


def _timed(act: Callable[[], None]) -> Timed:
    wall, processor = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - processor
