"""A decision as a value (结论): one outcome with every reason that led to it.

The same object is enforced, shown, stored and exported, so a rule is never told twice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of a decision (理由) with the clause it rests on."""

    clause: str
    """Id of the clause (条款), e.g. PLAN-BLOCK."""
    text: str
    """The sentence the person reads, in the words of the law."""
    met: bool
    """Whether what the clause asks for is met."""
    facts: tuple[str, ...] = ()
    """The recorded facts it rests on, each as kind:id, e.g. violation:17."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a rule (结论): admitted or not, and why."""

    admitted: bool
    reasons: tuple[Reason, ...]
