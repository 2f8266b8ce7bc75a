"""Ledger workbooks for tests (测试用台账): a lawful one, changed as each test needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl

from app.accounts.places import SHAOXING, CountyIndex
from app.kernel.authority import Scope
from app.kernel.spreadsheets import Row, Sheet, Workbook
from app.ledger.comparing import Comparison, compare
from app.ledger.examining import planned_bureaus
from app.ledger.parsing import Tools
from app.ledger.problems import Level, Problem
from app.ledger.reading import TypedLedger, read_ledger
from app.ledger.register import PlantPlace, Register, RegisterRow
from app.ledger.rules.reach import SYSTEM, Importer
from app.ledger.sheets import BY_NAME, SHEETS
from app.rulebook.queries import all_rulebooks, catalogue
from tests.facts import code

Tables = dict[str, list[dict[str, Any]]]
"""Sheet → rows, each header → cell."""

SAMPLES = Path(__file__).parent / "samples"
A, B, C = code(1), code(2), code(3)
TODAY = date(2025, 9, 1)
YUECHENG, KEQIAO, SHANGYU = "330602", "330603", "330604"


def tools() -> Tools:
    """What cells are read against, as delivered."""
    return Tools(CountyIndex(planned_bureaus(SHAOXING)), catalogue(), all_rulebooks())


def lawful() -> Tables:
    """Two enterprises with three plants, at least one row on every sheet, nothing to mend."""
    old = {"统一社会信用代码": A, "厂区编号": "001"}
    mill = {"统一社会信用代码": A, "厂区编号": "002"}
    paint = {"统一社会信用代码": B, "厂区编号": "001"}
    return {
        "企业": [
            {"统一社会信用代码": A, "企业名称": "示例甲（绍兴）有限公司", "联系电话": "0575-1"},
            {"统一社会信用代码": B, "企业名称": "示例乙有限公司", "成立日期": date(2009, 3, 5)},
        ],
        "厂区": [
            {
                **old,
                "厂区名称": "老厂",
                "区县代码": YUECHENG,
                "经度": Decimal("120.58"),
                "纬度": Decimal("30.01"),
                "排污许可证编号": A + "001P",
                "民生保障类": "否",
                "镇街": "城南街道",
            },
            {**mill, "厂区名称": "粉磨站", "区县代码": SHANGYU, "生产状态": "正常"},
            {**paint, "厂区名称": "本部", "区县代码": KEQIAO},
        ],
        "行业": [
            {**old, "行业": "铸造", "角色": "主要", "产能": 1200, "产能单位": "吨/年"},
            {**mill, "行业": "水泥", "子类": "独立粉磨站", "角色": "主要"},
            {**paint, "行业": 39, "角色": "主要", "国民经济行业代码": "3391"},
        ],
        "等级": [
            grade(A, "001", "B", date(2024, 1, 10), 文号="浙环函〔2024〕1号"),
            grade(A, "002", "引领性", date(2024, 1, 10), 失效日期=date(2026, 1, 10)),
            grade(B, "001", "D", date(2023, 5, 1), 来源="复核"),
        ],
        "违法行为": [
            {
                "统一社会信用代码": A,
                "类型": "超许可浓度或总量",
                "行为日期": date(2025, 2, 1),
                "决定日期": date(2025, 3, 1),
                "决定文号": "绍环罚〔2025〕1号",
            },
            {
                **paint,
                "类型": "其他",
                "决定日期": date(2024, 3, 1),
                "决定文号": "绍环罚〔2024〕2号",
                "撤销日期": date(2024, 6, 1),
            },
        ],
        "虚假材料": [finding(B, "001", date(2023, 9, 1))],
        "检查": [
            {
                **old,
                "检查日期": date(2025, 4, 1),
                "检查类型": "抽查",
                "结论": "不符合",
                "实际等级": "C",
                "检查人员": "张三、李四",
                "行政行为码": "JC1",
            }
        ],
        "建设项目": [
            {
                **old,
                "项目名称": "扩建（一期）",
                "类型": "扩建",
                "新办企业": "否",
                "环评写明等级": "B",
            }
        ],
        "排污权申请": [
            {
                **old,
                "项目名称": "扩建（一期）",
                "污染物": "SO2",
                "申请量": Decimal("6.931"),
                "申请日期": date(2025, 3, 1),
                "年度": 2025,
            }
        ],
        "排污权储备": [{"级别": "市级", "污染物": "SO2", "年度": 2025, "数量": Decimal("7.5")}],
        "生产线": [{**old, "编号": "L1", "名称": "一号线", "许可产能": 800}],
        "应急措施": [{**old, "生产线编号": "L1", "预警级别": "橙", "措施": "停产", "减排量": 2}],
    }


def grade(uscc: str, plant: str, given: str, on: date, **more: Any) -> dict[str, Any]:
    """A row of 等级 under the plan's rulebook."""
    return {
        "统一社会信用代码": uscc,
        "厂区编号": plant,
        "规则集": "shaoxing-2023",
        "等级": given,
        "生效日期": on,
        "来源": "核定",
        **more,
    }


