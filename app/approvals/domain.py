"""What a second person decides (复核): kinds of proposals and their course, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kernel.authority import Permission
from app.kernel.workflow import Step, Workflow

Payload = Mapping[str, Any]
"""What is proposed, as JSON can hold it; the stage that proposed it reads it back."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of proposal: who may decide it, how it is told, and how it is carried out.

    ``told`` gives label and value of every field, as a person reads them. ``carry_out`` writes
    through the stage's own services and raises :class:`Refused` when the register no longer allows
    it. ``preview`` gives the template and context of what would change, None when nothing is shown;
    ``known`` the same of what was worked out before, which the page shows without being asked.
    """

    id: str
    title: str
    decided_with: Permission
    told: Callable[[Payload], Sequence[tuple[str, str]]]
    carry_out: Callable[[Payload], object]
    preview: Callable[[Payload], tuple[str, Mapping[str, Any]]] | None = None
    known: Callable[[Payload], tuple[str, Mapping[str, Any]]] | None = None


class Refused(Exception):
    """What is asked for cannot be done; the text says what happened, why, and what to do."""


class Overtaken(Refused):
    """Somebody was faster (已有他人办理); the text says who, and when."""


OPEN, APPROVED, REFUSED, TAKEN_BACK = "open", "approved", "refused", "taken-back"
COURSE = Workflow(
    name="复核",
    states={OPEN: "待复核", APPROVED: "已通过", REFUSED: "已退回", TAKEN_BACK: "已撤回"},
    steps=(
        Step(OPEN, "approve", "复核通过", APPROVED, None),
        Step(OPEN, "refuse", "退回", REFUSED, None, needs_reason=True),
        Step(OPEN, "take_back", "撤回", TAKEN_BACK, None),
    ),
)
"""Who may take a step depends on the kind (approve, refuse) or on who proposed (take back)."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that one person proposed and another decides (待复核事项)."""

    id: int
    kind: str
    title: str
    payload: Payload
    county: str | None
    enterprise_id: int | None
    state: str
    proposed_by: int
    decided_by: int | None
    note: str

    def why_not_decided_by(self, user_id: int) -> str | None:
        """Why this person may not decide it; None when nothing is in the way."""
        if user_id == self.proposed_by:
            return "提交人不能复核自己提交的事项。请由另一位有复核权限的人员办理。"
        return None
