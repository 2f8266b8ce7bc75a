"""A status machine is a table (流程表): state, action, who may, next state, reason needed.

Buttons, checks and tests all read the same rows; nothing else decides what comes next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.kernel.authority import Permission


@dataclass(frozen=True, slots=True)
class Step:
    """One row: in ``state`` whoever holds ``permission`` may do ``action``; it leads to ``target``.

    ``permission`` None: only the system does it. ``label`` is the word on the button.
    """

    state: str
    action: str
    label: str
    target: str
    permission: Permission | None
    needs_reason: bool = False


class ActionNotAllowed(Exception):
    """The record is not in a state in which this can be done; the text says which it is in."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A named table of steps; ``states`` maps each state to the word people read."""

    name: str
    states: dict[str, str]
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        pairs = [(step.state, step.action) for step in self.steps]
        unknown = {s for step in self.steps for s in (step.state, step.target)} - set(self.states)
        if unknown or len(pairs) != len(set(pairs)):
            raise ValueError(f"workflow {self.name}: unknown states {unknown} or doubled steps")

    def steps_from(self, state: str, held: Iterable[Permission]) -> tuple[Step, ...]:
        """What a person with these permissions may do with a record in this state."""
        permissions = set(held)
        return tuple(
            step for step in self.steps if step.state == state and step.permission in permissions
        )

    def step(self, state: str, action: str) -> Step:
        """The row for this action. Raises ActionNotAllowed naming the state in words."""
        for step in self.steps:
            if (step.state, step.action) == (state, action):
                return step
        word = self.states.get(state, state)
        raise ActionNotAllowed(f"当前状态为“{word}”，不能进行此操作。请刷新页面查看最新状态。")

    @property
    def final_states(self) -> frozenset[str]:
        """States nothing leads out of."""
        return frozenset(self.states) - {step.state for step in self.steps}
