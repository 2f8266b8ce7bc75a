"""Forms of emission rights filled in to do harm: refused at the field, and nothing is written."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from app.accounts.domain import Role
from app.approvals.models import ProposalRow
from app.issuing import services as issuing
from app.issuing.queries import frozen_content
from app.issuing.services import Moved, Signature
from app.kernel import audit
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from app.rights.domain import Level
from app.rights.models import ApplicationRecord, ReserveMovement
from app.rights.queries.issued import KIND
from app.rights.services import ReserveEntry, record_reserves
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.issuing import acting, people, view
from tests.pages import CheckedClient
from tests.people import KEQIAO, ClientAs, browser_of, opened
from tests.rights import NEW, PDF, form_of, sent

TONNES = ("-1", "0", "0.0004", "1.123456789", "9" * 30, "1e6", "1E-3", "NaN", "Infinity", "-0",
          "0x10", "1..2", "1/2", "٣", "<b>1</b>", "1;2")  # fmt: skip
YEARS = ("1999", "2101", "0000", "20260", "-2026", "二〇二六", "2026.0", "٢٠٢٦", "")
NAMES = ("=cmd|'/c calc'!A1.pdf", "a\u202efdp.pdf", "../../etc/passwd.pdf", "\u0000.pdf",
         "<img src=x onerror=alert(1)>.pdf", "甲" * 300 + ".pdf")  # fmt: skip
ENTRY = {
    "level": "city", "pollutant": "VOCs", "year": "2025", "kind": "in", "tonnes": "1",
    "booked_on": "2025-03-01", "document": "文件", "reason": "",
}  # fmt: skip


@pytest.fixture
def plant(app: Flask, bureau: None, clock: Freeze) -> int:
    """One plant in 越城区, one in 柯桥区, a reserve of each level."""
    clock("2026-03-02 09:00")
    with app.app_context():
        a_plant(2, county=KEQIAO)
        plant_id = a_plant(1)[1]
        with writing("测试"):
            record_reserves([ReserveEntry(str(it), "VOCs", 2025, Decimal(5)) for it in Level])
            audit.record("test.recorded", "reserve", "VOCs")
    return plant_id


def counted(app: Flask) -> tuple[int, int, int]:
    """Applications, entries and proposals on record."""
    with app.app_context():
        found = [db.session.query(it).count() for it in (ApplicationRecord, ReserveMovement,
                                                         ProposalRow)]  # fmt: skip
    return found[0], found[1], found[2]


def refused(client: CheckedClient, address: str, form: dict[str, Any], field: str) -> None:
    answer = client.post(address, data=form)
    assert answer.status_code == 422, (field, form[field], answer.status_code)
    assert f'href="#f-{field}"' in answer.get_data(as_text=True), form[field]


def test_no_number_of_tonnes_gets_past_its_field(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    filer = client_as("filer", uscc=code(1))
    officer = client_as("city-officer")
    for typed in TONNES:
        refused(filer, NEW, form_of(plant, tonnes=typed), "tonnes")
        refused(officer, "/rights/reserves/entries/new", {**ENTRY, "tonnes": typed}, "tonnes")
        page = officer.get("/rights/", query_string={"level": "city", "reserve": typed})
        assert page.status_code == 200, typed
    for typed in YEARS:
        refused(filer, NEW, form_of(plant, year=typed), "year")
        refused(officer, "/rights/reserves/entries/new", {**ENTRY, "year": typed}, "year")
        refused(officer, "/rights/reserves/carry", {**ENTRY, "year": typed}, "year")
    assert counted(app) == (0, 0, 0)


def test_hidden_fields_change_neither_the_plant_nor_the_day(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    filer = client_as("filer", uscc=code(1))
    with app.app_context():
        others = a_plant(3)[1]
    made = sent(filer, plant, applied_on="2025-01-01", recorded_by="1", id="9", evidence_name="x")
    address = f"/rights/applications/{made}/correct"
    form = form_of(others, tonnes="2", why="核减", applied_on="2025-01-01")
    assert filer.post(address, data=form).status_code == 303
    for plant_id in (str(others), "0", "-1", "1e3", "", "9" * 40):
        assert filer.post(NEW, data=form_of(plant) | {"plant_id": plant_id}).status_code == 404
    with app.app_context():
        rows = db.session.query(ApplicationRecord).all()
        assert {it.plant_id for it in rows} == {plant}
        assert {it.applied_on for it in rows} == {date(2026, 3, 2)}
    county = client_as("county-officer", county=KEQIAO)
    assert county.post(NEW, data=form_of(plant)).status_code == 404
    assert (
        county.post(f"/rights/applications/{made}/withdraw", data={"why": "甲"}).status_code == 404
    )


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_hostile_name_of_a_file_is_only_a_name(
    app: Flask, plant: int, client_as: ClientAs, name: str
) -> None:
    filer = client_as("filer", uscc=code(1))
    made = sent(filer, plant, evidence=(io.BytesIO(PDF), name))
    page = filer.get(f"/rights/applications/{made}").get_data(as_text=True)
    assert "<img" not in page
    with filer.get(f"/rights/applications/{made}/evidence/1") as fetched:
        assert fetched.data == PDF
        assert fetched.mimetype == "application/pdf"
        assert fetched.headers["Content-Disposition"].startswith("attachment")


def test_a_hostile_project_is_a_text_everywhere(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    officer = client_as("city-officer")
    made = sent(officer, plant, project_name="=1+1<script>", applied_on="2026-03-01")
    for address in (
        "/rights/applications",
        f"/rights/applications/{made}",
        f"/rights/applications/{made}/correct",
    ):
        assert "<script>" not in officer.get(address).get_data(as_text=True).replace(
            "<script src", ""
        )
    answer = officer.post("/rights/applications/export?year=2026", data={"format": "csv"})
    with officer.get(answer.location) as fetched:
        assert ",=1+1" not in fetched.get_data(as_text=True)


def test_a_recorder_of_the_province_cannot_reach_the_citys_ledger(app: Flask, plant: int) -> None:
    with app.app_context(), writing("测试"):
        draft = EntryDraft(Account(Level.CITY, "VOCs", 2025), EntryKind.IN, Decimal(1),
                           date(2025, 3, 1), "文件")  # fmt: skip
        entry_id = book(draft)
    before = counted(app)
    client = browser_of(app, opened(app, Role.PROVINCE_RECORDER))
    address = f"/rights/reserves/entries/{entry_id}"
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/annul", data={"annul_why": "甲"}).status_code == 404
    changed = {**ENTRY, "level": "province", "why": "甲"}
    assert client.post(f"{address}/correct", data=changed).status_code == 404
    assert client.post("/rights/reserves/carry", data=ENTRY).status_code == 422
    assert counted(app) == before


def test_what_a_list_booked_is_not_changed_by_hand(app: Flask, plant: int) -> None:
    with app.app_context(), writing("测试"):
        draft = EntryDraft(Account(Level.CITY, "VOCs", 2025), EntryKind.ALLOCATION, Decimal(1),
                           date(2025, 3, 1), "文件", list_id=1)  # fmt: skip
        entry_id = book(draft)
    client = browser_of(app, opened(app, Role.CITY_OFFICER))
    address = f"/rights/reserves/entries/{entry_id}"
    for act, form in (("annul", {"annul_why": "甲"}), ("correct", {**ENTRY, "why": "甲"})):
        answer = client.post(f"{address}/{act}", data=form)
        assert answer.status_code == 422
        assert "请撤回该分配清单" in answer.get_data(as_text=True)
    assert counted(app)[2] == 0


def test_an_application_after_the_draft_waits_for_the_next_list(
    app: Flask, plant: int, client_as: ClientAs
) -> None:
    officer = client_as("city-officer")
    sent(officer, plant, year="2025", applied_on="2025-05-01")
    who = people(app)
    with app.app_context():
        with acting(who.maker):
            list_id = issuing.draft(KIND, "city/VOCs/2025", date(2026, 3, 2))
        with acting(who.checker):
            issuing.check(list_id, EVERYTHING)
        frozen = frozen_content(view(list_id).content_sha256)
    late = {"year": "2025", "applied_on": "2025-01-01", "project_name": "后到的项目"}
    sent(officer, plant, **late)
    with app.app_context():
        with pytest.raises(Moved), acting(who.signer):
            issuing.sign(list_id, EVERYTHING, Signature("一号", confirms_draft_rulebook=True))
        with acting(who.signer):
            known = Signature("一号", confirms_draft_rulebook=True, reason="后到的列入下次")
            issuing.sign(list_id, EVERYTHING, known)
        assert frozen_content(view(list_id).content_sha256) == frozen
        assert len(frozen["list"]["rows"]) == 1
