"""What stands of filings, held against what their people were told (申报的核对)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.ground import Ground
from bench.load.carrying import NOTES
from bench.load.filers import Saved, texts_saved
from bench.load.persistent import Acknowledged
from sqlalchemy import func, select, text

from app.kernel import files
from app.kernel.canonical import sha256_of
from app.kernel.database import Base, db

_SUBMITTED, _WITHDRAWN = "submitted", "withdrawn"
_HASHES_OF_TEXTS = ("filing_submission", "filing_acceptance")
"""Tables whose hash is not that of a file."""
_TOGETHER = {
    "filing.started": "SELECT count(*) FROM filing",
    "filing.submitted": "SELECT count(*) FROM filing_submission",
    "filing.withdrawn": "SELECT count(*) FROM filing WHERE state = 'withdrawn'",
    "filing.package_issued": "SELECT count(*) FROM filing_package",
    "filing.package_arrived": "SELECT count(*) FROM filing_arrival",
    "filing.package_imported": "SELECT count(*) FROM filing_arrival WHERE state = 'imported'",
    "filing.papers-kept": "SELECT count(DISTINCT submission_id) FROM filing_paper",
}
"""Entry of the trail → what there are as many of."""


@dataclass
class Looker:
    """Looks whether everything stands, or not at all; remembers which files were found whole."""

    saved: Saved
    filers: list[int]
    """The filings whose rows are saved one by one."""
    done: Acknowledged
    faults: set[str] = field(default_factory=set)
    submissions: int = 0
    files: int = 0
    papers: int = 0
    _whole: set[str] = field(default_factory=set)

    def look(self, place: Ground, *, anew: bool = False) -> None:
        """Note what is wrong now; ``anew``: with every file read once more."""
        told = {key: set(found) for key, found in (
            ("saved", self.saved.values), ("material", self.done.materials),
            ("submission", self.done.submitted), ("withdrawal", self.done.withdrawn),
            ("package", self.done.packages))}  # fmt: skip
        if anew:
            self._whole.clear()
        with place.app().app_context():  # one snapshot
            stands = self._standing()
            for kind, those in told.items():
                self.faults |= {f"{kind} lost: {it}" for it in those - stands[kind]}
            for check in (_submissions, _receipts, _packages, _counts, _orphans):
                self.faults |= set(check())
            self.faults |= set(self._files())
            self.submissions = len(stands["submission"])
            self.papers = _one("SELECT count(*) FROM filing_paper")
            db.session.rollback()
            db.engine.dispose()

    def _standing(self) -> dict[str, set[Any]]:
        there = "SELECT id FROM filing WHERE state = 'withdrawn'"
        return {
            "saved": texts_saved(self.filers),
            "material": set(_rows("SELECT filing_id, sha256 FROM filing_evidence")),
            "submission": {it for (it,) in _rows("SELECT id FROM filing_submission")},
            "withdrawal": {it for (it,) in _rows(there)},
            "package": {it for it, many in _notes_of_packages().items() if many == len(NOTES)},
        }

    def _files(self) -> Iterator[str]:
        held = {it for (it,) in _rows("SELECT sha256 FROM stored_file")}
        for it in held - self._whole:
            if not files.is_whole(it):
                yield f"file not there or not whole: {it}"
        self._whole |= held
        self.files = len(held)


def _submissions() -> Iterator[str]:
    """Each whole: hash, receipt, files, step, entry of the trail, the job that makes its papers."""
    kept = defaultdict[int, list[str]](list)
    for submission, sha256 in _rows(
        "SELECT submission_id, sha256 FROM filing_submission_file ORDER BY submission_id, place"
    ):
        kept[submission].append(sha256)
    jobs = {it for (it,) in _rows("SELECT key FROM job WHERE kind = 'filing.papers'")}
    steps = Counter(it for (it,) in _rows(
        "SELECT filing_id FROM filing_step WHERE action = 'submit'"))  # fmt: skip
    entries = {json.loads(it)["校验值"] for (it,) in _rows(
        "SELECT detail FROM audit_entry WHERE action = 'filing.submitted'")}  # fmt: skip
    numbers = Counter[int]()
    for it, filing, state, number, receipt, content, sha256 in _rows(
        "SELECT s.id, f.id, f.state, s.number, s.receipt, s.content, s.sha256"
        " FROM filing_submission s JOIN filing f ON f.id = s.filing_id ORDER BY s.id"
    ):
        frozen, numbers[filing] = json.loads(content), numbers[filing] + 1
        whole = {
            "hash": sha256_of(content) == sha256,
            "receipt": (frozen["receipt"], frozen["number"]) == (receipt, number),
            "number": number == numbers[filing],
            "files": [part["sha256"] for part in frozen["evidence"]] == kept[it],
            "state": state in (_SUBMITTED, _WITHDRAWN),
            "entry": sha256 in entries,
            "papers": f"filing.papers:{it}" in jobs,
        }
        yield from (f"submission {it}: {name}" for name, held in whole.items() if not held)
    if numbers != steps:
        yield f"submissions and steps differ: {numbers - steps} {steps - numbers}"
    for (it,) in _rows("SELECT id FROM filing WHERE state = 'submitted'"):
        if not numbers[it]:
            yield f"filing {it} is submitted without a submission"


def _receipts() -> Iterator[str]:
    """回执编号 of a county and year run from 1 on, none left out, none twice."""
    found = defaultdict[str, list[int]](list)
    for (receipt,) in _rows("SELECT receipt FROM filing_submission"):
        county_year, _, number = receipt.rpartition("-")
        found[county_year].append(int(number))
    for it, numbers in found.items():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"receipts of {it} have gaps or doubles"


def _notes_of_packages() -> Counter[str]:
    """The text of a package → on how many rows it was written."""
    found = Counter[str]()
    for (detail,) in _rows(
        "SELECT a.detail FROM audit_entry a JOIN filing_package p"
        " ON a.object_id = CAST(p.filing_id AS varchar(80))"
        " WHERE a.action = 'filing.answered' AND a.object_type = 'filing'"
    ):
        found[json.loads(detail).get("内容", "").partition("理由：")[2]] += 1
    return Counter({it: many for it, many in found.items() if it})


def _packages() -> Iterator[str]:
    """All rows and the material of a package, or nothing of it."""
    names = Counter(it.rpartition(".")[0] for (it,) in _rows(
        "SELECT e.name FROM filing_evidence e JOIN filing_package p"
        " ON p.filing_id = e.filing_id"))  # fmt: skip
    rows = _notes_of_packages()
    for it in rows.keys() | names.keys():
        if (rows[it], names[it]) != (len(NOTES), 1):
            yield f"half a package: {it}, {rows[it]} rows, {names[it]} materials"


def _counts() -> Iterator[str]:
    entries = dict(_rows("SELECT action, count(*) FROM audit_entry WHERE object_type = 'filing'"
                         " GROUP BY action"))  # fmt: skip
    for action, query in _TOGETHER.items():
        if entries.get(action, 0) != _one(query):
            yield f"{action}: {entries.get(action, 0)} entries, {_one(query)} on record"


def _orphans() -> Iterator[str]:
    """Rows of filings that belong to what is not there, or name a file that is not on record."""
    for name, table in Base.metadata.tables.items():
        if not name.startswith("filing"):
            continue
        pairs = [(it.parent, it.column) for it in table.foreign_keys]
        if "sha256" in table.c and name not in _HASHES_OF_TEXTS:
            pairs.append((table.c.sha256, Base.metadata.tables["stored_file"].c.sha256))
        for child, parent in pairs:
            left = table.outerjoin(parent.table, child == parent)
            query = select(func.count()).select_from(left).where(parent.is_(None))
            if many := db.session.execute(query.where(child.is_not(None))).scalar_one():
                yield f"{many} rows of {name} without their {parent}"


def _one(query: str) -> int:
    ((found,),) = _rows(query)
    return int(found)


def _rows(query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.session.execute(text(query))]