def finding(uscc: str, plant: str | None, on: date, **more: Any) -> dict[str, Any]:
    """A row of 虚假材料."""
    return {
        "统一社会信用代码": uscc,
        "厂区编号": plant,
        "认定日期": on,
        "认定文号": "绍市环认〔2024〕7号",
        **more,
    }


def grid(sheet: str, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    """Header and rows as a sheet shows them; columns nobody fills are left out."""
    used = {header for row in rows for header in row}
    headers = [column.header for column in BY_NAME[sheet].columns if column.header in used]
    headers += [header for header in used if header not in headers]
    return [list(headers), *([row.get(header) for header in headers] for row in rows)]


def sheet_of(name: str, lines: Sequence[Sequence[Any]]) -> Sheet:
    """A sheet as the reader gives it: blank rows left out, numbers as Excel shows them."""
    return Sheet(
        name,
        tuple(
            Row(number, tuple(line))
            for number, line in enumerate(lines, start=1)
            if any(cell is not None for cell in line)
        ),
    )


def workbook(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> Workbook:
    """The tables as a workbook that has been read; data begins in row 2."""
    return Workbook(tuple(sheet_of(name, grid(name, rows)) for name, rows in tables.items()))


def saved(tables: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> Path:
    """The tables as a file."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for line in grid(name, rows):
            sheet.append(line)
    book.save(path)
    return path


def nothing(_done: int, _total: int, _note: str) -> None:
    """Progress nobody watches."""


def read(book: Workbook) -> TypedLedger:
    """The workbook read."""
    return read_ledger(book, tools(), nothing)


def compared(
    tables: Tables | Workbook,
    register: Register | None = None,
    importer: Importer = SYSTEM,
    on: date = TODAY,
) -> Comparison:
    """The tables held against a register (by default an empty one)."""
    book = tables if isinstance(tables, Workbook) else workbook(tables)
    return compare(read(book), register or Register(), importer, on, nothing)


def recorded(tables: Tables) -> Register:
    """A register that holds the tables, as if they had been imported, with ids from 1."""
    comparison = compared(tables)
    assert not comparison.is_refused, texts(comparison)
    register = Register()
    number = iter(range(1, 100_000))
    for spec in SHEETS:
        rows = []
        for change in comparison.changes(spec.name):
            values, fact_id = change.values, next(number)
            uscc, plant = values.get("uscc"), values.get("plant")
            if spec.name == "企业":
                register.enterprises[str(uscc)] = fact_id
            enterprise_id = register.enterprises.get(str(uscc))
            if spec.name == "厂区" and enterprise_id is not None:
                register.plants[enterprise_id, values["plant"]] = fact_id
                register.places[fact_id] = PlantPlace(
                    enterprise_id, values["plant"], values["county"]
                )
            plant_id = register.plants[enterprise_id, plant] if plant and enterprise_id else None
            rows.append(RegisterRow(fact_id, enterprise_id, plant_id, values))
        register.add(spec.name, rows)
    return register


def person(*counties: str, head: bool = False) -> Importer:
    """An officer (or head) of these counties; without counties, of the city."""
    scope = Scope(frozenset(counties)) if counties else Scope(None)
    return Importer("某人", 7, scope, scope if head else None)


def found(comparison: Comparison, level: Level = Level.REFUSED) -> list[Problem]:
    """What was found of one weight."""
    return [it for it in comparison.ledger.problems if it.level is level]


def places(comparison: Comparison, level: Level = Level.REFUSED) -> list[tuple[str, int, str]]:
    """Sheet, row and column of everything found of one weight."""
    return [(it.sheet, it.row or 0, it.column) for it in found(comparison, level)]


def texts(comparison: Comparison, level: Level = Level.REFUSED) -> str:
    """Everything found of one weight, as the command prints it."""
    return "\n".join(it.text for it in found(comparison, level))
