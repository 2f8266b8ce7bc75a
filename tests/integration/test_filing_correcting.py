"""A filing that came back for correction (补正): what officers see of it is what was submitted."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.filing import services
from app.filing.domain import Evidence
from app.filing.queries import evidence_of
from app.kernel.database import db
from app.kernel.transaction import writing
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import begun, fill_in, put_in_force, submitted, table
from tests.pages import NEW_EACH_TIME
from tests.people import ClientAs


@pytest.fixture
def sent_back(app: Flask, bureau: None, clock: Freeze) -> int:
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        made = begun(a_plant(1)[1])
        fill_in(made)
        submitted(made)
        with writing("测试"):
            services.send_back(made, "请补正")
    return made


def report(app: Flask, filing_id: int) -> Evidence:
    with app.app_context():
        (found,) = (it for it in evidence_of(filing_id) if it.row_key == "1")
        db.session.rollback()
    return found


def test_what_is_said_of_a_submitted_material_stays_until_it_is_submitted_again(
    app: Flask, sent_back: int, client_as: ClientAs
) -> None:
    officer, filer = client_as("county-officer", county="330602"), client_as("filer", uscc=code(1))
    before = report(app, sent_back)
    page = f"/filing/evidence/{before.id}"

    def seen() -> str:
        return NEW_EACH_TIME.sub("", officer.get(page).text)

    shown = seen()
    assert before.name in shown
    said = {"kind": before.kind, "note": "还没有提交", "from": "2025-01-01", "until": "2025-06-30"}
    assert filer.post(f"{page}/describe", data=said).status_code == 303
    after = report(app, sent_back)
    assert (after.note, after.sha256) == ("还没有提交", before.sha256)
    assert (after.added_at, after.added_by_name) == (before.added_at, before.added_by_name)
    assert seen() == shown
    assert officer.get(f"/filing/evidence/{after.id}").status_code == 404
    filer.post(f"/filing/evidence/{after.id}/remove")
    assert seen() == shown
