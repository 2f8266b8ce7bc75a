"""Ledgers as plain rows, and their way into a test installation through the services (台账数据).

Rows are mappings from the headers of the contract to cells, by sheet; dates are `date`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl

from app.accounts.places import SHAOXING
from app.accounts.queries import list_bureaus
from app.accounts.services import set_up_bureau
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit
from app.kernel.transaction import transaction, writing
from app.registry.domain import uscc_check_character
from app.registry.services import (
    EnterpriseEntry,
    IndustryEntry,
    PlantEntry,
    record_industries,
    register_enterprises,
    register_plants,
)
from app.rights.services import (
    ApplicationEntry,
    ReserveEntry,
    record_applications,
    record_reserves,
)
from app.rulebook.queries import catalogue
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from app.upgrading.services import ProjectEntry, record_projects

Row = Mapping[str, Any]
Ledger = Mapping[str, Sequence[Row]]
SAMPLE = Path(__file__).parent / "samples" / "ledger-small.xlsx"
SHEETS = (
    "企业",
    "厂区",
    "行业",
    "等级",
    "违法行为",
    "虚假材料",
    "建设项目",
    "排污权申请",
    "排污权储备",
)
KEYS = {"统一社会信用代码", "级别"}
LEVELS = {"省级": "province", "市级": "city"}


@cache
def read_ledger(path: Path = SAMPLE) -> Ledger:
    """The rows of a workbook, with nothing but openpyxl between."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {name: _rows(list(book[name].iter_rows(values_only=True))) for name in SHEETS}


def _rows(cells: Sequence[tuple[Any, ...]]) -> list[Row]:
    start = next(number for number, row in enumerate(cells) if row[0] in KEYS)
    return [
        dict(zip(cells[start], map(_plain, row), strict=True))
        for row in cells[start + 1 :]
        if row[0] is not None
    ]


def _plain(cell: Any) -> Any:
    return cell.date() if isinstance(cell, datetime) else cell


def load(ledger: Ledger, *, via: str = "测试") -> datetime:
    """Enter a ledger in one transaction, as one import does; returns its moment."""
    with writing(via):
        if not list_bureaus():
            set_up_bureau()
        enterprises = _load_enterprises(ledger["企业"])
        plants = _load_plants(ledger["厂区"], enterprises)
        _load_facts(ledger, enterprises, plants)
        _load_rights(ledger, plants)
        audit.record("test.loaded", "ledger", via)
        return transaction().moment


def _load_enterprises(rows: Sequence[Row]) -> dict[str, int]:
    codes = [row["统一社会信用代码"] for row in rows]
    entries = [EnterpriseEntry(row["统一社会信用代码"], row["企业名称"]) for row in rows]
    return dict(zip(codes, register_enterprises(entries), strict=True))


def _load_plants(rows: Sequence[Row], enterprises: Mapping[str, int]) -> dict[tuple[str, str], int]:
    keys = [plant_key(row) for row in rows]
    entries = [
        PlantEntry(
            enterprises[row["统一社会信用代码"]],
            row["厂区编号"],
            row["厂区名称"],
            row["区县代码"],
            livelihood=row["民生保障类"] == "是",
            state=row["生产状态"],
        )
        for row in rows
    ]
    return dict(zip(keys, register_plants(entries), strict=True))


def plant_key(row: Row) -> tuple[str, str]:
    """Code and number of the plant that a row is about."""
    return row["统一社会信用代码"], row["厂区编号"]


def _load_facts(
    ledger: Ledger, enterprises: Mapping[str, int], plants: Mapping[tuple[str, str], int]
) -> None:
    record_industries([_industry(row, plants[plant_key(row)]) for row in ledger["行业"]])
    record_grades(
        [
            GradeEntry(
                plants[plant_key(row)], row["规则集"], row["等级"], row["生效日期"],
                row["失效日期"], row["来源"], row["文号"] or "",
            )
            for row in ledger["等级"]
        ]
    )  # fmt: skip
    record_violations(
        [
            ViolationEntry(
                enterprises[row["统一社会信用代码"]], _plant_or_none(row, plants), row["类型"],
                row["行为日期"], row["决定日期"], row["决定文号"], row["撤销日期"],
            )
            for row in ledger["违法行为"]
        ]
    )  # fmt: skip
    record_findings(
        [
            FindingEntry(
                enterprises[row["统一社会信用代码"]], _plant_or_none(row, plants),
                row["认定日期"], row["认定文号"], row["撤销日期"],
            )
            for row in ledger["虚假材料"]
        ]
    )  # fmt: skip


def _industry(row: Row, plant_id: int) -> IndustryEntry:
    found = catalogue().match(str(row["行业"])).industry
    assert found is not None, row
    return IndustryEntry(plant_id, found.id, row["子类"] or "", row["角色"])


def _plant_or_none(row: Row, plants: Mapping[tuple[str, str], int]) -> int | None:
    return plants[plant_key(row)] if row["厂区编号"] else None


def _load_rights(ledger: Ledger, plants: Mapping[tuple[str, str], int]) -> None:
    record_projects(
        [
            ProjectEntry(
                plants[plant_key(row)], row["项目名称"], row["类型"], row["新办企业"] == "是"
            )
            for row in ledger["建设项目"]
        ]
    )
    record_applications(
        [
            ApplicationEntry(
                plants[plant_key(row)], row["项目名称"] or "", row["污染物"], int(row["年度"]),
                Decimal(str(row["申请量"])), row["申请日期"],
            )
            for row in ledger["排污权申请"]
        ]
    )  # fmt: skip
    record_reserves(
        [
            ReserveEntry(
                LEVELS[row["级别"]], row["污染物"], int(row["年度"]), Decimal(str(row["数量"]))
            )
            for row in ledger["排污权储备"]
        ]
    )


