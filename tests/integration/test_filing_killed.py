"""A power failure between any two statements of an act on a filing leaves nothing half."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask

from app.filing import services
from app.filing.queries.packages import arrivals_of
from app.kernel import files
from app.kernel.database import db
from app.kernel.materials import Examined
from app.kernel.transaction import writing
from tests.evidence_files import pdf
from tests.facts import a_plant, code
from tests.filings import (
    SIGNATORY,
    begun,
    fill_in,
    put_in_force,
    submitted,
    table,
)
from tests.killing import everything, killed_at
from tests.packages import carried_in, exported, filled, mark_on, zipped
from tests.people import ClientAs

EVERY = {"sqlite": 3, "postgresql": 12}
"""So many statements; the course of a transaction is the same on both engines."""
Act = Callable[[], object]


@pytest.fixture
def filing_id(app: Flask, bureau: None) -> int:
    """A filing in which all is filled in."""
    with app.app_context():
        put_in_force(table(), date(2026, 1, 1))
        made = begun(a_plant()[1])
        fill_in(made)
        return made


def _submit(_app: Flask, filing_id: int, _client_as: ClientAs) -> Act:
    return lambda: submitted(filing_id, "表单")


def _take_back(app: Flask, filing_id: int, _client_as: ClientAs) -> Act:
    with app.app_context():
        submitted(filing_id)

    def act() -> None:
        with writing("web", actor_id=SIGNATORY, actor_name="王签署"):
            services.withdraw(filing_id, "数据有误")

    return act


def _attach(app: Flask, filing_id: int, _client_as: ClientAs) -> Act:
    with app.app_context():
        stored = files.keep(io.BytesIO(pdf()))

    def act() -> None:
        with writing("web", actor_id=2, actor_name="张三"):
            where = services.Where(1, "1", "监测报告")
            services.add_evidence(filing_id, where, stored, Examined("pdf", 1, "报告.pdf"))

    return act


def _import(app: Flask, filing_id: int, client_as: ClientAs) -> Act:
    client = client_as("filer", uscc=code(1))
    cells = {"1-01-01": "16", "1-01-03": "实测", "1-02-02": "是", "0-01-01": "120"}
    parts = filled(exported(client, filing_id), cells)
    content = zipped({**parts, "材料/1-02_台账/台账.pdf": pdf(2)})
    seen = mark_on(client.get(carried_in(app, client, filing_id, content)).text)
    with app.app_context():
        (arrival,) = arrivals_of(filing_id)
        db.session.rollback()

    def act() -> None:
        with writing("web", actor_id=2, actor_name="张三"):
            services.import_arrival(filing_id, arrival.id, {}, seen)

    return act


@pytest.mark.parametrize(
    ("prepare", "changed"),
    [
        (_submit, {"filing_submission", "filing_submission_file", "filing_step", "job", "message"}),
        (_take_back, {"filing_step"}),
        (_attach, {"filing_evidence", "stored_file"}),
        (_import, {"filing_answer", "filing_evidence", "filing_arrival", "filing_step"}),
    ],
)
def test_killed_between_any_two_statements_an_act_has_not_happened(
    app: Flask,
    filing_id: int,
    client_as: ClientAs,
    request: pytest.FixtureRequest,
    prepare: Callable[[Flask, int, ClientAs], Act],
    changed: set[str],
) -> None:
    """PLAN-FILE: content, files, receipt, step, notice and audit entry come as one."""
    act = prepare(app, filing_id, client_as)
    before, number = everything(app), 0
    while killed_at(app, number, act):
        assert everything(app) == before, number
        number += EVERY[request.node.callspec.params["app"]]
    assert number, "it was never killed"
    after = everything(app)
    named = {name for name, rows in after.items() if rows != before[name]}
    assert named >= {*changed, "audit_entry"}
