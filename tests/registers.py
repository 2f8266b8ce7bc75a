"""Walking the register list as a person does, and what it should show (台账列表)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from html import unescape

from flask import Flask
from sqlalchemy import event

from app.grades.domain import Standing, standing_on
from app.grades.queries import facts_of
from app.grades.settings import standing_rules
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.registry.queries import PlantOnRecord, list_plants
from tests.pages import CheckedClient

_ROW = re.compile(r'<th scope="row" class="name"><a href="/plants/(\d+)')
_LINK = {
    "next": re.compile(r'rel="next" href="([^"]+)"'),
    "prev": re.compile(r'rel="prev" href="([^"]+)"'),
}
_COUNT = re.compile(r'class="list-count" role="status">\D*?([\d,]+) 个厂区')


def fetched(client: CheckedClient, address: str) -> str:
    """The page at an address, which must open."""
    response = client.get(address)
    assert response.status_code == 200, (address, response.status)
    return response.get_data(as_text=True)


def listed(html: str) -> list[int]:
    """The plants of a page of the list, in its order."""
    return [int(plant) for plant in _ROW.findall(html)]


def counted(html: str) -> int:
    """How many plants the list says it has."""
    found = _COUNT.search(html)
    assert found, html
    return int(found[1].replace(",", ""))


def walked(client: CheckedClient, address: str, towards: str = "next") -> list[int]:
    """The plants of every page, following the pager; each page at most once."""
    plants: list[int] = []
    seen: set[str] = set()
    while address not in seen:
        seen.add(address)
        html = fetched(client, address)
        plants = [*plants, *listed(html)] if towards == "next" else [*listed(html), *plants]
        link = _LINK[towards].search(html)
        if link is None:
            return plants
        address = unescape(link[1])
    raise AssertionError(f"the pager goes round: {address}")


def last_page(client: CheckedClient, address: str) -> str:
    """The address of the last page."""
    while link := _LINK["next"].search(fetched(client, address)):
        address = unescape(link[1])
    return address


def expected(app: Flask, on: date) -> dict[int, tuple[PlantOnRecord, Standing]]:
    """Every plant with its standing of the day, computed from the facts and not the intervals."""
    with app.app_context():
        plants = list_plants(EVERYTHING)
        facts = facts_of([plant.plant_id for plant in plants])
        rules = standing_rules(on)
        return {
            plant.plant_id: (plant, standing_on(facts[plant.plant_id], on, rules))
            for plant in plants
        }


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that the app runs inside the block."""
    run: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        run.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield run
    finally:
        event.remove(engine, "before_cursor_execute", note)
