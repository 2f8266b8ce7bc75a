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

Where every row is written SQLite alone takes more than four floors to enter them, by whatever
statement, with a row id or without. That case is what the first start on an empty projection costs;
no change of settings writes every row but another order of grades.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

from bench.ground import Ground
from bench.measuring import Result, ratio

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
ROUNDS = 3
Before = Callable[[Ground], None]


def measure(place: Ground) -> list[Result]:
    """Seconds of both, and the longest that another writer would have waited for one part."""
    with place.copied() as copy:
        cases: dict[str, Before] = {
            "every row stands already": partial(_bare, statements=STALE),
            "every row is written": partial(_bare, statements=EMPTY),
            "what violations do is another": partial(_unsure, concern=Concern.VIOLATIONS),
            "the catalogue is another": partial(_unsure, concern=Concern.FINDINGS),
        }
        return [_measured(copy, case, before) for case, before in cases.items()]


def _measured(place: Ground, case: str, before: Before) -> Result:
    ours, floors, longest = [], [], 0.0
    app = place.app()
    for _ in range(ROUNDS):
        parts: list[float] = []
        with app.app_context():
            before(place)
            ours.append(_seconds(partial(_rebuild, parts)))
        longest = max(longest, *(end - start for start, end in pairwise(parts)), 0.0)
        floors.append(_seconds(partial(_read, place)))
    return ratio(
        "rebuild", case, place.engine, min(ours), min(floors), 8, longest_part_s=round(longest, 3)
    )


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
