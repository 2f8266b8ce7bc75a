"""What the register must refuse, and why, by the contracts alone (拒收规则的独立写法)."""

from __future__ import annotations

from datetime import date

from tests.lives.model import (
    ANY_GRADE,
    BOOK,
    LOWEST,
    SCHEMES,
    Finding,
    Grade,
    Plant,
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
        for it in known.findings:
            stands = it.withdrawn is None or it.withdrawn > today
            if bears(it, plant) and stands and it.found <= new.start <= years_on(it.found, 1):
                return "inside a ban"
    return ""


def violation_refused(known: Register, new: Violation, old: Violation | None) -> str:
    """Why a violation may not stand."""
    if new.acted is not None and new.acted > new.decided:
        return "acted after it was decided"
    if new.withdrawn is not None and new.withdrawn < new.decided:
        return "withdrawn before it was decided"
    for it in known.violations:
        if it is not old and (it.owner, it.plant, it.kind) == (new.owner, new.plant, new.kind):
            if same_document(it.document, new.document):
                return "the same identity"
    return ""


def finding_refused(known: Register, new: Finding, old: Finding | None) -> str:
    """Why a finding may not stand."""
    if new.withdrawn is not None and new.withdrawn < new.found:
        return "withdrawn before it was found"
    for it in known.findings:
        if it is not old and (it.owner, it.plant) == (new.owner, new.plant):
            if same_document(it.document, new.document):
                return "the same identity"
    return ""


def book_of(known: Register, plant: Plant, day: date) -> str:
    """The rulebook in force for the plant's county."""
    return str(known.setting("rulebook_in_force", day, plant.county)) or BOOK
