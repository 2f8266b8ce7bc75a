"""A workbook of 30,000 rows into the register: read, checked, compared, written, audited.

Ours is what `flask ledger import` and the background job call, process start and imports aside:
open, compare by every rule, write through the stages' verbs with standings and search words, one
audit entry, commit. The floor reads every sheet by calamine (Rust) and inserts the rows that the
import leaves, their ids known, by executemany in one committed transaction: the facts, and what
must stand beside them in the same transaction, the intervals of standings, the rows of the register
list with their indexes and pairs of letters, the audit entry. Both must leave the same rows in
every table, or the figure fails. The check is what a person waits for before confirming: it ends in
the preview's bytes. Each round is a process of its own, so that nothing is remembered.

Whoever takes a workbook in without comparing puts every row in the place of the old, so that floor
holds for a workbook that the register holds already, and for one that changes some of it.

Beside each stands, held against nothing, what was the question at first: a floor that leaves the
facts alone, and over a register that holds the workbook reads those rows too, holds none against
another, and writes the facts that differ. It asks how many rows a fact has to leave, which is
decided, not measured (the list and the standings have to be right when the import ends), and what
comparing costs, which is most of the work where nothing is written.

How far: into an empty SQLite register 13.5 times the processor time of the floor of facts at first,
then 6.9, now 4.7. Of that, 29 % reads the cells and gives them types (calamine needs a quarter of
it, but shows #REF! as a blank and every number as a binary fraction), 18 % are the rules and the
change set with its hash, 16 % the facts, no more than in the floor, and 35 % what stands beside
them: standings by stretches of days, and each plant's row of the list with its sounds, letter pairs
and eleven indexes. What helped last: that row written once, at the end; facts and intervals column
by column (by COPY on PostgreSQL); the collector put off until after the commit; schemes looked up
once for all days on which they read alike; parsed cells as plain tuples. What did not: a larger
page cache, cells of a row looked up together, the change set through the C encoder.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import python_calamine
from bench import ledgers
from bench.ground import Ground
from bench.measuring import Result, limit, ratio, told
from bench.rows import Rows, Write, begin, connected, read

Made = TypeVar("Made")
ROUNDS = 3
REACH = 4
_OF_FACTS = (
    "enterprise", "plant", "enterprise_record", "plant_record", "plant_industry", "grade_record",
    "violation", "finding", "inspection", "project", "rights_application", "rights_reserve",
    "production_line", "emergency_measure",
)  # fmt: skip
FACTS = dict.fromkeys(_OF_FACTS, ("id",))
TABLES = {
    **FACTS, "audit_entry": ("sequence",), "standing_interval": ("plant_id", "from_on"),
    "plant_search": ("plant_id",), "kept_mark": ("topic",),
}  # fmt: skip
"""All that an import leaves rows in, by the columns of its key."""
PAIRS = {"plant_gram": ("rowid",)}
"""On SQLite the letter pairs of the list's rows besides; read otherwise than written."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Seconds of the check and of the import, and the most memory the process held."""

    check: float
    write: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Left:
    """What an import finds or leaves."""

    rows: Rows
    pairs: Sequence[tuple[Any, ...]]
    """Every pair of letters, in how many rows, how often; on SQLite."""
    others: Mapping[str, int]
    """How many rows stand in each other table."""


@dataclass(slots=True)
class Taken:
    """What the rounds of a case took: ours, the floor of the same rows, that of the facts alone."""

    ours: list[Imported] = field(default_factory=list)
    same: list[float] = field(default_factory=list)
    facts: list[float] = field(default_factory=list)


def measure(place: Ground) -> list[Result]:
    """Into an empty register, the same again, and with a cell changed in every twentieth row."""
    folder = place.instance.parent
    book, changed = folder / "ledger.xlsx", folder / "ledger-changed.xlsx"
    count = alone(write_workbooks, place, book, changed)
    empty, again, some = taken = (Taken(), Taken(), Taken())
    for _ in range(ROUNDS):
        with place.blank() as filled:
            begun = alone(set_up, filled)
            empty.ours.append(alone(imported, filled, book))
            held = alone(left, filled)
            again.ours.append(alone(imported, filled, book))
            some.ours.append(alone(imported, filled, changed))
            later = alone(left, filled)
        with place.blank() as bare:
            empty.same.append(alone(raw, bare, book, begun, held, TABLES))
        with place.blank() as bare:
            empty.facts.append(alone(raw, bare, book, begun, held, FACTS))
            again.facts.append(alone(raw, bare, book, held, held, FACTS))
            some.facts.append(alone(raw, bare, changed, held, later, FACTS))
    again.same = some.same = empty.same
    peak = max(it.peak_mib for case in taken for it in case.ours)
    return [
        *_told(place, "into an empty register", empty, rows=count),
        *_told(place, "the same again, nothing to write", again),
        *_told(place, "a cell changed in every 20th row", some),
        limit("ledger_import", "peak memory", place.engine, peak, 1024, "MiB"),
    ]


