"""Numbers typed into a row in a real browser: what is read, what is refused, what grade follows."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_walk_filing import begin, loaded, window

__all__ = ["loaded"]
VALUE, OXYGEN = "颗粒物（炉窑，小时均值），实测值", "实测氧含量"
REFUSED = (
    ("≤10", "9", "不是实测数值"),
    ("10～20", "9", "是一个范围"),
    ("10 20", "9", "不是可用的数字"),
    ("NaN", "9", "不是可用的数字"),
    ("1e999", "9", "不是可用的数字"),
    ("-5", "9", "是负数"),
    ("0.01 g/m³", "9", "单位为 mg/m³"),
    ("5", "２１％", "低于 21%"),
)


def test_what_is_no_measured_value_stays_in_its_field_and_is_not_kept(
    loaded: Flask, browser: Browser, address: str
) -> None:
    with window(browser, address, "filer1") as page:
        begin(page)
        for value, oxygen, says in REFUSED:
            typed(page, value, oxygen)
            expect(page.get_by_text(says).first).to_be_visible()
            expect(page.get_by_label(VALUE)).to_have_value(value)
            expect(page.get_by_label(OXYGEN)).to_have_value(oxygen)
            expect(page.get_by_text("未保存，有")).to_be_visible()
        # 5 × (21 − 8) ÷ (21 − 14.5) = 10: A, and not a digit more
        typed(page, "５．０ ｍｇ／ｍ³", "14.5 %")
        expect(page.locator(".indicator-state").first).to_contain_text("已保存")
        expect(page.locator(".indicator-grade").first).to_contain_text("达到 A")
        typed(page, "5.02", "14.5")
        expect(page.locator(".indicator-grade").first).to_contain_text("达到 B")
        expect(page.locator(".indicator-grade").first).not_to_contain_text("未达")


def typed(page: Page, value: str, oxygen: str) -> None:
    page.get_by_label(VALUE).fill(value)
    page.get_by_label(OXYGEN).fill(oxygen)
    page.get_by_label(OXYGEN).press("Tab")


def test_without_script_the_page_says_the_same(
    loaded: Flask, browser: Browser, address: str
) -> None:
    with window(browser, address, "filer1") as page:
        begin(page)
        sheet = page.url
    with window(browser, address, "filer1", java_script_enabled=False) as page:
        page.goto(sheet)
        for value, oxygen, says in (REFUSED[0], REFUSED[2], REFUSED[-1]):
            typed(page, value, oxygen)
            page.get_by_role("button", name="保存").first.click()
            expect(page.get_by_text(says).first).to_be_visible()
            expect(page.get_by_label(VALUE)).to_have_value(value)
        typed(page, "5.02", "14.5")
        page.get_by_role("button", name="保存").first.click()
        page.goto(sheet)
        expect(page.locator(".indicator-grade").first).to_contain_text("达到 B")
