"""Filings for tests (申报): a plant, its indicator table, and the people of its enterprise."""

from __future__ import annotations

import secrets
from datetime import date

from app.filing import services
from app.filing.domain import Kind
from app.filing.queries import Filing, filing_by_id
from app.indicators.domain import Cell, Evidence, IndicatorTable, Row
from app.indicators.models import IndicatorRuling
from app.indicators.queries import newest_version
from app.indicators.services import keep_version, open_family
from app.indicators.wording import read
from app.kernel import audit, facts
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import writing
from app.registry.queries import find_plant
from app.rulebook.queries import catalogue

ABCD = ("A", "B", "B-", "C", "D")
DUST = "颗粒物（炉窑，小时均值）"


def row(
    key: str,
    dimension: str,
    title: str,
    *cells: tuple[str, str],
    evidence: tuple[Evidence, ...] = (),
) -> Row:
    """A row from pairs: the grades of a cell, separated by blanks, and its text."""
    made = tuple(Cell(tuple(grades.split()), read(text)) for grades, text in cells)
    return Row(key, dimension, title, made, evidence=evidence)


ROWS = (
    row(
        "1", "排放限值", "颗粒物",
        ("A", f"{DUST}≤10mg/m³（基准氧含量8%）"), ("B B-", f"{DUST}≤20mg/m³（基准氧含量8%）"),
        ("C", f"{DUST}≤30mg/m³（基准氧含量8%）"), ("D", "未达到C级要求"),
        evidence=(Evidence("监测报告", "上一自然年"),),
    ),
    row(
        "2", "环境管理", "台账",
        ("A", "1、台账完整\n2、专职环保人员"), ("B B- C", "1、台账完整"), ("D", "未达到C级要求"),
    ),
    row(
        "3", "运输方式", "公路运输",
        ("A", "国五及以上车辆比例≥100%"), ("B B-", "国五及以上车辆比例≥80%"),
        ("C", "须做到：使用达标车辆"), ("D", "未达到C级要求"),
    ),
)  # fmt: skip
"""A made-up table of three rows, one of each kind."""


def industry_id(name: str = "铸造") -> str:
    """The id of an industry by its name."""
    found = catalogue().match(name).industry
    assert found is not None
    return found.id


def table(rows: tuple[Row, ...] = ROWS, *, industry: str = "铸造") -> IndicatorTable:
    """A made-up table of the industry under the plan."""
    return IndicatorTable(
        industry_id(industry), "", "shaoxing-2023", "示例指标表", ABCD, rows, "示例"
    )


def put_in_force(made: IndicatorTable, from_on: date) -> int:
    """Keep a version and let it rule from the day; returns its id."""
    with writing("测试"):
        family = open_family(made.rulebook, made.industry, made.subtype)
        newest = newest_version(family)
        made_from = None if newest is None else newest.id
        version = keep_version(family, made, made_from=made_from, example=True)
        facts.record(
            IndicatorRuling,
            [{"family_id": family, "version_id": version, "from_on": from_on,
              "document": "示例", "reason": "", "proposed_by": None}],
        )  # fmt: skip
        audit.record("test.ruled", "indicators", family)
    return version


def begun(
    plant_id: int, target: str = "B", *, kind: Kind = Kind.FIRST, year: int = 2026, actor: int = 1
) -> int:
    """Begin a filing; returns its id."""
    with writing("测试", actor_id=actor, actor_name="填报人"):
        plant = find_plant(plant_id, EVERYTHING)
        assert plant is not None
        return services.start(plant, year, kind, target, form_key=secrets.token_hex(8))


def filing(filing_id: int) -> Filing:
    """The filing as it stands."""
    found = filing_by_id(filing_id)
    assert found is not None
    return found
