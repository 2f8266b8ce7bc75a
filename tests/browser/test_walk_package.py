"""离线填报包 in a real browser: fetched at the window, filled in without the app, carried in."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_walk_filing import loaded, origin_of, sign_in, window
from tests.evidence_files import pdf
from tests.facts import code
from tests.packages import Parts, cell_of, filled, listed, zipped

__all__ = ["loaded"]

CELLS = {"1-01-01": "15", "1-01-02": "8", "1-02-01": "是", "1-03-01": "85", "1-03-02": "是"}


def test_a_package_goes_to_the_enterprise_and_comes_back(
    loaded: Flask, browser: Browser, page: Page, tmp_path: Path
) -> None:
    sign_in(page, "officer1")
    page.goto("/filing/window")
    page.get_by_label("查找企业", exact=True).fill(code(1))
    page.get_by_role("table").get_by_role("link", name="离线填报包").click()
    page.get_by_label("申报类型").select_option("first")
    page.get_by_label("申报等级").select_option("B")
    page.get_by_role("button", name="建立申报").click()
    expect(page.get_by_text("请导出离线填报包交给企业")).to_be_visible()
    page_of_packages = page.url
    with page.expect_download() as fetched:
        page.get_by_role("button", name="导出离线填报包").click()
    with zipfile.ZipFile(fetched.value.path()) as package:
        parts = {name: package.read(name) for name in package.namelist()}

    wrong = filled(parts, {**CELLS, "1-01-01": "≤10"})
    carry_in(page, page_of_packages, tmp_path, wrong)
    expect(page.get_by_text("有 1 处需要改正，没有导入任何内容")).to_be_visible()
    expect(page.get_by_role("cell", name=cell_of(parts, "1-01-01"), exact=True)).to_be_visible()

    right = filled(parts, CELLS, with_report) | {"材料/1-01_x/年度监测报告.pdf": pdf(2)}
    carry_in(page, page_of_packages, tmp_path, right)
    expect(page.get_by_role("heading", name="将写入的指标（3 项）")).to_be_visible()
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text("已导入 4 处内容")).to_be_visible()
    with window(browser, origin_of(page), "filer1") as filer:
        filer.goto(page.url.removesuffix("/checks") + "/assess")
        expect(filer.get_by_label("颗粒物（炉窑，小时均值），实测值")).to_have_value("15")
        expect(filer.get_by_text("年度监测报告.pdf")).to_be_visible()


def with_report(book: Any) -> None:
    listed(book, ("1-01", "监测报告", "年度监测报告.pdf", "2025-01-01", "2025-12-31"))


def carry_in(page: Page, address: str, folder: Path, parts: Parts) -> None:
    """Choose the zip and wait until the worker has read it."""
    file = folder / "交回.zip"
    file.write_bytes(zipped(parts, within="离线填报包/"))
    page.goto(address)
    before = page.get_by_role("link", name="交回.zip").count()
    page.get_by_label("填好的填报包").set_input_files(file)
    arrived = page.get_by_role("link", name="交回.zip")
    expect(arrived).to_have_count(before + 1)
    arrived.first.click()
    expect(page.get_by_text("正在核对")).to_have_count(0, timeout=20_000)
