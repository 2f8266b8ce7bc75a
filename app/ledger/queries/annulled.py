"""Facts annulled by hand that stand no longer (作废、更正), which old workbooks may still name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.accounts.models import UserAccount
from app.grades.models import GradeRow
from app.kernel import clock
from app.kernel.database import Explained, db
from app.ledger.queries.part import Part
from app.ledger.register import Register, row_key
from app.ledger.sheets import BY_NAME, Key, Subject
from app.supervision.models import FindingRecord, ViolationRecord

_MODELS: Mapping[str, type[Explained]] = {
    "等级": GradeRow,
    "违法行为": ViolationRecord,
    "虚假材料": FindingRecord,
}


def annulled_now(register: Register, part: Part) -> dict[str, dict[Key, str]]:
    """By sheet and identity, what became of each fact that no standing one took the place of.

    What an import changes stands under the identity it had, so only acts by hand are found here.
    """
    return {sheet: dict(_of_sheet(sheet, register, part)) for sheet in _MODELS}


def _of_sheet(sheet: str, register: Register, part: Part) -> Iterator[tuple[Key, str]]:
    spec, model = BY_NAME[sheet], _MODELS[sheet]
    later: Any = aliased(model)
    query = (
        select(model, UserAccount.display_name, later.id)
        .outerjoin(UserAccount, UserAccount.id == model.annulled_by)
        .outerjoin(later, later.replaces_id == model.id)
        .where(model.annulled_at.is_not(None))
        .order_by(model.id)
    )
    rows = (
        row
        for condition in part.conditions(model, spec.subject)
        for row in db.session.execute(query.where(condition))
    )
    for row, name, successor in sorted(rows, key=lambda row: row[0].id):
        it: Any = row
        owner = it.enterprise_id if spec.subject is Subject.EITHER else None
        key = row_key(spec, owner, it.plant_id, {n: getattr(it, n) for n in spec.identity})
        if register.find(sheet, key) is None:
            reason = f"，理由：{it.annulled_reason}" if it.annulled_reason else ""
            done = "作废" if successor is None else "更正"
            yield key, f"已于 {clock.shown(it.annulled_at)} 由{name or '系统'}{done}{reason}"
