"""What the tests of policy and rights share: plants from plain facts, the settings of a day."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from app.grades.domain import (
    GradeRecord,
    JudgedFinding,
    PlantFacts,
    Standing,
    StandingRules,
    standing_on,
)
from app.kernel.hooks import new_plugin_manager
from app.policy import builtin, hookspecs
from app.policy.domain import Candidate, Measure
from app.policy.measures import collect_measures
from app.rulebook.domain import GradeOrder, LowestGrade
from app.supervision.domain import PLAN_BLOCK_KINDS, Finding, Violation, ViolationKind

CASES = Path(__file__).parent / "cases"
TIERS = ("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性")
ORDER = GradeOrder.from_tiers(TIERS)
DAY = date(2025, 6, 30)
SETTINGS: dict[str, object] = {
    "positive_list.exclude_blocked": True,
    "ungraded_as_lowest": True,
    "violation_year_basis": "decided",
}
GRADES = ("A+", "A", "引领性", "B", "B-", "C", "D", "非引领性")


def cases(name: str, key: str = "case") -> list[dict[str, Any]]:
    """The cases of a data file, each a sentence of the procedure with its facts."""
    entries: list[dict[str, Any]] = tomllib.loads((CASES / name).read_text(encoding="utf-8"))[key]
    return entries


def built_in_measures() -> dict[str, Measure]:
    """The measures that the program brings along."""
    return collect_measures(new_plugin_manager([hookspecs], [builtin]))


def standing(grade: str | None, **changes: Any) -> Standing:
    """A standing on the day, with nothing against the plant unless said."""
    facts: dict[str, Any] = {
        "rulebook": None if grade is None else "shaoxing-2023",
        "basis": None if grade is None else "record",
        "basis_id": None if grade is None else 1,
        "verified": True,
        "blocked": False,
        "blocking": (),
        "banned_until": None,
        "violations_36m": 0,
        "held_since": None if grade is None else date(2023, 1, 1),
    }
    return Standing(grade=grade, **{**facts, **changes})


def candidate(uscc: str, its: Standing, plant: str = "001", **changes: Any) -> Candidate:
    """A plant of the register with that standing."""
    facts: dict[str, Any] = {
        "plant_id": 1,
        "plant_name": "示例厂区",
        "name": "示例企业",
        "county": "330602",
        "industry": "铸造",
        "livelihood": False,
        "state": "正常",
    }
    return Candidate(uscc=uscc, plant=plant, standing=its, **{**facts, **changes})


def standing_of_case(case: dict[str, Any]) -> Standing:
    """The standing that the facts of a case give on its day."""
    records = case.get("records", [])
    if "grade" in case:
        records = [{"grade": case["grade"], "from": date(2023, 1, 1)}]
    facts = PlantFacts(
        tuple(
            GradeRecord(number, "shaoxing-2023", it["grade"], it["from"], it.get("to"))
            for number, it in enumerate(records, start=1)
        ),
        tuple(
            Violation(
                number,
                ViolationKind(it.get("kind", "超许可浓度或总量")),
                it.get("acted"),
                it["decided"],
                f"示例〔2025〕{number}号",
                it.get("withdrawn"),
            )
            for number, it in enumerate(case.get("violations", []), start=1)
        ),
        tuple(
            JudgedFinding(
                Finding(number, it["found"], f"示例认〔2025〕{number}号", it.get("withdrawn")),
                LowestGrade("D", "shaoxing-2023", it.get("verified", True)),
            )
            for number, it in enumerate(case.get("findings", []), start=1)
        ),
    )
    basis = case.get("settings", {}).get("violation_year_basis", "decided")
    return standing_on(facts, case["on"], StandingRules(ORDER, PLAN_BLOCK_KINDS, basis))
