"""Accounts of an enterprise in a real browser: opened from the plant, slip, agent, leaver."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_walk_filing import loaded, window
from tests.evidence_files import pdf
from tests.people import PASSWORD

__all__ = ["loaded"]
PHONE = {"width": 390, "height": 844}


def shown(page: Page, label: str) -> str:
    """What a slip says."""
    return (
        page.locator(".slip dt", has_text=label)
        .locator("xpath=following-sibling::dd[1]")
        .inner_text()
    )


def fits(page: Page) -> None:
    """Nothing stands out of the page sideways."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def opened(page: Page, role: str, name: str, paper: Path | None = None) -> tuple[str, str]:
    """Open an account from the plant's page; account and one-time password of the slip."""
    page.goto("/plants/1")
    page.get_by_role("link", name="开立账号").click()
    page.get_by_label(role).check()
    page.get_by_label("姓名", exact=True).fill(name)
    if paper is not None:
        page.get_by_label("授权书", exact=True).set_input_files(paper)
        page.get_by_label("授权截止日（含当日）").fill("2999-06-30")
    page.get_by_role("button", name="开立账号").click()
    expect(page.get_by_text("只显示这一次")).to_be_visible()
    return shown(page, "账号"), shown(page, "一次性口令")


def comes_in(page: Page, name: str, once: str) -> None:
    """The first sign-in: the one-time password opens nothing but the page that replaces it."""
    page.goto("/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(once)
    page.get_by_role("button", name="登录").click()
    page.get_by_label("现用口令").fill(once)
    page.get_by_label("新口令", exact=True).fill(PASSWORD + "x")
    page.get_by_label("再次输入新口令").fill(PASSWORD + "x")
    page.get_by_role("button", name="修改口令").click()
    page.goto("/filing/")
    expect(page.get_by_role("heading", level=1)).to_have_text("申报")
    fits(page)


def refused_without_paper(page: Page) -> None:
    page.goto("/plants/1")
    page.get_by_role("link", name="开立账号").click()
    page.get_by_label("企业代办人").check()
    page.get_by_label("姓名", exact=True).fill("代办李")
    page.get_by_role("button", name="开立账号").click()
    expect(page.get_by_role("alert")).to_contain_text("请上传企业盖章的授权书")
    fits(page)


def lets_go(page: Page, *, script: bool) -> None:
    """The signatory finds a leaver, closes the account, and fetches the list."""
    page.get_by_role("link", name="本企业人员").click()
    fits(page)
    page.get_by_label("搜索").fill("新填报人")
    if not script:
        page.get_by_role("button", name="查询").click()
    expect(page.get_by_text("符合条件的人员共 1 个")).to_be_visible()
    page.get_by_role("link", name="新填报人", exact=True).click()
    page.get_by_role("button", name="关闭账号").click()
    expect(page.get_by_role("alert")).to_contain_text("请写明关闭的理由")
    page.get_by_label("理由").fill("离职")
    fits(page)
    page.get_by_role("button", name="关闭账号").click()
    expect(page.get_by_text("已关闭 新填报人 的权限")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="导出清单").click()
    assert download.value.suggested_filename.startswith("本企业人员清单")


@pytest.mark.parametrize(
    ("script", "size"), [(True, None), (False, PHONE)], ids=["script", "plain-telephone"]
)
def test_from_the_plant_s_page_to_the_leaver(
    loaded: Flask, browser: Browser, address: str, tmp_path: Path, script: bool,
    size: dict[str, int] | None,
) -> None:  # fmt: skip
    paper = tmp_path / "授权书.pdf"
    paper.write_bytes(pdf())
    chosen: dict[str, object] = {"java_script_enabled": script}
    chosen |= {} if size is None else {"viewport": size}
    with window(browser, address, "officer1", **chosen) as officer:
        refused_without_paper(officer)
        slips = [opened(officer, "企业代办人", "代办李", paper)]
        fits(officer)
        slips += [opened(officer, "企业填报人", "新填报人")]
        officer.goto("/desk/people")
        expect(officer.get_by_role("main")).to_contain_text("待首次登录")
        fits(officer)
    for name, once in slips:
        context = browser.new_context(base_url=address, locale="zh-CN", **chosen)  # type: ignore[arg-type]
        comes_in(context.new_page(), name, once)
        context.close()
    with window(browser, address, "signatory1", **chosen) as signer:
        lets_go(signer, script=script)
    with window(browser, address, "officer1") as officer:
        officer.goto("/desk/people?state=closed")
        expect(officer.get_by_role("main")).to_contain_text("新填报人")
