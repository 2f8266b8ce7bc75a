"""The bureau and its counties inside an export (导出中的行政区划).

A zone has no code of its own outside the installation that gave it one. So an export names the
bureaus, and an installation that has none yet is set up like the one the export came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.accounts.places import Bureau, BureauPlan, CountyPlan, plan_problems, with_codes
from app.kernel.spreadsheets import Cell, Sheet, clean_text

LABELS = {"province": "省级", "city": "市级", "county": "区县"}
_BETWEEN = "；"
_FORMER, _LOCAL = "原代码 ", "本局自编"


def place_rows(bureaus: Iterable[Bureau]) -> list[list[Cell]]:
    """One line per bureau: its level, then code, name, former codes, and whether we coded it."""
    rows: list[list[Cell]] = []
    for bureau in bureaus:
        parts = [bureau.code, bureau.name]
        if bureau.former_codes:
            parts.append(_FORMER + " ".join(bureau.former_codes))
        if bureau.local_code:
            parts.append(_LOCAL)
        rows.append([LABELS[bureau.level], _BETWEEN.join(parts)])
    return rows


def place_rows_in(note: Sheet) -> list[list[Cell]]:
    """The same lines as they stand in a workbook's sheet 导出说明."""
    found: list[list[Cell]] = []
    for row in note.rows:
        texts: list[Cell] = [clean_text(cell) for cell in row.cells if isinstance(cell, str)]
        if len(texts) == 2 and texts[0] in LABELS.values():
            found.append(texts)
    return found


def plan_in(note: Sheet) -> BureauPlan | None:
    """The plan by which the exporting installation was set up; None when it names none."""
    by_level: dict[str, list[Sequence[str]]] = {label: [] for label in LABELS.values()}
    for label, line in place_rows_in(note):
        parts = str(line).split(_BETWEEN)
        if len(parts) > 1:
            by_level[str(label)].append(parts)
    province, city, counties = (by_level[label] for label in LABELS.values())
    if len(province) != 1 or len(city) != 1:
        return None
    plan = _plan(province[0], city[0], counties)
    return None if plan_problems(plan) else plan


def _plan(
    province: Sequence[str], city: Sequence[str], counties: Sequence[Sequence[str]]
) -> BureauPlan:
    """Zones are left without a code where the system gives them the very code they had."""
    zoned = _with_counties(province, city, counties, by_system=True)
    given = [parts[0] for parts in counties]
    has_room = [code for _, code in _codes(zoned)] == given
    return zoned if has_room else _with_counties(province, city, counties, by_system=False)


def _codes(plan: BureauPlan) -> list[tuple[CountyPlan, str]]:
    return [] if plan_problems(plan) else with_codes(plan)


def _with_counties(
    province: Sequence[str],
    city: Sequence[str],
    counties: Sequence[Sequence[str]],
    *,
    by_system: bool,
) -> BureauPlan:
    return BureauPlan(
        province=province[1],
        province_code=province[0],
        city=city[1],
        city_code=city[0],
        counties=tuple(
            CountyPlan(
                name=parts[1],
                code=None if by_system and _LOCAL in parts[2:] else parts[0],
                former_codes=_former_codes(parts[2:]),
            )
            for parts in counties
        ),
    )


def _former_codes(parts: Sequence[str]) -> tuple[str, ...]:
    for part in parts:
        if part.startswith(_FORMER):
            return tuple(part.removeprefix(_FORMER).split())
    return ()
