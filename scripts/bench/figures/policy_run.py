"""`policy run` of one measure over the country, the whole process to JSON.

The floor is the very statement by which the program reads plants with their standings, sent by the
bare driver, its rows handed over and looked at by nobody; reading, not writing, and without the
start of a process, which ours includes. The statement takes one look into an index for each plant;
joined by a range of days SQLite read every interval by a secondary index and took twice as long,
so the floor fell with it.
"""

from __future__ import annotations

import time

from bench.country import AS_OF
from bench.ground import Ground
from bench.measuring import Result, flask, limit, ratio, whole_process
from sqlalchemy import true

from app.kernel.database import db
from app.policy.queries import register_on


def statement(place: Ground) -> str:
    """What the program asks of the database for a list of the day."""
    with place.app().app_context():
        asked = register_on(AS_OF, true())
        return str(asked.compile(db.engine, compile_kwargs={"literal_binds": True}))


def stream(place: Ground, sql: str) -> float:
    """Seconds in which the database hands over the same rows, looked at by nobody."""
    raw = place.raw()
    start = time.perf_counter()
    for _ in raw.execute(sql):
        pass
    seconds = time.perf_counter() - start
    raw.close()
    return seconds


def measure(place: Ground) -> list[Result]:
    """Seconds against the stream of rows, and the most memory it held."""
    command = flask("policy", "run", "positive-list", "--as-of", AS_OF.isoformat(),
                    "--format", "json")  # fmt: skip
    sql = statement(place)
    runs, floors = [], []
    for _ in range(3):
        runs.append(whole_process(command, place.environ))
        floors.append(stream(place, sql))
    best = min(runs, key=lambda run: run.seconds)
    return [
        ratio("policy_run", "whole process to JSON", place.engine, best.seconds, min(floors), 8),
        limit("policy_run", "peak memory", place.engine, max(it.peak_mib for it in runs), 1024,
              "MiB"),
    ]  # fmt: skip
