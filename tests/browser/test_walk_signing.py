"""A list from draft to paper in real windows: three people, a late fact, its successor, its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import passwords, services
from app.accounts.domain import Role
from app.issuing.domain import Line
from app.issuing.queries import lines_of
from app.kernel import audit
from app.kernel.transaction import close, writing
from app.supervision.services import ViolationEntry, record_violations
from tests.ledgers import load, read_ledger
from tests.lists import ids_of
from tests.people import PASSWORD

TITLE = "监督执法正面清单"
PEOPLE = {
    "officer": Role.CITY_OFFICER,
    "second": Role.CITY_OFFICER,
    "head": Role.CITY_HEAD,
}
Window = Callable[..., Page]


@dataclass(frozen=True)
class Bureau:
    """The register and its people; of whom the enterprise's account is."""

    app: Flask
    own: str

    def lines(self, list_id: int) -> tuple[Line, ...]:
        with self.app.app_context():
            try:
                return lines_of(list_id)
            finally:
                close()

    def punish(self, line: Line) -> None:
        """A decision of the list's own day that arrives after the signature."""
        with self.app.app_context(), writing("测试"):
            day = date(2025, 6, 30)
            entry = ViolationEntry(
                line.enterprise_id, line.plant_id, "逃避监管排放", None, day, "绍环罚〔2025〕9号"
            )
            record_violations([entry])
            audit.record("test.recorded", "violation", 1)


@pytest.fixture
def bureau_at_work(app: Flask, bureau: None) -> Bureau:
    with app.app_context():
        load(read_ledger())
        kept = passwords.hashed(PASSWORD)
        (own, _), *_ = ids_of(app)
        with writing("测试"):
            for name, role in PEOPLE.items():
                person = services.open_account(name, f"{role.label}（{name}）", password_hash=kept)
                services.grant_role(person.user_id, role)
            person = services.open_account("filer", "企业填报", password_hash=kept)
            services.grant_role(person.user_id, Role.FILER, uscc=own)
    return Bureau(app, own)


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[Window]:
    """``window("officer", width=1024)``: the signed-in window of a person."""
    contexts = []

    def opened(name: str, width: int = 1440, *, script: bool = True) -> Page:
        context = browser.new_context(
            base_url=address,
            locale="zh-CN",
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.goto("/")
        page.get_by_label("账号").fill(name)
        page.get_by_label("口令").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        expect(page.get_by_role("button", name="退出")).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()


def draft(page: Page, day: str) -> int:
    """Look at a list, then draft it; returns its number."""
    page.goto("/lists/")
    page.get_by_role("link", name="起草清单").click()
    page.get_by_label("清单 必填").select_option(label=f"政策清单：{TITLE}")
    page.get_by_label("截至日期").fill(day)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("heading", name=f"预览：{TITLE}")).to_be_visible()
    page.get_by_role("button", name="起草并送复核").click()
    expect(page.locator(".page-title")).to_contain_text("草稿，待复核")
    found = re.search(r"/lists/(\d+)", page.url)
    assert found
    return int(found[1])


def check(page: Page, list_id: int) -> None:
    """The second person comes by the inbox, leaves a note and passes the draft on."""
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="待办").click()
    page.get_by_role("link", name=f"清单待复核：{TITLE}").first.click()
    page.get_by_role("link", name="去办理").click()
    expect(page).to_have_url(re.compile(f"/lists/{list_id}$"))
    page.get_by_label("复核通过：说明").fill("逐行核对无误")
    page.get_by_role("button", name="复核通过").click()
    expect(page.locator(".page-title")).to_contain_text("已复核，待签发")


def sign(page: Page, list_id: int, number: str) -> None:
    """The head signs; without the confirmation of the draft rulebook nothing is signed."""
    page.goto(f"/lists/{list_id}")
    page.get_by_role("link", name="签发清单").click()
    page.get_by_label("文号").fill(number)
    page.get_by_role("button", name="签发清单").click()
    expect(page.get_by_role("alert").first).to_contain_text("请勾选确认后再签发")
    expect(page.get_by_label("文号")).to_have_value(number)
    page.get_by_label(re.compile("^确认：")).check()
    page.get_by_role("button", name="签发清单").click()
    expect(page.locator(".page-title")).to_contain_text("已签发（施行中）")
    expect(page.locator(".page-title")).to_contain_text(number)


