"""A made-up country of graded enterprises: the same one for the same seed, never committed.

Facts go in as rows, in a few writing transactions of the program's own; what the program derives
from them (standings, search) it derives itself.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert

from app.accounts.places import BureauPlan, CountyPlan
from app.accounts.services import set_up_bureau
from app.followup.models import InspectionRecord
from app.grades.models import GradeRow
from app.grades.services import refresh_in_parts
from app.kernel import audit, clock
from app.kernel.database import db
from app.kernel.transaction import transaction, writing
from app.registry.domain import name_key, uscc_check_character
from app.registry.models import (
    Enterprise,
    EnterpriseRecord,
    Plant,
    PlantIndustry,
    PlantRecord,
)
from app.registry.services import refresh_search
from app.rulebook.queries import catalogue
from app.supervision.models import FindingRecord, ViolationRecord

COUNTRY = 319_000
"""Enterprises under graded control at the end of 2025 (NAT-SYSTEM)."""
AS_OF = date(2025, 12, 31)
FIRST_YEAR = 2021
YEARS = 5
PLANTS_PER_COUNTY = 112
SHAPE = 2
"""Raise it when what is made changes, so that kept countries are made anew."""

SURNAMES = "华盛恒泰永兴鑫达宏宇金源瑞丰天成海川东方新远祥和诚信嘉禾越柯曹娥镜湖稽山钱塘富春龙山"
GIVEN = (
    "安邦博昌辰春大德鼎顶飞凤福冠光广国海汉浩弘厚虎环辉惠吉济佳建江杰捷锦晋京精景久聚"
    "凯康科坤来蓝乐力立利联良林灵隆茂美民明铭南宁鹏平普齐启强庆全群仁荣润森商尚盛世顺"
    "思泰涛腾通同旺威维伟卫文西贤先翔欣雄旭亚阳耀一亿益银英迎友裕元圆运泽展长正志致中"
)
TRADES = ("印染", "化工", "铸造", "水泥制品", "家具", "涂装", "包装印刷", "纺织", "橡胶制品",
          "玻璃", "陶瓷", "制药", "金属制品", "新材料", "机械", "砖瓦")  # fmt: skip
FORMS = ("有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司", "厂")
GRADES = (("A", 3), ("B", 14), ("B-", 6), ("C", 46), ("D", 16), ("引领性", 4), ("非引领性", 11))
KINDS = ("未依法环评", "未取得排污许可证", "超许可浓度或总量", "逃避监管排放",
         "未按规定安装使用自动监测", "其他")  # fmt: skip
STATES = ("正常", "正常", "正常", "正常", "停产", "长期停产", "")


@dataclass(frozen=True, slots=True)
class Size:
    """How large the country is, and by which seed."""

    plants: int = COUNTRY
    seed: int = 2026

    @property
    def stamp(self) -> str:
        """What a kept country is recognised by."""
        return f"{SHAPE}/{self.plants}/{self.seed}"

    @property
    def counties(self) -> int:
        """Counties (区县) of about as many plants as a county has."""
        return max(6, self.plants // PLANTS_PER_COUNTY)


def county_code(number: int) -> str:
    """The code of the n-th county: 31 provinces, cities of ten counties."""
    province, rest = 11 + number % 31, number // 31
    return f"{province:02}{1 + rest // 10:02}{1 + rest % 10:02}"


def plan(size: Size) -> BureauPlan:
    """Everything under one bureau, as the program knows one."""
    pairs = ("".join(pair) for pair in _pairs(GIVEN))
    counties = tuple(
        CountyPlan(f"{name}县", county_code(number))
        for number, name in zip(range(size.counties), pairs, strict=False)
    )
    return BureauPlan("示例省", "990000", "示例市生态环境局", "990100", counties)


def _pairs(letters: str) -> Iterator[tuple[str, str]]:
    for first in letters:
        for second in letters:
            if first != second:
                yield first, second


def fill(size: Size, part: int = 20_000) -> None:
    """Make the country in the empty database of this application context."""
    start = time.monotonic()
    with writing("测量"):
        set_up_bureau(plan(size))
    dice = random.Random(size.seed)  # noqa: S311 - made-up plants
    for first in range(0, size.plants, part):
        numbers = range(first, min(first + part, size.plants))
        with writing("测量"):
            plants = _Part(size, dice, numbers).enter()
            refresh_search(plants)
            audit.record("bench.filled", "register", str(first), {"厂区数": len(plants)})
        _say(f"  {numbers.stop:,} plants in {time.monotonic() - start:.0f} s")
    refresh_in_parts("测量")
    _say(f"  standings in {time.monotonic() - start:.0f} s")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _Part:
    """Some plants with everything recorded of them."""

    def __init__(self, size: Size, dice: random.Random, numbers: range) -> None:
        self._size, self._dice, self._numbers = size, dice, numbers
        self._industries = [it for it in catalogue().industries if it.until_on is None]
        self._rows: dict[type[Any], list[dict[str, Any]]] = {}

    def enter(self) -> list[int]:
        """Insert the rows; the ids of the plants."""
        plants: list[int] = []
        enterprise = 0
        for number in self._numbers:
            if number % 16 or not plants:  # one in sixteen is a further plant of the same
                enterprise, at = number + 1, 1
                self._enterprise(enterprise)
            else:
                at = 2
            plants.append(number + 1)
            self._plant(number + 1, enterprise, at)
        for model, rows in self._rows.items():
            db.session.execute(insert(model), rows)
        return plants

    def _add(self, model: type[Any], **row: Any) -> None:
        self._rows.setdefault(model, []).append(row)

    def _record(self, model: type[Any], **row: Any) -> None:
        current = transaction()
        self._add(model, recorded_at=current.moment, recorded_via=current.via, **row)

    def _enterprise(self, number: int) -> None:
        dice = self._dice
        body = f"9133{dice.randrange(10**4):04}MA{number:07}"
        word = "".join(dice.choices(GIVEN, k=dice.choice((2, 2, 2, 3))))
        name = (
            f"{''.join(dice.choices(SURNAMES, k=2))}{word}{dice.choice(TRADES)}{dice.choice(FORMS)}"
        )
        self._add(Enterprise, id=number, created_at=clock.now())
        self._record(
            EnterpriseRecord,
            enterprise_id=number,
            uscc=body + uscc_check_character(body),
            name=name,
            name_key=name_key(name),
        )

    def _plant(self, plant: int, enterprise: int, number: int) -> None:
        dice = self._dice
        self._add(Plant, id=plant, created_at=clock.now())
        self._record(
            PlantRecord,
            plant_id=plant,
            enterprise_id=enterprise,
            number=f"{number:03}",
            name="本部" if number == 1 else "二厂区",
            county=county_code(dice.randrange(self._size.counties)),
            town=f"{dice.choice(GIVEN)}{dice.choice(GIVEN[:20])}镇",
            permit_number=f"9133{plant:014}001P",
            permit_category=dice.choice(("重点管理", "简化管理", "登记管理")),
            permit_until=date(2024, 1, 1) + timedelta(days=dice.randrange(2000)),
            livelihood=dice.random() < 0.02,
            state=dice.choice(STATES),
            officer=f"经办{dice.randrange(9)}",
        )
        industry = dice.choice(self._industries)
        subtype = industry.subtypes[0] if industry.subtypes else None
        self._record(
            PlantIndustry,
            plant_id=plant,
            industry=industry.id,
            subtype=subtype.name if subtype else "",
            role="主要",
        )
        self._history(plant, enterprise)

    def _history(self, plant: int, enterprise: int) -> None:
        """Five years: a first grade, renewals, violations, now and then false material."""
        dice = self._dice
        day = date(FIRST_YEAR, 1, 1) + timedelta(days=dice.randrange(700))
        while dice.random() > 0.04 and day <= AS_OF:
            grade = dice.choices([it for it, _ in GRADES], [it for _, it in GRADES])[0]
            self._record(
                GradeRow, plant_id=plant, rulebook="shaoxing-2023", grade=grade, effective_on=day,
                source="核定" if dice.random() < 0.7 else "复核",
                document=f"绍市环〔{day.year}〕{dice.randrange(400)}号",
            )  # fmt: skip
            day += timedelta(days=dice.randrange(250, 900))
        for year in range(FIRST_YEAR, FIRST_YEAR + YEARS):
            if dice.random() < 0.05:
                self._violation(plant, enterprise, year)
            if dice.random() < 0.2:
                self._record(
                    InspectionRecord, plant_id=plant, inspected_on=_day_in(dice, year),
                    kind="日常检查", conclusion="符合",
                )  # fmt: skip
        if dice.random() < 0.004:
            found_on = _day_in(dice, dice.randrange(FIRST_YEAR, FIRST_YEAR + YEARS))
            self._record(
                FindingRecord, enterprise_id=enterprise, plant_id=plant, found_on=found_on,
                document=f"绍环认〔{found_on.year}〕{plant}号",
                document_key=f"绍环认〔{found_on.year}〕{plant}号",
            )  # fmt: skip

    def _violation(self, plant: int, enterprise: int, year: int) -> None:
        dice = self._dice
        decided_on = _day_in(dice, year)
        withdrawn = decided_on + timedelta(days=90) if dice.random() < 0.05 else None
        document = f"绍环罚〔{year}〕{plant}号"
        self._record(
            ViolationRecord,
            enterprise_id=enterprise,
            plant_id=None if dice.random() < 0.05 else plant,
            kind=dice.choice(KINDS),
            acted_on=decided_on - timedelta(days=dice.randrange(200)),
            decided_on=decided_on,
            document=document,
            document_key=document,
            withdrawn_on=withdrawn,
            withdrawal_document=f"撤〔{year}〕{plant}号" if withdrawn else "",
        )


def _day_in(dice: random.Random, year: int) -> date:
    return date(year, 1, 1) + timedelta(days=dice.randrange(365))


Rows = Mapping[str, Sequence[Any]]
