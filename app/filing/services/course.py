"""What every act on a filing shares: holding it for change, its steps, its audit entries (办理)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, update

from app.accounts.queries import grants_of
from app.approvals.domain import Overtaken, Refused
from app.filing.domain import COURSE, State, Way
from app.filing.models import FilingRow, FilingStep
from app.filing.queries import Filing, entered_by, filing_by_id
from app.filing.services.reminding import settle_renewal
from app.inbox import services as inbox
from app.kernel import audit, clock
from app.kernel.database import db
from app.kernel.transaction import transaction
from app.kernel.workflow import ActionNotAllowed

NO_SUCH_FILING = "没有这件申报，或不在您的权限范围内。请从申报首页重新进入。"


def source_of(filing_id: int) -> str:
    """What messages about the filing name as their matter."""
    return f"filing:{filing_id}"


def link_of(filing_id: int) -> str:
    """The page of the filing."""
    return f"/filing/{filing_id}"


def held(filing_id: int) -> Filing:
    """The filing inside the writer's lock, as it stands now. Raises Refused.

    Whoever calls has looked at the person's reach.
    """
    transaction()
    found = filing_by_id(filing_id)
    if found is None:
        raise Refused(NO_SUCH_FILING)
    return found


def open_for_entries(filing_id: int) -> Filing:
    """The same, of a filing in which entries may be made. Raises Refused."""
    filing = held(filing_id)
    if not filing.state.is_open:
        raise Overtaken(f"该申报{filing.state.words}，不能再修改。请刷新页面查看最新状态。")
    return filing


def changed(filing: Filing, **values: Any) -> int:
    """Write the header's new values; returns its new revision."""
    revision = filing.revision + 1
    db.session.execute(
        update(FilingRow)
        .where(FilingRow.id == filing.id, FilingRow.revision == filing.revision)
        .values(revision=revision, **values)
    )
    return revision


def refuse_unseen(filing: Filing, seen_revision: int | None) -> None:
    """Raise Overtaken when somebody changed the header since it was shown; None: not asked."""
    if seen_revision is not None and seen_revision != filing.revision:
        raise Overtaken(
            "申报的目标等级、行业或状态刚刚已被他人修改，没有保存。请刷新页面，核对后重新提交。"
        )


def move(filing: Filing, action: str, reason: str = "", **values: Any) -> State:
    """Take a step of the course: the new state, the entry in its history, messages settled.

    Raises Refused when the state does not allow it or the reason is missing.
    """
    try:
        step = COURSE.step(filing.state, action)
    except ActionNotAllowed as late:
        raise Overtaken(str(late)) from late
    if step.needs_reason and not reason.strip():
        raise Refused(f"{step.label}须写明理由。请填写后重新提交。")
    target = State(step.target)
    changed(filing, state=target, **values)
    note_step(filing.id, action, target, reason.strip())
    inbox.settle(source_of(filing.id))
    if action == "submit":
        on = clock.day_of(transaction().moment)
        settle_renewal(filing.plant.plant_id, filing.county, filing.year, filing.kind, on)
    return target


def note_step(filing_id: int, action: str, state: State, reason: str = "") -> None:
    """Enter what was done into the filing's history."""
    current = transaction()
    db.session.execute(
        insert(FilingStep).values(
            filing_id=filing_id, action=action, state=state, reason=reason,
            done_at=current.moment, done_by=current.actor_id, done_by_name=current.actor_name,
        )
    )  # fmt: skip


def told(filing: Filing) -> dict[str, str]:
    """The filing as audit entries name it."""
    return {"厂区": filing.plant.full_name, "年度": str(filing.year), "类型": filing.kind.words}


_ENTRIES = frozenset(
    f"filing.{it}"
    for it in (
        "answered", "confirmed", "remarked", "accepted", "target_set", "tables_chosen",
        "tables_taken", "evidence_added", "evidence_replaced", "evidence_removed",
        "evidence_described", "evidence_confirmed",
    )
)  # fmt: skip


def _is_own(filing: Filing, by: int | None) -> bool:
    """Whether the person fills in for the own enterprise, in a package's filing or beside it."""
    if filing.way is not Way.PACKAGE or by is None:
        return False
    grants = grants_of(by)
    return any(it.uscc for it in grants) and not any(it.county for it in grants)


def enter(action: str, filing: Filing, detail: Mapping[str, object]) -> None:
    """An audit entry about the filing; who makes an entry for another stays known by a step."""
    by = transaction().actor_id
    if (filing.way is not Way.BROWSER and action in _ENTRIES
            and by not in entered_by(filing.id)):  # fmt: skip
        note_step(filing.id, "fill" if _is_own(filing, by) else "enter", filing.state)
    audit.record(action, "filing", filing.id, {**told(filing), **detail}, county=filing.county)