def fits(page: Page) -> bool:
    """Whether nothing of the page sticks out of the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_three_people_sign_a_list_that_a_late_fact_flags(
    bureau_at_work: Bureau, window: Window
) -> None:
    officer, second, head = window("officer"), window("second"), window("head", 1024)
    first = draft(officer, "2025-06-30")
    check(second, first)
    sign(head, first, "绍环发〔2026〕1号")

    barred = next(line for line in bureau_at_work.lines(first) if line.admitted)
    bureau_at_work.punish(barred)
    tab = head.get_by_role("link", name=re.compile("应有不同的行（"))
    for _ in range(40):
        head.goto(f"/lists/{first}")
        if tab.count():
            break
        head.wait_for_timeout(250)
    tab.click()
    row = head.locator("tbody tr").first
    expect(row).to_contain_text("不再纳入")
    expect(row).to_contain_text("绍环罚〔2025〕9号")
    assert fits(head)

    successor = draft(officer, "2025-07-31")
    officer.get_by_role("link", name="与上期比较").click()
    gone = officer.locator("tbody tr", has_text=barred.uscc)
    expect(gone).to_contain_text("登记了违法行为：逃避监管排放")
    check(second, successor)
    sign(head, successor, "绍环发〔2026〕2号")
    officer.goto(f"/lists/{first}")
    expect(officer.locator(".page-title")).to_contain_text("已被替代")

    head.get_by_text("撤回清单").first.click()
    head.get_by_role("button", name="撤回清单").click()
    expect(head.get_by_role("alert").first).to_contain_text("必须写明理由")
    head.get_by_label("撤回清单：理由").fill("依据有误")
    head.get_by_role("button", name="撤回清单").click()
    expect(head.get_by_text("本清单已撤回")).to_be_visible()


def test_the_signed_list_is_taken_verified_printed_and_seen_by_the_enterprise(
    bureau_at_work: Bureau, window: Window
) -> None:
    officer, second, head = window("officer"), window("second"), window("head")
    list_id = draft(officer, "2025-06-30")
    check(second, list_id)
    sign(head, list_id, "绍环发〔2026〕1号")

    officer.goto(f"/lists/{list_id}")
    with officer.expect_download() as download:
        officer.get_by_role("button", name="下载原件（JSON）").click()
    assert download.value.suggested_filename.endswith(".json")
    officer.goto(f"/lists/{list_id}?part=history")
    expect(officer.get_by_role("row", name=re.compile("原件（JSON）"))).to_be_visible()
    officer.get_by_role("button", name="核验清单").click()
    expect(officer.get_by_text("核验：一致")).to_be_visible()

    officer.goto(f"/lists/{list_id}/print")
    expect(officer.locator(".paper-head").first).to_be_hidden()
    officer.emulate_media(media="print")
    expect(officer.locator(".paper-head").first).to_contain_text("绍环发〔2026〕1号")
    expect(officer.locator(".paper-head").last).to_contain_text("校验值")
    expect(officer.locator(".topbar")).to_be_hidden()

    filer = window("filer")
    filer.get_by_role("navigation").get_by_role("link", name="本企业结果").click()
    expect(filer.get_by_role("heading", level=2).first).to_contain_text(TITLE)
    shown = filer.locator("main").inner_text()
    for line in bureau_at_work.lines(list_id):
        assert (line.uscc in shown) is False
        if line.uscc != bureau_at_work.own:
            assert line.name not in shown


def test_the_same_without_script(bureau_at_work: Bureau, window: Window) -> None:
    officer, second, head = (window(name, 1024, script=False) for name in PEOPLE)
    list_id = draft(officer, "2025-06-30")
    check(second, list_id)
    sign(head, list_id, "绍环发〔2026〕1号")
    officer.goto(f"/lists/{list_id}")
    officer.get_by_label("结论").select_option("不纳入")
    officer.get_by_role("button", name="筛选").click()
    expect(officer.locator("#rows tbody tr:not(.is-out)")).to_have_count(0)
