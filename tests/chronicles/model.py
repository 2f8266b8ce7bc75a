"""What the lists of any day must say, reckoned from the contracts alone (独立推算).

Written from ``policies.md``, ``ledger.md`` and the clauses before any rule of the app was read, and
importing nothing of it. Slow and plain on purpose: every answer is worked out anew from all facts.

A :class:`Register` is what is known at one moment. Every act of a life leaves a copy behind, so
"as known at K" is simply an earlier copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

BOOK, NATIONAL = "shaoxing-2023", "national-2026"
STATUS = {BOOK: "征求意见稿", NATIONAL: "已印发"}
LAW_KINDS = (
    "未依法环评",
    "未取得排污许可证",
    "超许可浓度或总量",
    "逃避监管排放",
    "未按规定安装使用自动监测",
)
"""The five kinds of PLAN-BLOCK."""
TIERS = (("A+",), ("A",), ("引领性",), ("B",), ("B-",), ("C",), ("D", "非引领性"))
RANK = {grade: place for place, tier in enumerate(TIERS) for grade in tier}
UNGRADED = len(TIERS)
LOWEST = {
    (BOOK, "铸造", ""): "D",
    (BOOK, "水泥", "熟料"): "D",
    (BOOK, "水泥", "独立粉磨站"): "非引领性",
    (BOOK, "有色金属压延", ""): "非引领性",
    (BOOK, "玻璃", ""): "D",
}
"""The lowest grade where the catalogue states a scheme; D where none is stated."""
SCHEMES = {"D": ("A", "B", "B-", "C", "D"), "非引领性": ("引领性", "非引领性")}
ANY_GRADE = {
    BOOK: ("A", "B", "B-", "C", "D", "引领性", "非引领性"),
    NATIONAL: ("A+", "A", "B", "B-", "C", "D"),
}
TOP = ("A+", "A", "引领性")
B_AND_UP = (*TOP, "B", "B-")
BOTTOM = ("C", "D", "非引领性")
ADMITS: dict[str, tuple[str, ...]] = {
    "positive-list": B_AND_UP,
    "rights-city": B_AND_UP,
    "rights-province": TOP,
    "episode-heavy-exempt": TOP,
    "episode-light-exempt": B_AND_UP,
    "episode-heavy-reduce": ("B", "B-", *BOTTOM),
    "episode-light-reduce": BOTTOM,
    "major-event-reduce": BOTTOM,
}
CLAUSES = {
    "positive-list": "PLAN-POSITIVE",
    "rights-city": "PLAN-RIGHTS",
    "rights-province": "PLAN-RIGHTS",
}
MEASURES = tuple(ADMITS)
DEFAULTS: dict[str, Any] = {
    "rulebook_in_force": BOOK,
    "ungraded_as_lowest": True,
    "positive_list.exclude_blocked": True,
    "violation_year_basis": "decided",
    "block.other_kinds": False,
    "violations.window_months": 36,
    "allocation.partial": True,
}


@dataclass
class Plant:
    """A plant as the register names it now; its key never changes."""

    key: int
    owner: str
    number: str
    name: str
    county: str
    industry: str
    subtype: str
    closed_on: date | None = None


@dataclass
class Grade:
    """A grade record (等级记录)."""

    plant: int
    book: str
    grade: str
    start: date
    end: date | None
    source: str
    document: str


@dataclass
class Violation:
    """A decided violation (违法行为); ``plant`` None: of the whole enterprise."""

    owner: str
    plant: int | None
    kind: str
    acted: date | None
    decided: date
    document: str
    withdrawn: date | None = None
    marked: bool = False


@dataclass
class Finding:
    """A finding of false material (虚假材料认定)."""

    owner: str
    plant: int | None
    found: date
    document: str
    withdrawn: date | None = None


@dataclass
class Edit:
    """A setting with the day from which it holds (本局设定)."""

    parameter: str
    value: Any
    from_on: date
    county: str = ""


@dataclass
class Application:
    """An application for emission rights (排污权申请)."""

    plant: int
    project: str
    pollutant: str
    year: int
    kilograms: int
    applied: date


@dataclass
class Register:
    """Everything known at one moment; facts in the order in which they were recorded."""

    enterprises: dict[str, str] = field(default_factory=dict)
    plants: dict[int, Plant] = field(default_factory=dict)
    grades: list[Grade] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    applications: list[Application] = field(default_factory=list)
    new_projects: set[tuple[int, str]] = field(default_factory=set)
    reserves: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def setting(self, parameter: str, day: date, county: str = "") -> Any:
        """The value that rules the day; a county's own stands above the city's."""
        for place in dict.fromkeys((county, "")):
            ruling = [
                it
                for it in self.edits
                if (it.parameter, it.county) == (parameter, place) and it.from_on <= day
            ]
            if ruling:
                return max(enumerate(ruling), key=lambda it: (it[1].from_on, it[0]))[1].value
        return DEFAULTS[parameter]

    def open_plants(self, day: date) -> list[Plant]:
        """The plants that have not closed by the day."""
        return [it for it in self.plants.values() if it.closed_on is None or it.closed_on > day]


@dataclass(frozen=True)
class Standing:
    """What the facts make of a plant on a day (状态)."""

    grade: str | None
    book: str | None
    blocked: bool
    banned_until: date | None
    violations: int
    held_since: date | None


def years_on(day: date, years: int) -> date:
    """The corresponding day; 28 February where there is no 29 (民法典 202条)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def months_back(day: date, months: int) -> date:
    """The corresponding day of an earlier month, or that month's last day."""
    count = day.year * 12 + day.month - 1 - months
    for number in range(day.day, 27, -1):
        try:
            return date(count // 12, count % 12 + 1, number)
        except ValueError:
            continue
    return date(count // 12, count % 12 + 1, day.day)


def bears(fact: Violation | Finding, plant: Plant) -> bool:
    """A fact that names a plant follows it; another reaches whatever its enterprise has."""
    return fact.plant == plant.key if fact.plant is not None else fact.owner == plant.owner


def lowest_grade(known: Register, plant: Plant, found: date) -> tuple[str, str]:
    """The lowest grade of the main industry, under the rulebook in force on the day."""
    book = known.setting("rulebook_in_force", found, plant.county)
    return LOWEST.get((book, plant.industry, plant.subtype), "D"), book


def _standing_findings(known: Register, plant: Plant, seen: date) -> list[Finding]:
    return [
        it
        for it in known.findings
        if bears(it, plant) and (it.withdrawn is None or it.withdrawn > seen)
    ]


def grade_on(known: Register, plant: Plant, day: date, seen: date) -> tuple[str | None, str | None]:
    """Grade and rulebook of a day, seen from the same day or a later one."""
    records = [it for it in known.grades if it.plant == plant.key and it.start <= day]
    judged = []
    for place, finding in enumerate(_standing_findings(known, plant, seen)):
        last = years_on(finding.found, 1)
        if finding.found <= day and not any(it.start > last for it in records):
            grade, book = lowest_grade(known, plant, finding.found)
            judged.append((RANK[grade], finding.found, place, grade, book))
    if judged:
        return max(judged)[3:]
    if not records:
        return None, None
    ruling = max(enumerate(records), key=lambda it: (it[1].start, it[0]))[1]
    if ruling.end is not None and ruling.end <= day:
        return None, None
    return ruling.grade, ruling.book


def _held_since(known: Register, plant: Plant, day: date, grade: str) -> date:
    turns = {it.start for it in known.grades if it.plant == plant.key}
    turns |= {it.end for it in known.grades if it.plant == plant.key and it.end}
    turns |= {it.found for it in known.findings if bears(it, plant)}
    since = day
    for turn in sorted((it for it in turns if it <= day), reverse=True):
        then = grade_on(known, plant, turn, day)[0]
        if then is None or RANK[then] > RANK[grade]:
            break
        since = turn
    return since


def standing_on(known: Register, plant: Plant, day: date) -> Standing:
    """The plant's standing on a day."""
    grade, book = grade_on(known, plant, day, day)
    against = [
        it
        for it in known.violations
        if bears(it, plant)
        and it.decided <= day
        and (it.withdrawn is None or it.withdrawn > day)
    ]  # fmt: skip
    every_kind = known.setting("block.other_kinds", day)
    of_law = [it for it in against if every_kind or it.kind in LAW_KINDS]
    by_act = known.setting("violation_year_basis", day) == "acted"
    first = months_back(day, known.setting("violations.window_months", day))
    bans = [
        years_on(it.found, 1)
        for it in _standing_findings(known, plant, day)
        if it.found <= day <= years_on(it.found, 1)
    ]
    return Standing(
        grade,
        book,
        any(
            ((it.acted if by_act else None) or it.decided).year == day.year
            for it in against
            if it.marked or it in of_law
        ),
        max(bans) if bans else None,
        sum(it.decided > first for it in of_law),
        None if grade is None else _held_since(known, plant, day, grade),
    )


def list_of(known: Register, measure: str, day: date) -> list[dict[str, Any]]:
    """The rows of ``policy run``; of a reason its clause and whether it is met."""
    rows = [_row(known, plant, measure, day) for plant in known.open_plants(day)]
    turned = -1 if measure.endswith("-reduce") else 1
    admitted = sorted(
        (it for it in rows if it["admitted"]),
        key=lambda it: (
            turned * (UNGRADED if it["grade"] is None else RANK[it["grade"]]),
            it["facts"]["violations_36m"],
            it["facts"]["held_since"] or "9999-99-99",
            it["uscc"],
            it["plant"],
        ),
    )
    for rank, row in enumerate(admitted, start=1):
        row["rank"] = rank
    others = (it for it in rows if not it["admitted"])
    return [*admitted, *sorted(others, key=lambda it: (it["uscc"], it["plant"]))]


def _row(known: Register, plant: Plant, measure: str, day: date) -> dict[str, Any]:
    its = standing_on(known, plant, day)
    if its.grade is not None:
        among = its.grade in ADMITS[measure]
    else:
        among = measure.endswith("-reduce") and known.setting("ungraded_as_lowest", day)
    reasons = [{"clause": CLAUSES.get(measure, "PLAN-EPISODE"), "met": among}]
    if measure == "positive-list" and known.setting("positive_list.exclude_blocked", day):
        reasons.append({"clause": "PLAN-BLOCK", "met": not its.blocked})
    return {
        "uscc": plant.owner,
        "plant": plant.number,
        "plant_name": plant.name,
        "name": known.enterprises[plant.owner],
        "county": plant.county,
        "industry": plant.industry + (f"/{plant.subtype}" if plant.subtype else ""),
        "rulebook": its.book,
        "grade": its.grade,
        "admitted": all(it["met"] for it in reasons),
        "rank": None,
        "reasons": reasons,
        "facts": {
            "blocked": its.blocked,
            "banned_until": its.banned_until.isoformat() if its.banned_until else None,
            "violations_36m": its.violations,
            "held_since": its.held_since.isoformat() if its.held_since else None,
        },
    }


def same_document(one: str, other: str) -> bool:
    """Document numbers with 〔〕 and [] alike (ledger.md)."""
    return _plain(one) == _plain(other)


def _plain(document: str) -> str:
    return document.replace("〔", "[").replace("〕", "]").strip()


def days_of(known: Iterable[Register]) -> set[date]:
    """Every day that some fact of these registers names."""
    found: set[date | None] = set()
    for register in known:
        for it in register.grades:
            found |= {it.start, it.end}
        for violation in register.violations:
            found |= {violation.acted, violation.decided, violation.withdrawn}
        for finding in register.findings:
            found |= {finding.found, finding.withdrawn, years_on(finding.found, 1)}
        found |= {it.from_on for it in register.edits}
        found |= {it.closed_on for it in register.plants.values()}
    return {it for it in found if it is not None}
