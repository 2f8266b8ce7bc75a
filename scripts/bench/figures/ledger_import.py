"""A workbook of 30,000 rows into the register: read, checked, compared, written, audited.

Ours is what `flask ledger import` and the background job call, process start and imports aside:
open, compare by every rule, write through the stages' verbs with standings and search words, one
audit entry, commit. The floor reads every sheet by calamine (Rust) and inserts the rows that the
import leaves, facts only and with their ids known, by executemany in one committed transaction.
The check is what a person waits for before confirming: it ends in the preview's bytes. Over a
register that holds the workbook already, the floor also reads those rows out of the database, and
writes what differs. Each round is a process of its own, so that nothing is remembered.

How far: into an empty SQLite register 13.5 times the floor's processor time at first, then 6.9, now
4.7. Of that, 29 % reads the cells and gives them types (calamine needs a quarter of it, but shows
#REF! as a blank and every number as a binary fraction), 18 % are the rules and the change set with
its hash, 16 % the facts, no more than in the floor, and 35 % what the floor leaves out: standings
by stretches of days, and each plant's row of the list with its sounds, letter pairs and eleven
indexes. What helped last: that row written once, at the end; facts and intervals column by column
(by COPY on PostgreSQL); the collector put off until after the commit; schemes looked up once for
all days on which they read alike; parsed cells as plain tuples. What did not: a larger page cache,
cells of a row looked up together, the change set through the C encoder.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import python_calamine
from bench import ledgers
from bench.ground import Ground
from bench.measuring import Result, limit, ratio

Made = TypeVar("Made")
ROUNDS = 3
REACH = 4
TABLES = (
    "enterprise", "plant", "enterprise_record", "plant_record", "plant_industry", "grade_record",
    "violation", "finding", "inspection", "project", "rights_application", "rights_reserve",
    "production_line", "emergency_measure",
)  # fmt: skip
Rows = dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]
"""Table → names of its columns, rows."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Seconds of the check and of the import, and the most memory the process held."""

    check: float
    write: float
    peak_mib: float


def measure(place: Ground) -> list[Result]:
    """Into an empty register, the same again, and with a cell changed in every twentieth row."""
    folder = place.instance.parent
    book, changed = folder / "ledger.xlsx", folder / "ledger-changed.xlsx"
    count = alone(write_workbooks, place, book, changed)
    ours: dict[str, list[Imported]] = {"empty": [], "same": [], "changed": []}
    floors: dict[str, list[float]] = {"empty": [], "same": [], "changed": []}
    for _ in range(ROUNDS):
        with place.blank() as filled:
            ours["empty"].append(alone(imported, filled, book))
            held = rows_of(filled)
            ours["same"].append(alone(imported, filled, book))
            ours["changed"].append(alone(imported, filled, changed))
            later = rows_of(filled)
        with place.blank() as bare:
            floors["empty"].append(alone(raw, bare, book, Rows(), held))
            floors["same"].append(alone(raw, bare, book, held, held))
            floors["changed"].append(alone(raw, bare, changed, held, later))
    cases = {
        "empty": "into an empty register",
        "same": "the same again, nothing to write",
        "changed": "a cell changed in every 20th row",
    }
    results = []
    for case, words in cases.items():
        best = min(it.write for it in ours[case])
        check = min(it.check for it in ours[case])
        results.append(
            ratio("ledger_import", words, place.engine, best, min(floors[case]), REACH,
                  rows=count, check_and_preview_s=round(check, 3))
        )  # fmt: skip
    peak = max(it.peak_mib for runs in ours.values() for it in runs)
    results.append(limit("ledger_import", "peak memory", place.engine, peak, 1024, "MiB"))
    return results


