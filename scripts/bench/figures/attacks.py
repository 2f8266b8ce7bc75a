"""Everything that the tests attack the program with, in one run, counted by the tests themselves.

Every address × every role × own and foreign records; forged requests; hostile texts in every field,
parameter, header and cell; hostile files; fields nobody asked for; two people at one moment; every
address of officers at the listener of enterprises (企业申报入口). What a test tries and finds at
fault it writes down itself (``tests/tally.py``), and trying nothing fails. No country is needed:
the tests make their own register. ``mutants`` shows that they can fail.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.ground import ENGINES, Ground
from bench.measuring import Result

from app.kernel.config import ROOT
from tests.tally import TALLY_FILE

NEEDS_COUNTRY = False
TESTS = (
    "test_access_matrix", "test_forgery", "test_fragments", "test_hostile_cells",
    "test_hostile_files", "test_hostile_input", "test_mass_assignment", "test_stored_text",
    "test_headers", "test_desk_hostile", "test_plant_attacks", "test_rights_attacks",
    "test_two_people", "test_outsiders", "test_filers_listener",
)  # fmt: skip


def measure(place: Ground) -> list[Result]:
    """Every count of every attack on this engine, and whether all tests passed."""
    files = [f"tests/integration/{name}.py" for name in TESTS]
    (other,) = set(ENGINES) - {place.engine}
    with tempfile.TemporaryDirectory() as folder:
        tallies = Path(folder, "tallies")
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", f"not {other}",
            *(it for it in files if (ROOT / it).exists()), "tests/unit/test_spreadsheet_guard.py",
        ]  # fmt: skip
        environ = {**os.environ, TALLY_FILE: str(tallies)}
        failed = subprocess.run(command, cwd=ROOT, env=environ).returncode
        lines = tallies.read_text(encoding="utf-8").splitlines() if tallies.exists() else []
    counts = [json.loads(line) for line in lines]
    results = [_result(place.engine, it) for it in counts]
    tried = sum(it["tried"] for it in counts)
    wrong = sum(it["failed"] for it in counts)
    said = f"{tried:,} tried, {wrong} failed" + (", tests failed" if failed else "")
    all_held = not failed and not wrong and tried > 0
    return [*results, Result("attacks", "all", place.engine, said, "0 failed", all_held, {})]


def _result(engine: str, told: dict[str, Any]) -> Result:
    attack, tried, failed = told.pop("attack"), told.pop("tried"), told.pop("failed")
    held = failed == 0 and tried > 0
    said = f"{tried:,} tried, {failed} failed"
    return Result("attacks", attack, engine, said, "0 failed", held, told)
