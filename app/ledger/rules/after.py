"""What will stand once the workbook is written (导入后的状态): plants, industries, grades.

Plants and industries of rows refused for another reason count as well, so that one fault does not
call forth others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.ledger.matching import Matched, MatchedRow
from app.ledger.register import EnterpriseKey, PlantKey
from app.ledger.sheets import Values


@dataclass(slots=True)
class PlantIndustries:
    """What a plant will have: (industry id, sub-type) → role.

    ``unread`` says that a row of the workbook could not be read, so that nothing may be concluded
    from what is missing; ``rows`` are the workbook's own rows.
    """

    roles: dict[tuple[str, str], str | None] = field(default_factory=dict)
    rows: dict[tuple[str, str], MatchedRow] = field(default_factory=dict)
    unread: bool = False

    @property
    def main(self) -> tuple[str, str | None] | None:
        """The main industry and its sub-type, if it is known."""
        for (industry, subtype), role in self.roles.items():
            if role == "主要":
                return industry, subtype or None
        return None


def industries_after(matched: Matched) -> Mapping[PlantKey, PlantIndustries]:
    """The industries of every plant once the workbook is written, refused rows included."""
    found: dict[PlantKey, PlantIndustries] = {}
    for standing in matched.register.rows.get("行业", ()):
        if standing.plant_id is not None:
            values = standing.values
            kind = (values["industry"], values.get("subtype") or "")
            found.setdefault(standing.plant_id, PlantIndustries()).roles[kind] = values["role"]
    for row in matched.of("行业"):
        if row.plant is None:
            continue
        plant = found.setdefault(row.plant, PlantIndustries())
        if row.key is None:
            plant.unread = True
            continue
        kind = (row.values["industry"], row.values.get("subtype") or "")
        plant.unread = plant.unread or "role" in row.row.failed
        plant.roles[kind] = row.values.get("role")
        plant.rows[kind] = row
    _mark_unread(matched, found)
    return found


def _mark_unread(matched: Matched, found: dict[PlantKey, PlantIndustries]) -> None:
    """Mark the plants of rows that stand twice with two roles, and all if the sheet is unread."""
    for row in matched.repeated("行业"):
        if row.plant is not None:
            kind = (row.values["industry"], row.values.get("subtype") or "")
            plant = found[row.plant]
            plant.unread = plant.unread or plant.roles[kind] != row.values.get("role")
    if "行业" in matched.ledger.unreadable:
        for named in (row for rows in matched.rows.values() for row in rows):
            if named.plant is not None:
                found.setdefault(named.plant, PlantIndustries()).unread = True


@dataclass(frozen=True, slots=True)
class PlantAfter:
    """Whose the plant will be and in which county it will stand (None: could not be read)."""

    owner: EnterpriseKey | None
    county: str | None


def plants_after(matched: Matched) -> Mapping[PlantKey, PlantAfter]:
    """Every plant of the register and of the workbook."""
    found: dict[PlantKey, PlantAfter] = {
        plant_id: PlantAfter(place.enterprise_id, place.county)
        for plant_id, place in matched.register.places.items()
    }
    for row in matched.of("厂区"):
        if row.plant is not None:
            owner = found[row.plant].owner if row.plant in found else row.enterprise
            found[row.plant] = PlantAfter(owner, row.values.get("county"))
    return found


def grades_after(matched: Matched) -> Mapping[PlantKey, list[Values]]:
    """The grade records of every plant, without rows that are refused."""
    found: dict[PlantKey, list[Values]] = {}
    replaced = {it.old.fact_id for it in matched.of("等级") if it.old is not None}
    for standing in matched.register.rows.get("等级", ()):
        if standing.fact_id not in replaced and standing.plant_id is not None:
            found.setdefault(standing.plant_id, []).append(standing.values)
    for row in matched.of("等级"):
        if row.plant is not None and row.key is not None and not row.row.is_refused:
            found.setdefault(row.plant, []).append(row.values)
    return found
