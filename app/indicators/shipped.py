"""Tables that come with the program (随程序提供的指标表): only what has a source, the rest 未核实.

They become version 1 of their family and rule nothing: a bureau reads them, completes them from
the document before it, and puts them in force. A family that has versions is left alone.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from app.accounts.queries import list_bureaus
from app.indicators.criteria import IndicatorTable
from app.indicators.queries import list_families
from app.indicators.services import keep_version, open_family
from app.indicators.toml_files import from_toml
from app.kernel import daily
from app.kernel.transaction import writing

FOLDER = Path(__file__).parent / "data"
NOTE = "随程序提供，只收录已有出处的部分"


@lru_cache(maxsize=1)
def tables() -> tuple[IndicatorTable, ...]:
    """Every shipped table, by the name of its file."""
    return tuple(
        from_toml(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))
    )


def missing() -> list[IndicatorTable]:
    """The shipped tables whose family is not on record."""
    known = {(it.rulebook, it.industry, it.subtype, it.kind) for it in list_families()}
    return [it for it in tables() if (it.rulebook, it.industry, it.subtype, "base") not in known]


def keep_missing() -> int:
    """Enter them as version 1, in the present transaction; returns how many there were."""
    found = missing()
    for table in found:
        family = open_family(table.rulebook, table.industry, table.subtype)
        keep_version(family, table, made_from=None, note=NOTE)
    return len(found)


def _each_day(_day: date) -> None:
    """Once there is a bureau the first day brings them; afterwards there is nothing to do."""
    if list_bureaus() and missing():
        with writing("随程序提供的指标表"):
            keep_missing()


daily.each_day("随程序提供的指标表", _each_day)