# --- Made-up ledgers ---------------------------------------------------------------------------

INDUSTRIES = (("铸造", None), ("水泥", "熟料"), ("水泥", None), ("印染", None), ("玻璃", None))
GRADES = ("A+", "A", "引领性", "B", "B-", "C", "D", "非引领性")
KINDS = (
    "未依法环评",
    "未取得排污许可证",
    "超许可浓度或总量",
    "逃避监管排放",
    "未按规定安装使用自动监测",
    "其他",
)
POLLUTANTS = ("SO2", "NOx", "VOCs", "PM")
FIRST_DAY = date(2021, 6, 1)
SPAN = 1900
LEAP_DAY = date(2024, 2, 29)


def made_up_ledger(seed: int, enterprises: int = 40) -> Ledger:
    """A ledger full of edges: ties, leap days, bans, withdrawals, facts of whole enterprises."""
    chance = random.Random(seed)  # noqa: S311 - no secret, the same ledger every time
    ledger: dict[str, list[Row]] = {name: [] for name in SHEETS}
    for number in range(enterprises):
        _made_up_enterprise(ledger, chance, f"91330602MADE{seed % 10}{number:04d}")
    for level in LEVELS:
        for pollutant in POLLUTANTS[:3]:
            held = Decimal(chance.randrange(1, 60_000)) / 1000
            ledger["排污权储备"].append(
                {"级别": level, "污染物": pollutant, "年度": 2025, "数量": held}
            )
    return ledger


def _made_up_enterprise(ledger: dict[str, list[Row]], chance: random.Random, first: str) -> None:
    uscc = first + uscc_check_character(first)
    ledger["企业"].append({"统一社会信用代码": uscc, "企业名称": f"示例{first[-4:]}有限公司"})
    numbers = ["001", "002", "003"][: chance.choice((1, 1, 2, 3))]
    for number in numbers:
        county = chance.choice([it.code for it in SHAOXING.counties])
        plant = {"统一社会信用代码": uscc, "厂区编号": number}
        ledger["厂区"].append(
            {**plant, "厂区名称": f"第{number}厂", "区县代码": county,
             "民生保障类": chance.choice("是否"), "生产状态": chance.choice(("正常", "停产"))}
        )  # fmt: skip
        name, subtype = chance.choice(INDUSTRIES)
        ledger["行业"].append({**plant, "行业": name, "子类": subtype, "角色": "主要"})
        _made_up_grades(ledger, chance, plant)
        _made_up_applications(ledger, chance, plant)
    _made_up_supervision(ledger, chance, uscc, [*numbers, None])


def _made_up_grades(ledger: dict[str, list[Row]], chance: random.Random, plant: Row) -> None:
    days = {_day(chance) for _ in range(chance.randrange(5))}
    if chance.random() < 0.1:
        days.add(LEAP_DAY)
    books = ["shaoxing-2023", "national-2026"]
    for day in chance.sample(sorted(days), len(days)):
        both = chance.random() < 0.1
        for book in books if both else books[:1]:
            ends = day + timedelta(chance.randrange(1, 500)) if chance.random() < 0.2 else None
            ledger["等级"].append(
                {**plant, "规则集": book, "等级": chance.choice(GRADES), "生效日期": day,
                 "失效日期": ends, "来源": "历史", "文号": None}
            )  # fmt: skip


def _made_up_supervision(
    ledger: dict[str, list[Row]],
    chance: random.Random,
    uscc: str,
    numbers: Sequence[str | None],
) -> None:
    for sheet, likely in (("违法行为", 4), ("虚假材料", 2)):
        for count in range(chance.randrange(likely)):
            day = chance.choice((_day(chance), _day(chance), LEAP_DAY))
            withdrawn = day + timedelta(chance.randrange(300)) if chance.random() < 0.3 else None
            fact = {
                "统一社会信用代码": uscc,
                "厂区编号": chance.choice(numbers),
                "撤销日期": withdrawn,
            }
            document = f"示例〔{day.year}〕{uscc[-5:]}-{count}号"
            if sheet == "违法行为":
                acted = day - timedelta(chance.randrange(400)) if chance.random() < 0.7 else None
                fact |= {"类型": chance.choice(KINDS), "行为日期": acted, "决定日期": day,
                         "决定文号": document}  # fmt: skip
            else:
                fact |= {"认定日期": day, "认定文号": document}
            ledger[sheet].append(fact)


def _made_up_applications(ledger: dict[str, list[Row]], chance: random.Random, plant: Row) -> None:
    if chance.random() < 0.5:
        return
    project = chance.choice(("扩建一期", "技改", None))
    if project and chance.random() < 0.8:
        ledger["建设项目"].append(
            {**plant, "项目名称": project, "类型": "扩建", "新办企业": chance.choice("否否是")}
        )
    for pollutant in chance.sample(POLLUTANTS, chance.randrange(1, 4)):
        day = date(2025, 1, 1) + timedelta(chance.randrange(365))
        ledger["排污权申请"].append(
            {**plant, "项目名称": project, "污染物": pollutant, "年度": 2025,
             "申请量": Decimal(chance.randrange(1, 9000)) / 1000, "申请日期": day}
        )  # fmt: skip


def _day(chance: random.Random) -> date:
    return FIRST_DAY + timedelta(chance.randrange(SPAN))
