"""All standings derived anew after the settings changed, against reading the facts raw.

Ours is what `grades refresh --all` does: facts read, every plant's whole life derived, held against
the rows that stand, plants that read otherwise written, part by part, each part a durable
transaction with its progress. Once with all rows standing already, once with none, so that every
row is written. Then what a change of settings really asks for: of what violations do, which
concerns the plants with a violation, and of the catalogue, which concerns those with a finding. The
floor: the bare driver reads the same facts (grade records, violations, findings, owners,
industries) and looks at nothing.

Of a plant's time, where its rows stand, two fifths go to deriving its four or five intervals, a
quarter to the rows that stand (the driver alone takes one and a half floors for them), a quarter to
the facts. Values were most of it before: a date made of a text and a text of a date for every cell,
a row object to compare with. Now rows are compared and entered as the driver has them; its bool is
a number too, since SQLite's driver takes 1 µs to find out that True is one. A violation says from
when to when it bars and counts, instead of being asked on each day. On PostgreSQL rows go in by
COPY, and the rows of the register list follow by one statement for a range of plants, not by lists
of ids, which was planned anew and took a third of the whole.

Where no row stands, every one has to be entered, and that alone takes SQLite four times as long as
reading the facts, by whatever statement, with a row id or without. So that case, which is what the
first start on an empty projection costs and another order of grades, is held against a floor that
leaves the same rows: the facts read and the very rows entered, by ``executemany`` or COPY, in one
durable transaction; and as against the floor of the import, which does both too, 4 is the most.
What it is against the reading alone stands beside it. The rows that ours leaves must be those that
stood before, or the figure fails.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise, zip_longest
from typing import Any

from bench.ground import Ground
from bench.measuring import Result, ratio, told
from bench.rows import Row, begin, connected, enter
from flask import Flask

from app.grades.queries import projection_fingerprint
from app.grades.services import refresh_in_parts
from app.grades.services.rebuilding import note_built
from app.grades.settings import Concern, not_known
from app.kernel.transaction import writing

FACTS = (
    (
        "SELECT plant_id, id, rulebook, grade, effective_on, expires_on, source, document "
        "FROM grade_record WHERE annulled_at IS NULL"
    ),
    (
        "SELECT plant_id, enterprise_id, id, kind, acted_on, decided_on, document, withdrawn_on, "
        "barring_reason FROM violation WHERE annulled_at IS NULL"
    ),
    (
        "SELECT plant_id, enterprise_id, id, found_on, document, withdrawn_on, note "
        "FROM finding WHERE annulled_at IS NULL"
    ),
    "SELECT plant_id, enterprise_id, county FROM plant_record WHERE annulled_at IS NULL",
    "SELECT plant_id, industry, subtype, role FROM plant_industry WHERE annulled_at IS NULL",
)
STALE = ("DELETE FROM projection_state",)
EMPTY = (*STALE, "DELETE FROM standing_interval")
STANDING = "SELECT * FROM standing_interval ORDER BY plant_id, from_on"
ROUNDS = 3
REACH, REACH_WRITTEN = 8, 4
Before = Callable[[Ground], None]


def measure(place: Ground) -> list[Result]:
    """Seconds of both, and the longest that another writer would have waited for one part."""
    with place.copied() as copy:
        return [
            _measured(copy, "every row stands already", partial(_bare, statements=STALE)),
            *_all_written(copy),
            _measured(copy, "what violations do is another",
                      partial(_unsure, concern=Concern.VIOLATIONS)),
            _measured(copy, "the catalogue is another",
                      partial(_unsure, concern=Concern.FINDINGS)),
        ]  # fmt: skip


def _measured(place: Ground, case: str, before: Before) -> Result:
    ours, floors, longest = [], [], 0.0
    app = place.app()
    for _ in range(ROUNDS):
        seconds, part = _rebuilt(app, partial(before, place))
        ours.append(seconds)
        longest = max(longest, part)
        floors.append(_seconds(partial(_read, place)))
    return ratio("rebuild", case, place.engine, min(ours), min(floors), REACH,
                 longest_part_s=round(longest, 3))  # fmt: skip


def _all_written(place: Ground) -> list[Result]:
    """Held against a floor that enters the same rows; told against the reading alone."""
    ours, reading, entering, longest = [], [], [], 0.0
    app, empty = place.app(), partial(_bare, place, EMPTY)
    with _kept_rows(place) as rows:
        for _ in range(ROUNDS):
            seconds, part = _rebuilt(app, empty)
            ours.append(seconds)
            longest = max(longest, part)
            if not all(one == other for one, other in zip_longest(_standing(place), rows)):
                raise RuntimeError("not the rows that stood before")
            reading.append(_seconds(partial(_read, place)))
            _bare(place, EMPTY[-1:])
            entering.append(_seconds(partial(_entered, place, rows)))
        written = len(rows)
    both = min(one + other for one, other in zip(reading, entering, strict=True))
    case = "every row is written"
    return [
        ratio("rebuild", case, place.engine, min(ours), both, REACH_WRITTEN,
              rows=written, longest_part_s=round(longest, 3)),
        told("rebuild", f"{case}, against the reading alone", place.engine, min(ours),
             min(reading)),
    ]  # fmt: skip


def _rebuilt(app: Flask, before: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the whole, and of its longest part."""
    parts: list[float] = []
    with app.app_context():
        before()
        seconds = _seconds(partial(_rebuild, parts))
    return seconds, max((end - start for start, end in pairwise(parts)), default=0.0)


@contextmanager
def _kept_rows(place: Ground) -> Iterator[list[Row]]:
    """The rows that stand, each value once; out of the collector's sight, who would count them."""
    same: dict[Any, Any] = {}
    rows = [tuple(same.setdefault((type(it), it), it) for it in row) for row in _standing(place)]
    gc.freeze()
    try:
        yield rows
    finally:
        gc.unfreeze()


def _standing(place: Ground) -> Iterator[Row]:
    with connected(place) as raw:
        yield from raw.execute(STANDING)


def _entered(place: Ground, rows: list[Row]) -> None:
    with connected(place) as raw:
        begin(raw)
        enter(raw, "standing_interval", rows)
        raw.execute("COMMIT")


def _unsure(_place: Ground, concern: Concern) -> None:
    """As if what stands by such facts had been derived by other settings."""
    with writing("测量"):
        note_built(not_known(projection_fingerprint(), [concern]))


def _rebuild(parts: list[float]) -> None:
    refresh_in_parts("测量", lambda *_: parts.append(time.perf_counter()))


def _bare(place: Ground, statements: tuple[str, ...]) -> None:
    raw = place.raw()
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


def _read(place: Ground) -> None:
    raw = place.raw()
    for statement in FACTS:
        for _ in raw.execute(statement):
            pass
    raw.close()


def _seconds(act: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    act()
    return time.perf_counter() - start
