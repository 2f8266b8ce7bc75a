"""A plant's life in a real browser: renamed, sold, split, merged, closed, changed in a batch.

Every act is previewed; one is gone back on, one planned and withdrawn.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.kernel import audit, clock
from app.kernel.transaction import writing
from app.registry.queries import plant_now
from app.registry.services import EnterpriseEntry, correct_enterprises
from tests.desk import graded_plant
from tests.facts import a_plant, code
from tests.people import PASSWORD

DOCUMENT = "准予变更〔2026〕7号"


@pytest.fixture
def people(app: Flask, bureau: None) -> None:
    """Two of the city: the one who does, the one who decides."""
    with app.app_context(), writing("测试"):
        for name, role in (("jingban", Role.CITY_OFFICER), ("fuhe", Role.CITY_HEAD)):
            kept = passwords.hashed(PASSWORD)
            person = services.open_account(name, f"某{name}", password_hash=kept)
            services.grant_role(person.user_id, role)


def sign_in(page: Page, name: str) -> None:
    page.goto("/")
    page.get_by_label("账号").fill(name)
    page.get_by_label("口令").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def begin(page: Page, plant: int, kind: str) -> None:
    """From the page of the plant to the form of the change."""
    page.goto(f"/plants/{plant}")
    page.get_by_role("link", name="办理变更").click()
    page.get_by_role("link", name=kind, exact=True).click()


def saved(page: Page, act: str) -> None:
    """Reason and document, the preview, and the act."""
    page.get_by_label("原因").fill("营业执照变更")
    page.get_by_label("依据文件").fill(DOCUMENT)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("heading", name="预览")).to_be_visible()
    page.get_by_role("button", name=act).click()
    expect(page.locator(".flash")).to_contain_text("已登记")


def test_a_plant_is_renamed_split_and_merged(app: Flask, people: None, page: Page) -> None:
    """PLAN-PLANT, PLAN-BLOCK."""
    plant = graded_plant(app)
    sign_in(page, "jingban")

    begin(page, plant, "企业更名")
    page.get_by_label("新的企业名称").fill("越州精铸有限公司")
    page.get_by_label("生效日期").fill("2026年1月5日")
    page.get_by_label("原因").fill("营业执照变更")
    page.get_by_label("依据文件").fill(DOCUMENT)
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="返回修改").click()
    expect(page.get_by_label("生效日期")).to_have_value("2026年1月5日")
    saved(page, "登记企业更名")
    expect(page.get_by_role("heading", level=1)).to_contain_text("越州精铸有限公司")
    expect(page.get_by_label("历史记录")).to_contain_text("2026-01-05 生效")

    begin(page, plant, "厂区分立")
    page.get_by_label("新厂区名称").fill("东厂")
    page.get_by_label("新厂区编号").fill("９")
    page.get_by_label("区县").select_option("330602")
    page.get_by_label("只留在本厂区").check()
    saved(page, "登记厂区分立")
    expect(page.get_by_role("link", name="009 东厂")).to_be_visible()

    page.get_by_role("link", name="009 东厂").click()
    page.get_by_role("link", name="办理变更").click()
    page.get_by_role("link", name="厂区合并", exact=True).click()
    page.get_by_label("001").check()
    page.get_by_label("同样适用于继续存在的厂区").check()
    saved(page, "登记厂区合并")
    expect(page.locator(".fact")).to_contain_text("已关闭")


def test_a_plant_is_sold_and_closed(app: Flask, people: None, page: Page) -> None:
    """A planned closing is withdrawn before one that holds at once."""
    plant = graded_plant(app)
    sign_in(page, "jingban")
    begin(page, plant, "厂区转让")
    page.get_by_label("受让企业的统一社会信用代码").fill(code(77))
    page.get_by_label("受让企业名称").fill("受让铸造有限公司")
    page.get_by_label("在受让企业的厂区编号").fill("1")
    page.get_by_label("留在原企业").check()
    saved(page, "登记厂区转让")
    expect(page.get_by_role("heading", level=1)).to_contain_text("受让铸造有限公司（001")

    begin(page, plant, "厂区关闭")
    page.get_by_label("生效日期").fill((clock.today() + timedelta(9)).isoformat())
    saved(page, "登记厂区关闭")
    expect(page.locator(".notice-soon")).to_contain_text("预定变更：厂区关闭")
    page.get_by_role("link", name="查看或撤销").click()
    page.get_by_label("撤销的原因").fill("企业撤回申请")
    page.get_by_role("button", name="撤销预定的变更").click()
    expect(page.locator(".flash")).to_contain_text("已撤销")
    begin(page, plant, "厂区关闭")
    saved(page, "登记厂区关闭")
    expect(page.locator(".fact")).to_contain_text("已关闭")


def test_doubles_are_merged_by_two_people_and_plants_changed_in_a_batch(
    app: Flask, people: None, page: Page
) -> None:
    """What one proposes another decides; the batch is previewed line by line."""
    with app.app_context():
        first, second = a_plant(1), a_plant(2)
        with writing("测试"):
            name = plant_now(first[1]).enterprise_name
            correct_enterprises({second[0]: EnterpriseEntry(code(2), name)})
            audit.record("test", "enterprise", second[0])
    sign_in(page, "jingban")
    page.goto("/register")
    page.get_by_role("link", name="重复企业").click()
    page.get_by_role("link", name="保留甲").click()
    page.get_by_label("原因").fill("同一企业两次登记")
    page.get_by_label("依据文件").fill(DOCUMENT)
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="提交复核").click()
    expect(page.locator(".flash")).to_contain_text("由另一位人员复核后生效")
    proposal = page.url
    page.get_by_role("button", name="退出").click()
    sign_in(page, "fuhe")
    page.goto(proposal)
    page.get_by_role("button", name="复核通过").click()
    expect(page.locator(".flash")).to_be_visible()

    page.goto("/register")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("厂区 001").check()
    page.get_by_label("厂区 002").check()
    page.get_by_role("button", name="批量修改所选").click()
    page.get_by_label("修改什么").select_option("经办人")
    page.get_by_label("改为").fill("王经办")
    page.get_by_label("原因").fill("分工调整")
    page.get_by_role("button", name="预览").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="修改 2 个厂区").click()
    expect(page.locator(".flash")).to_contain_text("已修改 2 个厂区的经办人")
    expect(page.locator("tbody")).to_contain_text("经办人 王经办")
