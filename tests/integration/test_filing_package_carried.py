"""交回填报包 at the window: the package itself says to which filing it belongs."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app.filing import services
from app.filing.models import FilingArrival
from app.filing.offline import MANIFEST
from app.filing.queries import evidence_of, working
from app.kernel import jobs
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.evidence_files import pdf
from tests.facts import a_plant, code
from tests.filings import begun, filing, put_in_force, table
from tests.integration.test_filing_course import hand_over
from tests.packages import carried_in, exported, filled, mark_on, zipped
from tests.people import KEQIAO, YUECHENG, ClientAs

CELLS = {"1-01-01": "15", "1-01-02": 8, "1-02-01": "是", "1-03-01": "85"}
ADDRESS = "/filing/window/arrivals"


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


@pytest.fixture
def at_office(plant: int, officer: FlaskClient) -> int:
    form = {"plant_id": str(plant), "year": "2026", "kind": "first", "target": "C",
            "form_key": "package-1"}  # fmt: skip
    begun_at = officer.post("/filing/window/package", data=form).location
    return int(begun_at.split("/filing/")[1].split("/")[0])


def _hand_in(client: FlaskClient, content: bytes, name: str = "交回.zip") -> TestResponse:
    return client.post(ADDRESS, data={"package": (io.BytesIO(content), name)})


def _arrivals(app: Flask) -> int:
    with app.app_context():
        query = select(func.count()).select_from(FilingArrival)
        return int(db.session.execute(query).scalar_one())


def test_what_is_handed_in_finds_its_filing(
    app: Flask, at_office: int, officer: FlaskClient
) -> None:
    assert f'href="{ADDRESS}"' in officer.get("/filing/window").text
    assert "交回填报包" in officer.get(ADDRESS).text
    answer = _hand_in(officer, zipped(exported(officer, at_office)))
    assert answer.status_code == 303, answer.text
    assert answer.location.startswith(f"/filing/{at_office}/package/arrivals/")
    with app.app_context():
        while jobs.run_next():
            pass
    assert "待确认导入" in officer.get(answer.location).text


def test_the_manifest_alone_leads_to_the_filing_and_nothing_is_kept(
    app: Flask, at_office: int, officer: FlaskClient
) -> None:
    manifest = exported(officer, at_office)[MANIFEST]
    answer = _hand_in(officer, b"\xef\xbb\xbf" + manifest, MANIFEST)
    assert answer.location == f"/filing/{at_office}/package"
    assert "这是本申报的填报包" in officer.get(answer.location).text
    assert _arrivals(app) == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空文件"),
        (b"PK\x03\x04nothing", "已损坏"),
        (b"{}", "读不出来"),
        (b'{"format": "jixiao-filing-package-1", "number": 7}', "读不出来"),
        (b'{"format": "jixiao-filing-package-1", "number": "LX9-AB"}', "没有导出过编号为 LX9-AB"),
        (b"[" * 100_000, "已损坏"),
        (b'{"a":' * 100_000, "读不出来"),
    ],
)
def test_what_belongs_to_no_filing_is_refused_with_a_sentence(
    app: Flask, plant: int, officer: FlaskClient, content: bytes, told: str
) -> None:
    answer = _hand_in(officer, content)
    assert answer.status_code == 422
    assert told in answer.text
    assert officer.post(ADDRESS, data={}).status_code == 422
    assert _arrivals(app) == 0


def test_a_manifest_that_was_altered_names_nobody(
    app: Flask, at_office: int, officer: FlaskClient
) -> None:
    parts = exported(officer, at_office)
    parts[MANIFEST] = parts[MANIFEST].replace(b'"C"', b'"B"')
    answer = _hand_in(officer, zipped(parts))
    assert answer.status_code == 422
    assert f"“{MANIFEST}”被改动" in answer.text
    assert _arrivals(app) == 0


def test_whose_it_is_not_to_import_is_told_who_can(
    app: Flask, plant: int, officer: FlaskClient, client_as: ClientAs
) -> None:
    with app.app_context():
        filing_id = begun(plant)
    content = zipped(exported(client_as("filer", uscc=code(1)), filing_id))
    told = _hand_in(officer, content)
    assert told.status_code == 422
    assert "由企业在网上建立，窗口不能代为导入" in told.text
    elsewhere = _hand_in(client_as("county-officer", county=KEQIAO), content)
    assert elsewhere.status_code == 422
    assert "不在您的权限范围内" in elsewhere.text
    assert _arrivals(app) == 0


def test_of_a_filing_that_is_settled_the_page_opens_and_says_so(
    app: Flask, at_office: int, officer: FlaskClient
) -> None:
    content = zipped(exported(officer, at_office))
    with app.app_context(), writing("测试"):
        services.discard(at_office, "不办了")
    answer = _hand_in(officer, content)
    assert answer.location == f"/filing/{at_office}/package"
    assert "内容已经固定，不能导入" in officer.get(answer.location).text
    assert _arrivals(app) == 0


def test_many_files_with_long_names_and_packages_within_are_taken_or_named(
    app: Flask, plant: int, filer: FlaskClient
) -> None:
    with app.app_context():
        filing_id = begun(plant)
    parts = filled(exported(filer, filing_id), CELLS)
    inner = zipped({"a.pdf": pdf(1)})
    parts |= {f"材料/1-01_x/{at}{'长' * 300}.pdf": pdf(1, catalog=f"/Lang({at})".encode())
              for at in range(60)} | {"材料/1-01_x/里面.pdf": inner}  # fmt: skip
    address = carried_in(app, filer, filing_id, zipped(parts))
    page = filer.get(address).text
    assert "有 1 份材料不能接收" in page, "a zip under another name"
    assert filer.post(address, data={"seen": mark_on(page)}).status_code == 303
    with app.app_context():
        names = [it.name for it in evidence_of(filing_id)]
    assert len(names) == 60
    assert all(it.endswith(".pdf") and len(it) <= 200 for it in names)


def test_a_plant_that_was_sold_meanwhile_takes_nothing_for_its_former_owner(
    app: Flask, plant: int, filer: FlaskClient
) -> None:
    with app.app_context():
        filing_id = begun(plant)
    content = zipped(filled(exported(filer, filing_id), CELLS))
    address = carried_in(app, filer, filing_id, content)
    seen = mark_on(filer.get(address).text)
    with app.app_context():
        a_plant(2)
        hand_over(plant)
    assert "厂区已转到另一企业" in filer.get(address).text
    assert filer.post(address, data={"seen": seen}).status_code == 409
    assert filer.post(f"/filing/{filing_id}/package").status_code in (409, 422)
    with app.app_context():
        assert not working(filing(filing_id)).answers
