"""A county officer enters a violation in a real browser: form, preview, back, confirm, correct."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel import clock
from app.kernel.transaction import writing
from tests.desk import graded_plant
from tests.people import PASSWORD


def test_a_violation_is_previewed_confirmed_and_corrected(
    app: Flask, bureau: None, page: Page
) -> None:
    """PLAN-BLOCK, USER-SUPERVISE."""
    plant = graded_plant(app)
    with app.app_context(), writing("测试"):
        kept = passwords.hashed(PASSWORD)
        person = services.open_account("jingban", "某经办", password_hash=kept)
        services.grant_role(person.user_id, Role.COUNTY_OFFICER, county="330602")
    page.goto("/")
    page.get_by_label("账号").fill("jingban")
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.goto(f"/plants/{plant}")
    page.get_by_role("link", name="登记违法行为").click()
    page.get_by_label("违法行为类型").select_option("逃避监管排放")
    page.get_by_label("决定文号").fill("绍环罚〔2026〕7号")
    page.get_by_label("决定日期").fill(clock.today().isoformat())
    page.get_by_role("button", name="预览变化").click()
    expect(page.locator(".consequence")).to_contain_text("当年不得申报 B 级（含引领性）及以上")
    expect(page.locator(".consequence")).to_contain_text("退出“监督执法正面清单”")
    page.get_by_role("button", name="返回修改").click()
    expect(page.get_by_label("决定文号")).to_have_value("绍环罚〔2026〕7号")
    page.get_by_role("button", name="预览变化").click()
    page.get_by_role("button", name="确认登记违法行为").click()
    expect(page.locator(".flash")).to_contain_text("已保存")
    page.get_by_role("link", name="更正违法行为").click()
    page.get_by_label("违法行为类型").select_option("其他")
    page.get_by_label("理由").fill("类型登错")
    page.get_by_role("button", name="预览变化").click()
    expect(page.locator(".consequence")).to_contain_text("不再受")
    page.get_by_role("button", name="确认更正违法行为").click()
    page.goto(f"/plants/{plant}")
    expect(page.locator(".timeline-correction")).to_contain_text("类型登错")
