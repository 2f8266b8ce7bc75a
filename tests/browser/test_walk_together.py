"""Two people of one enterprise in one filing at once: nothing is lost, who differs sees both."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_walk_filing import begin, loaded, origin_of, sign_in, window

__all__ = ["loaded"]
DUST = "颗粒物（炉窑，小时均值），实测值"
PHONE = {"width": 390, "height": 844}


def save(page: Page) -> None:
    page.get_by_role("button", name="保存本页").last.click()


def all_rows(page: Page) -> str:
    """The address of the page with every row of the filing that has begun."""
    return page.url.split("?")[0].removesuffix("/assess") + "/assess?d=all"


def test_different_rows_and_both_are_kept(loaded: Flask, browser: Browser, page: Page) -> None:
    """Without script a page sends all its rows: those nobody touched on it overwrite nothing."""
    sign_in(page, "filer1")
    begin(page)
    here = all_rows(page)
    page.goto(here)
    with window(browser, origin_of(page), "signatory1", java_script_enabled=False) as plain:
        plain.goto(here)
        page.get_by_label("台账完整").check()
        expect(page.get_by_text("已保存 ").first).to_be_visible()
        plain.get_by_label(DUST).fill("18")
        plain.get_by_label("实测氧含量").fill("9")
        save(plain)
        expect(plain.get_by_text("已保存 1 项")).to_be_visible()
        for shown in (page, plain):
            shown.goto(here)
            expect(shown.get_by_label("台账完整")).to_be_checked()
            expect(shown.get_by_label(DUST)).to_have_value("18")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_the_same_value_shows_both_and_neither_is_lost(
    loaded: Flask, browser: Browser, page: Page, script: bool
) -> None:
    sign_in(page, "filer1")
    begin(page)
    here = all_rows(page)
    page.goto(here)
    with window(
        browser, origin_of(page), "signatory1", java_script_enabled=script, viewport=PHONE
    ) as other:
        other.goto(here)
        page.get_by_label(DUST).fill("18")
        page.get_by_label("实测氧含量").fill("9")
        page.get_by_label("实测氧含量").press("Tab")
        expect(page.get_by_text("已保存 ").first).to_be_visible()

        other.get_by_label(DUST).fill("25")
        other.get_by_label(DUST).press("Tab")
        if not script:
            save(other)
        both = other.locator(".notice", has_text="您的内容尚未保存")
        expect(both).to_contain_text("某企业填报人")
        expect(both).to_contain_text("18")
        expect(both).to_contain_text("25")
        expect(other.get_by_label(DUST)).to_have_value("25")
        expect(other.get_by_label("实测氧含量")).to_have_value("")  # never another's measurement
        assert other.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

        page.reload()
        expect(page.get_by_label(DUST)).to_have_value("18")
        other.get_by_label("实测氧含量").fill("10")
        if script:
            other.get_by_role("button", name="保存以上内容").click()
        else:
            save(other)
        expect(both).to_have_count(0)
        page.reload()
        expect(page.get_by_label(DUST)).to_have_value("25")
        expect(page.get_by_label("实测氧含量")).to_have_value("10")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_who_gives_way_takes_what_is_saved(
    loaded: Flask, browser: Browser, page: Page, script: bool
) -> None:
    sign_in(page, "filer1")
    begin(page)
    here = all_rows(page)
    page.goto(here)
    with window(browser, origin_of(page), "signatory1", java_script_enabled=script) as other:
        other.goto(here)
        page.get_by_label("国五及以上车辆比例").fill("60")
        page.get_by_label("国五及以上车辆比例").press("Tab")
        expect(page.get_by_text("已保存 ").first).to_be_visible()
        other.get_by_label("国五及以上车辆比例").fill("70")
        other.get_by_label("国五及以上车辆比例").press("Tab")
        if not script:
            save(other)
        other.get_by_role("link", name="采用某企业填报人的内容").click()
        expect(other.get_by_label("国五及以上车辆比例")).to_have_value("60")
        expect(other.get_by_text("您的内容尚未保存")).to_have_count(0)
