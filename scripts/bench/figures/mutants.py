"""Each permission check of the program, removed one by one: does something notice?

A check is a mark of a view, a question for a scope or a permission, a comparison of who did
something with who asks, or a branch of the few functions all of those go through
(``tests/mutation.py`` finds them in the source). First every cell of the access matrix is tried by
itself on a register set back each time, noting which checks it asks. Then the program is run
without each check in turn, with just the cells that ask it, until one comes out otherwise than it
should. What no cell notices is tried with the tests that ask the same check, each time in a process
forked off from one that has everything ready (``tests/mutated.py``). What then still lives must
stand in ``tests/cases/mutants.toml`` with the reason why nobody could notice, and nothing else may.

Settings: ``only`` (where the checks stand that are tried, with commas between: folders, files or
lines, as ``app/inbox,app/filing/receipt.py:12``; the cells are those of the addresses in these
folders) and ``tests`` (words, one of which a file of tests holds in its name). What a part does not
notice the whole still may.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
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
from tests.mutated import STUCK, TOLD, UNASKED, UNNOTICED
from tests.mutation import Site, noting, sites, without
from tests.setback import Kept
from tests.watch import Watch, watching
from tests.world import PRINCIPALS, World, populate

NEEDS_COUNTRY = False
ENGINES = ("sqlite",)
CELLS_PER_MUTANT = 60
Place = tuple[str, int, int]


def measure(place: Ground) -> list[Result]:
    """Every mutant; the survivors by name."""
    if place.engine != "sqlite":
        return []  # set back before every cell, which only SQLite does quickly
    start = time.monotonic()
    part = Part(place.settings.get("only", ""), place.settings.get("tests", ""))
    checks = [it for it in sites() if part.holds(it)]
    with _proof(part.tests) as proof:
        with _register(part) as ground:
            asked = ground.noted(checks)
            _say(f"the matrix once: {time.monotonic() - start:.0f} s, {len(ground.seconds)} cells")
            logging.disable()  # what breaks is looked for here, not in a log
            alive = list(_unnoticed(ground, checks, asked))
            _say(f"the matrix for each check: {time.monotonic() - start:.0f} s")
        outcomes = proof.outcomes(alive)
    explained = _explained() if part.is_whole else _explained() & {_named(it) for it in checks}
    left = [it for it in alive if outcomes[it.id] in (UNASKED, UNNOTICED, STUCK)]
    unexplained = [it for it in left if _named(it) not in explained]
    for it in unexplained:
        print(f"not caught: {it.id} {' '.join(it.text.split())[:70]} ({outcomes[it.id]})")
    unneeded = explained - {_named(it) for it in left}
    details = {
        "tried": len(checks), "caught_by_the_matrix": len(checks) - len(alive),
        "caught_by_tests": len(alive) - len(left), "explained": len(left) - len(unexplained),
        "not_caught": [it.id for it in unexplained],
        "explained_in_vain": sorted(" ".join(it) for it in unneeded),
        "seconds": round(time.monotonic() - start),
    }  # fmt: skip
    told = (
        f"{len(checks)} tried, {len(checks) - len(left)} caught, "
        f"{len(left) - len(unexplained)} explained, {len(unexplained)} not caught"
    )
    reached = not unexplained and not unneeded and (len(checks) > 300 or not part.is_whole)
    return [
        Result("mutants", part.case, place.engine, told, "0 not caught", reached, details)
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """What of the program is tried, and by which tests; empty: all."""

    only: str
    named: str

    @property
    def is_whole(self) -> bool:
        return not self.only

    @property
    def case(self) -> str:
        """What is tried, in words."""
        where = "" if self.is_whole else f" in {self.only}"
        return f"permission checks removed one by one{where}"

    def holds(self, check: Site) -> bool:
        """Whether the check is tried."""
        return any(check.id.startswith(it) for it in self.only.split(","))

    def shows(self, view: Callable[..., object]) -> bool:
        """Whether the cells of this view are tried: those of the same folders."""
        module = view.__module__.replace(".", "/")
        folders = {"/".join(it.split("/")[:2]) for it in self.only.split(",")}
        return self.is_whole or any(module.startswith(it) for it in folders)

    @property
    def tests(self) -> list[str]:
        """The files of tests that may notice."""
        words = self.named.split(",")
        return [it for it in TESTS if (ROOT / it).exists() and any(word in it for word in words)]


def _unnoticed(
    ground: Register, checks: Sequence[Site], asked: dict[Place, list[Cell]]
) -> Iterator[Site]:
    """Those that no cell notices the lack of, told as they are found."""
    for it in checks:
        if not ground.notices(it, asked):
            _say(f"no cell notices: {it.id}")
            yield it


def _say(what: str) -> None:
    print(f"   {what}", flush=True)


@dataclass(slots=True)
class Register:
    """The world of the access matrix, set back before every cell."""

    world: World
    kept: Kept
    watch: Watch
    part: Part
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
            for cell in self._cells():
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

    def _cells(self) -> list[Cell]:
        views = self.world.app.view_functions
        return [it for it in sorted(demanded(self.world.app)) if self.part.shows(views[it[1]])]

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
def _register(part: Part) -> Iterator[Register]:
    with tempfile.TemporaryDirectory() as folder:
        own, prepared = Path(folder, "world"), Path(folder, "prepared")
        own.mkdir()
        prepared.mkdir()
        with Sqlite(prepared).database(own, with_bureau=True) as url:
            app = installed(own, url)
            world = populate(app)
            kept = Kept(app)
            with watching(app) as watch:
                yield Register(world, kept, watch, part)
            kept.close()
            close(app)


def _place(check: Site) -> Place:
    return check.path, check.line, check.column


# --- What no cell notices ------------------------------------------------------------------------

TESTS = (
    "tests/unit/test_ledger_rules.py",
    *(f"tests/integration/test_{name}.py" for name in (
        "permissions", "reach_of_acts", "reach_of_pages", "portal_reach", "portal_home",
        "portal_plant", "portal_register", "portal_calendar", "accounts_administration",
        "accounts_sessions", "accounts_sign_in", "approvals", "approvals_pages", "inbox",
        "notices", "desk_facts", "desk_consequences", "plant_changes", "plant_merging",
        "plant_batch", "plant_details", "plant_pages", "issuing_pages", "issuing_course",
        "issuing_later", "issuing_meanwhile", "ledger_uploads", "ledger_pages", "ledger_import",
        "operations", "policy_pages", "rights_attacks", "rights_applications", "rights_allocation",
        "rights_letters", "rights_reserves", "rulebook_pages", "rulebook_changes", "fragments",
        "forgery", "audit", "indicators", "indicator_pages", "enterprise_people", "outsiders",
        "filing_course", "filing_window", "filing_windows", "filing_carried", "filing_home",
        "filing_list", "filing_pages", "filing_evidence", "filing_submission", "filing_package",
        "filing_package_carried", "filing_package_import", "filing_correcting", "filing_drafts",
        "filing_papers", "filing_record", "filing_working", "filing_plant_changed", "filing_former",
        "renewals", "uploads", "downloads",
    )),
)  # fmt: skip
"""Those that ask a person's own and what is foreign; each check is tried with what asks it."""
LONG = ("at_once", "histories", "killed", "every_forged", "same_requests")


