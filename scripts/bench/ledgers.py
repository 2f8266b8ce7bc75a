"""A bureau's workbook (台账) of some 30,000 rows by seed: all sheets in natural proportions."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import xlsxwriter
from bench.country import FORMS, GIVEN, KINDS, STATES, SURNAMES, TRADES

from app.accounts.places import SHAOXING
from app.grades.rules import scheme_faults
from app.ledger.parsing import GRADES
from app.ledger.sheets import SHEETS
from app.registry.domain import uscc_check_character
from app.rulebook.domain import Industry
from app.rulebook.queries import catalogue, rulebook

ENTERPRISES = 5_135
Row = dict[str, Any]
Tables = dict[str, list[Row]]
"""Sheet → rows, each field → what stands in its cell."""

FIRST, LAST = date(2021, 1, 1), date(2025, 9, 30)
PEOPLE = [family + given for family in "王李张刘陈杨黄赵吴周徐孙" for given in GIVEN[:40]]
COUNTIES = [it.code for it in SHAOXING.counties]


def tables(seed: int = 2026, enterprises: int = ENTERPRISES) -> Tables:
    """Every sheet's rows: a tenth more plants than enterprises, 1.3 grades a plant, and so on."""
    maker = _Maker(random.Random(seed))  # noqa: S311 - made-up enterprises
    for number in range(enterprises):
        maker.enterprise(number)
    maker.reserves()
    return maker.rows


class _Maker:
    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.rows: Tables = {spec.name: [] for spec in SHEETS}

    def enterprise(self, number: int) -> None:
        dice = self._dice
        body = f"913306{dice.randrange(100):02}MA{number:07}"
        uscc = body + uscc_check_character(body)
        word = "".join(dice.choices(GIVEN, k=dice.choice((2, 2, 2, 3))))
        name = f"{''.join(dice.choices(SURNAMES, k=2))}{word}{dice.choice(TRADES)}"
        self.rows["企业"].append({
            "uscc": uscc,
            "name": f"绍兴{name}{dice.choice(FORMS)}",
            "former_name": f"绍兴县{name}厂" if dice.random() < 0.1 else None,
            "legal_representative": dice.choice(PEOPLE),
            "contact": dice.choice(PEOPLE),
            "phone": f"0575-8{dice.randrange(10**7):07}",
            "founded_on": _day(dice, date(1990, 1, 1), FIRST),
            "note": "规上企业" if dice.random() < 0.1 else None,
        })  # fmt: skip
        for plant in range(2 if dice.random() < 0.1 else 1):
            self._plant(number, {"uscc": uscc, "plant": f"{plant + 1:03}"})

    def _plant(self, number: int, who: Row) -> None:
        dice = self._dice
        self.rows["厂区"].append({
            **who,
            "name": "本部" if who["plant"] == "001" else "二厂区",
            "county": dice.choice(COUNTIES),
            "address": f"{dice.choice(GIVEN)}{dice.choice(GIVEN)}路{dice.randrange(1, 900)}号",
            "longitude": Decimal(dice.randrange(120_000_000, 121_000_000)).scaleb(-6),
            "latitude": Decimal(dice.randrange(29_300_000, 30_200_000)).scaleb(-6),
            "permit_number": f"{who['uscc']}{who['plant']}P",
            "permit_category": dice.choice(("重点管理", "简化管理", "登记管理")),
            "permit_until": _day(dice, date(2024, 1, 1), date(2029, 1, 1)),
            "livelihood": "是" if dice.random() < 0.02 else "否",
            "state": dice.choice(STATES) or None,
            "town": f"{dice.choice(GIVEN)}{dice.choice(GIVEN[:20])}镇",
        })  # fmt: skip
        industries = dice.sample(_industries(), 2 if dice.random() < 0.12 else 1)
        for place, industry in enumerate(industries):
            self.rows["行业"].append({
                **who,
                "industry": industry.name,
                "subtype": industry.subtypes[0].name if industry.subtypes else None,
                "role": "参照" if place else "主要",
                "gbt_code": f"{dice.randrange(1311, 4690)}",
                "capacity": Decimal(dice.randrange(10, 100_000)).scaleb(-dice.choice((0, 0, 1))),
                "capacity_unit": "吨/年",
            })  # fmt: skip
        self._history(number, who, industries[0])

    def _history(self, number: int, who: Row, industry: Industry) -> None:
        dice = self._dice
        day = _day(dice, FIRST, LAST)
        while day <= LAST and dice.random() < 0.97:
            grade = dice.choice(_allowed(industry))
            self._add("等级", who, rulebook="shaoxing-2023", effective_on=day, expires_on=None,
                      grade=f"{grade}级" if dice.random() < 0.02 and grade < "E" else grade,
                      source=dice.choice(("核定", "核定", "复核")),
                      document=f"绍市环〔{day.year}〕{dice.randrange(400)}号")  # fmt: skip
            day += timedelta(days=dice.randrange(700, 1900))
        if dice.random() < 0.22:
            day = _day(dice, FIRST, LAST)
            whom = {**who, "plant": None} if dice.random() < 0.05 else who
            self._add("违法行为", whom, kind=dice.choice(KINDS),
                      acted_on=day - timedelta(days=dice.randrange(200)), decided_on=day,
                      document=f"绍市环罚字〔{day.year}〕{number}-{int(who['plant'])}号",
                      withdrawn_on=None)  # fmt: skip
        if dice.random() < 0.006:
            day = _day(dice, LAST + timedelta(days=1), date(2025, 12, 1))
            self._add("虚假材料", who, found_on=day, document=f"绍市环认〔2025〕{number}号",
                      withdrawn_on=None, note=None)  # fmt: skip
        for _ in range(dice.choice((0, 0, 0, 1, 1, 2))):
            self._add("检查", who, inspected_on=_day(dice, FIRST, LAST), kind="日常检查",
                      conclusion="符合", actual_grade=None,
                      inspectors="、".join(dice.sample(PEOPLE, 2)),
                      action_code=f"3306{len(self.rows['检查']):09}")  # fmt: skip
        if dice.random() < 0.1:
            self._project(who)
        if dice.random() < 0.03:
            self._line(who)

    def _project(self, who: Row) -> None:
        dice = self._dice
        begun = _day(dice, FIRST, LAST)
        done = begun + timedelta(days=dice.randrange(100, 700))
        name = f"年产{dice.randrange(1, 90)}万吨{dice.choice(TRADES)}技改项目"
        self._add("建设项目", who, name=name, kind=dice.choice(("新建", "改建", "扩建")),
                  new_enterprise="否",
                  eia_document=f"绍市环审〔{begun.year}〕{dice.randrange(99)}号",
                  eia_grade="A" if dice.random() < 0.3 else None, started_on=begun,
                  completed_on=done if done < LAST else None, upgrade_started_on=None,
                  upgrade_completed_on=None)  # fmt: skip
        for pollutant in dice.sample(("SO2", "NOx", "VOCs", "PM"), dice.choice((0, 1, 1))):
            self._add("排污权申请", who, project_name=name, pollutant=pollutant,
                      asked=Decimal(dice.randrange(1, 90_000)).scaleb(-3),
                      applied_on=_day(dice, FIRST, LAST), year=2026)  # fmt: skip

    def _line(self, who: Row) -> None:
        number = f"L{self._dice.randrange(9)}"
        self._add("生产线", who, number=number, name="一号线", process="烧结",
                  approved_capacity=Decimal(1200), permitted_capacity=Decimal(1000),
                  actual_capacity=Decimal("912.5"), capacity_unit="吨/年")  # fmt: skip
        self._add("应急措施", who, line_number=number, level="橙", measure="限产一半",
                  amount_from=Decimal(100), amount_to=Decimal(50), unit="%",
                  reduction=Decimal("0.125"))  # fmt: skip

    def reserves(self) -> None:
        for level in ("省级", "市级"):
            for pollutant in ("SO2", "NOx", "VOCs", "PM"):
                self.rows["排污权储备"].append(
                    {"level": level, "pollutant": pollutant, "year": 2026, "tonnes": Decimal(900)}
                )

    def _add(self, sheet: str, who: Row, **cells: Any) -> None:
        self.rows[sheet].append({**who, **cells})