def alone(act: Callable[..., Made], *arguments: object) -> Made:
    """What a process of its own makes of it."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(act, *arguments).result()


def write_workbooks(place: Ground, book: Path, changed: Path) -> int:
    """Make both workbooks; how many rows each has."""
    with place.app().app_context():
        tables = ledgers.tables()
        ledgers.write(tables, book)
        ledgers.write(ledgers.changed(tables), changed)
    return sum(map(len, tables.values()))


def imported(place: Ground, book: Path) -> Imported:
    """Check a workbook, then import it, as the job does for a person of the city."""
    from pypinyin import lazy_pinyin

    from app.accounts.queries import list_bureaus
    from app.accounts.services import set_up_bureau
    from app.kernel.authority import EVERYTHING
    from app.kernel.collector import put_off
    from app.kernel.database import db
    from app.kernel.transaction import writing
    from app.ledger.examining import compare_now, open_ledger
    from app.ledger.preview import preview_of
    from app.ledger.rules.reach import Importer
    from app.ledger.services import import_ledger

    lazy_pinyin("绍兴")  # loads its dictionary, as a worker has done long before
    importer = Importer("测量", 1, EVERYTHING, EVERYTHING)
    with place.app().app_context():
        if not list_bureaus():
            with writing("测量"):
                set_up_bureau()
        start = time.perf_counter()
        with put_off():
            opened = open_ledger(book, book.name, _quietly)
            preview_of(compare_now(opened, importer, _quietly)).as_bytes()
            db.session.rollback()
        check = time.perf_counter() - start
        del opened
        start = time.perf_counter()
        with put_off():
            opened = open_ledger(book, book.name, _quietly)
            with writing("测量", actor_id=1, actor_name="测量"):
                import_ledger(opened, importer, _quietly, source={"文件名": book.name})
        return Imported(check, time.perf_counter() - start, _peak_mib())


def raw(place: Ground, book: Path, held: Rows, wanted: Rows) -> float:
    """Seconds to read a workbook and the rows held, and to write those that are not there yet."""
    known = {name: {row[0]: row for row in rows} for name, (_, rows) in held.items()}
    with connected(place) as database:
        start = time.perf_counter()
        workbook = python_calamine.CalamineWorkbook.from_path(book)
        for name in workbook.sheet_names:
            workbook.get_sheet_by_name(name).to_python()
        for table in held:
            database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608
        for table, (names, rows) in wanted.items():
            there = known.get(table, {})
            new = [row for row in rows if row[0] not in there]
            ended = [row for row in rows if row[0] in there and there[row[0]] != row]
            _write(place, database, table, names, new, ended)
        database.execute("COMMIT")
        return time.perf_counter() - start


def _write(
    place: Ground,
    database: Any,
    table: str,
    names: Sequence[str],
    new: Sequence[Sequence[Any]],
    ended: Sequence[Sequence[Any]],
) -> None:
    mark = "?" if place.url is None else "%s"
    cursor = database.cursor()
    if ended:
        columns = ("annulled_at", "annulled_by", "annulled_via")
        said = ", ".join(f"{name} = {mark}" for name in columns)
        at = [names.index(name) for name in columns]
        lines = [(*(row[it] for it in at), row[0]) for row in ended]
        cursor.executemany(f"UPDATE {table} SET {said} WHERE id = {mark}", lines)  # noqa: S608
    if new:
        places = ", ".join([mark] * len(names))
        insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # noqa: S608
        cursor.executemany(insert, new)


def rows_of(place: Ground) -> Rows:
    """The facts as the driver hands them over, each with its id first."""
    found: Rows = {}
    with connected(place) as database:
        for table in TABLES:
            cursor = database.cursor()
            cursor.execute(f"SELECT id, * FROM {table} ORDER BY id")  # noqa: S608
            names = tuple(it[0] for it in cursor.description)
            again = 1 + names[1:].index("id")
            kept = [place for place in range(len(names)) if place != again]
            rows = [tuple(row[it] for it in kept) for row in cursor.fetchall()]
            found[table] = (tuple(names[it] for it in kept), rows)
        database.execute("COMMIT")
    return found


@contextmanager
def connected(place: Ground) -> Iterator[Any]:
    """A bare connection with the program's own durability, in a transaction."""
    database = place.raw()
    if place.url is None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            database.execute(f"PRAGMA {pragma}").fetchall()
        database.execute("BEGIN IMMEDIATE")
    try:
        yield database
    finally:
        database.close()


def _quietly(_done: int, _total: int, _note: str) -> None:
    """Progress goes nowhere."""


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(it for it in status.splitlines() if it.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