class Proof:
    """A test run that gets ready while the matrix is tried (``tests/mutated.py``)."""

    def __init__(self, folder: Path, tests: Sequence[str]) -> None:
        self._told = folder / "told.json"
        left_out = " and ".join(f"not {it}" for it in ("postgresql", *LONG))
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider",
                "-p", "tests.mutated", f"--basetemp={folder / 'pytest'}",
                "-o", "tmp_path_retention_policy=failed", "-k", left_out,
                *tests,
            ],
            cwd=ROOT, env={**os.environ, TOLD: str(self._told)}, stdin=subprocess.PIPE, text=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def outcomes(self, alive: Sequence[Site]) -> dict[str, str]:
        """By id: the test that noticed the lack of the check, or why none did."""
        self._process.communicate(json.dumps([it.id for it in alive]) + "\n")
        if self._process.returncode or not self._told.exists():
            raise RuntimeError("the tests themselves fail; run them by themselves to see which")
        found: dict[str, str] = json.loads(self._told.read_text(encoding="utf-8"))
        return found

    def stop(self) -> None:
        """End it, if it has not ended by itself."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


@contextmanager
def _proof(tests: Sequence[str]) -> Iterator[Proof]:
    with tempfile.TemporaryDirectory() as folder:
        proof = Proof(Path(folder), tests)
        try:
            yield proof
        finally:
            proof.stop()


def _explained() -> set[tuple[str, ...]]:
    """Survivors that change nothing anybody could notice: by their text, not by their line."""
    file = ROOT / "tests" / "cases" / "mutants.toml"
    found = tomllib.loads(file.read_text(encoding="utf-8"))["mutant"]
    return {(it["path"], it["function"], way, it["text"]) for it in found for way in it["ways"]}


def _named(check: Site) -> tuple[str, ...]:
    return check.path, check.function, check.way, " ".join(check.text.split())
