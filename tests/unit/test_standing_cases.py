"""The standing of a plant (等级与状态), case by case: one sentence of the procedure each.

The cases are data (tests/cases/standing_*.toml): what is on record, then days with what must
hold on them: the day before a boundary, the day itself, the day after.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.grades.domain import (
    GradeRecord,
    JudgedFinding,
    PlantFacts,
    Standing,
    StandingRules,
    standing_on,
)
from app.grades.life import intervals
from app.rulebook.domain import GradeOrder, LowestGrade
from app.supervision.domain import PLAN_BLOCK_KINDS, Finding, Violation, ViolationKind

CASES = Path(__file__).parents[1] / "cases"
ORDER = GradeOrder.from_tiers(["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"])
Case = dict[str, Any]


def all_cases() -> list[Case]:
    return [
        case
        for path in sorted(CASES.glob("standing_*.toml"))
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    ]


def facts_of(case: Case) -> PlantFacts:
    return PlantFacts(
        records=tuple(record(n, row) for n, row in enumerate(case.get("records", ()), 1)),
        violations=tuple(violation(n, row) for n, row in enumerate(case.get("violations", ()), 1)),
        findings=tuple(finding(n, row) for n, row in enumerate(case.get("findings", ()), 1)),
    )


def record(number: int, row: Case) -> GradeRecord:
    return GradeRecord(
        id=row.get("id", number),
        rulebook=row.get("rulebook", "shaoxing-2023"),
        grade=row["grade"],
        effective_on=row["from"],
        expires_on=row.get("until"),
        source=row.get("source", "核定"),
    )


def violation(number: int, row: Case) -> Violation:
    return Violation(
        id=number,
        kind=ViolationKind(row.get("kind", "未依法环评")),
        acted_on=row.get("acted"),
        decided_on=row["decided"],
        document=f"绍环罚〔{row['decided'].year}〕{number}号",
        withdrawn_on=row.get("withdrawn"),
        enterprise_wide=row.get("enterprise_wide", False),
    )


def finding(number: int, row: Case) -> JudgedFinding:
    found = Finding(
        id=row.get("id", number),
        found_on=row["found"],
        document=f"绍市环认〔{row['found'].year}〕{number}号",
        withdrawn_on=row.get("withdrawn"),
        enterprise_wide=row.get("enterprise_wide", False),
    )
    lowest = LowestGrade(
        row.get("lowest", "D"), row.get("rulebook", "shaoxing-2023"), row.get("verified", True)
    )
    return JudgedFinding(found, lowest)


def rules_of(case: Case) -> StandingRules:
    other = {ViolationKind.OTHER} if case.get("other_kinds") else set()
    return StandingRules(
        order=ORDER,
        blocking_kinds=PLAN_BLOCK_KINDS | other,
        year_basis=case.get("year_basis", "decided"),
    )


def as_written(value: object) -> object:
    """A value of a standing as the case files write it."""
    return "none" if value is None else list(value) if isinstance(value, tuple) else value


def told(standing: Standing, expected: Case) -> Case:
    return {name: as_written(getattr(standing, name)) for name in expected}


@pytest.mark.parametrize(
    "case", all_cases(), ids=lambda case: f"{case['clause']}: {case['sentence']}"
)
def test_the_standing_is_what_the_sentence_says(case: Case) -> None:
    facts, rules = facts_of(case), rules_of(case)
    life = intervals(facts, rules)
    for row in case["days"]:
        on: date = row["day"]
        expected = {name: value for name, value in row.items() if name != "day"}
        standing = standing_on(facts, on, rules)
        assert told(standing, expected) == expected, on
        assert [it.standing for it in life if holds(it.from_on, on, it.until_on)] == [standing], on


def holds(from_on: date, on: date, until_on: date | None) -> bool:
    return from_on <= on and (until_on is None or on < until_on)


def test_every_case_names_a_clause_a_sentence_and_days_in_order() -> None:
    for case in all_cases():
        days = [row["day"] for row in case["days"]]
        assert case["clause"].startswith(("PLAN-", "NAT-"))
        assert case["sentence"]
        assert days == sorted(set(days)), case["sentence"]
