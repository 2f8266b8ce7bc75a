"""The enterprise's home (申报首页): what comes next and by when, what was filed and decided."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.filing.domain import Kind
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit
from app.kernel.transaction import writing
from app.registry.services import IndustryEntry, PlantEntry, record_industries, register_plants
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import begun, fill_in, industry_id, put_in_force, submitted, table
from tests.people import ClientAs
from tests.registers import fetched, statements
from tests.renewals import last_day

RULES = "shaoxing-2023"
START, NOTE = date(2025, 3, 1), "绍市环〔2025〕9号"


@pytest.fixture(autouse=True)
def at(clock: Freeze, bureau: None) -> None:
    """A day in the year's window."""
    clock("2026-04-20 09:00")


@pytest.fixture
def enterprise(app: Flask) -> int:
    """An enterprise with a plant; tables of its industry rule."""
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return a_plant()[0]


def _plants(enterprise_id: int, first: int, number: int, grade: str = "") -> list[int]:
    """More plants of the enterprise, each with a grade since last year."""
    with writing("测试"):
        ids = register_plants(
            [
                PlantEntry(enterprise_id, f"{it:03}", f"第{it}厂", "330602")
                for it in range(first, first + number)
            ]
        )
        record_industries([IndustryEntry(it, industry_id(), "", "主要") for it in ids])
        if grade:
            record_grades(
                [
                    GradeEntry(it, RULES, grade, START, None, "核定", "绍市环〔2025〕9号")
                    for it in ids
                ]
            )
        audit.record("test.registered", "plants", enterprise_id)
    return list(ids)


def test_a_renewal_that_is_due_is_told_with_its_last_day_and_its_way(
    app: Flask, enterprise: int, client_as: ClientAs
) -> None:
    with app.app_context():
        (plant,) = _plants(enterprise, 2, 1, "B")
        last_day()
    home = fetched(client_as("filer", uscc=code(1)), "/filing/")
    assert "2025-12-31 为 B 级，2026 年须更新评级材料并重新提交" in home
    assert "2026-04-30</strong>（含当日）" in home
    assert "还有 10 天" in home
    assert f'/filing/new?plant_id={plant}">办理年度更新' in home
    assert "绍市环〔2025〕9号" in home


def test_before_the_window_the_renewal_is_told_and_not_offered(
    app: Flask, enterprise: int, client_as: ClientAs, clock: Freeze
) -> None:
    with app.app_context():
        _plants(enterprise, 2, 1, "B")
        last_day()
    clock("2026-02-20 09:00")
    home = fetched(client_as("filer", uscc=code(1)), "/filing/")
    assert "申报期 2026-03-01 开始" in home
    assert "办理年度更新" not in home


def test_a_renewal_that_is_due_is_not_offered_when_its_window_is_over(
    app: Flask, enterprise: int, client_as: ClientAs, clock: Freeze
) -> None:
    with app.app_context():
        _plants(enterprise, 2, 1, "B")
        last_day()
    clock("2026-05-06 09:00")
    home = fetched(client_as("filer", uscc=code(1)), "/filing/")
    assert "已逾期 6 天" in home
    assert "2026-03-01 至 2026-04-30，现在不在申报期内" in home
    assert "办理年度更新" not in home


def test_a_draft_that_cannot_be_submitted_says_so_first(
    app: Flask, enterprise: int, client_as: ClientAs, clock: Freeze
) -> None:
    with app.app_context():
        (plant,) = _plants(enterprise, 2, 1, "B")
        last_day()
        filing_id = begun(plant, kind=Kind.RENEWAL)
    assert "现在不能提交" not in fetched(client_as("filer", uscc=code(1)), "/filing/")
    clock("2026-05-06 09:00")
    filer = client_as("filer", uscc=code(1))
    for address in ("/filing/", f"/filing/{filing_id}"):
        told = fetched(filer, address)
        assert "现在不能提交：2026 年度更新的申报期为 2026-03-01 至 2026-04-30" in told
        assert "继续填报" not in told


def test_a_plant_at_its_best_grade_is_not_told_to_rise(
    app: Flask, enterprise: int, client_as: ClientAs
) -> None:
    with app.app_context():
        (best,), (other,) = _plants(enterprise, 2, 1), _plants(enterprise, 3, 1)
        with writing("测试"):
            since = date(2026, 2, 2)
            record_grades(
                [GradeEntry(it, RULES, grade, since, None, "核定", NOTE)
                 for it, grade in ((best, "A"), (other, "C"))]
            )  # fmt: skip
            audit.record("test.graded", "plants", enterprise)
    home = fetched(client_as("filer", uscc=code(1)), "/filing/")
    assert home.count("已是本行业可以申报的最高等级") == 1
    assert f"/filing/new?plant_id={best}" not in home
    assert f'/filing/new?plant_id={other}">开始申报' in home


def test_a_draft_tells_how_many_rows_are_open_then_leads_to_the_checks(
    app: Flask, enterprise: int, client_as: ClientAs
) -> None:
    with app.app_context():
        (plant,) = _plants(enterprise, 2, 1)
        filing_id = begun(plant)
    filer = client_as("filer", uscc=code(1))
    assert "还有 3 项未填完" in fetched(filer, "/filing/")
    with app.app_context():
        fill_in(filing_id)
    home = fetched(filer, "/filing/")
    assert "各项指标已填完" in home
    assert f"/filing/{filing_id}/checks" in home


def test_the_home_costs_the_same_statements_however_much_was_filed(
    app: Flask, enterprise: int, client_as: ClientAs
) -> None:
    filer = client_as("filer", uscc=code(1))

    def cost() -> int:
        fetched(filer, "/filing/")
        with statements(app) as asked:
            fetched(filer, "/filing/")
        return len(asked)

    def more(first: int, number: int) -> None:
        with app.app_context():
            for it in _plants(enterprise, first, number, "B"):
                begun(it, kind=Kind.RENEWAL)
            for it in _plants(enterprise, first + 100, number):
                filing_id = begun(it)
                fill_in(filing_id)
                submitted(filing_id)

    more(2, 1)
    few = cost()
    more(3, 5)
    assert cost() == few


def test_many_plants_are_searched_and_stand_on_several_pages(
    app: Flask, enterprise: int, client_as: ClientAs
) -> None:
    with app.app_context():
        _plants(enterprise, 2, 24)
    filer = client_as("filer", uscc=code(1))
    assert "第 1 页，共 2 页" in fetched(filer, "/filing/")
    assert "第25厂" in fetched(filer, "/filing/?page=2")
    found = fetched(filer, "/filing/?q=第25厂")
    assert "共 1 个厂区" in found
    assert "第24厂" not in found
    assert "没有找到这样的厂区" in fetched(filer, "/filing/?q=无此厂")
