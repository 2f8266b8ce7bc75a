"""The register in a real browser: typing, filtering, paging, going back, exporting, a past day."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel.transaction import writing
from tests.ledgers import load, made_up_ledger
from tests.people import PASSWORD

OFFICER = "chengxian"


@pytest.fixture
def officer(app: Flask, page: Page) -> Page:
    """The window of a city officer, on the register."""
    with app.app_context():
        load(made_up_ledger(5, enterprises=65))
        with writing("测试"):
            kept = passwords.hashed(PASSWORD)
            person = services.open_account(OFFICER, "某经办", password_hash=kept)
            services.grant_role(person.user_id, Role.CITY_OFFICER)
    sign_in(page)
    page.get_by_role("link", name="企业台账").click()
    return page


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(OFFICER)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_typing_narrows_the_list_and_the_address_bar_reproduces_it(officer: Page) -> None:
    rows = officer.locator("#rows tbody tr")
    expect(rows).to_have_count(50)
    officer.get_by_label("搜索").press_sequentially("50007", delay=20)
    expect(officer.locator(".list-count")).to_contain_text("符合条件")
    expect(officer).to_have_url(re.compile(r"/register\?q=50007$"))
    expect(officer.get_by_label("搜索")).to_be_focused()
    shown = rows.all_inner_texts()
    officer.reload()
    assert rows.all_inner_texts() == shown
    officer.get_by_role("link", name="搜索：50007").click()
    expect(rows).to_have_count(50)


def test_sorting_paging_and_going_back(officer: Page) -> None:
    rows = officer.locator("#rows tbody tr")
    officer.get_by_role("link", name="等级", exact=True).click()
    expect(officer.locator('th[aria-sort="ascending"]')).to_contain_text("等级")
    first = rows.all_inner_texts()
    topmost = rows.first.locator("th a").inner_text()
    officer.get_by_role("link", name="下一页").click()
    expect(officer).to_have_url(re.compile("after="))
    assert rows.all_inner_texts() != first
    officer.go_back()
    expect(officer).not_to_have_url(re.compile("after="))
    expect(rows.first.locator("th a")).to_have_text(topmost)


def test_a_past_day_colours_the_frame_and_a_plant_keeps_it(officer: Page) -> None:
    officer.get_by_label("截至日期").fill("2024年6月30日")
    officer.get_by_label("截至日期").press("Enter")
    expect(officer.locator(".day-shown.is-past")).to_contain_text("截至 2024-06-30")
    officer.locator("#rows tbody th a").first.click()
    expect(officer.locator(".day-shown.is-past")).to_contain_text("截至 2024-06-30")
    officer.get_by_role("link", name="回到今天").click()
    expect(officer.locator(".day-shown.is-past")).to_have_count(0)


def test_what_is_shown_is_what_is_exported(officer: Page) -> None:
    officer.get_by_label("等级", exact=True).select_option("C")
    expect(officer.locator(".chips")).to_contain_text("等级：C")
    with officer.expect_download() as download:
        officer.get_by_role("button", name="导出 CSV").click()
    content = download.value.path().read_text(encoding="utf-8-sig")
    assert "条件：等级：C" in content
    expect(officer.locator("#rows tbody tr").first).to_be_visible()


def test_everything_works_without_scripts(officer: Page, browser: Browser, address: str) -> None:
    plain = browser.new_context(base_url=address, java_script_enabled=False)
    page = plain.new_page()
    sign_in(page)
    page.goto("/register")
    page.get_by_label("等级", exact=True).select_option("C")
    page.get_by_role("button", name="查询").click()
    assert "grade=C" in page.url
    expect(page.locator(".chips")).to_contain_text("等级：C")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出 Excel").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    plain.close()