_CHANGES: Mapping[str, tuple[str, Callable[[Row, random.Random], Any]]] = {
    "企业": ("phone", lambda _, dice: f"0575-7{dice.randrange(10**7):07}"),
    "厂区": ("permit_until", lambda _, dice: _day(dice, date(2029, 1, 2), date(2031, 1, 1))),
    "行业": ("capacity", lambda row, _: row["capacity"] + 1),
    "等级": ("document", lambda row, _: f"绍市环改〔{row['effective_on'].year}〕7号"),
    "违法行为": ("withdrawn_on", lambda row, _: row["decided_on"] + timedelta(days=60)),
    "虚假材料": ("note", lambda _, dice: f"卷宗{dice.randrange(900)}"),
    "检查": ("inspectors", lambda _, dice: "、".join(dice.sample(PEOPLE, 3))),
    "建设项目": ("eia_document", lambda _, dice: f"绍市环改审〔2025〕{dice.randrange(900)}号"),
    "排污权申请": ("asked", lambda row, _: row["asked"] + 1),
    "排污权储备": ("tonnes", lambda row, _: row["tonnes"] + 1),
    "生产线": ("process", lambda _, __: "焙烧"),
    "应急措施": ("reduction", lambda row, _: row["reduction"] + 1),
}


def changed(of: Tables, every: int = 20, seed: int = 7) -> Tables:
    """The same with a cell changed in every twentieth row of each sheet."""
    dice = random.Random(seed)  # noqa: S311
    found: Tables = {}
    for sheet, rows in of.items():
        field, change = _CHANGES[sheet]
        found[sheet] = [
            row if place % every else {**row, field: change(row, dice)}
            for place, row in enumerate(rows)
        ]
    return found


def write(of: Tables, path: Path) -> None:
    """The workbook as an office program saves it: real dates, numbers, texts shared."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for spec in SHEETS:
            sheet = book.add_worksheet(spec.name)
            columns = [it for it in spec.columns if not it.when_used]
            sheet.write_row(0, 0, [it.header for it in columns])
            for place, column in enumerate(columns):
                style = day if column.kind == "date" else None
                cells = [row[column.field] for row in of[spec.name]]
                sheet.write_column(1, place, cells, style)


@cache
def _industries() -> list[Industry]:
    return [it for it in catalogue().industries if it.until_on is None]


@cache
def _allowed(industry: Industry) -> list[str]:
    """The grades of the industry's scheme."""
    subtype = industry.subtypes[0].name if industry.subtypes else None
    rules = rulebook("shaoxing-2023", LAST)
    return [
        grade
        for grade in GRADES
        if not any(scheme_faults(grade, rules, [(industry, subtype)], source="核定"))
    ] or ["C"]


def _day(dice: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=dice.randrange((last - first).days))
