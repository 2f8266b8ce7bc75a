"""What a rule editor proposes and the head of the city decides (规则库修改的复核)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.approvals.domain import Kind, Payload, Refused
from app.desk.rule_forecasts import forecast_of, work_out
from app.kernel.authority import Permission
from app.rulebook.changes import Change
from app.rulebook.services import INDUSTRY, PARAMETER, carry_out, ground, refuse_unsound
from app.rulebook.telling import told_change


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    return told_change(Change.of(payload), ground(), payload.get("was", ""))


def _known(payload: Payload) -> tuple[str, Mapping[str, Any]]:
    """What was worked out before the change was proposed, or since; and why it cannot pass."""
    try:
        refuse_unsound(payload)
        cannot = ""
    except Refused as refused:
        cannot = str(refused)
    return "desk/_rule_effects.html", {
        "forecast": forecast_of(Change.of(payload)),
        "cannot": cannot,
    }


def _preview(payload: Payload) -> tuple[str, Mapping[str, Any]]:
    """What approving would move; raises Refused where it can no longer be approved."""
    refuse_unsound(payload)
    work_out(Change.of(payload))
    return _known(payload)


KINDS = tuple(
    Kind(
        id=kind,
        title=title,
        decided_with=Permission.RULEBOOK_APPROVE,
        told=_told,
        carry_out=carry_out,
        preview=_preview,
        known=_known,
    )
    for kind, title in ((PARAMETER, "参数与设置修改"), (INDUSTRY, "行业目录修改"))
)
