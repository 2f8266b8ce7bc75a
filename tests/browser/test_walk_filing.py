"""An enterprise files in a real browser: rows, checks, signature, receipt; an officer reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel import audit
from app.kernel.transaction import writing
from tests.facts import a_plant, code
from tests.filings import put_in_force, table
from tests.people import PASSWORD, YUECHENG


@pytest.fixture
def loaded(app: Flask, bureau: None) -> Flask:
    """One plant whose industry has a table of three rows; filer, signatory, county officer."""
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        _, plant_id = a_plant()
        with writing("测试"):
            kept = passwords.hashed(PASSWORD)
            for name, role, uscc, county in (
                ("filer1", Role.FILER, code(1), None),
                ("signatory1", Role.SIGNATORY, code(1), None),
                ("officer1", Role.COUNTY_OFFICER, None, YUECHENG),
            ):
                person = services.open_account(name, f"某{role.label}", password_hash=kept)
                services.grant_role(person.user_id, role, uscc=uscc, county=county)
            audit.record("test.recorded", "plant", plant_id)
    return app


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()


@contextmanager
def window(browser: Browser, origin: str, name: str, **options: object) -> Iterator[Page]:
    """Another person's browser."""
    context = browser.new_context(base_url=origin, locale="zh-CN", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(10_000)
    sign_in(page, name)
    yield page
    context.close()


def begin(page: Page) -> None:
    page.get_by_role("link", name="申报", exact=True).click()
    page.get_by_role("link", name="首次申报").click()
    page.get_by_label("申报类型").select_option("first")
    page.get_by_label("申报等级").select_option("C")
    expect(page.get_by_text("可以申报", exact=True)).to_be_visible()
    page.get_by_role("button", name="开始申报").click()
    expect(page.get_by_text("申报已建立")).to_be_visible()


def origin_of(page: Page) -> str:
    return page.url.split("/filing")[0]


def test_from_the_start_to_the_officer_who_reads_it(
    loaded: Flask, browser: Browser, page: Page
) -> None:
    sign_in(page, "filer1")
    begin(page)

    page.get_by_label("颗粒物（炉窑，小时均值），实测值").fill("１８ mg/m³")
    page.get_by_label("实测氧含量").fill("9")
    page.get_by_label("实测氧含量").press("Tab")
    expect(page.get_by_text("已保存")).to_be_visible()
    expect(page.locator("#panel")).to_contain_text("项未填完")
    page.get_by_role("link", name="环境管理").click()
    page.get_by_label("台账完整").check()
    expect(page.get_by_text("已保存")).to_be_visible()
    page.get_by_role("link", name="运输方式").click()
    page.get_by_label("国五及以上车辆比例").fill("60％")
    page.get_by_role("group", name="使用达标车辆").get_by_label("是").check()
    expect(page.locator("#panel")).not_to_contain_text("未填完")
    expect(page.locator("#panel .panel-grade")).to_contain_text("C")
    expect(page.locator("#panel")).to_contain_text("国五及以上车辆比例由 60% 提高到 80%")

    page.get_by_role("link", name="检查", exact=True).click()
    expect(page.get_by_text("没有发现问题")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="承诺与提交").first.click()
    expect(page.get_by_text("须由签署人签署提交")).to_be_visible()
    expect(page.get_by_text("某企业签署人")).to_be_visible()
    expect(page.get_by_label("签署口令")).to_have_count(0)

    with window(browser, origin_of(page), "signatory1") as signer:
        submitted(signer)
        receipt = signer.get_by_text("回执编号").locator(".code").inner_text()
        expect(signer.get_by_role("heading", name="接下来")).to_be_visible()
        with window(browser, origin_of(page), "officer1") as officer:
            read(officer, receipt)

    page.reload()
    expect(page.get_by_text("已提交，等待区县审核")).to_be_visible()


def submitted(page: Page) -> None:
    """The signatory signs: nothing goes with a wrong password, twice the button is once."""
    page.goto("/filing/")
    page.get_by_role("link", name="查看检查结果").click()
    page.get_by_role("main").get_by_role("link", name="承诺与提交").first.click()
    page.get_by_label("签署口令").fill("wrong")
    page.get_by_role("button", name="签署并提交申报").click()
    expect(page.get_by_role("alert")).to_contain_text("口令不正确")
    for box in page.locator(".statement input").all():
        box.check()
    page.get_by_label("签署口令").fill(PASSWORD)
    page.get_by_role("button", name="签署并提交申报").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("申报回执")


def read(page: Page, receipt: str) -> None:
    """The county finds it in its list and reads the answers beside what was asked."""
    page.get_by_role("link", name="企业申报", exact=True).click()
    expect(page.get_by_text("共 1 件")).to_be_visible()
    page.get_by_role("link", name="示例1号有限公司").click()
    expect(page.get_by_role("main")).to_contain_text(receipt)
    expect(page.get_by_role("main")).to_contain_text("18 mg/m³（实测氧含量 9%）")
    expect(page.get_by_role("main")).to_contain_text("国五及以上车辆比例≥80%")


def test_two_people_edit_the_same_row_at_once(loaded: Flask, browser: Browser, page: Page) -> None:
    sign_in(page, "filer1")
    begin(page)
    page.get_by_role("link", name="环境管理").click()
    with window(browser, origin_of(page), "signatory1") as other:
        other.goto(page.url)
        page.get_by_label("台账完整").check()
        expect(page.get_by_text("已保存")).to_be_visible()
        other.get_by_label("专职环保人员").check()
        expect(other.get_by_role("alert")).to_contain_text("某企业填报人")
        # The proposal holds what both ticked.
        expect(other.get_by_label("台账完整")).to_be_checked()
        expect(other.get_by_label("专职环保人员")).to_be_checked()
        other.get_by_role("button", name="保存以上内容").click()
        expect(other.get_by_role("alert")).to_have_count(0)
        page.reload()
        expect(page.get_by_label("专职环保人员")).to_be_checked()
        expect(page.get_by_text("某企业签署人").first).to_be_visible()


def test_without_javascript_a_page_of_rows_is_saved_by_its_button(
    loaded: Flask, browser: Browser, page: Page
) -> None:
    sign_in(page, "filer1")
    begin(page)
    here = page.url.split("?")[0]
    with window(browser, origin_of(page), "filer1", java_script_enabled=False) as plain:
        plain.goto(f"{here}?d=all")
        plain.get_by_label("台账完整").check()
        plain.get_by_label("实测值").fill("NaN")
        plain.get_by_role("button", name="保存本页").last.click()
        expect(plain.get_by_role("alert")).to_contain_text("“NaN”不是可用的数字")
        expect(plain.get_by_label("台账完整")).to_be_checked()
        plain.get_by_label("实测值").fill("18")
        plain.get_by_role("button", name="保存本页").last.click()
        expect(plain.get_by_text("已保存 2 项")).to_be_visible()


def test_what_was_typed_outlives_the_session(loaded: Flask, browser: Browser, address: str) -> None:
    with window(browser, address, "filer1") as page:
        begin(page)
        page.get_by_role("link", name="运输方式").click()
        page.context.clear_cookies()
        page.get_by_label("国五及以上车辆比例").fill("85")
        page.get_by_label("国五及以上车辆比例").press("Tab")
        page.get_by_label("账号").fill("filer1")
        page.get_by_label("口令").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_text("已保存 ")).to_be_visible()
        expect(page.get_by_label("国五及以上车辆比例")).to_have_value("85")
