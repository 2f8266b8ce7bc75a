"""What the register must refuse, and why, by the contracts alone (拒收规则的独立写法)."""

from __future__ import annotations

from datetime import date

from tests.chronicles.model import (
    ANY_GRADE,
    LOWEST,
    SCHEMES,
    Finding,
    Grade,
    Register,
    Violation,
    bears,
    same_document,
    years_on,
)


def grade_refused(known: Register, new: Grade, old: Grade | None, today: date) -> str:
    """Why a grade record may not stand; empty when it may. ``old`` is what it replaces."""
    plant = known.plants[new.plant]
    if new.end is not None and new.end <= new.start:
        return "ends before it starts"
    for it in known.grades:
        if it is not old and (it.plant, it.book, it.start) == (new.plant, new.book, new.start):
            return "the same identity"
    lowest = LOWEST.get((new.book, plant.industry, plant.subtype))
    allowed = SCHEMES[lowest] if lowest and new.source != "历史" else ANY_GRADE[new.book]
    if new.grade not in allowed:
        return "outside its scheme"
    unchanged = old is not None and (new.grade, new.start) == (old.grade, old.start)
    if new.grade not in ("D", "非引领性") and not unchanged:
        for finding in known.findings:
            stands = finding.withdrawn is None or finding.withdrawn > today
            banned = finding.found <= new.start <= years_on(finding.found, 1)
            if bears(finding, plant) and stands and banned:
                return "inside a ban"
    return ""


def violation_refused(known: Register, new: Violation, old: Violation | None) -> str:
    """Why a violation may not stand."""
    if new.acted is not None and new.acted > new.decided:
        return "acted after it was decided"
    if new.withdrawn is not None and new.withdrawn < new.decided:
        return "withdrawn before it was decided"
    same = (
        it is not old
        and (it.owner, it.plant, it.kind) == (new.owner, new.plant, new.kind)
        and same_document(it.document, new.document)
        for it in known.violations
    )
    return "the same identity" if any(same) else ""


def finding_refused(known: Register, new: Finding, old: Finding | None) -> str:
    """Why a finding may not stand."""
    if new.withdrawn is not None and new.withdrawn < new.found:
        return "withdrawn before it was found"
    same = (
        it is not old
        and (it.owner, it.plant) == (new.owner, new.plant)
        and same_document(it.document, new.document)
        for it in known.findings
    )
    return "the same identity" if any(same) else ""
