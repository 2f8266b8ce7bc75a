"""Two people on one record, for every act on facts by hand (两人同时办理一条记录)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.approvals.models import ProposalRow
from app.desk.acts import ACTS
from app.desk.acts.base import Act
from app.desk.queries.facts import FINDING, GRADE, MODELS, VIOLATION
from app.desk.routes.places import LISTS
from app.grades.models import GradeRow
from app.grades.services import annul_grades
from app.kernel import audit, clock
from app.kernel.database import db
from app.kernel.transaction import writing
from app.supervision.services import (
    FindingEntry,
    ViolationEntry,
    annul_findings,
    annul_violations,
    record_findings,
    record_violations,
)
from tests.desk import HEAD, confirmed, fingerprint, graded_plant
from tests.desk import VIOLATION as TYPED_VIOLATION
from tests.pages import CheckedClient
from tests.people import ClientAs

TODAY = str(clock.today())
KEPT = "打字打了半天的理由"
WITHDRAWAL = {"withdrawn_on": TODAY, "withdrawal_document": "复议1号", "withdrawal_reason": KEPT}
FINDING_FORM = {"reach": "plant", "found_on": TODAY, "document": "认9", "note": KEPT}
GRADE_FORM = {
    "rulebook": "shaoxing-2023", "grade": "C", "effective_on": TODAY, "expires_on": "",
    "source": "核定", "document": KEPT,
}  # fmt: skip
FORMS: dict[str, dict[str, str]] = {
    "violation.record": {**TYPED_VIOLATION, "document": KEPT},
    "violation.withdraw": WITHDRAWAL,
    "violation.correct": {**TYPED_VIOLATION, "document": "罚另", "reason": KEPT},
    "violation.annul": {"reason": KEPT},
    "violation.mark": {"barring_reason": KEPT},
    "violation.unmark": {"reason": KEPT},
    "finding.record": FINDING_FORM,
    "finding.withdraw": WITHDRAWAL,
    "finding.correct": {**FINDING_FORM, "reason": KEPT},
    "finding.annul": {"reason": KEPT},
    "grade.record": GRADE_FORM,
    "grade.withdraw": {"expires_on": TODAY, "ending_document": "止1", "ending_reason": KEPT},
    "grade.correct": {**GRADE_FORM, "effective_on": "2024-01-01", "reason": KEPT},
    "grade.annul": {"reason": KEPT},
}
ANNULLING: dict[str, Callable[[list[int], str], None]] = {
    VIOLATION: annul_violations, FINDING: annul_findings, GRADE: annul_grades,
}  # fmt: skip


@dataclass
class _Case:
    """A plant with a fact of the act's kind, and where the act is done."""

    app: Flask
    act: Act
    address: str
    fact: int

    @property
    def form(self) -> dict[str, str]:
        return FORMS[self.act.id]

    def rows(self) -> tuple[int, int]:
        """How many records and proposals there are."""
        with self.app.app_context():
            found = [
                db.session.execute(select(func.count()).select_from(it)).scalar_one()
                for it in (MODELS[self.act.kind], ProposalRow)
            ]
            db.session.rollback()
        return found[0], found[1]

    def somebody_annuls(self) -> str:
        """The moment at which the fact is annulled, as pages tell it."""
        with self.app.app_context(), writing("web", actor_name="系统") as current:
            ANNULLING[self.act.kind]([self.fact], "另一人先作废")
            audit.record("test.act", "plant", 1)
            moment = current.moment
        return clock.shown(moment)


@pytest.fixture
def case(request: pytest.FixtureRequest, app: Flask) -> _Case:
    act = ACTS[request.param]
    plant = graded_plant(app)
    marked = "严重" if act.verb == "unmark" else ""
    with app.app_context():
        (enterprise,) = db.session.execute(
            select(MODELS[VIOLATION].metadata.tables["plant_record"].c.enterprise_id)
        ).scalars()
        (grade,) = db.session.execute(select(GradeRow.id)).scalars()
        day = date(2026, 1, 5)
        with writing("测试"):
            (violation,) = record_violations([
                ViolationEntry(enterprise, plant, "其他", None, day, "罚1", barring_reason=marked)
            ])  # fmt: skip
            (finding,) = record_findings([FindingEntry(enterprise, plant, day, "认1", day)])
            if act.id == "finding.withdraw":
                (finding,) = record_findings([FindingEntry(enterprise, plant, day, "认2")])
            audit.record("test.act", "plant", plant)
    fact = {VIOLATION: violation, FINDING: finding, GRADE: grade}[act.kind]
    listed = LISTS[act.kind]
    address = f"/desk/{listed}/{fact}/{act.verb}"
    if act.verb == "record":
        address = f"/desk/plants/{plant}/{listed}/new"
    return _Case(app, act, address, fact)


