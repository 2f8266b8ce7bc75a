"""The page of a plant: its standing on any day, its history, and who may open it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.followup.services import InspectionEntry, record_inspections
from app.grades.services import GradeEntry, correct_grades, record_grades
from app.kernel import audit
from app.kernel.clock import shown
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import transaction, writing
from app.registry.services import (
    LineEntry,
    MeasureEntry,
    PlantEntry,
    record_emergency_measures,
    record_lines,
    register_plants,
)
from app.rights.services import ApplicationEntry, record_applications
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from app.upgrading.services import ProjectEntry, record_projects
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.ledger_imports import imported, someone
from tests.people import KEQIAO, YUECHENG, ClientAs
from tests.registers import fetched, statements

GRADE = GradeEntry(0, "shaoxing-2023", "B", date(2025, 3, 1), None, "核定", "等级〔2025〕1号")
CANARY = "绝不外泄厂"


@pytest.fixture
def plant(app: Flask, clock: Freeze) -> int:
    """A plant with one fact of every kind, its grade corrected from B to C on 1 August 2025."""
    clock("2025-07-01 09:00")
    with app.app_context():
        enterprise, plant = a_plant(1)
        with writing("web"):
            (grade,) = record_grades([replace(GRADE, plant_id=plant)])
            record_violations(
                [
                    ViolationEntry(
                        enterprise, None, "逃避监管排放", date(2025, 4, 1), date(2025, 5, 10),
                        "处罚〔2025〕2号",
                    )
                ]
            )  # fmt: skip
            record_findings([FindingEntry(enterprise, plant, date(2023, 2, 1), "认定〔2023〕3号")])
            record_inspections(
                [
                    InspectionEntry(
                        plant, date(2025, 6, 1), "抽查", "不符合", "C", "某甲、某乙", "X4"
                    )
                ]
            )
            record_projects([ProjectEntry(plant, "扩建五期", "扩建", started_on=date(2024, 1, 2))])
            record_applications(
                [
                    ApplicationEntry(
                        plant, "扩建五期", "VOCs", 2025, Decimal("1.250"), date(2025, 6, 2)
                    )
                ]
            )
            record_lines([LineEntry(plant, "01", "一号线", "熔炼", Decimal(100))])
            record_emergency_measures([MeasureEntry(plant, "01", "红", "停产")])
            audit.record("test.registered", "plant", plant)
        clock("2025-08-01 09:00")
        with writing("台账导入第 7 号"):
            correct_grades({grade: replace(GRADE, plant_id=plant, grade="C")})
            audit.record("test.corrected", "plant", plant)
    clock("2025-09-01 09:00")
    return plant


def heading_tags(html: str) -> str:
    """The words of the line under the heading."""
    found = re.search(r'<p class="fact">(.*?)</p>', html, re.S)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_every_fact_stands_on_the_page_with_its_document_and_who_recorded_it(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    html = fetched(client_as("county-officer"), f"/plants/{plant}")
    for words in (
        "等级〔2025〕1号", "处罚〔2025〕2号", "认定〔2023〕3号", "行政行为码 X4", "扩建五期",
        "1.250 吨/年", "适用于企业全部厂区", "某甲、某乙", "一号线", "停产",
        "2025-07-01 09:00 系统（网页登记）", "台账导入第 7 号",
    ):  # fmt: skip
        assert words in html, words


def test_a_corrected_record_is_struck_beside_the_one_that_replaced_it(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    html = fetched(client_as("county-officer"), f"/plants/{plant}")
    assert heading_tags(html) == "今天： C 当年受限"
    struck = html[html.index("更正前的记录") :]
    assert "B 级" in struck[: struck.index("</div>")]
    assert "已由现记录更正：2025-08-01 09:00" in struck


def test_every_fact_a_reason_rests_on_links_to_its_line_of_the_history(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    html = fetched(client_as("county-officer"), f"/plants/{plant}")
    links = set(re.findall(r'href="#((?:grade_record|violation|finding):\d+)"', html))
    assert len(links) >= 2
    assert all(f'id="{link}"' in html for link in links)


@pytest.mark.parametrize(
    ("day", "tags"),
    [
        ("2025-02-28", "截至 2025-02-28： D 虚假材料降级"),
        ("2025-03-01", "截至 2025-03-01： C"),
        ("2025-05-09", "截至 2025-05-09： C"),
        ("2025-05-10", "截至 2025-05-10： C 当年受限"),
        ("2025-12-31", "截至 2025-12-31： C 当年受限"),
        ("2026-01-01", "截至 2026-01-01： C"),
        ("2024-02-01", "截至 2024-02-01： D 禁止申报至 2024-02-01 虚假材料降级"),
        ("2023-01-31", "截至 2023-01-31： 未定级"),
    ],
)
def test_the_page_shows_the_day_asked_for_and_says_that_it_is_not_today(
    app: Flask, plant: int, client_as: ClientAs, day: str, tags: str
) -> None:
    html = fetched(client_as("county-officer"), f"/plants/{plant}?as_of={day}")
    assert heading_tags(html) == tags
    assert "is-as-of" in html
    assert f"截至 {day}" in html[: html.index("</header>")]


def test_facts_of_later_days_stand_apart(app: Flask, plant: int, client_as: ClientAs) -> None:
    html = fetched(client_as("county-officer"), f"/plants/{plant}?as_of=2025-03-01")
    assert "以后的记录 3 条" in html


def test_as_known_at_an_earlier_moment_the_first_record_decides(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    client = client_as("county-officer")
    html = fetched(client, f"/plants/{plant}?known_at=2025-07-15")
    assert heading_tags(html) == "今天： B 当年受限"
    assert "更正前的记录" not in html
    assert client.get(f"/plants/{plant}?known_at=2025-06-01").status_code == 404


def test_an_enterprise_reads_its_plant_without_the_names_of_officers(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    html = fetched(client_as("signatory", uscc=code(1)), f"/plants/{plant}")
    assert "登记：2025-07-01<" in html.replace("</p>", "<")
    assert "网页登记" not in html
    assert "台账导入第" not in html


def test_the_lowest_grade_of_the_enterprise_is_that_of_its_plants(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    with app.app_context(), writing("测试"):
        enterprise = db.session.execute(select(1)).scalar_one()
        register_plants([PlantEntry(enterprise, "002", CANARY, KEQIAO)])
        audit.record("test.registered", "plant", 2)
    city = fetched(client_as("city-officer"), f"/plants/{plant}")
    assert CANARY in city
    assert re.search(r"全部厂区中最低等级为\s*<span[^>]*>未定级", city)
    county = fetched(client_as("county-officer"), f"/plants/{plant}")
    assert CANARY not in county
    assert re.search(r"权限范围内的厂区中最低等级为\s*<span[^>]*>C", county)


def test_a_plant_of_another_county_is_not_found_and_the_attempt_is_logged(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    client = client_as("county-officer", county=KEQIAO)
    for address in (f"/plants/{plant}", f"/plants/{plant}?known_at=2025-07-15"):
        response = client.get(address)
        assert response.status_code == 404
        assert "示例1号" not in response.get_data(as_text=True)
    assert client_as("filer", uscc=code(2)).get(f"/plants/{plant}").status_code == 404
    assert client.get("/plants/999999").status_code == 404
    with app.app_context():
        logged = db.session.execute(
            select(AuditEntry.object_id, AuditEntry.succeeded).where(
                AuditEntry.action == "access.refused"
            )
        ).all()
    assert (f"/plants/{plant}", False) in [tuple(row) for row in logged]


def test_the_number_of_statements_does_not_grow_with_the_history(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    client = client_as("county-officer")
    fetched(client, f"/plants/{plant}")
    with statements(app) as few:
        fetched(client, f"/plants/{plant}")
    with app.app_context(), writing("web"):
        record_inspections(
            [
                InspectionEntry(
                    plant, date(2025, 6, day), "日常检查", "符合", None, action_code="Y"
                )
                for day in range(2, 30)
            ]
        )
        audit.record("test.registered", "plant", plant)
        assert shown(transaction().moment)
    with statements(app) as many:
        fetched(client, f"/plants/{plant}")
    assert len(many) == len(few)


def test_a_county_officer_reads_what_counts_for_the_whole_enterprise(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    html = fetched(client_as("county-officer", county=YUECHENG), f"/plants/{plant}")
    assert "不得申报 B 级（含引领性）及以上" in html
    assert "PLAN-BLOCK" in html
    assert "持续至" in html


def test_what_a_workbook_corrects_stands_in_the_history(
    app: Flask, plant: int, client_as: ClientAs, tmp_path: Path
) -> None:
    """A new name, county or closing by workbook has no day of its own; who and when is told."""
    with app.app_context():
        (who,) = {someone("city-officer").display_name}
    rows = {
        "企业": [{"统一社会信用代码": code(1), "企业名称": "更名铸造有限公司"}],
        "厂区": [
            {
                "统一社会信用代码": code(1), "厂区编号": "001", "厂区名称": "新厂",
                "区县代码": "330602", "关闭日期": "2025-08-20",
            }
        ],
    }  # fmt: skip
    imported(app, rows, tmp_path, "--by", who)
    html = fetched(client_as("county-officer"), f"/plants/{plant}")
    for words in (
        "企业名称由“示例1号有限公司”改为“更名铸造有限公司”",
        "厂区名称由“本部”改为“新厂”；关闭日期由“空”改为“2025-08-20”",
        "没有登记生效日期和依据文件",
        who,
    ):
        assert words in html, words
