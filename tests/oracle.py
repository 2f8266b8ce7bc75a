"""The contracts of the measures read once more, naively, straight from ledger rows (对照计算).

Nothing of the app's rules is used: no query, no standing, no ranking. Only which lowest grade an
industry's scheme has is asked of the rulebook, since that is data and tested by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.rulebook.queries import catalogue, rulebook_on
from tests.ledgers import LEVELS, Ledger, Row, plant_key

RANK = {"A+": 0, "A": 1, "引领性": 2, "B": 3, "B-": 4, "C": 5, "D": 6, "非引领性": 6, None: 7}
LEADING = {"A+", "A", "引领性"}
B_UP = LEADING | {"B", "B-"}
REST = {"C", "D", "非引领性"}
ADMITTED: Mapping[str, set[str | None]] = {
    "positive-list": {*B_UP},
    "rights-city": {*B_UP},
    "rights-province": {*LEADING},
    "episode-heavy-exempt": {*LEADING},
    "episode-light-exempt": {*B_UP},
    "episode-heavy-reduce": {*REST, "B", "B-", None},
    "episode-light-reduce": {*REST, None},
    "major-event-reduce": {*REST, None},
}
CLAUSE = {
    "positive-list": "PLAN-POSITIVE",
    "rights-city": "PLAN-RIGHTS",
    "rights-province": "PLAN-RIGHTS",
}
MEASURE_OF = {"city": "rights-city", "province": "rights-province"}


@dataclass(frozen=True)
class Plant:
    """A plant with every row that bears on it."""

    row: Row
    name: str
    industry: Row
    grades: tuple[tuple[date, int, Row], ...]
    """生效日期, place in the sheet, row; in that order."""
    violations: tuple[Row, ...]
    findings: tuple[Row, ...]


def plants_of(ledger: Ledger) -> list[Plant]:
    """Every plant of the ledger."""
    names = {row["统一社会信用代码"]: row["企业名称"] for row in ledger["企业"]}
    mains = {plant_key(row): row for row in ledger["行业"] if row["角色"] == "主要"}
    return [
        Plant(
            row,
            names[row["统一社会信用代码"]],
            mains[plant_key(row)],
            tuple(
                sorted(
                    (it["生效日期"], place, it)
                    for place, it in enumerate(ledger["等级"])
                    if plant_key(it) == plant_key(row)
                )
            ),
            tuple(it for it in ledger["违法行为"] if _bears_on(it, row)),
            tuple(it for it in ledger["虚假材料"] if _bears_on(it, row)),
        )
        for row in ledger["厂区"]
    ]


def _bears_on(fact: Row, plant: Row) -> bool:
    return fact["统一社会信用代码"] == plant["统一社会信用代码"] and fact["厂区编号"] in (
        None,
        plant["厂区编号"],
    )


def years_later(day: date, years: int) -> date:
    """The corresponding day; 28 February where there is no 29."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def not_withdrawn(facts: Iterable[Row], seen_from: date) -> list[Row]:
    return [it for it in facts if it["撤销日期"] is None or it["撤销日期"] > seen_from]


def grade_on(plant: Plant, day: date, seen_from: date) -> tuple[str | None, str | None]:
    """The grade and the rulebook that gave it, on a day, as seen from the same or a later one."""
    standing = []
    for place, finding in enumerate(not_withdrawn(plant.findings, seen_from)):
        found = finding["认定日期"]
        last = years_later(found, 1)
        freed = any(last < start <= day for start, _, _ in plant.grades)
        if found <= day and not freed:
            book = rulebook_on(found, plant.row["区县代码"])
            industry = catalogue().match(plant.industry["行业"]).industry
            assert industry is not None
            lowest = book.lowest_grade(industry, plant.industry["子类"])
            standing.append((RANK[lowest.grade], found, place, lowest.grade, book.id))
    if standing:
        return max(standing)[3:]
    begun = [row for start, _, row in plant.grades if start <= day]
    if not begun or (begun[-1]["失效日期"] is not None and begun[-1]["失效日期"] <= day):
        return None, None
    return begun[-1]["等级"], begun[-1]["规则集"]


def held_since(plant: Plant, day: date) -> date | None:
    """Back through every day on which the grade can change, until it was worse."""
    grade, _ = grade_on(plant, day, day)
    if grade is None:
        return None
    days = {start for start, _, _ in plant.grades}
    days |= {row["失效日期"] for _, _, row in plant.grades if row["失效日期"] is not None}
    days |= {row["认定日期"] for row in plant.findings}
    since = day
    for change in sorted((it for it in days if it <= day), reverse=True):
        if RANK[grade_on(plant, change, day)[0]] > RANK[grade]:
            break
        since = change
    return since


def facts_on(plant: Plant, day: date) -> dict[str, Any]:
    """The facts of a plant as the JSON of the contract names them."""
    bars = [
        it["决定日期"]
        for it in not_withdrawn(plant.violations, day)
        if it["类型"] != "其他" and it["决定日期"] <= day
    ]
    bans = [
        years_later(it["认定日期"], 1)
        for it in not_withdrawn(plant.findings, day)
        if it["认定日期"] <= day <= years_later(it["认定日期"], 1)
    ]
    since = held_since(plant, day)
    return {
        "blocked": any(it.year == day.year for it in bars),
        "banned_until": max(bans).isoformat() if bans else None,
        "violations_36m": sum(it > years_later(day, -3) for it in bars),
        "held_since": since.isoformat() if since else None,
    }


