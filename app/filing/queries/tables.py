"""The indicator tables that filings are judged by, read together in a few statements.

What a version says never changes, so a table once read is kept by its hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from app.indicators.comparing import tightened
from app.indicators.domain import Cell, IndicatorTable, Row, Unverified
from app.indicators.models import IndicatorFamily, IndicatorRuling, IndicatorVersion
from app.indicators.queries import Family, InForce, Version
from app.kernel.database import known_at, run
from app.rulebook.domain import Grade, Rulebook

_LAID_OVER: dict[tuple[str, ...], IndicatorTable] = {}
_MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Wanted:
    """A table that is asked for: of an industry or sub-type under a rulebook."""

    rulebook: str
    industry: str
    subtype: str


@dataclass(frozen=True, slots=True)
class TablesFound:
    """The tables that rule on the day, and those of the versions that were asked for by id."""

    ruling: dict[Wanted, InForce]
    worked_on: dict[tuple[int, ...], InForce]


_FAMILIES = (
    select(
        IndicatorFamily.id, IndicatorFamily.rulebook, IndicatorFamily.industry,
        IndicatorFamily.subtype, IndicatorFamily.kind, IndicatorFamily.part,
        IndicatorRuling.version_id, IndicatorRuling.from_on,
    )
    .join(IndicatorRuling, IndicatorRuling.family_id == IndicatorFamily.id)
    .where(
        IndicatorFamily.rulebook.in_(bindparam("rulebooks", expanding=True)),
        IndicatorFamily.industry.in_(bindparam("industries", expanding=True)),
        IndicatorRuling.from_on <= bindparam("on"),
        known_at(IndicatorRuling, None),
    )
    .order_by(IndicatorFamily.kind, IndicatorFamily.part, IndicatorRuling.from_on)
)  # fmt: skip
_VERSIONS = select(
    IndicatorVersion.id, IndicatorVersion.family_id, IndicatorVersion.number,
    IndicatorVersion.made_from, IndicatorVersion.content, IndicatorVersion.sha256,
    IndicatorVersion.example, IndicatorVersion.note, IndicatorVersion.kept_at,
    IndicatorVersion.kept_by,
).where(IndicatorVersion.id.in_(bindparam("ids", expanding=True)))  # fmt: skip


def find_tables(
    wanted: Iterable[Wanted], on: date, worked_on: Iterable[tuple[int, ...]] = ()
) -> TablesFound:
    """Two statements, however many tables: what rules on the day, and these versions by id.

    As `app.indicators.queries.table_on` answers for one of them, and a test says so.
    """
    asked, worked = list(dict.fromkeys(wanted)), [it for it in dict.fromkeys(worked_on) if it]
    chosen = ruling_versions(asked, on)
    ids = {i for it in (*chosen.values(), *worked) for i in it}
    versions = _versions(ids)
    return TablesFound(
        {it: _laid_over(versions, chosen[it]) for it in asked if it in chosen},
        {it: _laid_over(versions, it) for it in worked},
    )


def ruling_versions(wanted: Iterable[Wanted], on: date) -> dict[Wanted, tuple[int, ...]]:
    """The ids of the versions that rule, the guide's first; retired and missing ones left out.

    One statement, and no table is read.
    """
    asked = list(dict.fromkeys(wanted))
    if not asked:
        return {}
    rows: Iterable[Any] = run(
        _FAMILIES,
        {
            "rulebooks": sorted({it.rulebook for it in asked}),
            "industries": sorted({it.industry for it in asked}),
            "on": on,
        },
    )
    latest: dict[Family, int | None] = {}
    for *values, version_id, _ in rows:  # of each family the ruling that began last comes last
        latest[Family(*values)] = version_id
    found = {}
    for it in asked:
        for part in dict.fromkeys((it.subtype, "")):
            own = (it.rulebook, it.industry, part)
            ids = _of_families([f for f in latest if (f.rulebook, f.industry, f.subtype) == own],
                               latest)  # fmt: skip
            if ids:
                found[it] = ids
                break
    return found


def _of_families(families: Sequence[Family], latest: dict[Family, int | None]) -> tuple[int, ...]:
    base = [latest[it] for it in families if not it.is_supplement]
    if not base or base[0] is None:
        return ()
    extra = [latest[it] for it in families if it.is_supplement]
    return tuple(it for it in (*base, *extra) if it is not None)


def _versions(ids: Iterable[int]) -> dict[int, Version]:
    wanted = sorted(ids)
    if not wanted:
        return {}
    rows: Iterable[Any] = run(_VERSIONS, {"ids": wanted})
    return {row[0]: Version(*row) for row in rows}


def _laid_over(versions: dict[int, Version], ids: tuple[int, ...]) -> InForce:
    parts = tuple(versions[it] for it in ids)
    key = tuple(it.sha256 for it in parts)
    table = _LAID_OVER.get(key)
    if table is None:
        table = parts[0].table
        for part in parts[1:]:
            table = tightened(table, part.table)
        if len(_LAID_OVER) >= _MOST_KEPT:
            _LAID_OVER.clear()
        _LAID_OVER[key] = table
    return InForce(table, parts)


def ids_of(text: str) -> tuple[int, ...]:
    """The version ids of a kept JSON list."""
    return tuple(json.loads(text))


def ids_text(ids: Iterable[int]) -> str:
    """The version ids as they are kept."""
    return json.dumps(list(ids), separators=(",", ":"))


def chosen_grades_table(
    rules: Rulebook, industry: str, subtype: str, label: str, grades: tuple[Grade, ...]
) -> IndicatorTable:
    """What stands in for a table where none is in force: each dimension (维度) is one row.

    Nothing is known of what a grade asks for, so each row is answered by a chosen grade and reason.
    """
    words = rules.parameter("indicators.dimensions").value
    dimensions = words if isinstance(words, tuple) else ()
    cells = (Cell(grades, Unverified()),) if grades else ()
    return IndicatorTable(
        industry=industry,
        subtype=subtype,
        rulebook=rules.id,
        title=f"{label}（没有施行中的指标表，按维度自选等级）",
        grades=grades,
        rows=tuple(
            Row(f"D{number}", dimension, dimension, cells)
            for number, dimension in enumerate(dimensions, start=1)
        ),
    )
