"""What the rulebook lacks for filings (规则库缺项): told to who looks after the plants, scoped."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.filing.queries.gaps import Gap, Lacking, gaps_of
from app.kernel import audit, kept
from app.kernel.authority import EVERYTHING, Scope
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.services import IndustryEntry, record_industries
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import industry_id, put_in_force, table
from tests.people import ClientAs
from tests.registers import fetched, statements

DAY = date(2026, 3, 2)
YUECHENG, KEQIAO = "330602", "330603"


@pytest.fixture(autouse=True)
def plants(app: Flask, bureau: None, clock: Freeze) -> None:
    """Two without a scheme in two counties, one without sub-type, one without a table."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        a_plant(1)
        first = a_plant(2, industry="印染")[1]
        a_plant(3, industry="印染", county=KEQIAO)
        a_plant(4, industry="水泥")
        a_plant(5, industry="玻璃")
        with writing("测试"):
            record_industries([IndustryEntry(first, industry_id("铸造"), "", "参照")])
            audit.record("test.recorded", "plant", first)


def test_they_are_counted_within_reach_with_schemes_first(app: Flask) -> None:
    with app.app_context():
        dyeing, cement, glass = map(industry_id, ("印染", "水泥", "玻璃"))
        assert gaps_of(EVERYTHING, DAY) == (
            Gap(dyeing, "印染", Lacking.SCHEME, 2),
            Gap(cement, "水泥", Lacking.SUBTYPE, 1),
            Gap(glass, "玻璃", Lacking.TABLE, 1),
        )
        assert gaps_of(Scope(frozenset({KEQIAO})), DAY) == (Gap(dyeing, "印染", Lacking.SCHEME, 1),)
        assert gaps_of(Scope(frozenset()), DAY) == ()
        db.session.rollback()


def test_the_county_is_led_to_where_it_is_entered(app: Flask, client_as: ClientAs) -> None:
    with app.app_context():
        dyeing = industry_id("印染")
    page = fetched(client_as("county-officer", county=YUECHENG), "/filing/renewals")
    assert "没有等级方案的 1 个行业、没有登记子类的 1 个行业" in page
    assert f'/rulebook/industries/{dyeing}"' in page
    assert "/register?industry=cement" in page
    other = fetched(client_as("county-officer", county=KEQIAO), "/filing/renewals")
    assert "水泥" not in other


def test_the_enterprise_is_told_at_once_what_is_missing_and_who_enters_it(
    app: Flask, client_as: ClientAs
) -> None:
    filer = client_as("filer", uscc=code(2))
    for address in ("/filing/", "/filing/new"):
        told = fetched(filer, address)
        assert "行业“印染”的等级方案（未核实）" in told
        assert "由市局在规则库的行业目录中登记" in told
        assert "请联系所在区县生态环境分局，由其报市局登记" in told
    assert "首次申报</a>" not in fetched(filer, "/filing/")


def test_more_plants_ask_no_more_of_the_database(app: Flask) -> None:
    def asked() -> int:
        kept.forget()
        with statements(app) as found:
            gaps_of(EVERYTHING, DAY)
        db.session.rollback()
        return len([it for it in found if it.startswith("SELECT")])

    with app.app_context():
        few = asked()
        for number in range(6, 12):
            a_plant(number, industry="印染" if number % 2 else "水泥")
        assert asked() == few
