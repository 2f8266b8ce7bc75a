"""What is due of the renewal, as the enterprise's home tells it (``filing/renewal/_due.html``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.filing import renewal
from app.filing.queries.renewal_rules import year_rules
from app.filing.queries.renewals import RenewalFilter, RenewalLine, all_renewals
from app.filing.renewal import CLAUSE, Progress, RenewalRules
from app.filing.renewal_files import remarks
from app.kernel.authority import Scope
from app.rulebook.domain import GradeOrder
from app.rulebook.queries import rulebook_on


@dataclass(frozen=True, slots=True)
class DueRenewal:
    """A renewal that a plant still owes: what, by when, and what the law says of lateness."""

    kind: str
    """neutral, soon or late."""
    sentence: str
    due_on: date | None
    due_words: str
    left: tuple[str, str]
    remarks: tuple[str, ...]
    consequence: str
    has_opened: bool = True
    """Whether it can be handed in by now; False: its window (申报期) begins later."""
    clause: str = CLAUSE


def own_renewals(scope: Scope, on: date) -> Mapping[int, DueRenewal]:
    """By plant, what is still owed this year; a plant that owes nothing is left out."""
    rules, order = year_rules(on.year, on), rulebook_on(on).grade_order
    return {
        it.plant_id: _due(it, rules.of(it.county), on, order)
        for it in all_renewals(scope, RenewalFilter(on.year, on), rules)
        if it.progress is not Progress.DONE
    }


def _due(line: RenewalLine, rules: RenewalRules, on: date, order: GradeOrder) -> DueRenewal:
    left = renewal.left_words(rules.due_on, on)
    has_opened = rules.opens_on is None or rules.opens_on <= on
    opens = "" if has_opened else f"申报期 {rules.opens_on} 开始。"
    return DueRenewal(
        kind="soon" if left[0] == "neutral" and has_opened else left[0],
        sentence=f"{renewal.call(line.name, line.held, rules)}{opens}",
        due_on=rules.due_on,
        due_words=rules.due_words,
        left=left,
        remarks=tuple(remarks(line, rules, order)),
        consequence=rules.consequence,
        has_opened=has_opened,
    )
