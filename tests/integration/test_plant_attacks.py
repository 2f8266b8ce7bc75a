"""Forms about plants sent by the hasty, the confused and the hostile (误办与恶意提交)."""

from __future__ import annotations

import pytest
from flask import Flask

from app.kernel.authority import EVERYTHING
from app.kernel.clock import today
from app.registry.queries import find_plant, lines_of, list_plants, plant_now
from tests.facts import a_plant, code
from tests.integration.test_plant_pages import FILLED, change, hidden, previewed
from tests.pages import CheckedClient
from tests.people import KEQIAO, ClientAs

HOSTILE = "=cmd|'/C calc'!A0\"><script>alert(1)</script>{{7*7}}\u202e"


@pytest.fixture
def plants(app: Flask, bureau: None) -> list[int]:
    """Two plants of 越城区, one of 柯桥区; each of its own enterprise."""
    with app.app_context():
        counties = ("330602", "330602", KEQIAO)
        return [a_plant(number, county=it)[1] for number, it in enumerate(counties, start=1)]


def refused(client: CheckedClient, where: str, /, **typed: str) -> str:
    opened = hidden(client.get(where).text)
    filled = {"effective_on": str(today()), **FILLED, **typed}
    answer = client.post(where, data={**opened, "step": "preview", **filled})
    assert answer.status_code == 422, answer.text
    return answer.text


def test_a_plant_of_another_county_is_not_there(client_as: ClientAs, plants: list[int]) -> None:
    client, foreign = client_as("county-officer"), plants[2]
    for path in (
        f"/desk/plants/{foreign}", change(foreign, "close"), f"/desk/plants/{foreign}/edit",
        f"/desk/plants/{foreign}/parts/lines/new",
    ):  # fmt: skip
        assert client.get(path).status_code == 404
    typed = {"step": "preview", "effective_on": str(today()), **FILLED}
    assert client.post(change(foreign, "close"), data=typed).status_code == 404


def test_nothing_is_merged_with_itself_or_with_what_is_not_its_enterprises(
    client_as: ClientAs, plants: list[int]
) -> None:
    """What the list does not offer is refused as not chosen, whoever it is."""
    client, address = client_as("city-officer"), change(plants[0], "merge")
    for survivor in (plants[0], plants[1], 999_999, -1, "1 OR 1=1", "٣"):
        told = refused(client, address, survivor_id=str(survivor), bars="stay")
        assert "请选择合并后继续存在的厂区" in told


def test_plants_cannot_be_merged_into_each_other(
    app: Flask, client_as: ClientAs, plants: list[int]
) -> None:
    """The second half of a circle finds the first half closed."""
    client = client_as("city-officer")
    made = {"name": "东", "number": "2", "county": "330602", "bars": "stay"}
    split = change(plants[0], "split")
    client.post(split, data=previewed(client, split, effective_on=str(today()), **made, **FILLED))
    with app.app_context():
        (new,) = {it.plant_id for it in list_plants(EVERYTHING)} - set(plants)
    there, back = change(plants[0], "merge"), change(new, "merge")
    both = {"effective_on": str(today()), "bars": "stay", **FILLED}
    late = previewed(client, back, survivor_id=str(plants[0]), **both)
    soon = previewed(client, there, survivor_id=str(new), **both)
    assert client.post(there, data=soon).status_code == 303
    assert client.post(back, data=late).status_code == 422
    with app.app_context():
        assert plant_now(plants[0]).closed_on == today()
        assert plant_now(new).closed_on is None


@pytest.mark.parametrize("number", ["0", "000", "1000", "-1", "1e2", "〇〇九", "0x1", "1.5"])
def test_a_plant_number_is_three_digits(
    client_as: ClientAs, plants: list[int], number: str
) -> None:
    address = change(plants[0], "split")
    typed = {"name": "东", "county": "330602", "bars": "stay"}
    told = refused(client_as("county-officer"), address, number=number, **typed)
    assert "应为三位数字" in told


def test_a_transfer_to_oneself_or_to_a_place_out_of_reach_is_refused(
    client_as: ClientAs, plants: list[int]
) -> None:
    client, address = client_as("county-officer"), change(plants[0], "transfer")
    typed = {"number": "009", "bars": "stay"}
    assert "没有变更" in refused(client, address, uscc=code(1).lower(), **typed)
    assert "市级人员" in refused(client, address, uscc=code(3), **typed)
    assert "区县" in refused(client, change(plants[0], "move"), county="110000")
    assert "市级人员" in refused(
        client, change(plants[0], "split"), name="东", county=KEQIAO, **typed
    )


def test_hostile_names_are_words(app: Flask, client_as: ClientAs, plants: list[int]) -> None:
    client, address = client_as("county-officer"), change(plants[0], "rename-plant")
    sends = previewed(client, address, name=HOSTILE, effective_on=str(today()), **FILLED)
    assert client.post(address, data=sends).status_code == 303
    for path in (f"/plants/{plants[0]}", "/register", f"/desk/plants/{plants[0]}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "{{7*7}}" in page or "alert" not in page
    with app.app_context():
        found = find_plant(plants[0], EVERYTHING)
        assert found is not None
        assert found.name.startswith("=cmd")
    assert "超过 120 个字" in refused(client, address, name="长" * 121)


def test_capacities_in_full_width_are_read_and_units_in_the_number_refused(
    app: Flask, client_as: ClientAs, plants: list[int]
) -> None:
    client, address = client_as("county-officer"), f"/desk/plants/{plants[0]}/parts/lines/new"
    line = {"number": "０１", "name": "一号线", "capacity_unit": "万吨／年"}
    for typed in ("12万吨", "一百", "1e5", "NaN", "-3", "1,2,3"):
        opened = hidden(client.get(address).text)
        sends = {**opened, "step": "preview", **line, "approved_capacity": typed}
        answer = client.post(address, data=sends)
        assert answer.status_code == 422, typed
    sends = previewed(client, address, **line, approved_capacity="１，２００．５")
    assert client.post(address, data=sends).status_code == 303
    assert client.post(address, data=sends).status_code == 303  # sent twice, entered once
    with app.app_context():
        (made,) = lines_of(plants[0])
        assert str(made.approved_capacity) == "1200.5"
