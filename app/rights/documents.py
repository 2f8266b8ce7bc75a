"""An allocation as its lasting document: canonical JSON with its hash, and the bureau's table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.policy.documents import (
    PLANT_COLUMNS,
    Document,
    Table,
    heading_notes,
    moment_in_utc,
    plant_cells,
    reason_cells,
    reasons_as_json,
    sealed,
)
from app.rights.domain import LEVEL_WORDS, SECTION_WORDS, Allocation, Section, Share

COLUMNS = (
    "分组",
    "位次",
    *PLANT_COLUMNS,
    "项目名称",
    "申请日期",
    "申请量（吨/年）",
    "分配量（吨/年）",
    "结论",
    "理由",
    "条款",
)


def to_canonical(allocation: Allocation, *, known_at: datetime) -> Document:
    """The JSON of `policy allocate`, hash included; tonnes are texts with three places."""
    return sealed(
        {
            "level": str(allocation.level),
            "pollutant": allocation.pollutant,
            "year": allocation.year,
            "as_of": allocation.on.isoformat(),
            "known_at": moment_in_utc(known_at),
            "reserve": str(allocation.reserve),
            "allocated_total": str(allocation.allocated_total),
            "rows": [_share_as_json(share) for share in allocation.shares],
        }
    )


def _share_as_json(share: Share) -> Document:
    application = share.application
    return {
        "uscc": application.uscc,
        "plant": application.plant,
        "project": application.project,
        "applied_on": application.applied_on.isoformat(),
        "asked": str(application.asked),
        "allocated": None if share.allocated is None else str(share.allocated),
        "rank": share.rank,
        "section": str(share.section),
        "reasons": reasons_as_json(share.reasons),
    }


def title_of(allocation: Allocation) -> str:
    """The title of the list, e.g. 2025 年度市级储备排污权分配（VOCs）."""
    level = LEVEL_WORDS[allocation.level]
    return f"{allocation.year} 年度{level}储备排污权分配（{allocation.pollutant}）"


def allocation_table(
    allocation: Allocation,
    *,
    rulebook: str,
    rulebook_status: str,
    sha256: str,
    county_names: Mapping[str, str],
    number: str = "",
) -> Table:
    """The table of an allocation for csv and xlsx; `sha256` is that of its canonical JSON."""
    notes = (
        *heading_notes(allocation.on, rulebook, rulebook_status, number, sha256),
        f"储备量：{allocation.reserve} 吨/年。分配合计：{allocation.allocated_total} 吨/年。",
        "分配次序：厂区位次、申请日期、项目名称（方案未规定分配方法，本局设定）。",
    )
    rows = tuple(
        (
            SECTION_WORDS[share.section],
            share.rank,
            *plant_cells(share.plant.candidate, county_names),
            share.application.project,
            share.application.applied_on.isoformat(),
            str(share.application.asked),
            "" if share.allocated is None else str(share.allocated),
            "纳入" if share.section is Section.PRIORITY else "不纳入",
            *reason_cells(share.reasons),
        )
        for share in allocation.shares
    )
    return Table(title_of(allocation), notes, COLUMNS, rows)
