"""The session ends while somebody types: nothing is lost, with scripts and without (续填)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import delete

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.accounts.models import SignInSession
from app.filing.queries import evidence_of, filing_by_id, working
from app.filing.queries.working import Working
from app.kernel.database import db
from app.kernel.transaction import writing
from tests import evidence_files as sample
from tests.facts import a_plant, code
from tests.filings import DUST_ID, begun, put_in_force, table
from tests.people import PASSWORD

NAME, OTHER = "tianbao", "linren"
DUST = "颗粒物（炉窑，小时均值），实测值"


@pytest.fixture
def draft(app: Flask, bureau: None) -> int:
    with app.app_context():
        put_in_force(table(), date(2020, 1, 1))
        made = begun(a_plant(1)[1], year=2026)
    with app.app_context(), writing("测试"):
        for name, role in ((NAME, Role.SIGNATORY), (OTHER, Role.FILER)):
            person = services.open_account(name, name, password_hash=passwords.hashed(PASSWORD))
            services.grant_role(person.user_id, role, uscc=code(1))
    return made


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(NAME)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def end_sessions(app: Flask) -> None:
    with app.app_context(), writing("测试"):
        db.session.execute(delete(SignInSession))


def as_it_stands(app: Flask, draft: int) -> Working:
    with app.app_context():
        filing = filing_by_id(draft)
        assert filing is not None
        found = working(filing)
        db.session.rollback()
    return found


def sign_in_again(page: Page, name: str = NAME) -> None:
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("登录已结束")
    dialog.get_by_label("账号").fill(name)
    dialog.get_by_label("口令").fill("wrong")
    dialog.get_by_role("button", name="登录").click()
    expect(dialog.get_by_role("alert")).to_contain_text("不正确")
    dialog.get_by_label("账号").fill(name)
    dialog.get_by_label("口令").fill(PASSWORD)
    dialog.get_by_role("button", name="登录").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("how", ["gone on the server", "signed out in another tab"])
def test_a_row_is_saved_with_what_was_typed_once_signed_in_again(
    app: Flask, draft: int, window: BrowserContext, how: str
) -> None:
    page = window.new_page()
    sign_in(page)
    page.goto(f"/filing/{draft}/assess?d=all")
    if how == "gone on the server":
        end_sessions(app)
    else:
        other = window.new_page()
        other.goto("/")
        other.get_by_role("button", name="退出").click()
        expect(other.get_by_role("heading", level=1)).to_have_text("登录")
        other.close()
    held: list[Route] = []  # nobody types behind the dialog: the refusals come once all is typed

    def hold(it: Route) -> None:
        held.append(it)

    page.route("**/rows/**", hold, times=2)  # one of each row; what is queued follows freely
    page.get_by_label(DUST).fill("18.5")
    page.get_by_label("实测氧含量").fill("9")
    page.get_by_label("国五及以上车辆比例").fill("85")
    with page.expect_request(lambda it: "r1-4e074085" in it.url):
        page.get_by_label("国五及以上车辆比例").press("Tab")
    page.wait_for_timeout(200)
    for it in held:
        it.continue_()
    sign_in_again(page)
    expect(page.get_by_text("已保存")).to_have_count(2)
    expect(page.get_by_label(DUST)).to_have_value("18.5")
    now = as_it_stands(app, draft)
    assert now.answer(1, "1").measured[DUST_ID].value == Decimal("18.5")
    assert now.answer(1, "3").shares["国五及以上车辆比例"] == Decimal(85)
    page.get_by_label("台账完整").check()
    expect(page.get_by_text("已保存")).to_have_count(3)


def test_somebody_else_does_not_send_what_was_typed(
    app: Flask, draft: int, window: BrowserContext
) -> None:
    page = window.new_page()
    sign_in(page)
    page.goto(f"/filing/{draft}/assess?d=all")
    end_sessions(app)
    page.get_by_label("台账完整").check()
    sign_in_again(page, OTHER)
    expect(page.locator("#toasts")).to_contain_text("另一个账号")
    assert as_it_stands(app, draft).answers == {}


def test_a_file_goes_on_its_way_once_signed_in_again(
    app: Flask, draft: int, window: BrowserContext
) -> None:
    page = window.new_page()
    sign_in(page)
    page.goto(f"/filing/{draft}/evidence?place=1&row=1")
    end_sessions(app)
    page.locator("input[type=file]").first.set_input_files(
        {"name": "报告.pdf", "mimeType": "application/pdf", "buffer": sample.pdf(2)}
    )
    sign_in_again(page)
    expect(page.get_by_role("link", name="报告.pdf")).to_be_visible()
    with app.app_context():
        assert [it.name for it in evidence_of(draft)] == ["报告.pdf"]
        db.session.rollback()


@pytest.mark.parametrize("with_scripts", [True, False])
def test_whole_forms_are_carried_over_the_sign_in(
    app: Flask, draft: int, browser: Browser, address: str, with_scripts: bool
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=with_scripts)
    page = context.new_page()
    sign_in(page)
    page.goto(f"/filing/{draft}/transport")
    page.get_by_label("全年进出车次").fill("1234")
    page.get_by_label("新能源车辆比例").fill("一成")
    end_sessions(app)
    page.get_by_role("button", name="保存运输汇总").click()
    carried_on(page)
    expect(page.get_by_label("新能源车辆比例")).to_have_value("一成")
    page.get_by_label("新能源车辆比例").fill("10")
    page.get_by_role("button", name="保存运输汇总").click()
    expect(page.get_by_text("运输汇总已保存")).to_be_visible()
    assert as_it_stands(app, draft).transport.transport.trips == 1234

    page.goto(f"/filing/{draft}/submit")
    page.locator(".statement input").first.check()
    page.get_by_label("签署口令").fill(PASSWORD)
    end_sessions(app)
    page.get_by_role("button", name="签署并提交申报").click()
    carried_on(page)
    expect(page.get_by_label("签署口令")).to_have_value("")
    expect(page.locator(".statement input").first).to_be_checked()
    if not with_scripts:
        page.goto(f"/filing/{draft}/assess?d=all")
        page.get_by_label(DUST).fill("18.5")
        end_sessions(app)
        page.get_by_role("button", name="保存本页").last.click()
        carried_on(page)
        expect(page.get_by_text("已保存 1 项")).to_be_visible()
        expect(page.get_by_label(DUST)).to_have_value("18.5")
    context.close()


def carried_on(page: Page) -> None:
    """The sign-in page carries the form, which the person then sends on."""
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
    page.get_by_label("账号").fill(NAME)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="继续提交").click()


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[BrowserContext]:
    """A window of two tabs; refusals of a session that is over are no page errors here."""
    context = browser.new_context(base_url=address, locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context
    context.close()
