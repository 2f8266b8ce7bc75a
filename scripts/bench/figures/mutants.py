"""Each permission check of the program, removed one by one: does something notice?

A check is a mark of a view, a question for a scope or a permission, a comparison of who did
something with who asks, or a branch of the few functions all of those go through
(``tests/mutation.py`` finds them in the source). First every cell of the access matrix is tried by
itself on a register set back each time, noting which checks it asks. Then the program is run
without each check in turn, with just the cells that ask it, until one comes out otherwise than it
should. What no cell notices is tried with the tests that ask the same check. What then still lives
must stand in ``tests/cases/mutants.toml`` with the reason why nobody could notice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path

from bench.ground import Ground
from bench.measuring import Result

from app.kernel.config import ROOT
from app.kernel.permissions import access_of
from tests.access import may_open
from tests.addresses import Kind, desk, issuing, rights
from tests.installations import Sqlite, close, installed
from tests.matrix import Attempt, Cell, Matrix, demanded
from tests.mutation import MUTANT, Site, noting, sites, without
from tests.setback import Kept
from tests.watch import Watch, watching
from tests.world import PRINCIPALS, World, populate

NEEDS_COUNTRY = False
ENGINES = ("sqlite",)
CELLS_PER_MUTANT, TESTS_PER_MUTANT = 60, 30
ENGINE = "not postgresql"
FORGERY = ("tests/integration/test_forgery.py",)
Place = tuple[str, int, int]


def measure(place: Ground) -> list[Result]:
    """Every mutant; the survivors by name."""
    if place.engine != "sqlite":
        return []  # set back before every cell, which only SQLite does quickly
    start = time.monotonic()
    checks = sites()
    with _register() as ground:
        asked = ground.noted(checks)
        alive = [it for it in checks if not ground.notices(it, asked)]
    by_tests = _left_to_tests(alive)
    explained = _explained()
    dead = len(checks) - len(by_tests)
    unexplained = [it.id for it in by_tests if _named(it) not in explained]
    details = {
        "checks": len(checks), "noticed_by_the_matrix": len(checks) - len(alive),
        "noticed_by_tests": len(alive) - len(by_tests),
        "equivalent": len(by_tests) - len(unexplained), "survivors": unexplained,
        "seconds": round(time.monotonic() - start),
    }  # fmt: skip
    told = f"{dead} of {len(checks)} noticed, {len(unexplained)} unexplained"
    reached = not unexplained and len(checks) > 300
    return [
        Result("mutants", "permission checks removed one by one", place.engine, told,
               "0 unexplained", reached, details)
    ]  # fmt: skip


@dataclass(slots=True)
class Register:
    """The world of the access matrix, set back before every cell."""

    world: World
    kept: Kept
    watch: Watch
    seconds: dict[Cell, float] = field(default_factory=dict)
    kinds: dict[Cell, set[Kind]] = field(default_factory=dict)

    def faults_of(self, cell: Cell) -> list[str]:
        """What comes out otherwise than it should in one cell, from the beginning."""
        self.kept.set_back()
        for made in (desk.MARKED, issuing.KEPT, rights.ISSUED):
            made.clear()  # they lie in the database that was set back
        name, endpoint, method = cell
        who = next(it for it in PRINCIPALS if it.name == name)
        found = Matrix()
        attempt = Attempt(self.world, who, found, self.watch)
        try:
            for rule in self.world.app.url_map.iter_rules(endpoint):
                attempt.rule(rule, method)
        except Exception as broke:
            return [f"{cell}: {type(broke).__name__} {broke}"]
        self.kinds[cell] = found.cells[cell]
        return found.faults

    def noted(self, checks: list[Site]) -> dict[Place, list[Cell]]:
        """Every cell once; for each check the cells that ask it. No cell may be at fault."""
        asked: dict[Place, list[Cell]] = defaultdict(list)
        now: set[Place] = set()
        faults = []
        with noting(checks, now.add):
            for cell in sorted(demanded(self.world.app)):
                now.clear()
                start = time.perf_counter()
                faults += self.faults_of(cell)
                self.seconds[cell] = time.perf_counter() - start
                for it in now:
                    asked[it].append(cell)
        if faults:
            told = "\n".join(faults[:20])
            raise RuntimeError(f"the matrix has faults by itself:\n{told}")
        return asked

    def notices(self, check: Site, asked: dict[Place, list[Cell]]) -> bool:
        """Whether a cell comes out otherwise without this check."""
        cells = self._of_mark(check) if check.way == "mark" else asked.get(_place(check), [])
        with without(check, self.world.app) as changed:
            if not changed:
                raise RuntimeError(f"{check.id}: no function holds this check")
            return any(self.faults_of(it) for it in self._in_order(cells))

    def _of_mark(self, check: Site) -> list[Cell]:
        views = self.world.app.view_functions
        before = {name: access_of(view) for name, view in views.items()}
        with without(check, self.world.app):
            opened = {name for name, view in views.items() if before[name] != access_of(view)}
        return [it for it in self.seconds if it[1] in opened]

    def _in_order(self, cells: list[Cell]) -> list[Cell]:
        """Everybody's most telling cells first: two to which one is let in, one that is closed."""
        by_person: dict[str, tuple[list[Cell], list[Cell]]] = defaultdict(lambda: ([], []))
        for it in sorted(cells, key=self._worth):
            by_person[it[0]][self._worth(it)[0]].append(it)
        mixed = [_two_and_one(*it) for it in by_person.values()]
        turns = zip_longest(*mixed)
        return [it for it in chain.from_iterable(turns) if it][:CELLS_PER_MUTANT]

    def _worth(self, cell: Cell) -> tuple[bool, bool, float]:
        """Where one is let in, and there is something foreign to reach for, more can go wrong."""
        who = next(it for it in PRINCIPALS if it.name == cell[0])
        is_open = may_open(cell[1], who)
        return not is_open, Kind.FOREIGN not in self.kinds[cell], self.seconds[cell]


