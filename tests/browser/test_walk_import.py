"""台账导入 in a real browser, walked by a head and an officer, with scripts and without."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, Download, FilePayload, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel.transaction import writing
from tests.people import PASSWORD
from tests.workbooks import SAMPLES, SHANGYU

MESSY, SMALL = SAMPLES / "ledger-messy.xlsx", SAMPLES / "ledger-small.xlsx"
PICTURE: FilePayload = {
    "name": "照片😀.xlsx",
    "mimeType": "image/png",
    "buffer": b"\x89PNG\r\n\x1a\n0000",
}
LONG = 30_000

SignIn = Callable[[Page, Role], None]


@pytest.fixture
def signed_in_as(app: Flask, bureau: None) -> SignIn:
    """``signed_in_as(page, role)``: a new person of that role has signed in."""

    def sign_in(page: Page, role: Role) -> None:
        county = SHANGYU if role is Role.COUNTY_HEAD else None
        with app.app_context(), writing("测试"):
            kept = passwords.hashed(PASSWORD)
            person = services.open_account(role.value, role.label, password_hash=kept)
            services.grant_role(person.user_id, role, county=county)
        page.goto("/")
        page.get_by_label("账号").fill(role.value)
        page.get_by_label("口令").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_role("link", name="企业台账", exact=True).click()
        page.get_by_role("link", name="台账导入", exact=True).click()

    return sign_in


@pytest.fixture
def plain(browser: Browser, address: str) -> Iterator[Page]:
    """A window whose browser runs no scripts."""
    context = browser.new_context(base_url=address, java_script_enabled=False, locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def upload(page: Page, path: Path) -> None:
    page.get_by_label("台账文件").set_input_files(path)
    page.get_by_role("button", name="上传并核对").click()
    expect(page).to_have_url(re.compile(r"/ledger/\d+$"))
    wait(page)


def wait(page: Page) -> None:
    """Until the background work is over, as a person waits who leaves the page open."""
    expect(page.locator("#progress")).to_have_count(0, timeout=LONG)


def see_every_fault(page: Page) -> Path:
    """Read the faults of the messy ledger, take the report home; returns where it was put."""
    expect(page.locator(".notice-late")).to_contain_text("须改正，没有写入任何内容")
    expect(page.get_by_role("button", name="写入台账")).to_have_count(0)
    findings = page.locator("#findings")
    expect(findings).to_contain_text("2010/2/30")
    for kind, words in (
        ("读作", "“上虞区”读作 330604"),
        ("提示", "像是公式"),
        ("未读", "“合计”行"),
        ("拒绝", "校验码"),
    ):
        findings.get_by_role("link", name=re.compile(f"^{kind} ")).click()
        expect(findings).to_contain_text(words)
    findings.get_by_role("link", name=re.compile("^等级 ")).click()
    expect(findings).to_contain_text("符合条件")
    expect(findings.locator("tbody")).not_to_contain_text("违法行为")
    with page.expect_download() as started:
        page.get_by_role("button", name="下载标出错误的工作簿").click()
    return saved(started.value)


def saved(download: Download) -> Path:
    assert download.suggested_filename == "ledger-messy_错误.xlsx"
    return download.path()


def has_errors(path: Path) -> bool:
    with path.open("rb") as stream:
        book = openpyxl.load_workbook(stream)
    return any(cell.value == "错误" for row in book["企业"].iter_rows() for cell in row)


def see_the_register(page: Page) -> None:
    """From the written import to its enterprises in the register."""
    expect(page.locator(".notice-done")).to_contain_text("新增 539 行")
    expect(page.locator(".notice-done")).to_contain_text("审计日志第")
    page.get_by_role("link", name="查看企业台账").click()
    expect(page.locator(".list-count")).to_have_text("共 71 个厂区，分属 60 家企业")


def test_a_county_head_sees_every_fault_and_takes_the_report_home(
    page: Page, signed_in_as: SignIn
) -> None:
    signed_in_as(page, Role.COUNTY_HEAD)
    upload(page, MESSY)
    assert has_errors(see_every_fault(page))
    page.get_by_label("在结果中搜索").press_sequentially("引领性", delay=20)
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator(".chips")).to_contain_text("引领性")
    expect(page.get_by_label("在结果中搜索")).to_be_focused()
    page.get_by_role("button", name="放弃本次导入").click()
    expect(page.locator(".notice")).to_contain_text("已放弃，没有写入任何内容")


def test_a_city_officer_writes_a_ledger_once_and_finds_it_in_the_register(
    page: Page, signed_in_as: SignIn
) -> None:
    signed_in_as(page, Role.CITY_OFFICER)
    upload(page, SMALL)
    expect(page.locator(".fact")).to_contain_text("新增 539、变更 0、不变 0、拒绝 0")
    page.get_by_role("button", name="写入台账").dblclick()
    wait(page)
    expect(page.locator(".flash-problem")).to_have_count(0)
    see_the_register(page)
    page.get_by_role("link", name="企业台账", exact=True).click()
    page.get_by_role("link", name="台账导入", exact=True).click()
    upload(page, SMALL)
    expect(page.locator(".notice-done")).to_contain_text("没有需要写入的内容")
    expect(page.get_by_role("button", name="写入台账")).to_have_count(0)


def test_without_scripts_the_walk_is_the_same(plain: Page, signed_in_as: SignIn) -> None:
    signed_in_as(plain, Role.CITY_OFFICER)
    plain.get_by_label("台账文件").set_input_files(PICTURE)
    plain.get_by_role("button", name="上传并核对").click()
    expect(plain.locator(".field-error")).to_contain_text("“照片😀.xlsx”的内容是PNG 图片")
    upload(plain, MESSY)
    assert has_errors(see_every_fault(plain))
    plain.get_by_role("link", name="上传改好的文件").click()
    upload(plain, SMALL)
    plain.get_by_role("button", name="写入台账").click()
    wait(plain)
    see_the_register(plain)


def test_a_refused_file_is_told_beside_the_field_and_read_out(
    browser: Browser, address: str, signed_in_as: SignIn
) -> None:
    context = browser.new_context(base_url=address, locale="zh-CN")
    page = context.new_page()
    signed_in_as(page, Role.CITY_OFFICER)
    page.get_by_label("台账文件").set_input_files(PICTURE)
    page.get_by_role("button", name="上传并核对").click()
    expect(page.locator(".field-error")).to_contain_text("“照片😀.xlsx”的内容是PNG 图片")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    upload(page, SMALL)
    expect(page.get_by_role("button", name="写入台账")).to_be_visible()
    context.close()


def test_a_file_over_the_limit_is_refused_before_it_travels(
    app: Flask, page: Page, signed_in_as: SignIn
) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    signed_in_as(page, Role.CITY_OFFICER)
    large: FilePayload = {"name": "大.xlsx", "mimeType": "", "buffer": b"0" * 2_000_000}
    page.get_by_label("台账文件").set_input_files(large)
    expect(page.locator(".field-error")).to_contain_text("文件有 2 MB，超过 1 MB 的上限")
    expect(page.get_by_role("button", name="上传并核对")).to_be_disabled()
    page.get_by_label("台账文件").set_input_files(SMALL)
    expect(page.locator(".field-error")).to_be_hidden()
    expect(page.get_by_role("button", name="上传并核对")).to_be_enabled()


def test_blank_workbook_and_register_are_fetched_from_the_same_place(
    page: Page, signed_in_as: SignIn
) -> None:
    signed_in_as(page, Role.CITY_OFFICER)
    with page.expect_download() as started:
        page.get_by_role("button", name="下载空白模板").click()
    assert started.value.suggested_filename == "企业台账模板.xlsx"
    page.get_by_role("link", name="台账导出", exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("button", name="导出台账").click()
    assert started.value.suggested_filename.startswith("企业台账_全市_")
