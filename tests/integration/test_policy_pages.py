"""The pages of lists and allocations: who sees what, nothing of others, files that can be read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.kernel.config import Config
from app.kernel.database import db
from tests.ledgers import Ledger, load, made_up_ledger
from tests.lists import ALLOCATION, DAY, LIST, ids_of, rows_of, text
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs


@pytest.fixture
def ledger(app: Flask) -> Ledger:
    made = made_up_ledger(5)
    with app.app_context():
        load(made)
    return made


def listed(client: CheckedClient, address: str) -> list[str]:
    """The codes of the rows of a list, page after page, in their order."""
    codes: list[str] = []
    for page in range(1, 20):
        found = re.findall(r'<span class="code">(\w{18})</span></span></th>', text(
            client.get(f"{address}&page={page}")
        ))  # fmt: skip
        if codes[-len(found) :] == found:
            break
        codes += found
    return codes


# --- What is shown -----------------------------------------------------------------------------


def test_every_measure_is_listed_and_opens(app: Flask, ledger: Ledger, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    page = text(client.get(f"/policy/?as_of={DAY}"))
    addresses = sorted(set(re.findall(r'href="(/policy/[a-z-]+)\?as_of=2025-06-30"', page)))
    assert len(addresses) == 8
    for address in addresses:
        shown = text(client.get(f"{address}?as_of={DAY}"))
        assert "征求意见稿" in shown
        assert "截至 2025-06-30" in shown


def test_the_list_shows_every_plant_in_the_order_of_the_contract(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    assert listed(client_as("city-officer"), LIST) == [row["uscc"] for row in rows_of(app)]


def test_a_list_of_no_plants_says_so(app: Flask, client_as: ClientAs) -> None:
    assert "企业台账中还没有厂区" in text(client_as("city-officer").get(LIST))


def test_filters_leave_the_matching_rows_and_say_how_many(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    rows = rows_of(app)
    admitted = [row["uscc"] for row in rows if row["admitted"]]
    assert listed(client, f"{LIST}&result=admitted") == admitted
    graded = [row["uscc"] for row in rows if row["grade"] == "B-"]
    assert graded
    assert listed(client, f"{LIST}&grade=B-") == graded
    kiln = [row["uscc"] for row in rows if row["industry"] == "水泥/熟料"]
    assert listed(client, f"{LIST}&industry=水泥/熟料") == kiln
    name = rows[3]["name"]
    assert set(listed(client, f"{LIST}&q={name}")) == {rows[3]["uscc"]}
    assert "没有符合条件的厂区" in text(client.get(f"{LIST}&q=不存在的企业"))


def test_htmx_gets_the_rows_alone(app: Flask, ledger: Ledger, client_as: ClientAs) -> None:
    headers = {"HX-Request": "true", "HX-Target": "rows"}
    part = text(client_as("city-officer").get(f"{LIST}&q=示例0003", headers=headers))
    assert "<h1" not in part
    assert "示例0003有限公司" in part


def test_what_cannot_be_read_as_a_day_is_told_beside_the_field(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    for typed in ("2025-02-29", "25-6-1", "0001-01-01", "9999-12-31", "今天"):
        assert "不是有效日期" in text(client.get(f"/policy/rights-city?as_of={typed}"))
    for typed in ("2025/6/30", "20250630", "2025年6月30日"):
        assert "截至 2025-06-30" in text(client.get(f"/policy/rights-city?as_of={typed}"))
    for typed in ("gestern", "9999-12-31"):
        assert "不是有效时间" in text(client.get(f"{LIST}&known_at={typed}"))


def test_a_list_of_what_was_known_before_the_first_record_is_empty(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    page = text(client_as("city-officer").get(f"{LIST}&known_at=2020-01-01"))
    assert "按 2020-01-01 23:59 所知计算" in page
    assert "0 个纳入" in page


def test_a_row_tells_its_reasons_with_their_facts(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    ids = ids_of(app)
    row = next(row for row in rows_of(app) if row["facts"]["blocked"])
    plant_id = ids[row["uscc"], row["plant"]]
    page = text(client.get(f"/policy/positive-list/plants/{plant_id}?as_of={DAY}"))
    for reason in row["reasons"]:
        assert reason["text"] in page
    assert re.search(r"违法行为：.*2025-\d\d-\d\d 决定，示例〔2025〕", page)


def test_measures_and_plants_that_do_not_exist_are_not_found(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    for address in (
        "/policy/no-such-list",
        "/policy/no-such-list/compare?b=1",
        "/policy/positive-list/plants/999999",
        "/policy/positive-list/compare",
        "/policy/positive-list/compare?b=999999",
        "/policy/positive-list/compare?b=" + "9" * 40,
        "/policy/positive-list/compare?b=１",
    ):
        assert client.get(address).status_code == 404, address


def test_a_broken_measure_file_gives_one_clear_page(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    config: Config = app.config["CONFIG"]
    (config.instance_dir / "measures").mkdir()
    (config.instance_dir / "measures" / "own.toml").write_text("id = 1\n", "utf-8")
    client = client_as("city-officer")
    for address in ("/policy/", LIST, ALLOCATION):
        response = client.get(address)
        assert response.status_code == 409
        assert "own.toml，第 1 行" in response.get_data(as_text=True)


# --- Neighbours --------------------------------------------------------------------------------


def test_for_every_two_neighbours_the_criterion_that_decided_is_told(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    ids = ids_of(app)
    rows = [row for row in rows_of(app) if row["admitted"]]
    for before, behind in itertools.pairwise(rows):
        b = ids[behind["uscc"], behind["plant"]]
        page = text(client.get(f"/policy/positive-list/compare?as_of={DAY}&b={b}"))
        expected = next(
            (
                words
                for words, one, other in (
                    ("等级由高到低", before["grade"], behind["grade"]),
                    ("近 36 个月违法行为由少到多", *_facts(before, behind, "violations_36m")),
                    ("等级保持起始日由早到晚", *_facts(before, behind, "held_since")),
                    ("统一社会信用代码由小到大", before["uscc"], behind["uscc"]),
                    ("厂区编号由小到大", before["plant"], behind["plant"]),
                )
                if one != other
            )
        )
        assert f"依据“{expected}" in page
        assert before["name"] in page


def _facts(before: dict[str, Any], behind: dict[str, Any], name: str) -> tuple[Any, Any]:
    return before["facts"][name], behind["facts"][name]


def test_a_neighbour_in_another_county_is_not_named(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("county-officer", county=YUECHENG)
    ids, rows = ids_of(app), rows_of(app)
    own_names = {row["name"] for row in rows if row["county"] == YUECHENG}
    own_codes = {row["uscc"] for row in rows if row["county"] == YUECHENG}
    hidden = 0
    for before, behind in itertools.pairwise(rows):
        if behind["county"] != YUECHENG:
            continue
        b = ids[behind["uscc"], behind["plant"]]
        page = text(client.get(f"/policy/positive-list/compare?as_of={DAY}&b={b}"))
        if before["county"] == YUECHENG:
            assert before["name"] in page
            continue
        hidden += 1
        assert "前一位为其他区县企业" in page
        assert set(re.findall(r"示例\d{4}有限公司", page)) <= own_names
        assert set(re.findall(r"91330602MADE\w{6}", page)) <= own_codes
        a = ids[before["uscc"], before["plant"]]
        named = client.get(f"/policy/positive-list/compare?as_of={DAY}&a={a}&b={b}")
        assert named.status_code == 404
    assert hidden


# --- Reach -------------------------------------------------------------------------------------


def test_county_officers_see_their_own_rows_with_the_ranks_of_all(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("county-officer", county=KEQIAO)
    rows = rows_of(app)
    own = [row for row in rows if row["county"] == KEQIAO]
    assert listed(client, LIST) == [row["uscc"] for row in own]
    page = text(client.get(LIST))
    for row in own:
        if row["rank"]:
            assert f"排在第 {row['rank']} 位" in page
    assert listed(client, f"{LIST}&county={YUECHENG}") == [row["uscc"] for row in own]


def test_nothing_of_other_counties_stands_on_any_page_of_a_county_officer(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("county-officer", county=KEQIAO)
    own = {row["name"] for row in rows_of(app) if row["county"] == KEQIAO}
    ids = ids_of(app)
    for address in (
        LIST,
        f"{LIST}&q=示例",
        f"/policy/rights-city?as_of={DAY}",
        ALLOCATION,
        f"{ALLOCATION}&county={YUECHENG}",
        "/rights/applications?year=2025",
        "/rights/reserves",
    ):
        assert set(re.findall(r"示例\d{4}有限公司", text(client.get(address)))) <= own, address
    for row in rows_of(app):
        if row["county"] != KEQIAO:
            plant_id = ids[row["uscc"], row["plant"]]
            address = f"/policy/positive-list/plants/{plant_id}?as_of={DAY}"
            assert client.get(address).status_code == 404


@pytest.mark.parametrize("role", ["filer", "system-admin", "security-admin"])
def test_those_without_the_permission_see_no_list(
    app: Flask, ledger: Ledger, client_as: ClientAs, role: str
) -> None:
    uscc = ledger["企业"][0]["统一社会信用代码"] if role == "filer" else None
    client = client_as(role, uscc=uscc)
    for address in ("/policy/", LIST, "/rights/", "/rights/reserves"):
        assert client.get(address).status_code == 403
    assert client.get("/rights/applications").status_code == (200 if uscc else 403)


def test_those_who_only_read_have_no_export(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("auditor")
    assert "导出 Excel" not in text(client.get(LIST))
    asked = {"as_of": DAY, "format": "json"}
    assert client.post("/policy/positive-list/export", data=asked).status_code == 403
    assert client.post("/rights/export", data=asked).status_code == 403


# --- Cost --------------------------------------------------------------------------------------


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Every SQL statement that goes to the database."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_longer_list_takes_no_more_statements(app: Flask, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    counts = []
    for seed, enterprises in ((1, 3), (2, 60)):
        with app.app_context():
            load({**made_up_ledger(seed, enterprises), "排污权储备": []})
        client.get(LIST)
        for address in (LIST, ALLOCATION, "/rights/applications?year=2025"):
            with statements(app) as seen:
                text(client.get(address))
            counts.append((address, len(seen)))
    assert counts[:3] == counts[3:]
    assert max(count for _, count in counts) < 30