def _told(place: Ground, case: str, taken: Taken, **more: Any) -> Iterator[Result]:
    best = min(it.write for it in taken.ours)
    check = round(min(it.check for it in taken.ours), 3)
    yield ratio("ledger_import", case, place.engine, best, min(taken.same), REACH,
                check_and_preview_s=check, **more)  # fmt: skip
    yield told("ledger_import", f"{case}: against the facts alone", place.engine, best,
               min(taken.facts))  # fmt: skip


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


def set_up(place: Ground) -> Left:
    """Make the bureaus, without which nothing is imported; what stands then."""
    from app.accounts.services import set_up_bureau
    from app.kernel.transaction import writing

    with place.app().app_context(), writing("测量"):
        set_up_bureau()
    return left(place)


def imported(place: Ground, book: Path) -> Imported:
    """Check a workbook, then import it, as the job does for a person of the city."""
    from pypinyin import lazy_pinyin

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


def left(place: Ground) -> Left:
    """What stands in the database."""
    with connected(place) as database:
        return _left(database, place)


def _left(database: Any, place: Ground) -> Left:
    rows = read(database, TABLES)
    pairs: Sequence[tuple[Any, ...]] = ()
    if place.url is None:
        database.execute(
            "CREATE VIRTUAL TABLE temp.pair USING fts5vocab('main', 'plant_gram', 'row')"
        )
        pairs = database.execute("SELECT * FROM temp.pair").fetchall()
        database.execute("DROP TABLE temp.pair")
    every = [row[0] for row in database.execute(_EVERY[place.engine]).fetchall()]
    counts = {
        name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
        for name in every
        if name not in TABLES and not name.startswith("plant_gram")
    }
    return Left(rows, pairs, counts)


_EVERY = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def raw(
    place: Ground, book: Path, before: Left, after: Left, tables: Mapping[str, Sequence[str]]
) -> float:
    """Seconds to read a workbook, and to make the rows of these tables what the import left.

    Where the register holds the workbook's facts already, these are read as well.
    """
    if before.others != after.others:
        raise RuntimeError("the import leaves rows in a table that the floor does not know")
    with connected(place) as database:
        if not read(database, {"plant": ("id",)})["plant"][1]:
            _carried_out(database, Write(database, TABLES, {}, before.rows))
        wanted = {name: after.rows[name] for name in tables}
        write = [Write(database, tables, before.rows, wanted)]
        if place.url is None and "plant_search" in tables:
            write.append(_pairs(database, before, after))
        start = time.perf_counter()
        workbook = python_calamine.CalamineWorkbook.from_path(book)
        for name in workbook.sheet_names:
            workbook.get_sheet_by_name(name).to_python()
        if before.rows["plant"][1]:
            for name in FACTS:
                database.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
        _carried_out(database, *write)
        seconds = time.perf_counter() - start
        found = _left(database, place)
    if any(found.rows[name] != wanted[name] for name in tables):
        raise RuntimeError("the floor leaves other rows")
    if "plant_search" in tables and found.pairs != after.pairs:
        raise RuntimeError("the floor leaves other pairs of letters")
    return seconds


def _carried_out(database: Any, *writes: Write) -> None:
    begin(database)
    for it in writes:
        it.carry_out()
    database.execute("COMMIT")


def _pairs(database: Any, before: Left, after: Left) -> Write:
    """The pairs of letters of the list's new rows; of a row that was there the text must stay."""
    from app.registry.search_index import grams

    names, rows = after.rows["plant_search"]
    plant, text = names.index("plant_id"), names.index("text")
    held = before.rows["plant_search"][1]
    if any(held[it][text] != row[text] for it, row in rows.items() if it in held):
        raise RuntimeError("a plant is found by another text")
    new = {it: (row[plant], grams(row[text])) for it, row in rows.items() if it not in held}
    return Write(database, PAIRS, {}, {"plant_gram": (("rowid", "grams"), new)})


def _quietly(_done: int, _total: int, _note: str) -> None:
    """Progress goes nowhere."""


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(it for it in status.splitlines() if it.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