every_act = pytest.mark.parametrize("case", sorted(ACTS), indirect=True)
changing = pytest.mark.parametrize(
    "case", sorted(it.id for it in ACTS.values() if it.verb != "record"), indirect=True
)
by_two = pytest.mark.parametrize(
    "case", sorted(it.id for it in ACTS.values() if it.second_person), indirect=True
)


on_one_engine = pytest.mark.parametrize("app", ["sqlite"], indirect=True)
"""The acts are the same code on both; that of two transactions one is first is tested elsewhere."""


def _told(client: CheckedClient, case: _Case, form: dict[str, str]) -> str:
    """The page that answers 409 and keeps what was typed; nothing is written."""
    before = case.rows()
    answer = client.post(case.address, data=form)
    assert answer.status_code == 409, answer.text
    assert KEPT in answer.text
    assert case.rows() == before
    return answer.text


def test_every_act_is_tried() -> None:
    assert set(FORMS) == set(ACTS)


@changing
@on_one_engine
def test_whoever_comes_second_is_told_who_changed_the_record(
    case: _Case, client_as: ClientAs
) -> None:
    """At the first look, and as well when it changed after the preview."""
    head = client_as(HEAD)
    seen = head.post(case.address, data=case.form)
    assert seen.status_code == 200, seen.text
    when = case.somebody_annuls()
    for step in ({}, {"step": "confirm", "seen": fingerprint(seen)}):
        text = _told(head, case, {**case.form, **step})
        assert f"该记录已于 {when} 由系统作废，理由：另一人先作废" in text
    assert head.get(case.address).status_code == 409


@every_act
@on_one_engine
def test_whoever_enters_the_same_second_is_told_who_was_first(
    case: _Case, client_as: ClientAs
) -> None:
    """What one person decides is on record by then; what two decide waits for the second."""
    head, city = client_as(HEAD), client_as("city-head")
    seen = head.post(case.address, data=case.form)
    assert seen.status_code == 200, seen.text
    done = confirmed(city, case.address, case.form)
    assert done.status_code == 303
    text = _told(head, case, {**case.form, "step": "confirm", "seen": fingerprint(seen)})
    assert "市级负责人" in text
    assert TODAY in text
    if case.act.second_person:
        assert "尚未办结" in text
        assert done.location in text


@by_two
@on_one_engine
def test_what_waits_is_in_the_way_though_it_reads_otherwise(
    case: _Case, client_as: ClientAs
) -> None:
    """The same record, or one of the same identity, waits for one second person at a time."""
    head, city = client_as(HEAD), client_as("city-head")
    assert confirmed(city, case.address, case.form).status_code == 303
    reworded = {
        name: f"{text}，另一说法" if name in ("note", "reason", "ending_reason") else text
        for name, text in case.form.items()
    }
    assert "尚未办结" in _told(head, case, reworded)


def test_what_became_of_a_proposal_frees_the_record(app: Flask, client_as: ClientAs) -> None:
    plant, head, city = graded_plant(app), client_as(HEAD), client_as("city-head")
    address = f"/desk/plants/{plant}/findings/new"
    waits = confirmed(head, address, FINDING_FORM).location
    assert city.post(f"{waits}/approve", data={"note": ""}).status_code == 303
    assert head.post(f"{waits}/take-back").status_code == 409
    on_record = head.post(address, data=FINDING_FORM)
    assert on_record.status_code == 409
    assert "已登记" in on_record.text
    other = {**FINDING_FORM, "document": "认10", "found_on": str(clock.today() - timedelta(3))}
    waits = confirmed(head, address, other).location
    assert head.post(f"{waits}/take-back").status_code == 303
    assert confirmed(city, address, other).status_code == 303
