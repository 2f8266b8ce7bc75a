"""`policy run` of one measure over the country, the whole process to JSON."""

from __future__ import annotations

import time

from bench.country import AS_OF
from bench.ground import Ground
from bench.measuring import Result, flask, limit, ratio, whole_process

PROJECTION = """
    SELECT i.*, p.number, p.name, p.county, p.livelihood, p.state, e.uscc, e.name,
           k.industry, k.subtype
    FROM plant_record p
    JOIN enterprise_record e ON e.enterprise_id = p.enterprise_id AND e.annulled_at IS NULL
    JOIN standing_interval i ON i.plant_id = p.plant_id
         AND i.from_on <= '{day}' AND i.until_on > '{day}'
    LEFT JOIN plant_industry k ON k.plant_id = p.plant_id AND k.role = '主要'
         AND k.annulled_at IS NULL
    WHERE p.annulled_at IS NULL AND (p.closed_on IS NULL OR p.closed_on > '{day}')
"""


def stream(place: Ground) -> float:
    """Seconds in which the database hands over the same rows, looked at by nobody."""
    raw = place.raw()
    start = time.perf_counter()
    for _ in raw.execute(PROJECTION.format(day=AS_OF.isoformat())):
        pass
    seconds = time.perf_counter() - start
    raw.close()
    return seconds


def measure(place: Ground) -> list[Result]:
    """Seconds against the stream of rows, and the most memory it held."""
    command = flask("policy", "run", "positive-list", "--as-of", AS_OF.isoformat(),
                    "--format", "json")  # fmt: skip
    runs, floors = [], []
    for _ in range(3):
        runs.append(whole_process(command, place.environ))
        floors.append(stream(place))
    best = min(runs, key=lambda run: run.seconds)
    return [
        ratio("policy_run", "whole process to JSON", place.engine, best.seconds, min(floors), 8),
        limit("policy_run", "peak memory", place.engine, max(it.peak_mib for it in runs), 1024,
              "MiB"),
    ]  # fmt: skip
