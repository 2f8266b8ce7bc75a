"""`policy allocate` against an independent reading of the contract, on both engines."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.grades.services import GradeEntry, record_grades
from app.kernel import audit
from app.kernel.transaction import writing
from app.rights.domain import Level
from app.rights.queries import run_allocation
from app.rights.services import ApplicationEntry, record_applications
from app.upgrading.services import ProjectEntry, record_projects
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.ledgers import POLLUTANTS, Ledger, load, made_up_ledger, read_ledger
from tests.oracle import allocation_rows

DAYS = [date(2025, 1, 1), date(2025, 3, 1), date(2025, 6, 30), date(2025, 12, 31)]
KEYS = [
    "level",
    "pollutant",
    "year",
    "as_of",
    "known_at",
    "reserve",
    "allocated_total",
    "rows",
    "sha256",
]


def answer(app: Flask, level: str, pollutant: str, day: date) -> dict[str, Any]:
    words = [level, "--pollutant", pollutant, "--year", "2025", "--as-of", day.isoformat()]
    result = app.test_cli_runner().invoke(args=["policy", "allocate", *words, "--format", "json"])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout_bytes)
    return document


def check(document: dict[str, Any], ledger: Ledger, level: str, pollutant: str, day: date) -> None:
    reserve, rows = allocation_rows(ledger, level, pollutant, 2025, day)
    without_words = [{k: v for k, v in row.items() if k != "reasons"} for row in document["rows"]]
    assert without_words == rows
    total = tonnes(row["allocated"] for row in rows)
    assert Decimal(document["reserve"]) == reserve
    assert document["reserve"] == f"{reserve:.3f}"
    assert document["allocated_total"] == f"{total:.3f}"
    assert total <= reserve


def tonnes(amounts: Iterable[str | None]) -> Decimal:
    return sum((Decimal(it) for it in amounts if it is not None), Decimal(0))


def test_every_share_of_the_sample_is_as_the_contract_reads(app: Flask) -> None:
    ledger = read_ledger()
    with app.app_context():
        load(ledger)
    for level, pollutant, day in itertools.product(Level, POLLUTANTS, DAYS):
        check(answer(app, str(level), pollutant, day), ledger, level, pollutant, day)


@pytest.mark.parametrize("seed", range(4))
def test_every_share_of_a_ledger_full_of_edges_is_as_the_contract_reads(
    app: Flask, seed: int
) -> None:
    ledger = made_up_ledger(seed)
    with app.app_context():
        load(ledger)
        for level, pollutant, day in itertools.product(Level, POLLUTANTS, DAYS):
            document = run_allocation(level, pollutant, 2025, day).document
            check(document, ledger, level, pollutant, day)


def test_the_document_and_its_hash_are_as_the_contract_says(app: Flask) -> None:
    with app.app_context():
        load(made_up_ledger(5))
    document = answer(app, "city", "VOCs", date(2025, 12, 31))
    assert list(document) == KEYS
    assert {row["section"] for row in document["rows"]} == {
        "priority",
        "new-enterprise",
        "not-admitted",
    }
    hashed = {k: v for k, v in document.items() if k not in ("known_at", "sha256")}
    text = json.dumps(hashed, ensure_ascii=False, separators=(",", ":"))
    assert document["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    for row in document["rows"]:
        assert list(row)[-1] == "reasons"
        assert row["reasons"]


def test_an_allocation_of_the_past_is_as_it_was_computed_then(app: Flask, clock: Freeze) -> None:
    first, second = made_up_ledger(2, 15), {**made_up_ledger(3, 15), "排污权储备": []}
    day = date(2025, 12, 31)
    with app.app_context():
        clock("2026-01-05 09:00")
        load(first)
        clock("2026-01-05 12:00")
        then = {p: run_allocation(Level.CITY, p, 2025, day).document for p in POLLUTANTS}
        clock("2026-02-01 09:00")
        load(second)
        everything = {name: [*first[name], *second[name]] for name in first}
        for pollutant, document in then.items():
            moment = datetime.fromisoformat(document["known_at"])
            again = run_allocation(Level.CITY, pollutant, 2025, day, known=moment)
            assert again.document == document
            now = run_allocation(Level.CITY, pollutant, 2025, day).document
            check(now, everything, "city", pollutant, day)
            before = datetime(2020, 1, 1, tzinfo=UTC)
            nothing = run_allocation(Level.CITY, pollutant, 2025, day, known=before).document
            assert (nothing["reserve"], nothing["rows"]) == ("0.000", [])


def test_an_application_named_before_its_project_was_recorded_is_of_that_project(
    app: Flask, bureau: None
) -> None:
    with app.app_context():
        _, plant_id = a_plant()
        day = date(2025, 1, 2)
        with writing("测试"):
            record_grades([GradeEntry(plant_id, "shaoxing-2023", "A", day, None, "历史")])
            record_applications(
                [ApplicationEntry(plant_id, "项目(一)", "VOCs", 2025, Decimal(1), day)]
            )
            audit.record("test.recorded", "plant", plant_id)
        with writing("测试"):
            record_projects([ProjectEntry(plant_id, "项目（一）", "新建", new_enterprise=True)])
            audit.record("test.recorded", "plant", plant_id)
        (row,) = run_allocation(Level.CITY, "VOCs", 2025, date(2025, 6, 30)).document["rows"]
    assert (row["project"], row["section"]) == ("项目(一)", "new-enterprise")
