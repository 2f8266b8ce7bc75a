"""Indicator tables of the demo (示例指标表): one made up for each kind of scheme, all in force.

They were put before the head and approved as a bureau does it; beside them lie, not in force, the
tables that come with the program.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from app.approvals import services as approvals
from app.indicators import services, shipped
from app.indicators.toml_files import from_toml

FOLDER = Path(__file__).parent / "data" / "indicators"
SUPPLEMENT = "coating_supplement"
PART = "浙江省（示例）"
NOTE = "示例，数据为编造"


def names() -> list[str]:
    """The files, a supplement after the table that it tightens."""
    found = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return sorted(found, key=lambda it: it == SUPPLEMENT)


def keep(name: str) -> tuple[int, int]:
    """Enter one as version 1; returns the table's id and the version's."""
    table = from_toml((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    kind, part = ("supplement", PART) if name == SUPPLEMENT else ("base", "")
    family = services.open_family(table.rulebook, table.industry, table.subtype, kind, part)
    return family, services.keep_version(family, table, made_from=None, note=NOTE, example=True)


def propose(family: int, version: int, on: date) -> int:
    """Put it before the head that the version rules from a day."""
    document = f"示例函〔{on.year}〕9号"
    return services.propose_ruling(family, version, on, document=document, reason="示例")


def approve(proposal_id: int) -> None:
    """The head lets it rule."""
    approvals.approve(proposal_id)


def keep_shipped() -> None:
    """The tables that come with the program, as any installation has them."""
    shipped.keep_missing()
