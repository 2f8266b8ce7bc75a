"""What one person proposes takes effect when another decides (复核)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.accounts.domain import Role
from app.approvals import services
from app.approvals.domain import Kind, Refused
from app.approvals.queries import find_proposal
from app.inbox.models import Message
from app.kernel import audit
from app.kernel.authority import Permission
from app.kernel.database import db
from app.kernel.transaction import writing
from app.kernel.workflow import ActionNotAllowed
from tests.people import opened

carried_out: list[Mapping[str, Any]] = []
RENAMING = Kind(
    "test.renaming",
    "更名",
    Permission.DECISION_CONFIRM,
    told=lambda payload: [("新名称", str(payload["name"]))],
    carry_out=carried_out.append,
)


@pytest.fixture
def people(app: Flask, bureau: None, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Two city officers, and one kind of proposal."""
    carried_out.clear()
    monkeypatch.setattr(services, "_kinds", {RENAMING.id: RENAMING})
    return opened(app, Role.CITY_OFFICER), opened(app, Role.CITY_HEAD)


def proposed(app: Flask, by: int) -> int:
    with app.app_context(), writing("测试", actor_id=by, actor_name="甲"):
        return services.propose(RENAMING.id, "甲厂更名", {"name": "乙厂"})


def state_of(app: Flask, proposal_id: int) -> str:
    with app.app_context():
        found = find_proposal(proposal_id)
        assert found is not None
        return found.state


def test_a_second_person_approves_and_it_is_carried_out(
    app: Flask, people: tuple[int, int]
) -> None:
    first, second = people
    proposal_id = proposed(app, first)
    assert carried_out == []
    with app.app_context(), writing("测试", actor_id=second, actor_name="乙"):
        services.approve(proposal_id)
    assert carried_out == [{"name": "乙厂"}]
    assert state_of(app, proposal_id) == "approved"


def test_who_proposed_cannot_approve(app: Flask, people: tuple[int, int]) -> None:
    first, _ = people
    proposal_id = proposed(app, first)
    with (
        app.app_context(),
        pytest.raises(Refused, match="提交人不能复核自己提交的事项"),
        writing("测试", actor_id=first, actor_name="甲"),
    ):
        services.approve(proposal_id)
    assert state_of(app, proposal_id) == "open"


def test_sending_back_needs_a_reason_and_tells_who_proposed(
    app: Flask, people: tuple[int, int]
) -> None:
    first, second = people
    proposal_id = proposed(app, first)
    with (
        app.app_context(),
        pytest.raises(Refused, match="必须写明理由"),
        writing("测试", actor_id=second, actor_name="乙"),
    ):
        services.refuse(proposal_id, " ")
    with app.app_context(), writing("测试", actor_id=second, actor_name="乙"):
        services.refuse(proposal_id, "文号有误")
    with app.app_context():
        told = db.session.query(Message).filter_by(user_id=first).one()
        task = db.session.query(Message).filter_by(kind="task").one()
        assert told.body == "文号有误"
        assert task.closed_by == second
    assert carried_out == []


def test_it_is_decided_once(app: Flask, people: tuple[int, int]) -> None:
    first, second = people
    proposal_id = proposed(app, first)
    with app.app_context(), writing("测试", actor_id=first, actor_name="甲"):
        services.take_back(proposal_id)
    with (
        app.app_context(),
        pytest.raises(ActionNotAllowed, match="已撤回"),
        writing("测试", actor_id=second, actor_name="乙"),
    ):
        services.approve(proposal_id)


def test_the_database_keeps_what_was_proposed(app: Flask, people: tuple[int, int]) -> None:
    first, _ = people
    proposal_id = proposed(app, first)
    with app.app_context(), writing("测试", actor_id=first, actor_name="甲"):
        audit.record("test", "proposal", proposal_id)
        with pytest.raises(DBAPIError), db.session.begin_nested():
            db.session.execute(text("UPDATE proposal SET payload = '{}'"))
