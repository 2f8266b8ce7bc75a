"""Exactly one main industry (主要行业) per plant."""

from __future__ import annotations

from collections.abc import Mapping

from app.ledger.matching import Matched
from app.ledger.register import PlantKey
from app.ledger.rules.after import PlantIndustries
from app.registry.plant_rules import main_industry_fault
from app.rulebook.queries import catalogue


def check_main_industry(matched: Matched, after: Mapping[PlantKey, PlantIndustries]) -> None:
    """Exactly one main industry (主要) per plant the workbook speaks of (PLAN-CROSS)."""
    for plant in after.values():
        touched = [row for row in plant.rows.values() if not row.is_same]
        if not touched or plant.unread:
            continue
        mains = [kind for kind, role in plant.roles.items() if role == "主要"]
        sentence = main_industry_fault([_named(plant, kind) for kind in mains])
        if sentence is None:
            continue
        typed_mains = [row for row in touched if row.values.get("role") == "主要"]
        row = (typed_mains or touched)[-1]
        matched.ledger.refuse(row.row, "role", sentence)
    for row in matched.of("厂区"):
        if row.old is None and row.plant is not None and row.plant not in after:
            matched.ledger.warn(
                row.row,
                "",
                "该厂区没有行业，等级方案无法核对，请在“行业”表中补上该厂区的行业",
            )


def _named(plant: PlantIndustries, kind: tuple[str, str]) -> str:
    name = catalogue().by_id(kind[0]).label(kind[1] or None)
    row = plant.rows.get(kind)
    return f"第 {row.row.number} 行的{name}" if row else f"登记簿中的{name}"
