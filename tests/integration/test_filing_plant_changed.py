"""A plant that changes under its filing: what each side is told, what each may still do and see."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app.filing import services
from app.filing.domain import State
from app.filing.models import FilingRow
from app.filing.queries import findings_of, working
from app.kernel.authority import EVERYTHING
from app.kernel.database import db
from app.kernel.transaction import writing
from app.registry.change_rules import Change, ChangeKind
from app.registry.queries import plant_now, situation_of
from app.registry.services import make_change
from tests.conftest import Freeze
from tests.facts import a_plant, code
from tests.filings import answers, begun, filing, fill_in, put_in_force, submitted, table
from tests.pages import CheckedClient
from tests.people import KEQIAO, YUECHENG, ClientAs

PARTS = ("", "/assess", "/assess?d=all", "/transport", "/tables", "/materials", "/checks",
         "/submit", "/evidence?place=1&row=1", "/commitment.pdf")  # fmt: skip
TODAY = date(2026, 3, 2)


@pytest.fixture
def plant_id(app: Flask, bureau: None, clock: Freeze) -> int:
    """A plant of enterprise 1; enterprise 2 has one of its own."""
    clock("2026-03-02 09:00")
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        a_plant(2)
        return a_plant(1)[1]


@pytest.fixture
def draft(app: Flask, plant_id: int) -> int:
    """A filing of the plant with every row filled in."""
    with app.app_context():
        made = begun(plant_id)
        fill_in(made)
    return made


def change(app: Flask, kind: ChangeKind, plant_id: int, **wanted: str) -> None:
    """What an officer enters in the register."""
    made = Change(kind, plant_id, TODAY, "决定", "协议", **wanted)  # type: ignore[arg-type]
    with app.app_context(), writing("测试"):
        make_change(made, situation_of(made, plant_now(plant_id), EVERYTHING))


def hand_over(app: Flask, plant_id: int) -> None:
    change(app, ChangeKind.TRANSFER, plant_id, uscc=code(2), number="002")


def told_on_every_page(client: CheckedClient, filing_id: int, words: str) -> None:
    for part in PARTS:
        with client.get(f"/filing/{filing_id}{part}") as answer:
            assert answer.status_code in (200, 303), part
            if answer.mimetype == "text/html" and answer.status_code == 200:
                assert words in answer.data.decode(), part


def saved(client: CheckedClient, filing_id: int) -> int:
    """Save the open page as it stands; the status of the answer."""
    return client.post(f"/filing/{filing_id}/assess?d=all", data={}).status_code


def state(app: Flask, filing_id: int) -> State:
    with app.app_context():
        return filing(filing_id).state


def errors(app: Flask, filing_id: int) -> list[str]:
    with app.app_context():
        return [it.key for it in findings_of(working(filing(filing_id))) if it.stops]


def test_a_draft_of_a_plant_handed_over(
    app: Flask, client_as: ClientAs, plant_id: int, draft: int
) -> None:
    before, signs = client_as("filer", uscc=code(1)), client_as("signatory", uscc=code(1))
    after = client_as("filer", uscc=code(2))
    hand_over(app, plant_id)
    told_on_every_page(before, draft, "该厂区已转到“示例2号有限公司”名下，本次申报不能提交")
    assert saved(before, draft) < 500
    assert "transferred" in errors(app, draft)
    refused = signs.post(f"/filing/{draft}/submit", data={"password": "x", "form_key": "a"})
    assert refused.status_code in (303, 409, 422)
    for part in PARTS:
        assert after.get(f"/filing/{draft}{part}").status_code == 404
    gone = before.post(f"/filing/{draft}/discard", data={"reason": "厂区已转让"})
    assert (gone.status_code, state(app, draft)) == (303, State.DISCARDED)
    assert "转到" in before.get(f"/filing/{draft}").text
    started = after.post("/filing/new", data=form(after, plant_id))
    assert started.status_code == 303, started.text


def form(client: CheckedClient, plant_id: int) -> dict[str, str]:
    """What the page that begins a filing sends."""
    assert client.get(f"/filing/new?plant_id={plant_id}").status_code == 200
    return {"plant_id": str(plant_id), "year": "2026", "kind": "first", "target": "B",
            "form_key": "0123456789abcdef"}  # fmt: skip


def test_what_was_submitted_stays_with_who_submitted_it(
    app: Flask, client_as: ClientAs, plant_id: int, draft: int
) -> None:
    with app.app_context():
        sent = submitted(draft).id
    before, signs = client_as("filer", uscc=code(1)), client_as("signatory", uscc=code(1))
    after, officer = client_as("filer", uscc=code(2)), client_as("county-officer")
    hand_over(app, plant_id)
    for client in (before, officer):
        page = client.get(f"/filing/submissions/{sent}")
        assert page.status_code == 200
        assert "示例1号有限公司" in page.text
        for paper in ("record", "receipt", "commitment"):
            with client.get(f"/filing/submissions/{sent}/papers/{paper}") as kept:
                assert (kept.status_code, kept.data[:5]) == (200, b"%PDF-")
    assert "照常保留" in before.get(f"/filing/{draft}").text
    assert after.get(f"/filing/submissions/{sent}").status_code == 404
    refused = after.post("/filing/new", data=form(after, plant_id))
    assert refused.status_code == 422
    assert "由原企业提交" in refused.text
    assert f"/filing/{draft}" not in refused.text
    with app.app_context(), writing("测试"):
        services.send_back(draft, "请补正")
    told_on_every_page(before, draft, "不能再由原企业补正提交")
    back = signs.post(f"/filing/{draft}/withdraw", data={"reason": "厂区已转让"})
    assert (back.status_code, state(app, draft)) == (303, State.WITHDRAWN)
    assert after.post("/filing/new", data=form(after, plant_id)).status_code == 303
    assert before.get(f"/filing/submissions/{sent}").status_code == 200
    assert 'href="/filing/former"' in before.get("/filing/").text
    assert f'href="/filing/submissions/{sent}"' in before.get("/filing/former").text
    theirs = after.get("/filing/former").text
    assert f"/filing/submissions/{sent}" not in theirs
    assert "没有以往厂区的申报" in theirs


def test_a_plant_that_closed(app: Flask, client_as: ClientAs, plant_id: int, draft: int) -> None:
    filer = client_as("filer", uscc=code(1))
    change(app, ChangeKind.CLOSE, plant_id)
    told_on_every_page(filer, draft, "该厂区已于 2026-03-02 关闭，不再申报")
    assert saved(filer, draft) < 500
    assert "admission:0" in errors(app, draft)
    assert filer.get("/filing/").status_code == 200
    assert f'href="/filing/{draft}"' in filer.get("/filing/former").text
    refused = filer.post("/filing/new", data=form(filer, plant_id))
    assert refused.status_code in (404, 422)
    gone = filer.post(f"/filing/{draft}/discard", data={"reason": "厂区已关闭"})
    assert (gone.status_code, state(app, draft)) == (303, State.DISCARDED)


def test_a_draft_follows_its_plant_to_another_county(
    app: Flask, client_as: ClientAs, plant_id: int, draft: int
) -> None:
    filer = client_as("filer", uscc=code(1))
    there, here = client_as("county-officer", county=KEQIAO), client_as("county-officer")
    change(app, ChangeKind.MOVE, plant_id, county=KEQIAO)
    told_on_every_page(filer, draft, "由越城区变更到柯桥区，申报须提交给柯桥区")
    assert errors(app, draft) == ["moved"]
    for stranger in (there, here, client_as("filer", uscc=code(2))):
        assert stranger.post(f"/filing/{draft}/county").status_code in (403, 404)
    assert filer.post(f"/filing/{draft}/county").status_code == 303
    assert filer.post(f"/filing/{draft}/county").status_code == 303, "sent twice"
    assert errors(app, draft) == []
    with app.app_context():
        assert working(filing(draft)).answers[1, "1"].answer == answers()["1"]
        sent = submitted(draft).id
        county = db.session.execute(select(FilingRow.county).where(FilingRow.id == draft))
        assert county.scalar_one() == KEQIAO
    assert there.get(f"/filing/submissions/{sent}").status_code == 200
    assert here.get(f"/filing/submissions/{sent}").status_code == 404
    change(app, ChangeKind.MOVE, plant_id, county=YUECHENG)
    assert "已经提交给柯桥区，仍在那里办理" in filer.get(f"/filing/{draft}").text
    filer.post(f"/filing/{draft}/county")
    with app.app_context():
        assert filing(draft).county == KEQIAO
