"""Materials in a real browser: a broken line, a refused file, a telephone, no script."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, FilePayload, Page, Route, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.filing.queries import evidence_of
from app.kernel.database import db
from app.kernel.transaction import writing
from app.kernel.uploads import PART
from tests import evidence_files as sample
from tests.facts import a_plant, code
from tests.filings import begun, put_in_force, table
from tests.people import PASSWORD

LONG = 30_000
NAME = "tianbao"


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def large_pdf(size: int) -> bytes:
    filling = os.urandom(size)
    return sample.assembled([
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"<</Length %d>>stream\n%s\nendstream" % (size, filling),
    ])  # fmt: skip


@pytest.fixture
def draft(app: Flask, bureau: None) -> int:
    with app.app_context():
        put_in_force(table(), date(2020, 1, 1))
        made = begun(a_plant(1)[1], year=2026)
    with app.app_context(), writing("测试"):
        person = services.open_account(NAME, "填报人", password_hash=passwords.hashed(PASSWORD))
        services.grant_role(person.user_id, Role.FILER, uscc=code(1))
    return made


def sign_in(page: Page, draft: int) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(NAME)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.goto(f"/filing/{draft}/evidence?place=1&row=1")


def kept(app: Flask, draft: int) -> list[tuple[str, int]]:
    with app.app_context():
        found = [(it.name, it.size) for it in evidence_of(draft)]
        db.session.rollback()
    return found


def test_an_interrupted_upload_goes_on_where_it_stopped(
    app: Flask, draft: int, window: Page
) -> None:
    page = window
    sign_in(page, draft)
    parts: list[str] = []
    broken: list[str] = []

    def watch(route: Route) -> None:
        at = route.request.url.partition("?at=")[2]
        parts.append(at)
        if at == str(PART) and len(broken) < 2:
            broken.append(at)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/uploads/*?at=*", watch)
    content = large_pdf(2 * PART + 1000)
    page.get_by_label("选择文件").set_input_files([file("大.pdf", content), file("空.pdf", b"")])
    expect(page.locator(".sending-words").first).to_have_text("已添加", timeout=LONG)
    assert parts == ["0", str(PART), str(PART), str(PART), str(2 * PART)]
    expect(page.locator(".sending.is-refused")).to_contain_text("“空.pdf”是空文件")
    expect(page.locator(".file")).to_contain_text("大.pdf", timeout=LONG)
    assert kept(app, draft) == [("大.pdf", len(content))]


def test_a_file_goes_on_after_the_page_was_closed(
    app: Flask, draft: int, window: Page, tmp_path: Path
) -> None:
    page = window
    sign_in(page, draft)
    parts: list[str] = []

    def watch(route: Route) -> None:
        parts.append(route.request.url.partition("?at=")[2])
        if parts[-1] != "0" and len(parts) < 3:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/uploads/*?at=*", watch)
    chosen = tmp_path / "大.pdf"  # on disk, so that its day is the same when it is chosen again
    chosen.write_bytes(large_pdf(2 * PART))
    page.get_by_label("选择文件").set_input_files(chosen)
    expect(page.locator(".sending-words").first).to_contain_text("连接中断")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_label("选择文件").set_input_files(chosen)
    expect(page.locator(".file")).to_contain_text("大.pdf", timeout=LONG)
    assert parts[0] == "0"
    assert "0" not in parts[1:], "what had arrived was not sent again"


LET_GO = """(over) => {
  const held = new DataTransfer();
  held.items.add(new File(["x"], "报告.pdf"));
  const event = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: held });
  document.querySelector(over).dispatchEvent(event);
  return event.defaultPrevented;
}"""


def test_a_file_let_go_beside_the_field_does_not_take_the_page_away(
    draft: int, window: Page
) -> None:
    sign_in(window, draft)
    assert window.evaluate(LET_GO, "h1") is True
    expect(window.locator(".sending")).to_have_count(0)
    window.goto("/filing/")
    assert window.evaluate(LET_GO, "h1") is False, "where no materials are taken"


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[Page]:
    """A browser whose broken lines are no faults of the page."""
    context = browser.new_context(base_url=address, locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def telephone(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(base_url=address, locale="zh-CN", has_touch=True, is_mobile=True,
                                  viewport={"width": 390, "height": 844})  # fmt: skip
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_a_telephone_photographs_and_sees_the_picture(
    app: Flask, draft: int, telephone: Page
) -> None:
    page = telephone
    sign_in(page, draft)
    camera = page.get_by_label("拍照")
    expect(camera).to_be_visible()
    assert camera.get_attribute("capture") == "environment"
    camera.set_input_files([file("IMG_0001.HEIC", sample.picture("HEIF", (1600, 1200)))])
    picture = page.locator(".file img")
    expect(picture).to_be_visible(timeout=LONG)
    page.wait_for_function("document.querySelector('.file img').naturalWidth > 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="IMG_0001.HEIC").click()
    expect(page.get_by_role("link", name="下载 JPG")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_script_files_are_added_by_the_button(
    app: Flask, draft: int, browser: Browser, address: str
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    sign_in(page, draft)
    page.get_by_label("选择文件").set_input_files(
        [file("2025年报告.pdf", sample.pdf(2)), file("坏.pdf", sample.packed_script())]
    )
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".flash-problem")).to_contain_text("“坏.pdf”含有脚本")
    expect(page.locator(".file")).to_contain_text("2025-01-01 至 2025-12-31")
    context.close()
    assert [name for name, _ in kept(app, draft)] == ["2025年报告.pdf"]
