"""Issued lists (签发的清单) as plain values: their course, what is asked, the lines they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from app.kernel.authority import Permission
from app.kernel.verdicts import Reason
from app.kernel.workflow import Step, Workflow


class State(StrEnum):
    """Where a list stands on its way from draft to paper and beyond (清单状态)."""

    DRAFT = "draft"
    RETURNED = "returned"
    CHECKED = "checked"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"

    @property
    def words(self) -> str:
        """The state as people call it."""
        return COURSE.states[self]


class Outcome(StrEnum):
    """What a check of a signed list found (核验结果)."""

    AGREES = "agrees"
    DIFFERS = "differs"

    @property
    def words(self) -> str:
        """The outcome in one word or two."""
        return "一致" if self is Outcome.AGREES else "不一致"


_DRAFT, _CHECK, _SIGN = Permission.LIST_DRAFT, Permission.LIST_CHECK, Permission.LIST_SIGN
COURSE = Workflow(
    name="清单签发",
    states={
        State.DRAFT: "草稿，待复核",
        State.RETURNED: "已退回",
        State.CHECKED: "已复核，待签发",
        State.IN_FORCE: "已签发",
        State.REPLACED: "已被替代",
        State.WITHDRAWN: "已撤回",
        State.DISCARDED: "已作废",
    },
    steps=(
        Step(State.DRAFT, "check", "复核通过", State.CHECKED, _CHECK),
        Step(State.DRAFT, "return", "退回", State.RETURNED, _CHECK, needs_reason=True),
        Step(State.DRAFT, "discard", "作废草稿", State.DISCARDED, _DRAFT, needs_reason=True),
        Step(State.RETURNED, "resubmit", "重新送复核", State.DRAFT, _DRAFT, needs_reason=True),
        Step(State.RETURNED, "discard", "作废草稿", State.DISCARDED, _DRAFT, needs_reason=True),
        Step(State.CHECKED, "sign", "签发清单", State.IN_FORCE, _SIGN),
        Step(State.CHECKED, "send_back", "退回", State.RETURNED, _SIGN, needs_reason=True),
        Step(State.CHECKED, "discard", "作废草稿", State.DISCARDED, _DRAFT, needs_reason=True),
        Step(State.IN_FORCE, "replace", "由新清单替代", State.REPLACED, None),
        Step(State.IN_FORCE, "withdraw", "撤回清单", State.WITHDRAWN, _SIGN, needs_reason=True),
    ),
)
"""The course of a list; its content is frozen from the first state on (清单签发流程)."""

VERIFY = "verify"
"""What is done with a signed list and changes nothing (核验)."""
DONE = {
    "draft": "起草，冻结内容",
    "check": "复核通过",
    "return": "复核退回",
    "send_back": "签发退回",
    "resubmit": "重新送复核",
    "discard": "作废草稿",
    "sign": "签发",
    "replace": "由新清单替代",
    "withdraw": "撤回",
    VERIFY: "核验",
}
"""What was done with a list, as its history tells it."""
ISSUED = (State.IN_FORCE, State.REPLACED, State.WITHDRAWN)
"""The states of a list that has been signed."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a list answers: which list, for which day, for which part of the register.

    ``spec`` names the list within its subject (a measure's id; ``city/VOCs/2026``). ``known_at``
    None: as known now, inside the present transaction.
    """

    spec: str
    as_of: date
    county: str | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a frozen list, in the form in which lists are compared and shown."""

    key: str
    """Names the same matter in every list of the subject: ``17`` (the plant's lasting id) for a
    measure, plant and project for an allocation. Unique within a list."""
    plant_id: int
    enterprise_id: int
    county: str
    uscc: str
    plant: str
    """厂区编号."""
    plant_name: str
    name: str
    """企业名称."""
    rank: int | None
    admitted: bool
    result: str
    """The conclusion in one word or two: 纳入, 不纳入, 分配 12.000 吨."""
    values: Mapping[str, str]
    """What else the line decides, by the label people read: 等级, 近 36 个月违法行为 … A
    difference here is a difference of decision."""
    reasons: tuple[Reason, ...]
    facts: tuple[Mapping[str, Any], ...] = ()
    """Every recorded fact that bears on the plant, in full, as `content.facts_of_plants` gives."""
    matter: str = ""
    """What the line is about beside the plant (项目名称); empty for a measure."""
    grade: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    """The same as JSON holds it (``blocked``, ``banned_until`` …), for what is told further."""

    @property
    def who(self) -> str:
        """Whose line it is, in one piece of text."""
        matter = f"，{self.matter}" if self.matter else ""
        return f"{self.name}（{self.plant} {self.plant_name}{matter}）"
