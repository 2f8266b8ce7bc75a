"""A power failure between any two statements of an act on facts leaves nothing half (kill -9)."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.domain import Role
from app.approvals import services as approvals
from app.approvals.models import ProposalRow
from app.kernel import audit, clock
from app.kernel.database import Base, db
from app.kernel.transaction import writing
from app.supervision.models import FindingRecord
from app.supervision.services import FindingEntry, record_findings
from tests.desk import HEAD, confirmed, graded_plant
from tests.killing import everything, killed_at
from tests.people import ClientAs, opened

SLOW = {"sqlite": 1, "postgresql": 4}
"""Every so many statements; the course of a transaction is the same on both engines."""


@pytest.fixture
def waiting(app: Flask, client_as: ClientAs) -> tuple[int, int]:
    """A correction of a finding that waits for its second person; and who that is."""
    plant = graded_plant(app)
    with app.app_context():
        owner = Base.metadata.tables["plant_record"].c.enterprise_id
        (enterprise,) = db.session.execute(select(owner)).scalars()
        with writing("测试"):
            (fact,) = record_findings([FindingEntry(enterprise, plant, date(2026, 1, 5), "认1")])
            audit.record("test.act", "plant", plant)
    form = {"reach": "plant", "found_on": str(clock.today()), "document": "认1", "note": "",
            "reason": "日期登错"}  # fmt: skip
    done = confirmed(client_as(HEAD), f"/desk/findings/{fact}/correct", form)
    assert done.status_code == 303
    with app.app_context():
        (proposal,) = db.session.execute(select(ProposalRow.id)).scalars()
        db.session.rollback()
    return proposal, opened(app, Role.CITY_HEAD)


def test_killed_between_any_two_statements_an_act_has_not_happened(
    app: Flask, waiting: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """PLAN-FALSE: record, annulment, standings, task, notice and audit entry come as one."""
    proposal, second = waiting

    def approve() -> None:
        with writing("web", actor_id=second, actor_name="某负责人"):
            approvals.approve(proposal)

    before, number = everything(app), 0
    step = SLOW[request.node.callspec.params["app"]]
    while killed_at(app, number, approve):
        assert everything(app) == before, number
        number += step
    assert number > 12
    after = everything(app)
    changed = {name for name, rows in after.items() if rows != before[name]}
    assert changed >= {"finding", "standing_interval", "proposal", "message", "audit_entry"}
    with app.app_context():
        old, new = db.session.execute(select(FindingRecord).order_by(FindingRecord.id)).scalars()
        assert (old.annulled_reason, new.replaces_id) == ("日期登错", old.id)
        db.session.rollback()
