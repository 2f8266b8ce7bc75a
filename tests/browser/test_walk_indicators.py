"""A table's row is changed in a real browser, compared, put before the head, and rules."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.indicators import services as indicators
from app.indicators.queries import table_on
from app.indicators.wording import written
from app.kernel import clock
from app.kernel.transaction import writing
from tests.indicators import RULES, a_table, dust
from tests.people import PASSWORD


@pytest.fixture
def table(app: Flask, bureau: None) -> Flask:
    """A table that rules nothing yet, a rule editor, and the head of the city."""
    with app.app_context(), writing("测试"):
        kept = passwords.hashed(PASSWORD)
        for name, role in (("editor", Role.RULE_EDITOR), ("head", Role.CITY_HEAD)):
            person = services.open_account(name, f"某{role.label}", password_hash=kept)
            services.grant_role(person.user_id, role)
        family = indicators.open_family(RULES, "casting", "")
        indicators.keep_version(family, a_table(dust("10"), dust("9", "4.2")), made_from=None)
    return app


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def change_a_row(page: Page) -> None:
    """From the list to the form of a row, by another kind and back, to a new version."""
    page.goto("/rulebook/indicators")
    page.get_by_role("link", name="测试指标表").click()
    page.get_by_role("link", name="逐行修改").click()
    page.locator("#row-4\\.2").get_by_role("link").click()
    form = page.locator("#row-form")
    expect(form.get_by_role("heading", name="编号 4.2")).to_be_visible()
    kind = form.get_by_label("写法").first
    kind.select_option("yes-no")
    expect(form.get_by_label("须做到")).to_be_visible()
    kind.select_option("limits")
    expect(form.get_by_label("污染物").first).to_have_value("颗粒物")
    expect(form.get_by_label("限值", exact=True).first).to_have_value("9")
    form.get_by_label("限值", exact=True).first.fill("8")
    form.get_by_role("button", name="保存为新的一版").click()
    expect(page.get_by_text("已保存为新的一版。")).to_be_visible()


def test_a_row_from_the_form_to_the_ruling(table: Flask, browser: Browser, page: Page) -> None:
    sign_in(page, "editor")
    change_a_row(page)
    page.get_by_role("link", name="版本与施行").first.click()
    page.get_by_role("link", name="与上一版对照").click()
    expect(page.get_by_text("加严").first).to_be_visible()
    expect(page.get_by_text("颗粒物≤8mg/m³")).to_be_visible()
    page.get_by_role("link", name="提出施行第 2 版").click()
    page.get_by_label("施行日期（必填）").fill(clock.today().isoformat())
    page.get_by_label("依据文件（必填）").fill("绍市环发〔2026〕8号")
    page.get_by_label("理由").fill("经局务会研究")
    page.get_by_role("button", name="提交复核").click()
    proposal = page.get_by_role("link", name=re.compile("第 2 版施行")).get_attribute("href")
    assert proposal

    with browser.new_context(base_url=page.url.split("/rulebook")[0], locale="zh-CN") as context:
        other = context.new_page()
        sign_in(other, "head")
        other.goto(proposal)
        expect(other.get_by_role("heading", name="通过后的影响")).to_be_visible()
        other.get_by_role("button", name="复核通过").click()
        expect(other.get_by_text("已通过").first).to_be_visible()
    with table.app_context():
        found = table_on(RULES, "casting", "", clock.today())
        assert found is not None
        assert written(found.table.rows[1].asked("A")) == "颗粒物≤8mg/m³"
    page.reload()
    expect(page.locator("#rows").get_by_text("施行中")).to_be_visible()
