"""The register list: who sees what of it, and its export."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from app.kernel import audit
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from app.registry.services import (
    EnterpriseEntry,
    PlantEntry,
    register_enterprises,
    register_plants,
)
from tests.facts import a_plant, code
from tests.ledgers import Ledger, load, made_up_ledger
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs
from tests.registers import counted, expected, fetched, listed, walked

DAY = date(2025, 6, 30)
LIST = f"/register?as_of={DAY}"
CANARY = "绝不外泄"


@pytest.fixture
def ledger(app: Flask) -> Ledger:
    """Plants in all six districts."""
    made = made_up_ledger(5, enterprises=40)
    with app.app_context():
        load(made)
    return made


def a_canary(app: Flask, county: str = KEQIAO) -> int:
    """A plant of another county whose every word would be recognised."""
    with app.app_context(), writing("测试"):
        (enterprise,) = register_enterprises([EnterpriseEntry(code(900), f"{CANARY}有限公司")])
        (plant,) = register_plants(
            [PlantEntry(enterprise, "001", f"{CANARY}厂", county, town=f"{CANARY}镇")]
        )
        audit.record("test.registered", "plant", plant)
    return plant


# --- Who sees what -----------------------------------------------------------------------------


def test_a_county_officer_sees_the_own_county_and_no_trace_of_another(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    plant = a_canary(app)
    client = client_as("county-officer", county=YUECHENG)
    own = {plant for plant, (it, _) in expected(app, DAY).items() if it.county == YUECHENG}
    assert set(walked(client, LIST)) == own
    addresses = [
        "/", LIST, f"{LIST}&q={CANARY[:2]}", f"{LIST}&county={KEQIAO}", f"{LIST}&after={plant}",
        f"{LIST}&sort=town", f"{LIST}&q={code(900)}",
    ]  # fmt: skip
    for address in addresses:
        assert CANARY not in fetched(client, address).replace(f'value="{CANARY[:2]}"', "")
    assert counted(fetched(client, f"{LIST}&county={KEQIAO}")) == 0
    for form in ("csv", "xlsx"):
        assert CANARY not in str(exported(client, LIST, form))


def test_an_enterprise_sees_its_own_plants_only(app: Flask, client_as: ClientAs) -> None:
    with app.app_context():
        _, plant = a_plant(1)
        a_plant(2)
    a_canary(app)
    client = client_as("filer", uscc=code(1))
    assert listed(fetched(client, "/register")) == [plant]
    assert CANARY not in fetched(client, "/")
    assert client.post("/register/export", data={"format": "csv"}).status_code == 403


def test_people_without_the_register_are_refused(app: Flask, client_as: ClientAs) -> None:
    for role in ("system-admin", "security-admin"):
        assert client_as(role).get("/register").status_code == 403


# --- Export ------------------------------------------------------------------------------------


def exported(client: CheckedClient, address: str, form: str) -> list[list[str]]:
    """The table of an export, header first, as text."""
    made = client.post(address.replace("/register", "/register/export"), data={"format": form})
    assert made.status_code == 303
    with client.get(made.location) as response:
        content = response.get_data()
    if form == "csv":
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
    start = next(place for place, row in enumerate(rows) if row[0] == "企业名称")
    return rows[start:]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_holds_the_rows_of_the_list_in_its_order(
    app: Flask, ledger: Ledger, client_as: ClientAs, form: str
) -> None:
    client = client_as("city-officer")
    asked = f"{LIST}&standing=clear&sort=grade&order=desc"
    facts = expected(app, DAY)
    header, *rows = exported(client, asked, form)
    place = {name: header.index(name) for name in ("统一社会信用代码", "厂区编号", "等级")}
    shown = [
        [plant.uscc, plant.number, standing.grade or "未定级"]
        for plant, standing in (facts[it] for it in walked(client, asked))
    ]
    assert [[row[it] for it in place.values()] for row in rows] == shown


def test_an_export_tells_no_telephone_and_is_entered_in_the_audit_log(
    app: Flask, client_as: ClientAs
) -> None:
    with app.app_context(), writing("测试"):
        (enterprise,) = register_enterprises(
            [EnterpriseEntry(code(1), "示例有限公司", contact="某甲", phone="13900000000")]
        )
        register_plants([PlantEntry(enterprise, "001", "本部", YUECHENG)])
        audit.record("test.registered", "plant", 1)
    rows = exported(client_as("county-officer"), "/register?q=示例", "csv")
    assert len(rows) == 2
    assert "13900000000" not in str(rows)
    assert "某甲" not in str(rows)
    with app.app_context():
        entry = db.session.execute(
            select(AuditEntry).where(AuditEntry.action == "register.exported")
        ).scalar_one()
        assert "搜索：示例" in entry.detail


def test_an_auditor_reads_the_register_and_cannot_export_it(
    app: Flask, ledger: Ledger, client_as: ClientAs
) -> None:
    client = client_as("auditor")
    assert "导出 Excel" not in fetched(client, LIST)
    assert client.post("/register/export", data={"format": "csv"}).status_code == 403
