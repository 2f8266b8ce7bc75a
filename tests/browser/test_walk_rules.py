"""A setting is changed in a real browser: proposed, its effect looked at, approved by the head."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel import clock
from app.kernel.transaction import writing
from app.rulebook.queries import flag
from tests.ledgers import load, made_up_ledger
from tests.people import PASSWORD

SETTING = "/rulebook/parameters/positive_list.exclude_blocked"


@pytest.fixture
def loaded(app: Flask) -> Flask:
    """A register, a rule editor and the head of the city."""
    with app.app_context():
        load(made_up_ledger(5, enterprises=65))
        with writing("测试"):
            kept = passwords.hashed(PASSWORD)
            for name, role in (("editor", Role.RULE_EDITOR), ("head", Role.CITY_HEAD)):
                person = services.open_account(name, f"某{role.label}", password_hash=kept)
                services.grant_role(person.user_id, role)
    return app


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def test_a_setting_from_the_form_to_the_decision(
    loaded: Flask, browser: Browser, page: Page, tmp_path: Path
) -> None:
    sign_in(page, "editor")
    page.goto(SETTING)
    page.get_by_role("link", name="提出修改").click()
    page.get_by_label("新值（必填）").select_option("false")
    page.get_by_label("生效日期（必填）").fill("2025-01-01")
    page.get_by_label("理由（必填）").fill("经局务会研究")
    page.get_by_role("button", name="看影响").click()
    expect(page.get_by_role("heading", name="会改变什么")).to_be_visible()
    expect(page.get_by_text("旧日期的结论会随之变化")).to_be_visible()
    page.get_by_role("button", name="提交复核").click()
    expect(page.get_by_role("heading", name="待复核的修改")).to_be_visible()
    proposal = page.get_by_role("link", name="修改参数").get_attribute("href")
    assert proposal

    with browser.new_context(base_url=page.url.split("/rulebook")[0], locale="zh-CN") as context:
        other = context.new_page()
        sign_in(other, "head")
        other.goto(proposal)
        expect(other.get_by_role("heading", name="会改变什么")).to_be_visible()
        other.get_by_role("button", name="复核通过").click()
        expect(other.get_by_text("已通过").first).to_be_visible()
    with loaded.app_context():
        assert not flag("positive_list.exclude_blocked", clock.today())
    page.goto(SETTING)
    expect(page.get_by_role("link", name="更正")).to_be_visible()