def _two_and_one(opened: list[Cell], closed: list[Cell]) -> list[Cell]:
    found = []
    for place in range(max(len(opened), len(closed))):
        found += [*opened[2 * place : 2 * place + 2], *closed[place : place + 1]]
    return found


@contextmanager
def _register() -> Iterator[Register]:
    with tempfile.TemporaryDirectory() as folder:
        own, prepared = Path(folder, "world"), Path(folder, "prepared")
        own.mkdir()
        prepared.mkdir()
        with Sqlite(prepared).database(own, with_bureau=True) as url:
            app = installed(own, url)
            world = populate(app)
            kept = Kept(app)
            with watching(app) as watch:
                yield Register(world, kept, watch)
            kept.close()
            close(app)


def _place(check: Site) -> Place:
    return check.path, check.line, check.column


# --- What no cell notices ------------------------------------------------------------------------

TESTS = ("tests/unit", "tests/architecture", "tests/integration")
SLOW = (
    "test_access_matrix", "test_chronicles", "test_hostile_input", "test_mass_assignment",
    "test_forgery", "test_stored_text", "test_headers", "killed", "interrupted", "histories",
    "test_migrations", "test_moving", "test_backup",
)  # fmt: skip


def _left_to_tests(alive: list[Site]) -> list[Site]:
    """The checks that no test notices either: for each, just the tests that ask it."""
    if not alive:
        return []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "asked.json")
        _pytest([*TESTS, "-k", _chosen()], {"MUTANTS_NOTED": str(file)})
        asked: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return [it for it in alive if not _tests_notice(it, asked.get(_key(it), []))]


def _chosen() -> str:
    return " and ".join(f"not {it}" for it in ("postgresql", *SLOW))


def _key(check: Site) -> str:
    return f"{check.path}:{check.line}:{check.column}"


def _tests_notice(check: Site, tests: list[str]) -> bool:
    """The tests of the check's own stage first, then some of each other kind."""
    stage = check.path.split("/")[1]
    own = [it for it in tests if f"test_{stage}" in it]
    others = [it for it in tests if it not in own]
    some = others[:: max(1, len(others) // TESTS_PER_MUTANT)]
    chosen = [*own[:TESTS_PER_MUTANT], *some, *(FORGERY if stage == "kernel" else ())]
    return (
        bool(chosen) and _pytest([*chosen, "-x", "-k", "not postgresql"], {MUTANT: check.id}) == 1
    )


def _pytest(arguments: list[str], environ: dict[str, str]) -> int:
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.mutated",
        *arguments,
    ]  # fmt: skip
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.DEVNULL
    ).returncode


def _explained() -> set[tuple[str, str, str]]:
    """Survivors that change nothing anybody could notice: file, way and text; not their line."""
    file = ROOT / "tests" / "cases" / "mutants.toml"
    found = tomllib.loads(file.read_text(encoding="utf-8"))["mutant"]
    return {(it["path"], way, it["text"]) for it in found for way in it["ways"]}


def _named(check: Site) -> tuple[str, str, str]:
    return check.path, check.way, " ".join(check.text.split())
