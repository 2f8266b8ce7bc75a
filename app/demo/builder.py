"""Collecting the made-up register (示例登记簿) before it is entered: facts with their days.

Everything here is plain values. Enterprises and plants are known by their place in the lists;
:mod:`app.demo.services` puts their lasting ids in when it enters them. Each fact carries the day
on which the bureau came to know it, so that a history can be entered in the order it happened.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.accounts.places import SHAOXING, BureauPlan, CountyPlan, with_codes
from app.followup.services import InspectionEntry
from app.grades.services import GradeEntry
from app.registry.domain import uscc_check_character
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    PlantEntry,
)
from app.rights.services import ApplicationEntry
from app.supervision.services import FindingEntry, ViolationEntry
from app.upgrading.services import ProjectEntry

SEED = 330600
CITY_RULES = "shaoxing-2023"
NATIONAL_RULES = "national-2026"
NATIONAL_FROM = date(2026, 1, 13)
"""The day 环办大气〔2026〕2号 was issued; no grade is given under it before."""
FROM_THE_START = date.min
"""Known since the register was first filled."""

PLAN = BureauPlan(
    province=SHAOXING.province,
    province_code=SHAOXING.province_code,
    city=SHAOXING.city,
    city_code=SHAOXING.city_code,
    counties=(*SHAOXING.counties, CountyPlan("滨海新区（示例）")),
)
"""The six districts, and one zone without a division code (功能区)."""

COUNTY_CODES = {county.name: code for county, code in with_codes(PLAN)}


@dataclass(frozen=True, slots=True)
class Place:
    """A county or zone, and what is invented for it."""

    name: str
    code: str
    short: str
    centre: tuple[Decimal, Decimal]
    towns: tuple[str, ...]
    enterprises: int
    registered_as: tuple[str, ...]
    """Division codes inside the credit codes: that of first registration, often a former one."""


@dataclass(frozen=True, slots=True)
class Trade:
    """What the plants of an industry are like."""

    id: str
    subtype: str
    tails: tuple[str, ...]
    gbt: tuple[str, ...]
    unit: str
    capacity: tuple[int, int]
    lines: tuple[tuple[str, str], ...]
    action: str
    mix: dict[str, int]
    reference: tuple[str, ...]
    only: int | None


@dataclass(slots=True)
class Fact:
    """A fact with the day it became known and, where it was corrected, how and when."""

    entry: Any
    known_on: date
    corrected: Any = None
    corrected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What names are made of."""

    first: str
    second: str
    surnames: str


def read_data() -> tuple[Words, dict[str, Place], list[Trade]]:
    """The words, the places by name, and the trades of ``data/county.toml``."""
    data = tomllib.loads((Path(__file__).parent / "data" / "county.toml").read_text("utf-8"))
    places = {
        row["name"]: Place(
            name=row["name"],
            code=COUNTY_CODES[row["name"]],
            short=row["short"],
            centre=(Decimal(row["centre"][0]), Decimal(row["centre"][1])),
            towns=tuple(row["towns"]),
            enterprises=row["enterprises"],
            registered_as=tuple(row.get("registered_as", [COUNTY_CODES[row["name"]]])),
        )
        for row in data["place"]
    }
    trades = [
        Trade(
            id=row["id"],
            subtype=row.get("subtype", ""),
            tails=tuple(row["tails"]),
            gbt=tuple(row["gbt"]),
            unit=row["unit"],
            capacity=(row["capacity"][0], row["capacity"][1]),
            lines=tuple((line[0], line[1]) for line in row["lines"]),
            action=row["action"],
            mix=row["mix"],
            reference=tuple(row.get("reference", [])),
            only=row.get("only"),
        )
        for row in data["trade"]
    ]
    return Words(data["first"], data["second"], data["surnames"]), places, trades


