"""The ledger of tonnes: booked by two people, never overdrawn, the same on every page and file."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.accounts.domain import Role
from app.accounts.services import grant_role, open_account
from app.approvals import services as approvals
from app.approvals.domain import Refused
from app.approvals.models import ProposalRow
from app.kernel import audit
from app.kernel.database import db
from app.kernel.transaction import writing
from app.rights.domain import Level
from app.rights.queries import reserve_of, run_allocation
from app.rights.queries.reserves import find_statement
from app.rights.services import ReserveEntry, proposals, record_reserves
from app.rights.services.reserves import EntryDraft, book
from app.rights.tonnage import Account, EntryKind
from tests.conftest import Freeze
from tests.ledger_imports import command, register_of
from tests.pages import CheckedClient
from tests.people import ClientAs, browser_of, opened
from tests.workbooks import saved

VOCS = Account(Level.CITY, "VOCs", 2025)
PAGE = "/rights/reserves/city/VOCs/2025"
BOOKED = {
    "level": "city", "pollutant": "VOCs", "year": "2025", "kind": "in", "tonnes": "2.5",
    "booked_on": "2025-03-01", "document": "绍环发〔2025〕3号", "reason": "收储关停企业",
}  # fmt: skip


@pytest.fixture
def people(app: Flask, bureau: None, clock: Freeze) -> tuple[int, int]:
    """A city officer and the city head, and a reserve of ten tonnes, on 2026-02-01."""
    clock("2026-02-01 09:00")
    with app.app_context(), writing("测试"):
        record_reserves([ReserveEntry("city", "VOCs", 2025, Decimal(10))])
        audit.record("test.recorded", "reserve", "VOCs")
    return opened(app, Role.CITY_OFFICER), opened(app, Role.CITY_HEAD)


def open_proposals(app: Flask) -> list[int]:
    with app.app_context():
        rows = db.session.query(ProposalRow).filter_by(state="open").order_by(ProposalRow.id)
        return [row.id for row in rows]


def approve(app: Flask, by: int) -> None:
    for proposal_id in open_proposals(app):
        with app.app_context(), writing("测试", actor_id=by, actor_name="复核人"):
            approvals.approve(proposal_id)


def supply(app: Flask, account: Account = VOCS, known: datetime | None = None) -> Decimal | None:
    with app.app_context():
        return reserve_of(account.level, account.pollutant, account.year, known)


def balance(app: Flask, account: Account = VOCS) -> Decimal:
    with app.app_context():
        found = find_statement(account)
        assert found is not None
        return found.balance


def draft(kind: EntryKind, tonnes: str, on: date = date(2025, 3, 1)) -> EntryDraft:
    return EntryDraft(VOCS, kind, Decimal(tonnes), on, "示例文件")


def test_an_entry_takes_effect_when_a_second_person_approves(
    app: Flask, people: tuple[int, int]
) -> None:
    officer, head = people
    client = browser_of(app, officer)
    assert client.post("/rights/reserves/entries/new", data=BOOKED).status_code == 303
    assert supply(app) == Decimal(10)
    waiting = client.get(PAGE).get_data(as_text=True)
    assert "待复核：1 项，没有计入" in waiting
    assert "2025 年度市级 VOCs 储备 收储 2.500 吨" in waiting
    assert "12.500" not in waiting
    assert "待复核 1 项" in client.get("/rights/reserves").get_data(as_text=True)
    assert "12.500" not in json.dumps(file_of(client, f"{PAGE}/export"))
    with pytest.raises(Refused):
        approve(app, officer)
    approve(app, head)
    assert supply(app) == Decimal("12.500")
    page = client.get(PAGE).get_data(as_text=True)
    assert "绍环发〔2025〕3号" in page
    assert "12.500" in page
    assert "待复核：" not in page


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("tonnes", "1.2345", "4 位小数"),
        ("tonnes", "0", "大于零"),
        ("tonnes", "约2", "不是数字"),
        ("booked_on", "2026-02-02", "晚于今天"),
        ("document", " ", "没有填写依据文件"),
        ("year", "25", "四位数字"),
        ("kind", "allocation", "没有选择收支类别"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(
    app: Flask, people: tuple[int, int], field: str, typed: str, words: str
) -> None:
    client = browser_of(app, people[0])
    answer = client.post("/rights/reserves/entries/new", data={**BOOKED, field: typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert f'href="#f-{field}"' in page
    assert 'value="收储关停企业"' in page
    assert open_proposals(app) == []


def test_a_reserve_is_never_overdrawn(app: Flask, people: tuple[int, int]) -> None:
    client = browser_of(app, people[0])
    answer = client.post(
        "/rights/reserves/entries/new", data={**BOOKED, "kind": "out", "tonnes": "10.001"}
    )
    assert answer.status_code == 422
    assert "储备不得透支" in answer.get_data(as_text=True)
    assert open_proposals(app) == []


def test_of_two_who_take_the_same_tonnes_at_once_one_is_refused(
    app: Flask, people: tuple[int, int]
) -> None:
    refused: list[str] = []

    def take() -> None:
        with app.app_context():
            try:
                with writing("测试"):
                    book(draft(EntryKind.OUT, "6"))
            except Refused as sentence:
                refused.append(str(sentence))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 3
    assert balance(app) == Decimal(4)


def test_the_provinces_recorder_books_the_provinces_reserves_only(
    app: Flask, people: tuple[int, int]
) -> None:
    recorder = opened(app, Role.PROVINCE_RECORDER)
    client = browser_of(app, recorder)
    answer = client.post("/rights/reserves/entries/new", data=BOOKED)
    assert answer.status_code == 422
    ours = {**BOOKED, "level": "province"}
    assert client.post("/rights/reserves/entries/new", data=ours).status_code == 303
    browser_of(app, people[0]).post("/rights/reserves/entries/new", data=BOOKED)
    *_, citys = open_proposals(app)
    with (
        app.app_context(),
        pytest.raises(Refused),
        writing("测试", actor_id=recorder, actor_name="省级登记员"),
    ):
        approvals.approve(citys)


def test_what_is_left_is_carried_into_the_next_year_in_two_entries(
    app: Flask, people: tuple[int, int]
) -> None:
    officer, head = people
    client = browser_of(app, officer)
    form = {**BOOKED, "booked_on": "2026-01-05"}
    assert client.post("/rights/reserves/carry", data=form).status_code == 303
    approve(app, head)
    assert balance(app) == 0
    assert supply(app) == 0
    assert supply(app, VOCS.next_year) == Decimal(10)
    assert client.post("/rights/reserves/carry", data=form).status_code == 422
    with app.app_context():
        found = find_statement(VOCS.next_year)
        assert found is not None
        carried = found.lines[0].entry
    wrong = client.post(
        f"/rights/reserves/entries/{carried.id}/annul", data={"annul_why": "结转有误"}
    )
    assert wrong.status_code == 303
    approve(app, head)
    assert balance(app) == Decimal(10)
    assert supply(app, VOCS.next_year) == 0
    assert "结转有误" in client.get(PAGE).get_data(as_text=True)


def test_a_corrected_entry_stays_beside_the_one_in_its_place(
    app: Flask, people: tuple[int, int], clock: Freeze
) -> None:
    officer, head = people
    with app.app_context(), writing("测试"):
        entry_id = book(draft(EntryKind.IN, "2.5"))
    before = datetime(2026, 2, 1, 2, tzinfo=UTC)
    clock("2026-02-02 09:00")
    client = browser_of(app, officer)
    answer = client.post(
        f"/rights/reserves/entries/{entry_id}/correct",
        data={**BOOKED, "tonnes": "2.05", "why": "小数点有误"},
    )
    assert answer.status_code == 303
    approve(app, head)
    assert supply(app) == Decimal("12.050")
    assert supply(app, known=before) == Decimal("12.500")
    page = client.get(PAGE).get_data(as_text=True)
    assert "小数点有误" in page
    assert "2.500" in page


def test_an_entry_that_others_rest_on_cannot_be_annulled(
    app: Flask, people: tuple[int, int]
) -> None:
    with app.app_context():
        with writing("测试"):
            entry_id = book(draft(EntryKind.IN, "5"))
            book(draft(EntryKind.OUT, "14"))
        with (
            pytest.raises(Refused, match="透支"),
            writing("测试", actor_id=people[0], actor_name="甲"),
        ):
            proposals.propose_annulment(entry_id, "有误", "")


def test_pages_and_files_agree_to_the_kilogram(app: Flask, people: tuple[int, int]) -> None:
    with app.app_context(), writing("测试"):
        book(draft(EntryKind.IN, "2.345"))
        book(draft(EntryKind.OUT, "1.111"))
        book(EntryDraft(VOCS, EntryKind.ALLOCATION, Decimal("3.003"), date(2025, 6, 1), "甲"))
    client = browser_of(app, people[0])
    overview = client.get("/rights/reserves").get_data(as_text=True)
    statement = client.get(PAGE).get_data(as_text=True)
    for page in (overview, statement):
        assert set(re.findall(r">(\d+\.\d{3})<", page)) >= {"11.234", "8.231"}
    whole = file_of(client, "/rights/reserves/export")
    own = file_of(client, f"{PAGE}/export")
    assert whole["reserves"] == own["reserves"]
    (held,) = own["reserves"]
    assert (held["supply"], held["balance"]) == ("11.234", "8.231")
    assert held["entries"][-1]["balance"] == held["balance"]
    with app.app_context():
        document = run_allocation(VOCS.level, "VOCs", 2025, date(2025, 12, 31)).document
    assert document["reserve"] == held["supply"]


def file_of(client: CheckedClient, address: str) -> dict[str, Any]:
    answer = client.post(address, data={"format": "json"})
    assert answer.status_code == 303
    with client.get(answer.location) as fetched:
        found: dict[str, Any] = json.loads(fetched.data)
    return found


def ledger_with(tonnes: str) -> dict[str, list[dict[str, Any]]]:
    row = {"级别": "市级", "污染物": "VOCs", "年度": 2025, "数量": Decimal(tonnes)}
    return {"排污权储备": [row]}


def importing(app: Flask, folder: Path, tonnes: str, *words: str) -> str:
    path = saved(ledger_with(tonnes), folder / "储备.xlsx")
    return command(app, "import", path, "--by", "importer", *words).output


def test_the_ledger_carries_the_supply_of_the_year_out_and_in(
    app: Flask, people: tuple[int, int], tmp_path: Path
) -> None:
    with app.app_context(), writing("测试"):
        book(draft(EntryKind.OUT, "9"))
        book(draft(EntryKind.IN, "7.5", date(2025, 4, 1)))
        person = open_account("importer", "导入人", password_hash="x")
        grant_role(person.user_id, Role.CITY_HEAD)
    (row,) = register_of(app)["排污权储备"]
    assert row["tonnes"] == Decimal("8.500")
    same = importing(app, tmp_path, "8.5", "--json")
    assert supply(app) == Decimal("8.500"), same
    refused = importing(app, tmp_path, "7.499", "--json")
    assert "结余将小于零" in refused
    importing(app, tmp_path, "9", "--json")
    assert supply(app) == Decimal(9)
    assert balance(app) == Decimal(9)


def test_entries_are_no_ones_to_see_without_the_permission(client_as: ClientAs) -> None:
    for role in ("county-officer", "county-head", "auditor"):
        client = client_as(role)
        assert client.get("/rights/reserves/entries/new").status_code == 403
        assert client.get("/rights/reserves").status_code == 200
