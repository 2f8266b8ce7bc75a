"""`policy run` against an independent reading of the contract, line by line, on both engines."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.grades.queries import facts_of
from app.grades.services import GradeEntry, correct_grades
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.config import Config
from app.kernel.transaction import writing
from app.policy.queries import candidates, run_measure
from app.registry.queries import list_plants
from app.supervision.services import ViolationEntry, correct_violations
from tests.conftest import Freeze
from tests.ledgers import SAMPLE, Ledger, load, made_up_ledger, plant_key, read_ledger
from tests.oracle import ADMITTED, days_worth_asking, policy_rows

ROOT = Path(__file__).resolve().parents[2]
MEASURES = sorted(ADMITTED)
DAYS = [
    date(2021, 1, 1),
    date(2023, 12, 31),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2025, 2, 27),
    date(2025, 2, 28),
    date(2025, 3, 1),
    date(2025, 6, 19),
    date(2025, 6, 20),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2027, 2, 28),
]
KEYS = ["policy", "title", "as_of", "known_at", "rulebook", "rulebook_status", "rows", "sha256"]
ROW_KEYS = [
    "uscc",
    "plant",
    "plant_name",
    "name",
    "county",
    "industry",
    "rulebook",
    "grade",
    "admitted",
    "rank",
    "reasons",
    "facts",
]


@pytest.fixture
def loaded(app: Flask) -> tuple[Flask, Ledger]:
    ledger = read_ledger()
    with app.app_context():
        load(ledger)
    return app, ledger


def answer(app: Flask, *arguments: str) -> dict[str, Any]:
    """The JSON that the command writes."""
    result = app.test_cli_runner().invoke(args=["policy", "run", *arguments, "--format", "json"])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout_bytes)
    return document


def without_words(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**row, "reasons": [{k: v for k, v in it.items() if k != "text"} for it in row["reasons"]]}
        for row in rows
    ]


@pytest.mark.parametrize("measure", MEASURES)
def test_every_line_is_as_the_contract_reads(loaded: tuple[Flask, Ledger], measure: str) -> None:
    app, ledger = loaded
    for day in DAYS:
        document = answer(app, measure, "--as-of", day.isoformat())
        assert without_words(document["rows"]) == policy_rows(ledger, measure, day), day


@pytest.mark.parametrize("seed", range(4))
def test_every_line_of_a_ledger_full_of_edges_is_as_the_contract_reads(
    app: Flask, seed: int
) -> None:
    ledger = made_up_ledger(seed)
    with app.app_context():
        load(ledger)
        for place, day in enumerate([*days_worth_asking(ledger, 40), *DAYS]):
            measure = MEASURES[place % len(MEASURES)]
            rows = run_measure(measure, day).document["rows"]
            assert without_words(rows) == policy_rows(ledger, measure, day), (measure, day)


def test_a_workbook_imported_by_the_command_gives_the_lists_of_the_contract(app: Flask) -> None:
    """The main job from end to end: a ledger goes in, lists and allocations come out."""
    result = app.test_cli_runner().invoke(args=["ledger", "import", str(SAMPLE)])
    assert result.exit_code == 0, result.output
    ledger = read_ledger()
    for measure in MEASURES:
        for day in DAYS[3:7]:
            document = answer(app, measure, "--as-of", day.isoformat())
            assert without_words(document["rows"]) == policy_rows(ledger, measure, day)


def test_the_projection_and_the_facts_themselves_give_the_same_answer(app: Flask) -> None:
    ledger = made_up_ledger(7)
    with app.app_context():
        load(ledger)
        later = datetime.now(UTC) + timedelta(days=1)
        for day in days_worth_asking(ledger, 60):
            now, then = candidates(day), candidates(day, later)
            assert sorted(now, key=lambda it: it.plant_id) == sorted(
                then, key=lambda it: it.plant_id
            ), day


def test_the_document_has_the_keys_of_the_contract_in_their_order(
    loaded: tuple[Flask, Ledger],
) -> None:
    app, _ = loaded
    document = answer(app, "positive-list", "--as-of", "2025-06-30")
    assert list(document) == KEYS
    assert document["title"] == "监督执法正面清单"
    assert (document["rulebook"], document["rulebook_status"]) == ("shaoxing-2023", "征求意见稿")
    for row in document["rows"]:
        assert list(row) == ROW_KEYS
        assert list(row["facts"]) == ["blocked", "banned_until", "violations_36m", "held_since"]
        assert all(list(it) == ["clause", "text", "met"] for it in row["reasons"])


def test_the_hash_is_that_of_the_plain_json_without_moment_and_hash(
    loaded: tuple[Flask, Ledger],
) -> None:
    app, _ = loaded
    for measure in MEASURES:
        document = answer(app, measure, "--as-of", "2025-06-30", "--county", "330602")
        hashed = {k: v for k, v in document.items() if k not in ("known_at", "sha256")}
        text = json.dumps(hashed, ensure_ascii=False, separators=(",", ":"))
        assert document["sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_county_gets_its_rows_with_the_ranks_of_the_whole_register(
    loaded: tuple[Flask, Ledger],
) -> None:
    app, _ = loaded
    whole = answer(app, "rights-city", "--as-of", "2025-06-30")["rows"]
    part = answer(app, "rights-city", "--as-of", "2025-06-30", "--county", "330604")["rows"]
    assert part == [row for row in whole if row["county"] == "330604"]
    assert 0 < len(part) < len(whole)


def test_what_was_known_then_is_answered_as_it_was_answered_then(app: Flask, clock: Freeze) -> None:
    """The register is loaded, corrected and added to, then asked about the time before."""
    first, second = made_up_ledger(2, 15), {**made_up_ledger(3, 15), "排污权储备": []}
    days = [date(2024, 2, 29), date(2025, 3, 1), date(2025, 12, 31)]
    with app.app_context():
        clock("2026-01-05 09:00")
        load(first)
        clock("2026-01-05 12:00")
        then = {(m, d): run_measure(m, d).document for m in MEASURES for d in days}
        clock("2026-02-01 09:00")
        corrected = correct_one_grade_and_one_violation(first)
        load(second)
        everything = {name: [*corrected[name], *second[name]] for name in first}
        for (measure, day), document in then.items():
            moment = datetime.fromisoformat(document["known_at"])
            assert run_measure(measure, day, known=moment).document == document
            now = run_measure(measure, day).document["rows"]
            assert without_words(now) == policy_rows(everything, measure, day)
            long_ago = datetime(2020, 1, 1, tzinfo=UTC)
            assert run_measure(measure, day, known=long_ago).document["rows"] == []


def correct_one_grade_and_one_violation(ledger: Ledger) -> Ledger:
    """A grade turns out to have been another; a violation is withdrawn ten days later."""
    graded = ledger["等级"][0]
    violated = next(row for row in ledger["违法行为"] if row["撤销日期"] is None)
    new_grade = {**graded, "等级": "A" if graded["等级"] != "A" else "C"}
    withdrawn = {**violated, "撤销日期": violated["决定日期"] + timedelta(days=10)}
    plants = {(it.uscc, it.number): it for it in list_plants(EVERYTHING)}
    plant = plants[plant_key(graded)]
    record = next(
        it
        for it in facts_of([plant.plant_id])[plant.plant_id].records
        if (it.effective_on, it.rulebook) == (graded["生效日期"], graded["规则集"])
    )
    owner = plants[violated["统一社会信用代码"], violated["厂区编号"] or "001"]
    violation = next(
        it
        for it in facts_of([owner.plant_id])[owner.plant_id].violations
        if (it.document, it.kind) == (violated["决定文号"], violated["类型"])
    )
    with writing("更正"):
        correct_grades(
            {
                record.id: GradeEntry(
                    plant.plant_id, record.rulebook, new_grade["等级"], record.effective_on,
                    record.expires_on, record.source,
                )
            }
        )  # fmt: skip
        correct_violations(
            {
                violation.id: ViolationEntry(
                    owner.enterprise_id, None if violation.enterprise_wide else owner.plant_id,
                    str(violation.kind), violation.acted_on, violation.decided_on,
                    violation.document, withdrawn["撤销日期"],
                )
            }
        )  # fmt: skip
        audit.record("test.corrected", "ledger", "更正")
    return {
        **ledger,
        "等级": [*ledger["等级"][1:], new_grade],
        "违法行为": [withdrawn if row is violated else row for row in ledger["违法行为"]],
    }


def test_the_same_facts_give_the_same_bytes_in_every_process(
    loaded: tuple[Flask, Ledger], tmp_path: Path
) -> None:
    app, _ = loaded
    config: Config = app.config["CONFIG"]
    words = ["policy", "run", "positive-list", "--as-of", "2025-06-30"]
    words += ["--known-at", "2999-01-01T00:00:00+08:00"]
    for form in ("json", "csv", "xlsx"):
        outputs = set()
        for seed in ("1", "2"):
            target = tmp_path / f"{seed}.{form}"
            environ = {
                **os.environ,
                "DATABASE_URL": config.database_url,
                "INSTANCE_DIR": str(config.instance_dir),
                "PYTHONHASHSEED": seed,
            }
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "wsgi", *words,
                 "--format", form, "--output", str(target)],
                cwd=ROOT, env=environ, check=True,
            )  # fmt: skip
            outputs.add(target.read_bytes())
        assert len(outputs) == 1, form
