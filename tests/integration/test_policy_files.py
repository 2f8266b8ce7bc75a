"""The files people take away: the document, the bureau's layout, sums to the kilogram."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date

import openpyxl
import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from app.kernel.audit import verify
from app.kernel.database import db
from app.policy.queries import run_measure
from app.rights.domain import Level
from app.rights.queries import run_allocation
from tests.ledgers import Ledger, load, made_up_ledger
from tests.lists import ALLOCATION, DAY, LIST, rows_of, text
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs


@pytest.fixture
def ledger(app: Flask) -> Ledger:
    made = made_up_ledger(5)
    with app.app_context():
        load(made)
    return made


def export(client: CheckedClient, address: str, **fields: str) -> tuple[str, bytes]:
    """The name and the bytes of the file that a button makes."""
    made = client.post(address, data=fields)
    assert made.status_code == 303, made.get_data(as_text=True)
    with client.get(made.location) as fetched:
        assert fetched.status_code == 200
        content = fetched.data
    name = re.search(r"filename\*=UTF-8''(\S+)", fetched.headers["Content-Disposition"])
    assert name
    return name[1], content


def test_a_json_file_is_the_document_of_the_command(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("county-officer", county=KEQIAO)
    name, content = export(client, "/policy/positive-list/export", as_of=DAY, format="json")
    document = json.loads(content)
    assert document["rows"] == rows_of(app, counties=[KEQIAO])
    assert name.endswith("_%E6%88%AA%E8%87%B32025-06-30_%E6%9F%AF%E6%A1%A5.json")
    assert document["sha256"] in text(client.get(LIST))


def test_an_xlsx_file_has_the_layout_of_the_bureau(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    _, content = export(client, "/policy/positive-list/export", as_of=DAY, format="xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    top = [sheet.cell(row, 1).value for row in range(1, 7)]
    assert top[0] == "监督执法正面清单"
    assert top[1] == "截至日期：2025-06-30"
    assert "（征求意见稿）" in str(top[2])
    assert top[3] == "文号："
    assert sheet.freeze_panes == "A8"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == "$7:$7"
    footer = sheet.oddFooter
    assert footer is not None
    assert footer.center is not None
    assert "&P" in str(footer.center.text)
    table = list(
        CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    )
    header = table[6]
    assert header == [
        "位次", "统一社会信用代码", "企业名称", "厂区编号", "厂区名称", "区县", "行业", "规则集",
        "等级", "结论", "理由", "条款",
    ]  # fmt: skip
    rows = rows_of(app)
    assert [line[1] for line in table[7:]] == [row["uscc"] for row in rows]
    assert [line[0] or None for line in table[7:]] == [row["rank"] for row in rows]
    assert [line[9] for line in table[7:]] == [
        "纳入" if row["admitted"] else "不纳入" for row in rows
    ]
    with app.app_context():
        document = run_measure("positive-list", date.fromisoformat(DAY)).document
    assert top[4] == f"校验值（SHA-256）：{document['sha256']}"


def test_a_csv_file_has_the_same_rows(app: Flask, ledger: Ledger, client_as: ClientAs) -> None:
    client = client_as("city-officer")
    fields = {"as_of": DAY, "county": YUECHENG, "format": "csv"}
    _, content = export(client, "/policy/rights-city/export", **fields)
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    rows = rows_of(app, "rights-city", counties=[YUECHENG])
    start = next(number for number, line in enumerate(lines) if line[0] == "位次")
    assert [line[1] for line in lines[start + 1 :]] == [row["uscc"] for row in rows]


def test_an_allocation_is_exported_with_sums_to_the_kilogram(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    fields = {"level": "city", "pollutant": "VOCs", "year": "2025", "as_of": "2025-12-31"}
    _, content = export(client, "/rights/export", **fields, format="json")
    with app.app_context():
        run = run_allocation(Level.CITY, "VOCs", 2025, date(2025, 12, 31))
    document = json.loads(content)
    assert document["rows"] == run.document["rows"]
    page = text(client.get(ALLOCATION))
    assert f"分配合计 <strong>{document['allocated_total']} 吨/年</strong>" in page
    assert document["sha256"] in page
    for form in ("csv", "xlsx"):
        assert export(client, "/rights/export", **fields, format=form)[1]
    applications = text(client.get("/rights/applications?year=2025&pollutant=VOCs"))
    asked = sum(row["申请量"] for row in ledger["排污权申请"] if row["污染物"] == "VOCs")
    assert f'<td class="num">{asked:.3f}</td>' in applications


def test_a_file_is_only_for_its_maker_and_both_steps_are_audited(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    maker, other = client_as("city-officer"), client_as("city-officer")
    made = maker.post("/policy/positive-list/export", data={"as_of": DAY, "format": "csv"})
    assert other.get(made.location).status_code == 404
    with maker.get(made.location) as fetched:
        assert fetched.status_code == 200
    with app.app_context():
        actions = [row[0] for row in db.session.execute(db.text("SELECT action FROM audit_entry"))]
        assert verify().broken_at is None
    assert {"export.made", "export.fetched"} <= set(actions)


def test_no_file_is_made_of_a_day_that_cannot_be_read(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("city-officer")
    for fields in ({"as_of": "2025-02-29", "format": "csv"}, {"as_of": DAY, "format": "pdf"}):
        assert client.post("/policy/positive-list/export", data=fields).status_code == 422
