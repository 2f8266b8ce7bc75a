"""What a rule editor proposes and the head of the city decides (规则库修改的复核)."""

from __future__ import annotations

from collections.abc import Sequence

from app.approvals.domain import Kind, Payload
from app.kernel.authority import Permission
from app.rulebook.changes import Change
from app.rulebook.services import INDUSTRY, PARAMETER, carry_out, ground
from app.rulebook.telling import told_change


def _told(payload: Payload) -> Sequence[tuple[str, str]]:
    return told_change(Change.of(payload), ground())


KINDS = tuple(
    Kind(
        id=kind,
        title=title,
        decided_with=Permission.RULEBOOK_APPROVE,
        told=_told,
        carry_out=carry_out,
    )
    for kind, title in ((PARAMETER, "参数与设置修改"), (INDUSTRY, "行业目录修改"))
)
