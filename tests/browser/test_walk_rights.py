"""An enterprise applies in a real browser; the city tries out a reserve and the tonnes move."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit, clock
from app.kernel.transaction import writing
from app.rights.services import ReserveEntry, record_reserves
from tests.facts import a_plant, code
from tests.people import PASSWORD


@pytest.fixture
def loaded(app: Flask, bureau: None) -> Flask:
    """One plant with grade A, a city reserve of 3 tonnes, a filer and a city officer."""
    year = clock.today().year
    with app.app_context():
        _, plant_id = a_plant()
        with writing("测试"):
            day = date(year - 1, 1, 6)
            record_grades([GradeEntry(plant_id, "shaoxing-2023", "A", day, None, "历史")])
            record_reserves([ReserveEntry("city", "VOCs", year, Decimal(3))])
            kept = passwords.hashed(PASSWORD)
            for name, role, uscc in (
                ("filer1", Role.FILER, code(1)),
                ("officer1", Role.CITY_OFFICER, None),
            ):
                person = services.open_account(name, f"某{role.label}", password_hash=kept)
                services.grant_role(person.user_id, role, uscc=uscc)
            audit.record("test.recorded", "plant", plant_id)
    return app


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_from_the_application_to_the_trial(
    loaded: Flask, browser: Browser, page: Page, tmp_path: Path
) -> None:
    paper = tmp_path / "环评批复.pdf"
    paper.write_bytes(b"%PDF-1.7\n")
    sign_in(page, "filer1")
    page.get_by_role("link", name="排污权申请").click()
    page.get_by_role("link", name="提交申请").click()
    page.get_by_label("项目", exact=True).select_option("plant")
    page.get_by_label("污染物").select_option("VOCs")
    page.get_by_label("申请量（吨/年）").fill("2.005")
    page.get_by_label("选择证明材料").set_input_files(paper)
    page.get_by_role("button", name="添加所选文件").click()
    expect(page.get_by_role("button", name="移除 环评批复.pdf")).to_be_visible()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("申请已提交")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="环评批复.pdf").click()
    assert download.value.suggested_filename == "环评批复.pdf"

    origin = page.url.split("/rights")[0]
    with browser.new_context(base_url=origin, locale="zh-CN") as context:
        officer = context.new_page()
        sign_in(officer, "officer1")
        officer.goto("/rights/?level=city&pollutant=VOCs")
        expect(officer.get_by_role("img")).to_contain_text("−2.005")
        expect(officer.get_by_role("img")).to_contain_text("0.995")
        officer.get_by_label("试算的储备量（吨/年）").fill("1.5")
        officer.get_by_role("button", name="计算").click()
        expect(officer.get_by_role("heading", level=1)).to_contain_text("试算")
        expect(officer.get_by_role("img")).to_contain_text("−1.500")
        officer.get_by_role("link", name="恢复登记的储备量").click()
        expect(officer.get_by_role("img")).to_contain_text("−2.005")
