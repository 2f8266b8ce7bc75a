"""Two people at one proposal at once, a proposer who has gone, a process that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from app.accounts import services as accounts
from app.accounts.domain import Role
from app.accounts.queries import grants_of
from app.approvals.queries import find_proposal
from app.grades.queries import standings_on
from app.kernel import audit
from app.kernel.transaction import writing
from app.rulebook.queries import edits_known, flag
from app.supervision.services import ViolationEntry, record_violations
from tests.facts import a_plant
from tests.ledger_pages import said
from tests.people import ClientAs, browser_of, opened
from tests.rule_changes import Editors, editors, setting

ROOT = Path(__file__).resolve().parents[2]
OTHER, START, YES = "block.other_kinds", date(2025, 7, 1), True


@pytest.fixture
def people(app: Flask, bureau: None) -> Editors:
    return editors(app)


def state_of(app: Flask, proposal_id: int) -> str:
    with app.app_context():
        found = find_proposal(proposal_id)
        assert found is not None
        return found.state


def test_of_two_who_decide_at_once_one_is_told_who_was_first(people: Editors) -> None:
    app = people.app
    proposal = people.propose(setting(OTHER, YES, START))
    heads = [browser_of(app, people.head), browser_of(app, opened(app, Role.CITY_HEAD))]
    answers: dict[str, int] = {}
    words: list[str] = []
    ready = threading.Barrier(2)

    def decide(place: int, verb: str) -> None:
        ready.wait(10)
        answer = heads[place].post(
            f"/approvals/{proposal}/{verb}", data={"note": "", "reason": "不同意"}
        )
        answers[verb] = answer.status_code
        if answer.status_code == 409:
            words.append(said(answer))

    threads = [threading.Thread(target=decide, args=it) for it in ((0, "approve"), (1, "refuse"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers.values()) == [303, 409]
    (late,) = words
    assert "这一事项已由 市级负责人 于" in late
    is_approved = answers["approve"] == 303
    assert ("结果为“已通过”" if is_approved else "结果为“已退回”") in late
    with app.app_context():
        assert flag(OTHER, START) is is_approved
        assert audit.verify().broken_at is None


def test_what_was_proposed_in_office_can_be_decided_after_it_and_the_page_says_so(
    people: Editors, client_as: ClientAs
) -> None:
    app = people.app
    proposal = people.propose(setting(OTHER, YES, START))
    head = client_as("city-head")
    assert "授权已经全部结束" not in said(head.get(f"/approvals/{proposal}"))
    with app.app_context(), writing("测试"):
        (grant,) = grants_of(people.editor)
        accounts.end_grant(people.editor, grant.id or 0)
    assert "授权已经全部结束" in said(head.get(f"/approvals/{proposal}"))
    assert head.post(f"/approvals/{proposal}/approve", data={"note": ""}).status_code == 303
    assert state_of(app, proposal) == "approved"


def test_who_no_longer_may_decide_does_not(people: Editors) -> None:
    app = people.app
    proposal = people.propose(setting(OTHER, YES, START))
    head = browser_of(app, people.head)
    assert head.get(f"/approvals/{proposal}").status_code == 200
    with app.app_context(), writing("测试"):
        (grant,) = grants_of(people.head)
        accounts.end_grant(people.head, grant.id or 0)
    late = head.post(f"/approvals/{proposal}/approve", data={"note": ""})
    assert "/approvals" not in late.headers.get("Location", "").partition("?")[0]
    assert state_of(app, proposal) == "open"


_KILLED = """
import os, signal, sys
from app import create_app
from app.approvals import services
from app.grades import services as grades
from app.inbox import services as inbox
from app.rulebook import services as rules
from app.kernel import transaction
where, proposal, head = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def die(*_words, **_more):
    os.kill(os.getpid(), signal.SIGKILL)
module, name = where.split(".")
setattr({"rules": rules, "services": services, "transaction": transaction}[module], name, die)
with create_app().app_context(), transaction.writing("测试", actor_id=head, actor_name="负责人"):
    services.approve(proposal)
"""
PLACES = ["services._tell_proposer", "transaction._deliver_events"]
"""After the edit is entered, and while the standings are being derived from it."""


@pytest.mark.parametrize("where", PLACES)
def test_a_process_killed_while_approving_leaves_nothing_half_approved(
    people: Editors, where: str
) -> None:
    app = people.app
    with app.app_context():
        enterprise, plant = a_plant()
        with writing("测试"):
            record_violations(
                [ViolationEntry(enterprise, plant, "其他", None, date(2025, 3, 1), "罚1")]
            )
            audit.record("test", "plant", plant)
    proposal = people.propose(setting(OTHER, YES, START))
    config = app.config["CONFIG"]
    environment = {
        **os.environ,
        "INSTANCE_DIR": str(config.instance_dir),
        "DATABASE_URL": config.database_url,
        "SECRET_KEY": config.secret_key,
    }
    script = [sys.executable, "-c", _KILLED, where, str(proposal), str(people.head)]
    killed = subprocess.run(script, cwd=ROOT, env=environment, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert state_of(app, proposal) == "open"
    with app.app_context():
        assert edits_known() == ()
        assert audit.verify().broken_at is None
    people.approve(proposal)
    with app.app_context():
        assert flag(OTHER, START)
        assert standings_on([plant], START)[plant].blocked
