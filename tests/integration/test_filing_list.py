"""The officers' list of filings (申报受理): narrowed, searched, sorted, and its file the same."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask

from app.filing import services
from app.filing.domain import Kind, Way
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import writing
from app.registry.queries import find_plant
from tests import ledger_pages
from tests.conftest import Freeze
from tests.facts import a_plant
from tests.filings import put_in_force, table
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs
from tests.registers import fetched
from tests.renewals import filed, graded, withdrawn

GRADED = ("B", date(2025, 1, 1), None)
LIST = "/filing/submissions"


@pytest.fixture(autouse=True)
def filings(app: Flask, bureau: None, clock: Freeze) -> None:
    """One submitted, one taken back, one draft of an enterprise, one draft of the window."""
    clock("2026-04-20 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        filed(graded(1, GRADED), "2026-03-02", sent="2026-03-05")
        withdrawn(filed(graded(2, GRADED), "2026-03-03", sent="2026-03-06"), "2026-03-09")
        filed(graded(3, GRADED), "2026-03-04")
        at_window = find_plant(a_plant(4)[1], EVERYTHING)
        assert at_window is not None
        with writing("测试", actor_id=1, actor_name="李代录"):
            services.start(at_window, 2026, Kind.FIRST, "C", way=Way.WINDOW, at_office=True,
                           paper="盖章的申报表", form_key="w4")  # fmt: skip


@pytest.fixture
def officer(client_as: ClientAs) -> CheckedClient:
    return client_as("county-officer", county=YUECHENG)


def _shown(page: str) -> list[int]:
    """The numbers of the enterprises listed, in their order."""
    return [int(it) for it in re.findall(r"示例(\d+)号有限公司(?:</a>)?<span", page)]


@pytest.mark.parametrize(
    ("query", "numbers", "said"),
    [
        ("", {1, 2, 4}, "和由区县代为办理、还没有提交的申报"),
        ("way=browser", {1, 2}, "提交过的申报，按"),
        ("way=window", {4}, "包括正在录入"),
        ("way=package", set(), "没有符合条件的申报"),
        ("state=draft", {4}, "企业自己填报的草稿不显示"),
        ("state=withdrawn", {2}, "提交过的申报，按"),
        ("state=submitted&way=browser", {1}, "填报方式：</span>网上填报"),
        ("way=none&state=none", {1, 2, 4}, "和由区县代为办理"),
        ("q=示例1号", {1}, "搜索"),
        ("q=本部+sl1h", {1}, "搜索"),
        ("q=R1", {1}, "搜索"),
    ],
)
def test_the_list_is_narrowed_by_way_and_state(
    officer: CheckedClient, query: str, numbers: set[int], said: str
) -> None:
    page = fetched(officer, f"{LIST}?{query}")
    assert set(_shown(page)) == numbers
    assert said in page


def test_the_file_of_a_narrowed_list_is_narrowed(officer: CheckedClient) -> None:
    part = officer.get(f"{LIST}?way=window", headers={"HX-Request": "true", "HX-Target": "rows"})
    assert "<html" not in part.text
    action = re.search(r'<form id="export" method="post" action="([^"]+)"', part.text)
    assert action is not None, "what htmx exchanges holds the form of the export"
    _, book = ledger_pages.fetched(officer, unescape(action[1]), format="xlsx")
    cells = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    named = [it for it in cells if any("号有限公司" in str(cell) for cell in it)]
    assert len(named) == 1
    assert "窗口代录" in named[0]
    assert any("填报方式：窗口代录" in str(cell) for row in cells for cell in row)


def test_the_list_is_sorted_by_the_rank_of_the_grade_and_a_page_beyond_is_the_last(
    officer: CheckedClient,
) -> None:
    falling = _shown(fetched(officer, f"{LIST}?sort=target&order=desc"))
    rising = _shown(fetched(officer, f"{LIST}?sort=target&order=asc&page=9"))
    assert falling[-1] == rising[0] == 4, "C is below B"


def test_above_the_list_stands_whose_filings_it_holds(
    officer: CheckedClient, client_as: ClientAs
) -> None:
    own, every = fetched(officer, LIST), fetched(client_as("city-officer"), LIST)
    assert ("企业申报（越城）" in own, "企业申报（全市）" in every) == (True, True)
    other = f'value="{KEQIAO}"'
    assert (other in own, other in every) == (False, True), "only one's own counties to choose"


def test_what_the_county_works_on_is_opened_by_its_officers_only(
    app: Flask, officer: CheckedClient, client_as: ClientAs
) -> None:
    with app.app_context():
        plant = find_plant(a_plant(5)[1], EVERYTHING)
        assert plant is not None
        with writing("测试", actor_id=1, actor_name="李代录"):
            filing_id = services.start(plant, 2026, Kind.FIRST, "C", way=Way.PACKAGE,
                                          at_office=True, form_key="p5")  # fmt: skip
    way = f'href="/filing/{filing_id}"'
    assert way in fetched(officer, f"{LIST}?way=package")
    city = fetched(client_as("city-officer"), f"{LIST}?way=package")
    assert _shown(city) == [5]
    assert way not in city


def test_the_parts_are_those_that_the_person_works_in(
    officer: CheckedClient, client_as: ClientAs
) -> None:
    for page in (LIST, "/filing/renewals", "/filing/periods"):
        assert '<a class="nav-link" href="/filing/window"' in fetched(officer, page)
        assert "/filing/window" not in fetched(client_as("city-officer"), page)