def policy_rows(ledger: Ledger, measure: str, day: date) -> list[dict[str, Any]]:
    """The rows of `policy run`; reasons as clause and met, since their words are free."""
    rows = [_policy_row(plant, measure, day) for plant in plants_of(ledger)]
    turned = -1 if measure.endswith("-reduce") else 1
    admitted = [row for row in rows if row["admitted"]]
    admitted.sort(
        key=lambda row: (
            turned * RANK[row["grade"]],
            row["facts"]["violations_36m"],
            row["facts"]["held_since"] or "9999-99-99",
            row["uscc"],
            row["plant"],
        )
    )
    for rank, row in enumerate(admitted, start=1):
        row["rank"] = rank
    others = [row for row in rows if not row["admitted"]]
    return [*admitted, *sorted(others, key=lambda row: (row["uscc"], row["plant"]))]


def _policy_row(plant: Plant, measure: str, day: date) -> dict[str, Any]:
    grade, book = grade_on(plant, day, day)
    facts = facts_on(plant, day)
    among = grade in ADMITTED[measure]
    reasons = [(CLAUSE.get(measure, "PLAN-EPISODE"), among)]
    if measure == "positive-list":
        reasons.append(("PLAN-BLOCK", not facts["blocked"]))
    subtype = plant.industry["子类"]
    return {
        "uscc": plant.row["统一社会信用代码"],
        "plant": plant.row["厂区编号"],
        "plant_name": plant.row["厂区名称"],
        "name": plant.name,
        "county": plant.row["区县代码"],
        "industry": plant.industry["行业"] + (f"/{subtype}" if subtype else ""),
        "rulebook": book,
        "grade": grade,
        "admitted": all(met for _, met in reasons),
        "rank": None,
        "reasons": [{"clause": clause, "met": met} for clause, met in reasons],
        "facts": facts,
    }


def allocation_rows(
    ledger: Ledger, level: str, pollutant: str, year: int, day: date
) -> tuple[Decimal, list[dict[str, Any]]]:
    """The reserve and the rows of `policy allocate`, without their reasons."""
    ranks = {
        (row["uscc"], row["plant"]): row["rank"]
        for row in policy_rows(ledger, MEASURE_OF[level], day)
    }
    new = {(plant_key(it), it["项目名称"]) for it in ledger["建设项目"] if it["新办企业"] == "是"}
    reserve = sum(
        (
            Decimal(str(it["数量"]))
            for it in ledger["排污权储备"]
            if (LEVELS[it["级别"]], it["污染物"], int(it["年度"])) == (level, pollutant, year)
        ),
        Decimal(0),
    )
    rows = [
        _application_row(it, new, ranks)
        for it in ledger["排污权申请"]
        if it["污染物"] == pollutant and int(it["年度"]) == year and it["申请日期"] <= day
    ]
    return reserve, [*_in_turn(rows, reserve), *_apart(rows)]


def _application_row(
    it: Row, new: set[Any], ranks: Mapping[tuple[str, str], int | None]
) -> dict[str, Any]:
    rank = ranks[plant_key(it)]
    section = "priority" if rank else "not-admitted"
    if (plant_key(it), it["项目名称"]) in new:
        section = "new-enterprise"
    return {
        "uscc": it["统一社会信用代码"],
        "plant": it["厂区编号"],
        "project": it["项目名称"] or "",
        "applied_on": it["申请日期"].isoformat(),
        "asked": f"{Decimal(str(it['申请量'])):.3f}",
        "allocated": None,
        "rank": rank if section == "priority" else None,
        "section": section,
    }


def _in_turn(rows: Sequence[dict[str, Any]], reserve: Decimal) -> list[dict[str, Any]]:
    first = [row for row in rows if row["section"] == "priority"]
    first.sort(key=lambda row: (row["rank"], row["applied_on"], row["project"]))
    for row in first:
        given = min(Decimal(row["asked"]), reserve)
        reserve -= given
        row["allocated"] = f"{given:.3f}"
    return first


def _apart(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    apart = [row for row in rows if row["section"] != "priority"]
    sections = ["new-enterprise", "not-admitted"]
    return sorted(
        apart,
        key=lambda row: (
            sections.index(row["section"]), row["uscc"], row["plant"], row["project"],
        ),
    )  # fmt: skip


def days_worth_asking(ledger: Ledger, count: int) -> list[date]:
    """Days around the changes of a ledger, spread over its whole length."""
    changes = {row["生效日期"] for row in ledger["等级"]}
    changes |= {row["认定日期"] for row in ledger["虚假材料"]}
    changes |= {years_later(row["认定日期"], 1) for row in ledger["虚假材料"]}
    changes |= {years_later(row["决定日期"], 3) for row in ledger["违法行为"]}
    changes |= {date(row["决定日期"].year + 1, 1, 1) for row in ledger["违法行为"]}
    for sheet, ends in (("等级", "失效日期"), ("违法行为", "撤销日期"), ("虚假材料", "撤销日期")):
        changes |= {row[ends] for row in ledger[sheet] if row.get(ends)}
    around = sorted({day + timedelta(step) for day in changes for step in (-1, 0, 1)})
    return around[:: max(1, len(around) // count)]
