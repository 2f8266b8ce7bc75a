"""Changes of 规则库 as a test makes them: proposed by one person, approved by another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask

from app.accounts.domain import Role
from app.approvals import services as approvals
from app.kernel.transaction import writing
from app.rulebook.changes import Change
from app.rulebook.queries import edits_known
from app.rulebook.services import propose_change
from tests.people import opened


@dataclass(frozen=True, slots=True)
class Editors:
    """A rule editor (规则维护员) and the head of the city (市级负责人)."""

    app: Flask
    editor: int
    head: int

    def propose(self, change: Change) -> int:
        """Put a change before the head; returns the proposal's id."""
        with self.app.app_context(), writing("测试", actor_id=self.editor, actor_name="维护员"):
            return propose_change(change)

    def approve(self, proposal_id: int) -> None:
        """The head approves it, and it is carried out."""
        with self.app.app_context(), writing("测试", actor_id=self.head, actor_name="负责人"):
            approvals.approve(proposal_id)

    def change(self, change: Change) -> None:
        """Propose and approve."""
        self.approve(self.propose(change))

    def newest(self) -> int:
        """The id of the newest edit that stands."""
        with self.app.app_context():
            return edits_known()[-1].id


def editors(app: Flask) -> Editors:
    """Both people; needs the bureau."""
    return Editors(app, opened(app, Role.RULE_EDITOR), opened(app, Role.CITY_HEAD))


def setting(parameter: str, value: Any, from_on: date, **more: Any) -> Change:
    """A new value of a parameter from a day on."""
    content: Mapping[str, Any] = {"value": value}
    return Change("set", parameter, from_on, "试行一年后调整", content=content, **more)
