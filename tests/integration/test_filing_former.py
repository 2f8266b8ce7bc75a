"""以往厂区的申报: searched, narrowed, sorted, paged, and its file the same."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask

from app.filing.queries.former import FormerFilter, former_filings
from app.kernel import audit
from app.kernel.authority import Scope
from app.kernel.transaction import writing
from app.registry.change_rules import ChangeKind
from app.registry.services import IndustryEntry, PlantEntry, record_industries, register_plants
from tests import ledger_pages
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import begun, fill_in, industry_id, put_in_force, submitted, table
from tests.integration.test_filing_plant_changed import change
from tests.pages import CheckedClient
from tests.people import ClientAs
from tests.registers import fetched

LIST = "/filing/former"


@pytest.fixture
def enterprise(app: Flask, bureau: None, clock: Freeze) -> int:
    """Three plants: one stays, one is sold after it filed, one is closed over its draft."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        a_plant(2)
        enterprise_id, _ = a_plant(1)
        with writing("测试"):
            sold, closed = register_plants(
                [PlantEntry(enterprise_id, "002", "北厂", "330602"),
                 PlantEntry(enterprise_id, "003", "南厂_甲", "330602")]
            )  # fmt: skip
            for plant in (sold, closed):
                record_industries([IndustryEntry(plant, industry_id(), "", "主要")])
            audit.record("test.registered", "plant", sold)
        filed = begun(sold)
        fill_in(filed)
        submitted(filed)
        begun(closed, "C")
    change(app, ChangeKind.TRANSFER, sold, uscc=code(2), number="009")
    change(app, ChangeKind.CLOSE, closed)
    return enterprise_id


@pytest.fixture
def filer(client_as: ClientAs, enterprise: int) -> CheckedClient:
    return client_as("filer", uscc=code(1))


def _shown(html: str) -> list[str]:
    return re.findall(r'<th scope="row" class="name">\d+ ([^<]+)<', html)


@pytest.mark.parametrize(
    ("query", "plants"),
    [
        ("", ["南厂_甲", "北厂"]),
        ("order=asc", ["北厂", "南厂_甲"]),
        ("sort=plant&order=asc", ["南厂_甲", "北厂"]),
        ("sort=state&order=asc&page=7", ["南厂_甲", "北厂"]),
        ("gone=transferred", ["北厂"]),
        ("gone=closed", ["南厂_甲"]),
        ("state=draft", ["南厂_甲"]),
        ("year=2025", []),
        ("year=2026&q=南厂_", ["南厂_甲"]),
        ("q=009", ["北厂"]),
        ("q=_", ["南厂_甲"]),
        ("sort=none&gone=none&state=none&year=x", ["南厂_甲", "北厂"]),
    ],
)
def test_the_list_is_searched_narrowed_and_sorted(
    filer: CheckedClient, query: str, plants: list[str]
) -> None:
    page = fetched(filer, f"{LIST}?{query}")
    assert _shown(page) == plants
    assert ("没有符合条件的申报" in page) == (not plants)


def test_a_receipt_finds_its_filing_and_the_file_holds_what_is_shown(filer: CheckedClient) -> None:
    every = fetched(filer, LIST)
    receipt = re.search(r'href="(/filing/submissions/\d+)"', every)
    assert receipt is not None
    number = re.search(r'class="code">([^<]+)</span>', fetched(filer, receipt[1]))
    assert number is not None
    part = filer.get(
        f"{LIST}?q={number[1].lower()}", headers={"HX-Request": "true", "HX-Target": "rows"}
    ).text
    assert "<html" not in part
    assert _shown(part) == ["北厂"]
    action = re.search(r'<form id="export" method="post" action="([^"]+)"', part)
    assert action is not None
    _, book = ledger_pages.fetched(filer, unescape(action[1]), format="xlsx")
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    named = [row for row in rows if "北厂" in row or "南厂_甲" in row]
    assert [(row[0], row[2], row[-1]) for row in named] == [("009", "已转出", number[1])]


def test_a_page_holds_so_many_and_one_beyond_is_the_last(app: Flask, enterprise: int) -> None:
    own = Scope(frozenset(), frozenset({enterprise}))
    with app.app_context():
        found = [
            former_filings(own, FormerFilter(), date(2026, 3, 2), page=page, size=1)
            for page in (1, 2, 9)
        ]
    assert [(it.total, it.page, it.pages) for it in found] == [(2, 1, 2), (2, 2, 2), (2, 2, 2)]
    assert [it.filing.plant.name for page in found for it in page.lines] == [
        "南厂_甲", "北厂", "北厂",
    ]  # fmt: skip


def test_the_new_owner_is_shown_nothing_of_them(enterprise: int, client_as: ClientAs) -> None:
    owner = client_as("filer", uscc=code(2))
    home = fetched(owner, "/filing/")
    assert "北厂" in home
    assert "/filing/submissions/" not in home
    assert "/filing/submissions/" not in fetched(owner, LIST)
