"""The acts on violations, findings and grades, each at its own address."""

from __future__ import annotations

from app.desk.acts import act_of
from app.desk.queries.facts import VIOLATION, Subject, subject_of_fact, subject_of_plant
from app.desk.routes.acting import Answer, attend
from app.desk.routes.blueprint import blueprint
from app.desk.routes.places import KINDS
from app.kernel.authority import Permission
from app.kernel.permissions import requires, scope_for

_BOTH = ["GET", "POST"]
_LISTED = "<any(findings, grades):listed>"
_VERB = "<any(withdraw, correct, annul):verb>"


@blueprint.route("/plants/<int:plant_id>/violations/new", methods=_BOTH)
@requires(Permission.FACT_RECORD)
def record_violation(plant_id: int) -> Answer:
    """Record a violation of a plant or of its whole enterprise (登记违法行为)."""
    subject = subject_of_plant(plant_id, scope_for(Permission.FACT_RECORD))
    return attend(act_of(VIOLATION, "record"), subject)


@blueprint.route(f"/plants/<int:plant_id>/{_LISTED}/new", methods=_BOTH)
@requires(Permission.DECISION_RECORD)
def record_decision(plant_id: int, listed: str) -> Answer:
    """Propose a finding of false material or a grade record; a second person decides."""
    subject = subject_of_plant(plant_id, scope_for(Permission.DECISION_RECORD))
    return attend(act_of(KINDS[listed], "record"), subject)


@blueprint.route(f"/violations/<int:fact_id>/{_VERB}", methods=_BOTH)
@requires(Permission.FACT_RECORD)
def change_violation(fact_id: int, verb: str) -> Answer:
    """Withdraw, correct or annul a violation."""
    return attend(act_of(VIOLATION, verb), _of_fact(VIOLATION, fact_id, Permission.FACT_RECORD))


@blueprint.route(f"/{_LISTED}/<int:fact_id>/{_VERB}", methods=_BOTH)
@requires(Permission.DECISION_RECORD)
def change_decision(listed: str, fact_id: int, verb: str) -> Answer:
    """Propose to withdraw, correct or annul a finding or a grade record."""
    kind = KINDS[listed]
    return attend(act_of(kind, verb), _of_fact(kind, fact_id, Permission.DECISION_RECORD))


@blueprint.route("/violations/<int:fact_id>/<any(mark, unmark):verb>", methods=_BOTH)
@requires(Permission.BARRING_MARK)
def mark_violation(fact_id: int, verb: str) -> Answer:
    """The head proposes that an 其他 violation bars as well, or no longer does (PLAN-BLOCK)."""
    return attend(act_of(VIOLATION, verb), _of_fact(VIOLATION, fact_id, Permission.BARRING_MARK))


def _of_fact(kind: str, fact_id: int, permission: Permission) -> Subject | None:
    return subject_of_fact(kind, fact_id, scope_for(permission))
