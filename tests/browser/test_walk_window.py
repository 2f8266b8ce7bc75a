"""An officer enters a filing from stamped paper in a real browser (窗口代录)."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_walk_filing import loaded, origin_of, sign_in, window
from tests.evidence_files import pdf
from tests.facts import code
from tests.people import PASSWORD

__all__ = ["loaded"]


def test_from_the_paper_to_the_enterprise_that_reads_it(
    loaded: Flask, browser: Browser, page: Page, tmp_path: Path
) -> None:
    sign_in(page, "officer1")
    page.get_by_role("link", name="企业申报", exact=True).click()
    page.get_by_role("link", name="窗口代录").click()
    page.get_by_label("查找企业", exact=True).fill(code(1))
    page.get_by_role("button", name="查询").click()
    page.get_by_role("link", name="示例1号有限公司").click()
    page.get_by_label("申报类型").select_option("first")
    page.get_by_label("申报等级").select_option("C")
    expect(page.get_by_text("可以申报", exact=True)).to_be_visible()
    page.get_by_label("材料名称").fill("绩效分级申报表")
    page.get_by_label("页数").fill("12")
    page.get_by_label("签章日期").fill("2026.1.5")
    page.get_by_role("button", name="开始代录").click()
    expect(page.get_by_text("代录已建立")).to_be_visible()
    fill(page)
    confirm(page, tmp_path)
    expect(page.get_by_role("heading", level=1)).to_have_text("申报回执")
    with window(browser, origin_of(page), "filer1") as filer:
        filer.goto("/filing/")
        filer.get_by_role("link", name=re.compile("首次申报$")).click()
        expect(filer.get_by_text("窗口代录").first).to_be_visible()
        expect(filer.get_by_text("已提交，等待区县审核")).to_be_visible()


def fill(page: Page) -> None:
    page.get_by_label("颗粒物（炉窑，小时均值），实测值").fill("18")
    page.get_by_label("实测氧含量").fill("9")
    page.get_by_label("实测氧含量").press("Tab")
    expect(page.get_by_text("已保存")).to_be_visible()
    page.get_by_role("link", name="环境管理").click()
    page.get_by_label("台账完整").check()
    expect(page.get_by_text("已保存")).to_be_visible()
    page.get_by_role("link", name="运输方式").click()
    page.get_by_label("国五及以上车辆比例").fill("60")
    page.get_by_role("group", name="使用达标车辆").get_by_label("是").check()
    expect(page.locator("#panel")).not_to_contain_text("未填完")


def confirm(page: Page, tmp_path: Path) -> None:
    """The checks lead to the scan; with it and the officer's password the filing goes."""
    page.get_by_role("link", name="检查", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="承诺与提交").last.click()
    scan = tmp_path / "盖章.pdf"
    scan.write_bytes(pdf(2))
    page.get_by_label("选择扫描件").set_input_files(scan)
    page.get_by_role("button", name="上传扫描件").click()
    expect(page.get_by_text("已上传 1 份扫描件")).to_be_visible()
    for box in page.locator(".statement input").all():
        box.check()
    page.get_by_label("纸质材料上的签署人").fill("王签署")
    page.get_by_label("本人口令").fill(PASSWORD)
    page.get_by_role("button", name="提交代录的申报").click()
