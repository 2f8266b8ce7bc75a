"""Enterprises, plants and their parts entered and corrected by hand (新增、修改、停用)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask

from app.kernel.authority import EVERYTHING
from app.kernel.clock import now
from app.registry.queries import (
    enterprise_with_code,
    find_plant,
    industries_of,
    lines_of,
    list_plants,
    measures_of,
    plant_now,
)
from tests.facts import a_plant, code
from tests.integration.test_plant_pages import hidden, previewed
from tests.pages import CheckedClient
from tests.people import ClientAs

NEW = {
    "e_uscc": code(5), "e_name": "新建铸造有限公司", "p_plant": "001", "p_name": "本部",
    "p_county": "330602", "p_permit_number": f"{code(5)}001P", "i_industry": "铸造",
}  # fmt: skip


@pytest.fixture
def plant_id(app: Flask, bureau: None) -> int:
    with app.app_context():
        return a_plant(1)[1]


def saved(client: CheckedClient, where: str, /, **typed: str) -> None:
    sends = previewed(client, where, **typed)
    answer = client.post(where, data=sends)
    assert answer.status_code == 303, answer.text


def refused(client: CheckedClient, where: str, /, **typed: str) -> str:
    opened = hidden(client.get(where).text)
    answer = client.post(where, data={**opened, **typed, "step": "preview"})
    assert answer.status_code == 422, answer.text
    return answer.text


def typed_now(client: CheckedClient, address: str) -> dict[str, str]:
    """What the form shows, as a browser would send it back."""
    html = client.get(address).text
    found = {
        name: unescape(value)
        for name, value in re.findall(
            r'<input class="form-control"[^>]*name="([^"]+)" value="([^"]*)"', html
        )
    }
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


def test_an_enterprise_is_registered_with_its_first_plant(app: Flask, client_as: ClientAs) -> None:
    client = client_as("county-officer")
    saved(client, "/desk/enterprises/new", **NEW)
    with app.app_context():
        (plant,) = list_plants(EVERYTHING)
        assert (plant.uscc, plant.number, plant.county) == (code(5), "001", "330602")
        assert [it.label for it in industries_of([plant.plant_id])[plant.plant_id]] == ["铸造"]
    assert "已经登记" in refused(client, "/desk/enterprises/new", **NEW)


def test_the_rules_of_the_ledger_hold_in_the_form(client_as: ClientAs) -> None:
    client = client_as("county-officer")
    faulty = {**NEW, "e_uscc": code(5)[:-1] + code(6)[-1], "p_plant": "1a", "p_longitude": "30"}
    text = refused(client, "/desk/enterprises/new", **faulty)
    for words in ("校验码", "三位数字", "请补填"):
        assert words in text, words
    assert "权限范围" in refused(client, "/desk/enterprises/new", **{**NEW, "p_county": "330603"})


def test_plain_fields_are_edited_and_emptied(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    client, address = client_as("county-officer"), f"/desk/plants/{plant_id}/edit"
    fields = {
        **typed_now(client, address),
        "officer": "王经办",
        "town": "鉴湖街道",
        "state": "停产",
    }
    saved(client, address, **fields)
    with app.app_context():
        plant = plant_now(plant_id)
        assert (plant.officer, plant.town, plant.state) == ("王经办", "鉴湖街道", "停产")
    assert "没有改动" in refused(client, address, **fields)
    saved(client, address, **{**fields, "town": ""})
    with app.app_context():
        assert (plant_now(plant_id).town, plant_now(plant_id).name) == ("", "本部")


def test_an_enterprise_is_edited_for_all_its_plants(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    client, address = client_as("county-officer"), f"/desk/plants/{plant_id}/enterprise"
    before = now()
    saved(client, address, **{**typed_now(client, address), "contact": "李联系"})
    with app.app_context():
        assert plant_now(plant_id).contact == "李联系"
        then = find_plant(plant_id, EVERYTHING, before)
        assert then is not None
        assert then.contact == ""
        a_plant(2)
    taken = {**typed_now(client, address), "uscc": code(2)}
    assert "归并" in refused(client, address, **taken)


def test_a_second_plant_gets_the_next_number(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    client, address = client_as("county-officer"), f"/desk/plants/{plant_id}/new-plant"
    fields = {**typed_now(client, address), "p_name": "二厂", "i_industry": "铸造"}
    assert fields["p_plant"] == "002"
    saved(client, address, **fields)
    assert "换一个编号" in refused(client, address, **fields)
    with app.app_context():
        assert enterprise_with_code(code(1)) is not None
        assert len(list_plants(EVERYTHING)) == 2


def test_a_new_main_industry_takes_the_place_of_the_old_one(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    """PLAN-CROSS: exactly one main industry, at every step."""
    client, address = client_as("county-officer"), f"/desk/plants/{plant_id}/parts/industries"
    with app.app_context():
        (main,) = industries_of([plant_id])[plant_id]
    sole = {**typed_now(client, f"{address}/{main.fact_id}"), "role": "参照"}
    assert "没有主要行业" in refused(client, f"{address}/{main.fact_id}", **sole)
    assert "没有主要行业" in refused(client, f"{address}/{main.fact_id}/end", reason="停")
    saved(
        client, f"{address}/new", industry="水泥", role="主要", capacity="12.5", capacity_unit="吨"
    )
    with app.app_context():
        now_main, other = industries_of([plant_id])[plant_id]
        assert (now_main.industry != main.industry, other.role) == (True, "参照")
    saved(client, f"{address}/{other.fact_id}/end", reason="停止铸造")
    with app.app_context():
        assert len(industries_of([plant_id])[plant_id]) == 1


def test_lines_and_measures_are_added_changed_and_ended(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    client, address = client_as("county-officer"), f"/desk/plants/{plant_id}/parts"
    line = {"number": "1", "name": "一号线", "approved_capacity": "10", "permitted_capacity": "9"}
    saved(client, f"{address}/lines/new", **line)
    assert "已有同样的生产线" in refused(client, f"{address}/lines/new", **{**line, "name": "又"})
    saved(client, f"{address}/measures/new", level="红", measure="停产", line_number="1")
    with app.app_context():
        (made,), (measure,) = lines_of(plant_id), measures_of(plant_id)
    saved(client, f"{address}/lines/{made.id}", **{**line, "actual_capacity": "8"})
    with app.app_context():
        assert [str(it.actual_capacity) for it in lines_of(plant_id)] == ["8"]
    assert "请填写" in refused(client, f"{address}/measures/{measure.id}/end")
    saved(client, f"{address}/measures/{measure.id}/end", reason="改造")
    with app.app_context():
        assert measures_of(plant_id) == []
    page = client.get(f"/plants/{plant_id}").text
    assert "措施未备案" in page
    assert "一号线" in page
