"""A finding of false material by two people in real browsers: proposed, approved, corrected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel import clock
from app.kernel.transaction import writing
from tests.desk import graded_plant
from tests.people import PASSWORD


@pytest.fixture
def people(app: Flask, bureau: None) -> None:
    """A head of the county, who proposes, and one of the city, who decides."""
    with app.app_context(), writing("测试"):
        kept = passwords.hashed(PASSWORD)
        county = services.open_account("quxian", "某区县负责人", password_hash=kept)
        services.grant_role(county.user_id, Role.COUNTY_HEAD, county="330602")
        city = services.open_account("shiju", "某市局负责人", password_hash=kept)
        services.grant_role(city.user_id, Role.CITY_HEAD)


@pytest.fixture
def plain(browser: Browser, address: str) -> Iterator[Page]:
    """A page in a narrow window without JavaScript."""
    context = browser.new_context(
        base_url=address,
        locale="zh-CN",
        java_script_enabled=False,
        viewport={"width": 1024, "height": 768},
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_a_finding_is_proposed_approved_and_corrected_by_two_people(
    app: Flask, people: None, page: Page, plain: Page
) -> None:
    """PLAN-FALSE: the one works without JavaScript, the other with it."""
    plant = graded_plant(app)
    sign_in(plain, "quxian")
    sign_in(page, "shiju")
    _propose(plain, plant)
    _approve(page, plain.url, "停在 D 级")
    _propose_correction(plain)
    page.goto("/desk/findings")
    page.locator("tbody th a").click()
    expect(page.get_by_text("提交复核，通过前登记簿不变")).to_be_visible()
    expect(page.get_by_role("link", name="作废虚假材料认定记录")).to_have_count(0)
    _approve(page, plain.url, "都不变")
    page.goto("/desk/findings")
    page.locator("tbody th a").click()
    for words in ("绍环认〔2026〕19号", "原记录", "更正，理由：文号少登一位"):
        expect(page.locator("main")).to_contain_text(words)


def _propose(page: Page, plant: int) -> None:
    """From the plant's page: an error at its field, the preview, then to the second person."""
    today = clock.today()
    page.goto(f"/plants/{plant}")
    page.get_by_role("link", name="登记虚假材料认定").click()
    page.get_by_label("说明").fill("监测报告与原始记录不符")
    page.get_by_label("认定日期").fill(f"{today.year}年{today.month}月{today.day}日")
    page.get_by_role("button", name="预览变化").click()
    expect(page.locator(".error-summary")).to_contain_text("没有填写认定文号")
    expect(page.get_by_label("说明")).to_have_value("监测报告与原始记录不符")
    page.get_by_label("认定文号").fill("绍环认〔2026〕9号")
    page.get_by_role("button", name="预览变化").click()
    expect(page.locator(".consequence")).to_contain_text("等级由 B 级降为 D 级，停在 D 级")
    expect(page.locator(".consequence")).to_contain_text("起不得申报任何等级")
    page.get_by_role("button", name="提交复核").click()
    expect(page.locator("main")).to_contain_text("绍环认〔2026〕9号")
    expect(page.get_by_role("button", name="复核通过")).to_have_count(0)


def _approve(page: Page, address: str, consequence: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="查看影响").click()
    expect(page.locator(".consequences")).to_contain_text(consequence)
    page.get_by_role("button", name="复核通过").click()
    expect(page.locator(".flash")).to_contain_text("已经生效")


def _propose_correction(page: Page) -> None:
    """What was typed wrongly, beside what it was; back to the form and on again."""
    page.goto("/desk/findings")
    page.locator("tbody th a").click()
    page.get_by_role("link", name="更正虚假材料认定").click()
    page.get_by_label("认定文号").fill("绍环认〔2026〕19号")
    page.get_by_label("更正理由").fill("文号少登一位")
    page.get_by_role("button", name="预览变化").click()
    expect(page.get_by_text("绍环认〔2026〕19号（原为 绍环认〔2026〕9号）")).to_be_visible()
    expect(page.locator(".consequences")).to_contain_text("都不变")
    page.get_by_role("button", name="返回修改").click()
    expect(page.get_by_label("更正理由")).to_have_value("文号少登一位")
    page.get_by_role("button", name="预览变化").click()
    page.get_by_role("button", name="提交复核").click()
