"""Applications by hand: by the enterprise or an officer, with evidence, corrected, withdrawn."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from app.inbox.models import Message
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.rights.queries import ApplicationFilter, list_applications_on_record
from app.rights.queries.applications import ApplicationOnRecord
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.pages import CheckedClient
from tests.people import KEQIAO, ClientAs
from tests.rights import PDF, form_of, sent


@pytest.fixture
def plant(app: Flask, bureau: None, clock: Freeze) -> int:
    clock("2026-03-02 09:00")
    with app.app_context():
        a_plant(2, county=KEQIAO)
        return a_plant(1)[1]


@pytest.fixture
def filer(plant: int, client_as: ClientAs) -> CheckedClient:
    return client_as("filer", uscc=code(1))


def on_record(app: Flask) -> list[ApplicationOnRecord]:
    with app.app_context():
        return list_applications_on_record(EVERYTHING, ApplicationFilter(2026))


def test_an_enterprise_applies_with_evidence_and_the_officers_are_told(
    app: Flask, plant: int, filer: CheckedClient, client_as: ClientAs
) -> None:
    made = sent(filer, plant, evidence=(io.BytesIO(PDF), "环评批复.pdf"))
    (row,) = on_record(app)
    assert (str(row.asked), row.applied_on.isoformat()) == ("1.250", "2026-03-02")
    with app.app_context():
        (told,) = db.session.query(Message).all()
        assert (told.county, told.link) == ("330602", f"/rights/applications/{made}")
    page = filer.get(f"/rights/applications/{made}").get_data(as_text=True)
    assert "环评批复.pdf" in page
    with filer.get(f"/rights/applications/{made}/evidence/1") as fetched:
        assert fetched.data == PDF
        assert fetched.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in fetched.headers["Content-Security-Policy"]
    elsewhere = client_as("county-officer", county=KEQIAO)
    for address in ("", "/evidence/1", "/correct"):
        assert elsewhere.get(f"/rights/applications/{made}{address}").status_code == 404
    others = client_as("filer", uscc=code(2))
    assert others.get(f"/rights/applications/{made}/evidence/1").status_code == 404
    assert "项目（一）" not in others.get("/rights/applications").get_data(as_text=True)
    refused = others.post("/rights/applications/new", data=form_of(plant))
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"tonnes": "1.2345"}, "tonnes", "4 位小数"),
        ({"tonnes": "-1"}, "tonnes", "负数"),
        ({"tonnes": ""}, "tonnes", "没有填写数量"),
        ({"pollutant": "CO2"}, "pollutant", "没有选择污染物"),
        ({"year": "26"}, "year", "四位数字"),
        ({"project": ""}, "project", "没有选择项目"),
        ({"project_name": ""}, "project_name", "没有填写项目名称"),
        ({"project": "7"}, "project", "没有选择项目"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    app: Flask,
    plant: int,
    filer: CheckedClient,
    changes: dict[str, str],
    field: str,
    words: str,
) -> None:
    answer = filer.post("/rights/applications/new", data=form_of(plant, **changes))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert f'href="#f-{field}"' in page
    assert on_record(app) == []


def test_one_project_asks_once_however_its_brackets_are_typed(
    plant: int, filer: CheckedClient
) -> None:
    sent(filer, plant)
    again = filer.post("/rights/applications/new", data=form_of(plant, project_name="项目(一)"))
    assert again.status_code == 409
    assert "请更正原申请" in again.get_data(as_text=True)
    sent(filer, plant, pollutant="SO2")


def test_a_correction_keeps_day_and_evidence_and_stands_beside_the_first(
    app: Flask, plant: int, client_as: ClientAs, clock: Freeze
) -> None:
    filer = client_as("filer", uscc=code(1))
    first = sent(filer, plant, evidence=(io.BytesIO(PDF), "证明.pdf"))
    clock("2026-03-09 09:00")
    filer = client_as("filer", uscc=code(1))
    address = f"/rights/applications/{first}/correct"
    assert "1.250" in filer.get(address).get_data(as_text=True)
    changed = form_of(plant, tonnes="0.75", applied_on="2026-01-01")
    assert filer.post(address, data=changed).status_code == 422
    answer = filer.post(address, data={**changed, "why": "核减"})
    assert answer.status_code == 303
    (row,) = on_record(app)
    assert (str(row.asked), row.applied_on.isoformat()) == ("0.750", "2026-03-02")
    assert "核减" in filer.get(f"/rights/applications/{first}").get_data(as_text=True)
    assert "核减" in filer.get(answer.location).get_data(as_text=True)
    assert filer.post(address, data={**changed, "why": "又一次"}).status_code == 409


def test_a_withdrawn_application_stays_on_record(
    app: Flask, plant: int, filer: CheckedClient
) -> None:
    made = sent(filer, plant)
    address = f"/rights/applications/{made}"
    assert filer.post(f"{address}/withdraw", data={"why": ""}).status_code == 422
    assert filer.post(f"{address}/withdraw", data={"why": "项目取消"}).status_code == 303
    assert on_record(app) == []
    assert "项目取消" in filer.get(address).get_data(as_text=True)
    assert "更正申请" not in filer.get(address).get_data(as_text=True)


def test_an_officer_finds_the_plant_and_writes_the_day(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    client = client_as("county-officer")
    chosen = client.get("/rights/applications/new?q=示例").get_data(as_text=True)
    assert f"plant_id={plant}" in chosen
    assert "示例2号" not in chosen
    sent(client, plant, applied_on="2026年1月5日")
    (row,) = on_record(app)
    assert row.applied_on.isoformat() == "2026-01-05"
    with app.app_context():
        assert db.session.query(Message).count() == 0
    page = client.get("/rights/applications?q=项目(一)&sort=asked&order=desc")
    assert "1.250" in page.get_data(as_text=True)
    assert "没有符合条件" in client.get("/rights/applications?q=无此").get_data(as_text=True)
    answer = client.post("/rights/applications/export?year=2026", data={"format": "json"})
    with client.get(answer.location) as fetched:
        assert '"totals":{"VOCs":"1.250"}' in fetched.get_data(as_text=True)
