"""By what facts were withdrawn (撤销依据), for the words beside a flagged line."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.kernel.database import db
from app.kernel.facts import in_parts
from app.supervision.models import FindingRecord, ViolationRecord

_TABLES: dict[str, type[ViolationRecord] | type[FindingRecord]] = {
    "violation": ViolationRecord,
    "finding": FindingRecord,
}


def withdrawal_grounds(names: Iterable[str]) -> dict[str, str]:
    """Per withdrawn fact (``violation:17``) a sentence with document and reason, where known."""
    wanted: dict[str, set[int]] = {}
    for name in names:
        kind, _, number = name.partition(":")
        if kind in _TABLES:
            wanted.setdefault(kind, set()).add(int(number))
    return {
        f"{kind}:{fact_id}": sentence
        for kind, ids in wanted.items()
        for part in in_parts(sorted(ids))
        for fact_id, sentence in _sentences(_TABLES[kind], part)
    }


def _sentences(
    model: type[ViolationRecord] | type[FindingRecord], ids: Iterable[int]
) -> list[tuple[int, str]]:
    rows = db.session.execute(
        select(model.id, model.withdrawal_document, model.withdrawal_reason).where(
            model.id.in_(list(ids)), model.withdrawn_on.is_not(None)
        )
    )
    return [
        (fact_id, f"撤销依据：{'，'.join(filter(None, (document, reason)))}。")
        for fact_id, document, reason in rows
        if document or reason
    ]
