"""Noting that a signed list was checked and what came of it (核验记录)."""

from __future__ import annotations

from app.issuing.domain import VERIFY, Outcome
from app.issuing.queries import ListView
from app.issuing.services.steps import note_step
from app.issuing.verifying import Verification
from app.kernel import audit


def note_verification(view: ListView, found: Verification) -> None:
    """Enter the outcome into the list's history; what differs is told there."""
    outcome = Outcome.AGREES if found.agrees else Outcome.DIFFERS
    told = found.told or (f"已核对：{'、'.join(found.checked)}。", *found.remarks)
    note_step(view.id, VERIFY, outcome, "".join(told))
    detail = {"清单": view.title, "文号": view.number, "结果": outcome.words,
              "不同": len(found.differences)}  # fmt: skip
    audit.record("list.verified", "issued_list", view.id, detail, county=view.county or None)
