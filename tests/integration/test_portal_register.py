"""The register list: what it finds, how it sorts and pages, on which day, without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from app.grades.domain import Standing
from app.grades.services import GradeEntry, record_grades
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.transaction import writing
from app.portal.queries.conditions import SORTS
from app.portal.routes import register as register_routes
from app.registry.queries import list_plants, main_industries
from app.registry.services import (
    EnterpriseEntry,
    PlantEntry,
    correct_plants,
    plant_entry,
    register_enterprises,
    register_plants,
)
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    record_findings,
    record_violations,
)
from tests.facts import a_plant, code
from tests.ledgers import Ledger, load, made_up_ledger
from tests.people import KEQIAO, YUECHENG, ClientAs
from tests.registers import (
    counted,
    expected,
    fetched,
    last_page,
    listed,
    statements,
    walked,
)

DAY = date(2025, 6, 30)
LIST = f"/register?as_of={DAY}"


@pytest.fixture
def ledger(app: Flask) -> Ledger:
    """About 110 plants in all six districts: three pages."""
    made = made_up_ledger(5, enterprises=65)
    with app.app_context():
        load(made)
    return made


# --- Order and pages ---------------------------------------------------------------------------


def test_paging_by_any_column_walks_every_plant_once_in_both_directions(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    everything = sorted(expected(app, DAY))
    for sort in SORTS:
        rising = walked(client, f"{LIST}&sort={sort}")
        assert sorted(rising) == everything, sort
        assert walked(client, f"{LIST}&sort={sort}&order=desc") == rising[::-1], sort
        assert walked(client, last_page(client, f"{LIST}&sort={sort}"), "prev") == rising, sort


def test_sorting_by_grade_puts_better_grades_first_and_ungraded_last(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    order = ("A+", "A", "引领性", "B", "B-", "C", "D", None)
    facts = expected(app, DAY)
    ranks = [
        order.index("D" if (grade := facts[plant][1].grade) == "非引领性" else grade)
        for plant in walked(client_as("city-officer"), f"{LIST}&sort=grade")
    ]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(order)


def test_a_page_that_begins_after_an_unknown_plant_is_the_first_page(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    first = listed(fetched(client, LIST))
    for odd in ("999999", "abc", "-1", "9" * 30):
        assert listed(fetched(client, f"{LIST}&after={odd}")) == first


def test_the_number_of_statements_does_not_grow_with_the_list(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    with app.app_context():
        a_plant(1)
    fetched(client, LIST)
    with app.app_context():
        a_plant(2)  # what was counted before holds no longer
    with statements(app) as few:
        fetched(client, LIST)
    with statements(app) as again:
        fetched(client, LIST)
    assert len(again) < len(few)
    with app.app_context():
        load(made_up_ledger(5, enterprises=65))
    with statements(app) as many:
        assert len(listed(fetched(client, LIST))) == 50
    assert len(many) == len(few)


# --- Filters -----------------------------------------------------------------------------------

FILTERS: dict[str, Callable[[Standing], bool]] = {
    "grade=A": lambda it: it.grade == "A",
    "grade=B": lambda it: it.grade == "B",
    "grade=B-": lambda it: it.grade == "B-",
    "grade=none": lambda it: it.grade is None,
    "grade=b-up": lambda it: it.grade in ("A+", "A", "引领性", "B", "B-"),
    "standing=blocked": lambda it: it.blocked,
    "standing=banned": lambda it: it.banned_until is not None,
    "standing=ban-ending": lambda it: (
        it.banned_until is not None and it.banned_until <= date(2025, 8, 29)
    ),
    "standing=lowered": lambda it: it.basis == "finding",
    "standing=clear": lambda it: (
        not it.blocked and it.banned_until is None and it.basis != "finding"
    ),
    "standing=unverified": lambda it: not it.verified,
}


def test_a_filter_by_standing_shows_exactly_the_plants_it_names(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    facts = expected(app, DAY)
    for asked, holds in FILTERS.items():
        wanted = {plant for plant, (_, it) in facts.items() if holds(it)}
        assert wanted, asked
        assert set(walked(client, f"{LIST}&{asked}")) == wanted, asked
        assert counted(fetched(client, f"{LIST}&{asked}")) == len(wanted), asked


def test_filters_by_place_industry_and_state_add_up(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    stopped = {
        plant
        for plant, (it, _) in expected(app, DAY).items()
        if it.county == KEQIAO and it.state == "停产"
    }
    asked = f"{LIST}&county={KEQIAO}&state=停产"
    assert set(walked(client, asked)) == stopped
    with app.app_context():
        industries = {plant: it.industry for plant, it in main_industries().items()}
    for industry in set(industries.values()):
        wanted = {plant for plant in stopped if industries[plant] == industry}
        assert set(walked(client, f"{asked}&industry={industry}")) == wanted


def test_what_is_not_offered_counts_as_not_asked(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    everything = counted(fetched(client, LIST))
    for odd in ("grade=Z", "standing=x", "state=1", "industry=none", "sort=no", "permit=?"):
        assert counted(fetched(client, f"{LIST}&{odd}")) == everything


def test_a_permit_is_valid_on_its_last_day_and_announced_sixty_days_ahead(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    days = (date(2025, 6, 29), date(2025, 6, 30), date(2025, 8, 29), date(2025, 8, 30), None)
    with app.app_context(), writing("测试"):
        (enterprise,) = register_enterprises([EnterpriseEntry(code(1), "示例有限公司")])
        plants = register_plants(
            [
                PlantEntry(enterprise, f"{number:03d}", "厂", YUECHENG, permit_until=day)
                for number, day in enumerate(days, start=1)
            ]
        )
        audit.record("test.registered", "plant", 1)
    found = {
        name: listed(fetched(client, f"{LIST}&permit={name}"))
        for name in ("expired", "soon", "valid", "undated")
    }
    assert found == {
        "expired": [plants[0]],
        "soon": plants[1:3],
        "valid": [plants[3]],
        "undated": [plants[4]],
    }


# --- Search ------------------------------------------------------------------------------------


TYPED = (
    "华盛", "绍兴华盛印染有限公司", "ＨＵＡ", "sxhs", "SXHSYR", "旧名", "jmfz", code(7), "001p",
    code(7).lower(), code(7)[-6:], "老厂", "华盛 老厂", "（示例）", "(示例)", " 华 盛 ",
)  # fmt: skip


def test_a_plant_is_found_by_names_initials_code_and_permit(
    app: Flask, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    with app.app_context(), writing("测试"):
        enterprise, other = register_enterprises(
            [
                EnterpriseEntry(
                    code(7), "绍兴华盛印染有限公司（示例）hua", former_name="旧名纺织厂"
                ),
                EnterpriseEntry(code(8), "诸暨铜业有限公司"),
            ]
        )
        plant, _ = register_plants(
            [
                PlantEntry(enterprise, "001", "老厂", YUECHENG, permit_number=f"{code(7)}001P"),
                PlantEntry(other, "001", "新厂", YUECHENG),
            ]
        )
        audit.record("test.registered", "plant", plant)
    for typed in TYPED:
        assert listed(fetched(client, f"/register?q={typed}")) == [plant], typed
    for typed in ("%", "_", "\\", "' or 1=1 --", "不存在的名字"):
        answer = client.get("/register", query_string={"q": typed})
        assert "没有符合条件的厂区" in answer.get_data(as_text=True), typed


# --- The day -----------------------------------------------------------------------------------


def test_each_day_shows_the_standing_of_that_day(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    with app.app_context():
        enterprise, plant = a_plant(1)
        with writing("测试"):
            record_grades(
                [GradeEntry(plant, "shaoxing-2023", "B", date(2025, 3, 1), None, "核定", "甲")]
            )
            record_violations(
                [ViolationEntry(enterprise, plant, "逃避监管排放", None, date(2025, 5, 10), "乙")]
            )
            record_findings([FindingEntry(enterprise, None, date(2025, 9, 1), "丙")])
            audit.record("test.registered", "plant", plant)

    def found(day: str, asked: str) -> bool:
        return listed(fetched(client, f"/register?as_of={day}&{asked}")) == [plant]

    assert found("2025-02-28", "grade=none")
    assert found("2025-03-01", "grade=B")
    assert not found("2025-05-09", "standing=blocked")
    assert found("2025-05-10", "standing=blocked")
    assert found("2025-12-31", "standing=blocked")
    assert not found("2026-01-01", "standing=blocked")
    assert found("2025-08-31", "grade=B")
    assert found("2025-09-01", "grade=D&standing=lowered")
    assert found("2026-09-01", "standing=banned")
    assert not found("2026-09-02", "standing=banned")
    assert found("2026-09-02", "standing=lowered")


def test_a_day_that_cannot_be_read_is_said_and_today_is_shown(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    for odd in ("2025-13-01", "昨天", "0001-01-01", "9999-12-31"):
        assert "不是有效日期" in fetched(client, f"/register?as_of={odd}")
    assert "截至 2025-06-30" in fetched(client, "/register?as_of=2025年6月30日")


# --- With and without scripts ------------------------------------------------------------------


def test_the_part_that_htmx_asks_for_is_the_rows_and_the_address_follows(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    headers = {
        "HX-Request": "true",
        "HX-Target": "rows",
        "HX-Current-URL": f"http://localhost{LIST}",
    }
    response = client.get(f"{LIST}&q=&county=&grade=B", headers=headers)
    html = response.get_data(as_text=True)
    assert "<html" not in html
    assert listed(html) == listed(fetched(client, f"{LIST}&grade=B"))
    assert response.headers["HX-Push-Url"] == f"/register?grade=B&as_of={DAY}"


def test_another_day_loads_the_whole_page_because_its_frame_shows_the_day(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    headers = {
        "HX-Request": "true",
        "HX-Target": "rows",
        "HX-Current-URL": "http://localhost/register",
    }
    response = client_as("city-officer").get(f"{LIST}&grade=B", headers=headers)
    assert response.headers["HX-Redirect"] == f"/register?grade=B&as_of={DAY}"


def test_every_filter_is_a_chip_that_takes_it_off(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    html = fetched(client_as("city-officer"), f"{LIST}&q=示例&grade=B&county={KEQIAO}")
    for left in (f"county={KEQIAO}&amp;grade=B", f"q=%E7%A4%BA%E4%BE%8B&amp;county={KEQIAO}"):
        assert f'href="/register?{left}&amp;as_of={DAY}"' in html
    assert "清除全部条件" in html


def test_an_empty_register_says_why_and_what_to_do(app: Flask, client_as: ClientAs) -> None:
    html = fetched(client_as("county-officer"), "/register")
    assert "台账中还没有厂区" in html
    assert "导入台账工作簿后" in html
    assert 'href="/ledger/' in html
    uscc = code(90)
    with app.app_context(), writing("测试"):
        (enterprise,) = register_enterprises([EnterpriseEntry(uscc, "无厂区公司")])
        audit.record("test.recorded", "enterprise", enterprise)
    html = fetched(client_as("filer", uscc=uscc), "/register")
    assert "台账中还没有厂区" in html
    assert 'href="/ledger/' not in html


def test_whoever_sees_many_counties_chooses_among_the_towns_of_one(
    app: Flask, ledger: Ledger, client_as: ClientAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), writing("测试"):
        entries = {it.plant_id: plant_entry(it) for it in list_plants(EVERYTHING)}
        correct_plants({i: replace(it, town=f"{it.county}镇") for i, it in entries.items()})
        audit.record("test.act", "register", "")
    client = client_as("city-officer")
    few = fetched(client, LIST)
    assert few.count(">330602镇（") == few.count(">330603镇（") == 1
    monkeypatch.setattr(register_routes, "_MOST_COUNTIES", 3)
    many = fetched(client, LIST)
    assert 'id="f-town"' not in many
    assert 'id="f-county"' in many
    of_one = fetched(client, f"{LIST}&county={KEQIAO}")
    assert 'id="f-town"' in of_one
    towns = re.findall(
        r'<option value="([^"]+)"', of_one.split('id="f-town"')[1].split("</select")[0]
    )
    assert towns == [f"{KEQIAO}镇"]
    assert listed(fetched(client, f"{LIST}&county={KEQIAO}&town={towns[0]}"))
    htmx = {"HX-Request": "true", "HX-Target": "rows", "HX-Current-URL": f"http://localhost{LIST}"}
    same = client.get(f"{LIST}&grade=C", headers=htmx)
    assert (same.status_code, "Location" in same.headers) == (200, False)
    other = client.get(f"{LIST}&county={KEQIAO}", headers=htmx)
    assert KEQIAO in (other.headers.get("HX-Redirect") or other.headers.get("Location", ""))
