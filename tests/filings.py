"""Filings for tests (申报): a plant, its indicator table, and the people of its enterprise."""

from __future__ import annotations

import secrets
from datetime import date
from decimal import Decimal

from sqlalchemy import insert

from app.accounts.services import Confirmed
from app.filing import services
from app.filing.domain import Kind, Saved, Transport
from app.filing.models import FilingEvidence
from app.filing.queries import Filing, Submission, filing_by_id, working
from app.filing.queries.papers import statements_of
from app.indicators.domain import (
    Answer,
    Cell,
    Clauses,
    Evidence,
    IndicatorTable,
    Measured,
    Row,
)
from app.indicators.models import IndicatorRuling
from app.indicators.queries import newest_version
from app.indicators.services import keep_version, open_family
from app.indicators.wording import read
from app.kernel import audit, facts
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import transaction, writing
from app.registry.queries import find_plant
from app.rulebook.queries import catalogue

ABCD = ("A", "B", "B-", "C", "D")
DUST, DUST_ID = "颗粒物（炉窑，小时均值）", "颗粒物@炉窑/小时均值"
SIGNATORY = 3
"""The id of whoever signs."""


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
    plant_id: int,
    target: str = "B",
    *,
    kind: Kind = Kind.FIRST,
    year: int = 2026,
    actor: int = 1,
    form_key: str = "",
) -> int:
    """Begin a filing; returns its id."""
    with writing("测试", actor_id=actor, actor_name="填报人"):
        plant = find_plant(plant_id, EVERYTHING)
        assert plant is not None
        form_key = form_key or secrets.token_hex(8)
        return services.start(plant, year, kind, target, form_key=form_key)


def filing(filing_id: int) -> Filing:
    """The filing as it stands."""
    found = filing_by_id(filing_id)
    assert found is not None
    return found


def answers(dust: str = "15", share: str = "85") -> dict[str, Answer]:
    """Answers to the three rows: B by dust and lorries unless said otherwise, A by its ledger."""
    criterion = ROWS[1].cells[0].criterion
    assert isinstance(criterion, Clauses)
    return {
        "1": Answer(measured={DUST_ID: Measured(Decimal(dust), Decimal(8))}),
        "2": Answer(ticked=frozenset(it.id for it in criterion.items)),
        "3": Answer(shares={"国五及以上车辆比例": Decimal(share)}),
    }


def fill_in(filing_id: int, filled: dict[str, Answer] | None = None, *, seen: int = 0) -> None:
    """Answer every row and the transport summary, attach the report, accept every statement."""
    with writing("测试", actor_id=2, actor_name="张三"):
        for key, answer in (filled or answers()).items():
            assert isinstance(services.save_answer(filing_id, 1, key, answer, seen), Saved)
        summary = Transport(100, Decimal(85), Decimal(5), gate_connected=True,
                            transmission_rate=Decimal(97))  # fmt: skip
        services.save_transport(filing_id, summary, seen)
        attach(filing_id)
        attach(filing_id, "2", "")
        attach(filing_id, "3", "")
        for it in statements_of(working(filing(filing_id))):
            services.accept(filing_id, it.id, it.sha256)


def attach(filing_id: int, key: str = "1", kind: str = "监测报告", year: int = 2025) -> None:
    """A material on file, as the upload leaves it."""
    current = transaction()
    db.session.execute(insert(FilingEvidence).values(
        filing_id=filing_id, place=1, row_key=key, kind=kind, sha256="ab" * 32, name="报告.pdf",
        size=10, media="pdf", pages=1, period_from=date(year, 1, 1),
        period_until=date(year, 12, 31), note="", confirmed=True, carried_from=None,
        added_at=current.moment, added_by=2, added_by_name="张三"))  # fmt: skip
    audit.record("test.attached", "filing", filing_id)


def submitted(filing_id: int, form_key: str = "") -> Submission:
    """Submit it as its signatory."""
    with writing("测试", actor_id=SIGNATORY, actor_name="王签署"):
        return services.submit(
            filing_id, Confirmed(SIGNATORY, "王签署"), form_key=form_key or secrets.token_hex(8)
        )
