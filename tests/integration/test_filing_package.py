"""离线填报包: given out for one filing, in the shape of its tables, with what stands there."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.filing import services
from app.filing.domain import State, Way
from app.filing.offline import MANIFEST
from app.filing.queries.packages import packages_of
from app.kernel.transaction import writing
from tests.facts import a_plant, code
from tests.filings import answers, begun, filing, put_in_force, table
from tests.people import KEQIAO, YUECHENG, ClientAs


@pytest.fixture
def plant(app: Flask, bureau: None) -> int:
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return a_plant()[1]


@pytest.fixture
def officer(client_as: ClientAs) -> FlaskClient:
    return client_as("county-officer", county=YUECHENG)


@pytest.fixture
def filer(client_as: ClientAs) -> FlaskClient:
    return client_as("filer", uscc=code(1))


def _exported(client: FlaskClient, filing_id: int) -> zipfile.ZipFile:
    answer = client.post(f"/filing/{filing_id}/package")
    assert answer.status_code == 303, answer.text
    with client.get(answer.location) as fetched:
        return zipfile.ZipFile(io.BytesIO(fetched.data))


def _begun_at_office(officer: FlaskClient, plant: int) -> int:
    form = {"plant_id": str(plant), "year": "2026", "kind": "first", "target": "B",
            "form_key": "package-1"}  # fmt: skip
    answer = officer.post("/filing/window/package", data=form)
    assert answer.status_code == 303, answer.text
    return int(answer.location.split("/filing/")[1].split("/")[0])


def test_a_package_holds_the_form_the_folders_and_the_manifest_the_database_keeps(
    app: Flask, plant: int, filer: FlaskClient
) -> None:
    with app.app_context():
        filing_id = begun(plant)
        with writing("测试", actor_id=2, actor_name="张三"):
            services.save_answer(filing_id, 1, "1", answers()["1"], 0)
    package = _exported(filer, filing_id)
    names = package.namelist()
    assert names[:2] == [MANIFEST, "填报表.xlsx"]
    assert "材料/1-01_颗粒物/说明.txt" in names
    assert "材料/0-00_其他材料/说明.txt" in names
    manifest = json.loads(package.read(MANIFEST))
    with app.app_context():
        (kept,) = packages_of(filing_id)
    assert manifest == kept.manifest
    assert manifest["filing"]["id"] == filing_id
    assert manifest["entries"][0]["answer"]["measured"], "what stood there, for the comparison"

    book = openpyxl.load_workbook(io.BytesIO(package.read("填报表.xlsx")))
    assert book.sheetnames == ["说明", "指标1 铸造", "运输汇总", "材料清单", "材料选项"]
    sheet = book["指标1 铸造"]
    assert sheet.protection.sheet
    lines = {row[11].value: row for row in sheet.iter_rows(min_row=4)}
    assert [it for it in lines if it] == [
        "1-01-01", "1-01-02", "1-01-03", "1-02-01", "1-02-02", "1-02-03", "1-02-04",
        "1-03-01", "1-03-02", "1-03-03",
    ]  # fmt: skip
    dust = lines["1-01-01"]
    assert dust[13].value == "15"
    assert not dust[13].protection.locked
    assert dust[0].protection.locked
    validated = {str(it.sqref): it.formula1 for it in sheet.data_validations.dataValidation}
    assert validated[lines["1-02-01"][13].coordinate] == '"是,否"'
    listed = {str(it.sqref): it.formula1
              for it in book["材料清单"].data_validations.dataValidation}  # fmt: skip
    assert listed["A4"] == "'材料选项'!$A$4:$A$7"
    assert [row[0].value for row in book["材料选项"]["A4:A7"]] == ["0-00", "1-01", "1-02", "1-03"]
    column, first, last = (listed["B4"].replace(":", "").split("$")[at] for at in (1, 2, 4))
    kinds = [row[0].value for row in book["材料选项"][f"{column}{first}:{column}{last}"]]
    assert "监测报告" in kinds
    assert None not in kinds
    assert "A4:A6" in {str(it) for it in sheet.merged_cells.ranges}, "a row is as high as its lines"


def test_at_the_window_a_filing_is_begun_for_a_package_and_both_sides_work_on_it(
    app: Flask, plant: int, officer: FlaskClient, filer: FlaskClient, client_as: ClientAs
) -> None:
    assert f"/filing/window/package?plant_id={plant}" in officer.get(
        "/filing/window", query_string={"q": code(1)}
    ).text  # fmt: skip
    filing_id = _begun_at_office(officer, plant)
    assert _begun_at_office(officer, plant) == filing_id, "the same form is one filing"
    with app.app_context():
        assert filing(filing_id).way is Way.PACKAGE
    for client in (officer, filer):
        assert "导出离线填报包" in client.get(f"/filing/{filing_id}/package").text
        assert client.get(f"/filing/{filing_id}/assess").status_code == 200
        assert "离线填报包" in client.get(f"/filing/{filing_id}").text
    assert _exported(officer, filing_id).testzip() is None
    assert officer.get(f"/filing/{filing_id}/submit").location.endswith("/window")
    assert filer.get(f"/filing/{filing_id}/submit").status_code == 200
    stranger = client_as("county-head", county=KEQIAO)
    assert stranger.get(f"/filing/{filing_id}/package").status_code == 404
    assert stranger.post(f"/filing/{filing_id}/package").status_code == 404


def test_no_package_of_a_filing_that_is_not_worked_on_or_not_one_s_own(
    app: Flask, plant: int, officer: FlaskClient, filer: FlaskClient, client_as: ClientAs
) -> None:
    with app.app_context():
        filing_id = begun(plant)
    assert officer.post(f"/filing/{filing_id}/package").status_code == 404
    assert client_as("filer", uscc=code(2)).post(f"/filing/{filing_id}/package").status_code == 404
    with app.app_context():
        with writing("测试"):
            services.discard(filing_id, "不办了")
        assert filing(filing_id).state is State.DISCARDED
    assert filer.post(f"/filing/{filing_id}/package").status_code == 409
    with app.app_context():
        assert packages_of(filing_id) == []


def test_while_another_table_rules_the_filer_chooses_before_a_package_is_made(
    app: Flask, plant: int, filer: FlaskClient
) -> None:
    with app.app_context():
        filing_id = begun(plant)
        made = table()
        put_in_force(
            type(made)(**{**{name: getattr(made, name) for name in made.__slots__},
                          "title": "另一版"}),
            date(2026, 1, 2),
        )  # fmt: skip
    answer = filer.post(f"/filing/{filing_id}/package")
    assert answer.status_code == 422
    assert "指标表或规则集已有更新" in answer.text


def test_the_history_tells_the_enterprise_s_own_entries_from_the_officer_s(
    app: Flask, plant: int, officer: FlaskClient, filer: FlaskClient
) -> None:
    filing_id = _begun_at_office(officer, plant)
    told = "经过"
    assert "企业填写" not in filer.get(f"/filing/{filing_id}").text
    for trips in ("7", "8"):
        form = {"seen": str(int(trips) - 7), "trips": trips}
        assert filer.post(f"/filing/{filing_id}/transport", data=form).status_code == 303
    page = filer.get(f"/filing/{filing_id}").text.split(told)[-1]
    assert page.count("企业填写") == 1, "told once a person"
    assert "代为录入" not in page
    with app.app_context(), writing("测试", actor_id=777_001, actor_name="窗口人员"):
        services.save_answer(filing_id, 1, "1", answers()["1"], 0)
    assert "代为录入" in filer.get(f"/filing/{filing_id}").text
