"""The pages by which plants are changed: preview, saving, what somebody else changed (厂区维护)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from app.kernel import audit
from app.kernel.clock import today
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.models import PlantChange
from app.registry.queries import open_changes, plant_now
from app.registry.services import LineEntry, record_lines
from tests.facts import a_plant, code
from tests.pages import CheckedClient
from tests.people import ClientAs

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
FILLED = {"reason": "营业执照变更", "document": "准予变更〔2025〕1号"}


@pytest.fixture
def plant_id(app: Flask, bureau: None) -> int:
    with app.app_context():
        return a_plant(1)[1]


def hidden(html: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(html)}


def previewed(client: CheckedClient, where: str, /, **typed: str) -> dict[str, str]:
    """Fill in the form and look at the preview; what its button would send."""
    opened = hidden(client.get(where).text)
    answer = client.post(where, data={**opened, "step": "preview", **typed})
    assert answer.status_code == 200, answer.text
    assert "尚未保存" in answer.text
    return {**hidden(answer.text), "step": "confirm"}


def change(plant_id: int, kind: str) -> str:
    return f"/desk/plants/{plant_id}/changes/{kind}"


def test_a_rename_is_previewed_and_saved_once_however_often_it_is_sent(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    client, address = client_as("county-officer"), change(plant_id, "rename-plant")
    sends = previewed(client, address, name="新厂", effective_on=str(today()), **FILLED)
    with app.app_context():
        assert plant_now(plant_id).name == "本部"
    for _ in range(2):
        assert client.post(address, data=sends).status_code == 303
    with app.app_context():
        assert plant_now(plant_id).name == "新厂"
        assert db.session.query(PlantChange).count() == 1
    page = client.get(f"/plants/{plant_id}").text
    assert "厂区名称由“本部”变更为“新厂”" in page
    assert "准予变更〔2025〕1号" in page


def test_what_somebody_else_changed_meanwhile_is_told_and_the_input_kept(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    first, second = client_as("county-officer"), client_as("county-head")
    address = change(plant_id, "rename-plant")
    typed = {"effective_on": str(today()), **FILLED}
    late = previewed(first, address, name="甲厂", **typed)
    soon = previewed(second, address, name="乙厂", **typed)
    assert second.post(address, data=soon).status_code == 303
    answer = first.post(address, data=late)
    assert answer.status_code == 409
    assert "区县负责人" in answer.text
    assert "厂区名称由“本部”改为“乙厂”" in answer.text
    assert 'value="甲厂"' in answer.text
    with app.app_context():
        assert plant_now(plant_id).name == "乙厂"
    again = first.post(
        address, data={**hidden(answer.text), "step": "preview", "name": "甲厂", **typed}
    )
    assert "由“乙厂”变更为“甲厂”" in again.text


def test_faults_stand_at_their_fields_and_nothing_is_lost(
    client_as: ClientAs, plant_id: int
) -> None:
    client, address = client_as("county-officer"), change(plant_id, "transfer")
    opened = hidden(client.get(address).text)
    answer = client.post(
        address, data={**opened, "step": "preview", "uscc": "12", "effective_on": "昨天"}
    )
    assert answer.status_code == 422
    assert "不是有效日期" in answer.text
    assert 'value="昨天"' in answer.text
    answer = client.post(
        address,
        data={**opened, "step": "preview", "uscc": code(2)[:-1] + "X", "effective_on": "20250101"},
    )
    assert answer.status_code == 422
    for words in ("校验码", "请填写变更的原因", "请填写依据文件"):
        assert words in answer.text


def test_a_planned_change_is_shown_on_the_plant_and_can_be_withdrawn(
    app: Flask, client_as: ClientAs, plant_id: int
) -> None:
    client, address = client_as("county-officer"), change(plant_id, "close")
    day = today() + timedelta(days=9)
    sends = previewed(client, address, effective_on=str(day), **FILLED)
    assert client.post(address, data=sends).status_code == 303
    assert "预定变更" in client.get(f"/plants/{plant_id}").text
    with app.app_context():
        (waiting,) = open_changes([plant_id])
    withdraw = f"/desk/changes/{waiting.id}/withdraw"
    assert client.post(withdraw, data={"reason": " "}).status_code == 422
    for _ in range(2):
        assert client.post(withdraw, data={"reason": "企业撤回申请"}).status_code == 303
    with app.app_context():
        assert open_changes([plant_id]) == []
    page = client.get(f"/plants/{plant_id}").text
    assert "已撤销" in page
    assert "企业撤回申请" in page


def test_two_counties_need_the_city(client_as: ClientAs, plant_id: int) -> None:
    address = change(plant_id, "move")
    typed = {"county": "330603", "effective_on": str(today()), **FILLED}
    county = client_as("county-officer")
    opened = hidden(county.get(address).text)
    answer = county.post(address, data={**opened, "step": "preview", **typed})
    assert answer.status_code == 422
    assert "市级人员" in answer.text
    city = client_as("city-officer")
    assert city.post(address, data=previewed(city, address, **typed)).status_code == 303
    assert county.get(f"/desk/plants/{plant_id}").status_code == 404


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ("edit", {"town": "鉴湖街道"}),
        ("enterprise", {"contact": "李", "uscc": code(1)}),
        ("changes/close", {}),
        ("changes/rename-enterprise", {"name": "甲公司"}),
        ("parts/lines/new", {"number": "02", "name": "二号线"}),
        ("parts/lines/{line}", {"number": "01", "name": "老线"}),
        ("parts/lines/{line}/end", {"reason": "拆除了"}),
    ],
)
def test_each_form_tells_who_changed_the_plant_meanwhile(
    app: Flask, client_as: ClientAs, plant_id: int, form: str, typed: dict[str, str]
) -> None:
    """409 with name and time; what was typed stays; sent again, it goes by what stands now."""
    with app.app_context(), writing("测试"):
        (line,) = record_lines([LineEntry(plant_id, "01", "一号线")])
        audit.record("test", "plant", plant_id)
    first, second = client_as("county-officer"), client_as("county-head")
    address = f"/desk/plants/{plant_id}/{form.format(line=line)}"
    named = {"effective_on": str(today()), **FILLED, **typed}
    late = previewed(first, address, **named)
    other = f"/desk/plants/{plant_id}/edit"
    if "{line}" in form:
        other = f"/desk/plants/{plant_id}/parts/lines/{line}"
    soon = previewed(second, other, town="塔山街道", number="01", name="新线")
    assert second.post(other, data=soon).status_code == 303
    answer = first.post(address, data=late)
    assert answer.status_code == 409
    assert "区县负责人 于" in answer.text
    assert "您的内容尚未保存" in answer.text
    for value in typed.values():
        assert value in answer.text
    (action,) = re.findall(r'<form method="post" action="([^"]+)" class="form-column"', answer.text)
    again = first.post(action, data={**hidden(answer.text), "step": "preview", **named})
    assert again.status_code == 200
    assert "尚未保存" in again.text


def test_ending_a_line_twice_is_told_once(app: Flask, client_as: ClientAs, plant_id: int) -> None:
    with app.app_context(), writing("测试"):
        (line,) = record_lines([LineEntry(plant_id, "01", "一号线")])
        audit.record("test", "plant", plant_id)
    client, address = client_as("county-officer"), f"/desk/plants/{plant_id}/parts/lines/{line}"
    sends = previewed(client, f"{address}/end", reason="拆除")
    for _ in range(2):
        assert client.post(f"{address}/end", data=sends).status_code == 303
    stale = client.post(address, data={"step": "preview", "number": "01", "name": "又"})
    assert stale.status_code == 409
    assert "停用" in stale.text
