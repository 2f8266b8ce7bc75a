"""What standings are derived by beside the facts (推算所依设定): settings, catalogue, schemes.

They are told in three parts, by the plants that a change of each concerns: the order of grades all
of them; what is set for violations those with a violation; what is set for findings of false
material, the catalogue and the schemes among it, those with a finding. So an edit of the catalogue
makes a few rows anew, not the country's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.grades.domain import StandingRules
from app.grades.life import RulePeriod
from app.rulebook.loading import Library
from app.rulebook.queries import (
    catalogue,
    flag,
    library,
    parameter_history,
    rulebook_on,
    schemes,
    text,
    whole,
)
from app.supervision.domain import ViolationKind

RULE_SETTINGS = (
    "grade.order",
    "block.other_kinds",
    "violation_year_basis",
    "violations.window_months",
    "false_material.ban_years",
)
"""What a standing is derived by, beside the rulebook in force."""


def standing_rules(on: date, known: datetime | None = None) -> StandingRules:
    """The settings that standings depend on, as in force on the day and known at the moment."""
    others = flag("block.other_kinds", on, known=known)
    acted = text("violation_year_basis", on, known=known) == "acted"
    return StandingRules(
        order=rulebook_on(on, known=known).grade_order,
        blocking_kinds=frozenset(kind for kind in ViolationKind if kind.bars or others),
        year_basis="acted" if acted else "decided",
        window_months=whole("violations.window_months", on, known=known),
        ban_years=whole("false_material.ban_years", on, known=known),
    )


def rule_periods(known: datetime | None = None) -> tuple[RulePeriod, ...]:
    """All days there are, cut where one of the settings changes: old values rule old days."""
    return _derived_by(known).periods


def settings_fingerprint(known: datetime | None = None) -> str:
    """A hash of everything standings are derived by, made of one for each :class:`Concern`."""
    return _derived_by(known).fingerprint


class Concern(StrEnum):
    """Whom a change of settings concerns: the plants that such facts bear on."""

    ALL = "all"
    VIOLATIONS = "violations"
    FINDINGS = "findings"


_LENGTH = 21
"""Letters of each of the three hashes; together they fill the column."""
_NOT_KNOWN = "?" * _LENGTH


def concerned(before: str | None, now: str) -> frozenset[Concern]:
    """Whom the change from one fingerprint to another concerns; before the first one, all."""
    if before is None:
        return frozenset(Concern)
    pairs = zip(Concern, _parts(before), _parts(now), strict=True)
    return frozenset(concern for concern, old, new in pairs if old != new)


def not_known(fingerprint: str | None, concerns: Iterable[Concern]) -> str:
    """The fingerprint of rows of which some stand by these settings and some by others."""
    parts = [_NOT_KNOWN] * len(Concern) if fingerprint is None else _parts(fingerprint)
    unsure = set(concerns)
    pairs = zip(Concern, parts, strict=True)
    return "".join(_NOT_KNOWN if concern in unsure else part for concern, part in pairs)


def _parts(fingerprint: str) -> list[str]:
    return [fingerprint[n * _LENGTH : (n + 1) * _LENGTH] for n in range(len(Concern))]


@dataclass(frozen=True, slots=True)
class _DerivedBy:
    """What standings follow from beside the facts, as one state of 规则库 has it."""

    periods: tuple[RulePeriod, ...]
    fingerprint: str


_held: dict[Library, _DerivedBy] = {}
"""By the state of 规则库: every fact that is recorded asks, and few states are in use at once."""
_MOST_HELD = 64


def _derived_by(known: datetime | None) -> _DerivedBy:
    held = library(known)
    found = _held.get(held)
    if found is None:
        if len(_held) >= _MOST_HELD:
            _held.clear()
        periods = _rule_periods(known)
        _held[held] = found = _DerivedBy(periods, _fingerprint(periods, known))
    return found


def _rule_periods(known: datetime | None) -> tuple[RulePeriod, ...]:
    starts = {date.min}
    for parameter_id in RULE_SETTINGS:
        starts.update(entry.from_on or date.min for entry in parameter_history(parameter_id, known))
    days = sorted(starts)
    rules = [standing_rules(day, known) for day in days]
    turns = [n for n in range(len(days)) if n == 0 or rules[n] != rules[n - 1]]
    ends = [*(days[n] for n in turns[1:]), None]
    return tuple(RulePeriod(days[n], end, rules[n]) for n, end in zip(turns, ends, strict=True))


def _fingerprint(periods: Sequence[RulePeriod], known: datetime | None) -> str:
    """The hashes of the three parts, in the order of :class:`Concern`."""
    of_all = _turns((it.from_on, sorted(it.rules.order.ranks.items())) for it in periods)
    of_violations = _turns(
        (it.from_on,
         (it.rules.year_basis, sorted(it.rules.blocking_kinds), it.rules.window_months))
        for it in periods
    )  # fmt: skip
    of_findings = [
        *_turns((it.from_on, it.rules.ban_years) for it in periods),
        *catalogue(known).industries,
        *schemes(),
        *parameter_history("rulebook_in_force", known),
    ]
    return "".join(_hash(part) for part in (of_all, of_violations, of_findings))


def _turns(values: Iterable[tuple[date, object]]) -> list[tuple[date, object]]:
    """Each value with the day from which it holds; not told again where it stays."""
    turns: list[tuple[date, object]] = []
    for day, value in values:
        if not turns or turns[-1][1] != value:
            turns.append((day, value))
    return turns


def _hash(part: Iterable[object]) -> str:
    return hashlib.sha256("\n".join(map(repr, part)).encode()).hexdigest()[:_LENGTH]
