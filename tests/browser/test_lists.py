"""The lists in a real browser: a day, a filter, why one stands before another, a file."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel.transaction import writing
from tests.ledgers import load, made_up_ledger
from tests.people import PASSWORD, YUECHENG

OFFICER = "yuecheng"
LIST = "/policy/positive-list?as_of=2025-06-30"


@pytest.fixture
def loaded(app: Flask) -> Flask:
    """A register and the account of a county officer."""
    with app.app_context():
        load(made_up_ledger(5, enterprises=65))
        with writing("测试"):
            kept = passwords.hashed(PASSWORD)
            person = services.open_account(OFFICER, "某经办", password_hash=kept)
            services.grant_role(person.user_id, Role.COUNTY_OFFICER, county=YUECHENG)
    return app


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(OFFICER)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_from_the_menu_to_a_list_of_a_day_and_its_file(
    loaded: Flask, page: Page, tmp_path: Path
) -> None:
    sign_in(page)
    page.get_by_role("navigation").get_by_role("link", name="政策清单").click()
    page.get_by_role("link", name="监督执法正面清单").click()
    page.get_by_label("截至日期").fill("2025-06-30")
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".day-shown")).to_contain_text("截至 2025-06-30")
    digest = page.locator(".source .code").last.inner_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="导出 Excel").click()
    assert download.value.suggested_filename == "监督执法正面清单_截至2025-06-30_越城.xlsx"
    path = tmp_path / "list.xlsx"
    download.value.save_as(path)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert digest in str(sheet["A5"].value)


def test_filters_keep_the_address_true_and_the_day_keeps_the_filters(
    loaded: Flask, page: Page
) -> None:
    sign_in(page)
    page.goto(LIST)
    page.get_by_label("结论").select_option("纳入")
    expect(page).to_have_url(re.compile("result=admitted"))
    expect(page.locator("#rows tbody tr.is-out")).to_have_count(0)
    page.get_by_label("截至日期").fill("2025-03-01")
    page.get_by_role("button", name="查看").click()
    expect(page).to_have_url(re.compile("as_of=2025-03-01.*result=admitted"))
    expect(page.get_by_label("结论")).to_have_value("admitted")


def test_why_a_plant_stands_where_it_does_opens_beside_the_list(loaded: Flask, page: Page) -> None:
    sign_in(page)
    page.goto(LIST)
    page.get_by_role("link", name=re.compile("^为何")).nth(1).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile("依据“|前一位为其他区县企业"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_without_script_the_same_is_a_page(loaded: Flask, browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    sign_in(page)
    page.goto(LIST)
    page.get_by_label("结论").select_option("纳入")
    page.get_by_role("button", name="筛选").click()
    expect(page.locator("#rows tbody tr.is-out")).to_have_count(0)
    page.get_by_role("link", name=re.compile("^为何")).nth(1).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("为何排在此位")
    expect(page.locator("#comparison-body")).to_contain_text(re.compile("依据“|其他区县企业"))
    context.close()
