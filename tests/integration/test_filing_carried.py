"""Materials carried over from an earlier filing (带入的材料): confirmed a page at once."""

from __future__ import annotations

import io
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.filing.domain import Evidence
from app.filing.models import FilingEvidence
from app.filing.queries import evidence_of
from app.kernel import audit
from app.kernel.database import db
from app.kernel.models import AuditEntry
from app.kernel.transaction import writing
from tests import evidence_files as sample
from tests.facts import a_plant, code
from tests.filings import begun, put_in_force, table
from tests.people import ClientAs


@pytest.fixture
def draft(app: Flask, bureau: None) -> int:
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        return begun(a_plant(1)[1])


def held(app: Flask, draft: int) -> list[Evidence]:
    with app.app_context():
        found = list(evidence_of(draft))
        db.session.rollback()
    return found


def test_a_page_of_them_still_holds_and_what_was_not_shown_stays_open(
    app: Flask, draft: int, client_as: ClientAs
) -> None:
    filer = client_as("filer", uscc=code(1))
    files = [(io.BytesIO(sample.pdf(pages)), f"报告{pages}.pdf") for pages in (1, 2, 3)]
    filer.post(f"/filing/{draft}/evidence", data={"place": "1", "row": "1", "files": files})
    one, other, unseen = (it.id for it in held(app, draft))
    with app.app_context(), writing("测试"):
        db.session.execute(update(FilingEvidence).values(confirmed=False))
        audit.record("test.recorded", "filing", draft)
    address = f"/filing/{draft}/assess?place=1&d=all"
    page = filer.get(address).get_data(as_text=True)
    assert "确认本页 3 份材料仍然有效" in page
    assert f'name="file" value="{one}"' in page

    filer.post(address, data={"file": [unseen]})
    assert not any(it.confirmed for it in held(app, draft))
    asked = {"confirm": "files", "file": [one, other, "x", "9" * 30]}
    told = filer.post(address, data=asked, follow_redirects=True).get_data(as_text=True)
    assert "已确认 2 份材料仍然有效。" in told
    assert "确认本页 1 份材料仍然有效" in told
    assert filer.post(address, data=asked).status_code == 303, "the page was sent twice"
    assert [it.confirmed for it in held(app, draft)] == [True, True, False]
    with app.app_context():
        entries = select(AuditEntry.detail).where(AuditEntry.action == "filing.evidence_confirmed")
        assert len(db.session.scalars(entries).all()) == 2
