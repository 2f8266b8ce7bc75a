"""What an allocation of any day must say, reckoned from the contracts alone (独立推算)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.chronicles.model import Register, list_of


def allocation_of(
    known: Register, level: str, pollutant: str, year: int, day: date
) -> dict[str, Any]:
    """The answer of ``policy allocate`` without its reasons; kilograms as tonnes in text."""
    plants = {it.key: it for it in known.open_plants(day)}
    listed = list_of(known, f"rights-{level}", day)
    ranks = {(it["uscc"], it["plant"]): it["rank"] for it in listed}
    sections: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("priority", "new-enterprise", "not-admitted")
    }
    for it in known.applications:
        if (it.pollutant, it.year) != (pollutant, year) or it.applied > day:
            continue
        if it.plant not in plants:
            continue
        plant = plants[it.plant]
        rank = ranks[plant.owner, plant.number]
        section = "priority" if rank else "not-admitted"
        if it.project and (it.plant, it.project) in known.new_projects:
            section = "new-enterprise"
        sections[section].append(
            {
                "uscc": plant.owner, "plant": plant.number, "project": it.project,
                "applied_on": it.applied.isoformat(), "asked": tonnes(it.kilograms),
                "allocated": None, "rank": rank if section == "priority" else None,
                "section": section, "kilograms": it.kilograms,
            }
        )  # fmt: skip
    reserve = known.reserves.get((level, pollutant, year), 0)
    sections["priority"].sort(key=lambda it: (it["rank"], it["applied_on"], it["project"]))
    given = _give(sections["priority"], reserve, known.setting("allocation.partial", day))
    for name in ("new-enterprise", "not-admitted"):
        sections[name].sort(key=lambda it: (it["uscc"], it["plant"], it["project"]))
    rows = [row for section in sections.values() for row in section]
    for row in rows:
        del row["kilograms"]
    return {"reserve": tonnes(reserve), "allocated_total": tonnes(given), "rows": rows}


def _give(rows: Sequence[dict[str, Any]], reserve: int, partial: bool) -> int:
    """Give each what it asked until the reserve is used up; what was given in all."""
    left = reserve
    for row in rows:
        asked = row["kilograms"]
        if asked > left and not partial:
            left, row["allocated"] = 0, tonnes(0)
            reserve_given = 0
        else:
            reserve_given = min(asked, left)
            left -= reserve_given
            row["allocated"] = tonnes(reserve_given)
        row["given"] = reserve_given
    return sum(row.pop("given") for row in rows)


def tonnes(kilograms: int) -> str:
    """Tonnes with exactly three places."""
    return f"{kilograms // 1000}.{kilograms % 1000:03d}"