@dataclass(slots=True)
class DemoRegister:
    """The made-up register of a day: the same day gives the same register."""

    today: date
    # Made-up data, no secret: it has to come out the same every time.
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))  # noqa: S311
    enterprises: list[Fact] = field(default_factory=list)
    plants: list[PlantEntry] = field(default_factory=list)
    main_trade: list[Trade] = field(default_factory=list)
    """Of each plant, by its place in ``plants``."""
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    story_plants: dict[str, list[int]] = field(default_factory=dict)
    words: Words = field(init=False)
    places: dict[str, Place] = field(init=False)
    trades: list[Trade] = field(init=False)
    _documents: int = 0
    _codes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.words, self.places, self.trades = read_data()

    # --- days ---------------------------------------------------------------------------------

    def ago(self, days: int) -> date:
        """So many days before today."""
        return self.today - timedelta(days=days)

    def this_year(self, days: int) -> date:
        """So many days before today, but not before this year's first day."""
        return max(self.ago(days), date(self.today.year, 1, 1))

    # --- people, codes, documents -------------------------------------------------------------

    def person(self) -> str:
        """An anonymous person: 沈某."""
        return f"{self.rng.choice(self.words.surnames)}某"

    def uscc(self, place: Place) -> str:
        """A new credit code of right form; MAX stands where no registered body's number begins."""
        while True:
            body = f"91{self.rng.choice(place.registered_as)}MAX{self.rng.randrange(10**6):06d}"
            if body not in self._codes:
                self._codes.add(body)
                return body + uscc_check_character(body)

    def document(self, kind: str, on: date) -> str:
        """A new document number (文号) of the day's year, marked 示例."""
        self._documents += 1
        return f"绍市环{kind}〔{on.year}〕{self._documents}号（示例）"

    # --- enterprises and plants ---------------------------------------------------------------

    def enterprise(self, name: str, place: Place, *, founded_on: date | None = None) -> int:
        """Add an enterprise; returns its place in the list."""
        founded = founded_on or date(
            self.rng.randint(1994, 2019), self.rng.randint(1, 12), self.rng.randint(1, 28)
        )
        entry = EnterpriseEntry(
            uscc=self.uscc(place),
            name=name,
            legal_representative=self.person(),
            contact=self.person(),
            phone=f"0575-0000{self.rng.randrange(10**4):04d}",
            founded_on=founded,
            note="示例数据",
        )
        self.enterprises.append(Fact(entry, FROM_THE_START))
        return len(self.enterprises) - 1

    def plant(
        self,
        enterprise: int,
        place: Place,
        trade: Trade,
        *,
        number: int = 1,
        name: str = "本部厂区",
        state: str = "正常",
        livelihood: bool = False,
    ) -> int:
        """Add a plant with its main industry; returns its place in the list."""
        rng = self.rng
        category = rng.choices(("重点管理", "简化管理", "登记管理"), (5, 4, 1))[0]
        uscc: str = self.enterprises[enterprise].entry.uscc
        town = rng.choice(place.towns)
        jitter = [Decimal(rng.randint(-700, 700)).scaleb(-4) for _ in range(2)]
        self.plants.append(
            PlantEntry(
                enterprise_id=enterprise,
                number=f"{number:03d}",
                name=name,
                county=place.code,
                town=town,
                address=f"{place.short}{town}创业路 {rng.randint(1, 299)} 号",
                longitude=place.centre[0] + jitter[0],
                latitude=place.centre[1] + jitter[1],
                permit_number=f"{uscc}{number:03d}{'W' if category == '登记管理' else 'P'}",
                permit_category=category,
                permit_until=self.ago(-rng.randint(-90, 1700)),
                livelihood=livelihood,
                state=state,
            )
        )
        self.main_trade.append(trade)
        index = len(self.plants) - 1
        self.industry(index, trade, "主要")
        return index

    def industry(self, plant: int, trade: Trade, role: str) -> None:
        """Add an industry (行业) of a plant with its capacity."""
        capacity = Decimal(self.rng.randint(*trade.capacity))
        entry = IndustryEntry(
            plant, trade.id, trade.subtype, role, self.rng.choice(trade.gbt), capacity, trade.unit
        )
        self.add("industries", entry)

    # --- facts --------------------------------------------------------------------------------

    def add(self, kind: str, entry: Any, known_on: date = FROM_THE_START) -> Fact:
        """Add a fact that became known on the day."""
        fact = Fact(entry, known_on)
        self.facts.setdefault(kind, []).append(fact)
        return fact

    def grade(
        self,
        plant: int,
        grade: str,
        effective_on: date,
        until: date | None = None,
        *,
        source: str = "核定",
        rulebook: str = CITY_RULES,
        note: str = "",
    ) -> Fact:
        """Add a grade record (等级)."""
        document = self.document("绩", effective_on) + note
        entry = GradeEntry(plant, rulebook, grade, effective_on, until, source, document)
        return self.add("grades", entry, effective_on)

    def grade_by_nation(self, plant: int, grade: str, effective_on: date) -> Fact:
        """Add a grade record under the national rulebook, not before it was issued."""
        day = max(effective_on, NATIONAL_FROM)
        return self.grade(plant, grade, day, rulebook=NATIONAL_RULES)

    def violation(
        self,
        plant: int,
        decided_on: date,
        kind: str = "超许可浓度或总量",
        *,
        withdrawn_on: date | None = None,
        whole: bool = False,
        acted_on: date | None = None,
    ) -> None:
        """Add a violation (违法行为); ``whole``: against every plant of the enterprise."""
        entry = ViolationEntry(
            enterprise_id=self.plants[plant].enterprise_id,
            plant_id=None if whole else plant,
            kind=kind,
            acted_on=acted_on or decided_on - timedelta(days=self.rng.randint(20, 100)),
            decided_on=decided_on,
            document=self.document("罚", decided_on),
        )
        self._withdraw(self.add("violations", entry, decided_on), withdrawn_on)

    def finding(
        self,
        plant: int,
        found_on: date,
        *,
        withdrawn_on: date | None = None,
        whole: bool = False,
        note: str = "监测报告与原始记录不符（示例）",
    ) -> None:
        """Add a finding of false material (虚假材料)."""
        entry = FindingEntry(
            enterprise_id=self.plants[plant].enterprise_id,
            plant_id=None if whole else plant,
            found_on=found_on,
            document=self.document("认", found_on),
            note=note,
        )
        self._withdraw(self.add("findings", entry, found_on), withdrawn_on)

    def _withdraw(self, fact: Fact, withdrawn_on: date | None) -> None:
        """First recorded without the withdrawal, which became known on its own day."""
        if withdrawn_on is not None:
            fact.corrected = replace(fact.entry, withdrawn_on=withdrawn_on)
            fact.corrected_on = withdrawn_on

    def inspection(
        self, plant: int, on: date, kind: str = "日常检查", *, actual: str | None = None
    ) -> None:
        """Add an inspection (检查); with ``actual`` it did not conform."""
        self._documents += 1
        entry = InspectionEntry(
            plant_id=plant,
            inspected_on=on,
            kind=kind,
            conclusion="符合" if actual is None else "不符合",
            actual_grade=actual,
            inspectors="、".join(f"{name}某" for name in self.rng.sample(self.words.surnames, 2)),
            action_code=f"示例-{on:%Y%m%d}-{self._documents:05d}",
        )
        self.add("inspections", entry, on)

    def project(self, entry: ProjectEntry) -> None:
        """Add a construction project (建设项目)."""
        self.add("projects", entry, entry.started_on or FROM_THE_START)

    def application(
        self, plant: int, pollutant: str, asked: str, applied_on: date, project: str = ""
    ) -> None:
        """Add an application for emission rights (排污权申请) of the day's year, in tonnes."""
        year = applied_on.year
        entry = ApplicationEntry(plant, project, pollutant, year, Decimal(asked), applied_on)
        self.add("applications", entry, applied_on)

    # --- looking back -------------------------------------------------------------------------

    def trade(self, trade_id: str, subtype: str | None = None) -> Trade:
        """The trade of this industry (and sub-type)."""
        return next(
            trade
            for trade in self.trades
            if trade.id == trade_id and subtype in {None, trade.subtype}
        )

    def present_grades(self) -> list[str | None]:
        """Of each plant, the grade of the deciding record today, findings left aside."""
        latest: dict[int, GradeEntry] = {}
        for fact in self.facts.get("grades", []):
            record: GradeEntry = fact.corrected or fact.entry
            known = latest.get(record.plant_id)
            if record.effective_on <= self.today and (
                known is None or known.effective_on <= record.effective_on
            ):
                latest[record.plant_id] = record
        standing = {
            plant: record.grade
            for plant, record in latest.items()
            if record.expires_on is None or record.expires_on > self.today
        }
        return [standing.get(plant) for plant in range(len(self.plants))]
