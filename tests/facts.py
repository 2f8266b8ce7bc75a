"""A few recorded facts, entered through the services, for tests that need a register."""

from __future__ import annotations

from app.kernel import audit
from app.kernel.transaction import writing
from app.registry.domain import uscc_check_character
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    PlantEntry,
    record_industries,
    register_enterprises,
    register_plants,
)
from app.rulebook.queries import catalogue


def code(number: int) -> str:
    """The valid 统一社会信用代码 number so many of the tests."""
    first = f"91330602TEXT{number:05d}"
    return first + uscc_check_character(first)


def a_plant(number: int = 1, *, county: str = "330602", industry: str = "铸造") -> tuple[int, int]:
    """Register one enterprise with one plant in one transaction; returns both lasting ids."""
    with writing("测试"):
        (enterprise_id,) = register_enterprises(
            [EnterpriseEntry(code(number), f"示例{number}号有限公司")]
        )
        (plant_id,) = register_plants([PlantEntry(enterprise_id, "001", "本部", county)])
        found = catalogue().match(industry).industry
        assert found is not None
        record_industries([IndustryEntry(plant_id, found.id, "", "主要")])
        audit.record("test.registered", "plant", plant_id)
    return enterprise_id, plant_id
