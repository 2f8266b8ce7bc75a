"""Who may file, worked by hand from what is on record (能否申报): the standing and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from app.filing.admission import FilingRules, Moment, Running, Situation, Window, may_file
from app.filing.domain import Kind, State
from app.grades.domain import (
    GradeRecord,
    JudgedFinding,
    PlantFacts,
    Standing,
    StandingRules,
    standing_on,
)
from app.kernel.verdicts import Verdict
from app.rulebook.domain import Grade, GradeOrder, LowestGrade
from app.supervision.domain import PLAN_BLOCK_KINDS, Finding, Violation, ViolationKind

ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))
RULES = FilingRules(("A", "引领性", "B", "B-"))
STANDING_RULES = StandingRules(ORDER, PLAN_BLOCK_KINDS)
WITH_SUBGRADE = ("A", "B", "B-", "C", "D")
PLAIN, SIMPLE = ("A", "B", "C", "D"), ("A", "B", "C")
LEADING = ("引领性", "非引领性")


@dataclass(frozen=True)
class Record:
    """What is on record of a plant."""

    found: str = ""
    """Day of a finding of false material (认定日期)."""
    annulled: str = ""
    """Day on which it was withdrawn."""
    decided: str = ""
    """Day on which a violation was decided."""
    lifted: str = ""
    """Day on which the decision was withdrawn."""
    kind: ViolationKind = ViolationKind.NO_PERMIT
    grades: tuple[tuple[str, Grade], ...] = ()
    """From which day it has which grade."""


def day(text: str) -> date:
    return date.fromisoformat(text)


def asked(
    record: Record,
    on: str,
    target: Grade,
    *,
    scheme: tuple[Grade, ...] = WITH_SUBGRADE,
    kind: Kind = Kind.FIRST,
    held: Grade | None = None,
    running: Running | None = None,
    windows: tuple[Window, ...] = (),
    moment: Moment = Moment.START,
) -> Verdict:
    facts, standing = judged(record, day(on), scheme)
    situation = Situation(
        standing, "shaoxing-2023", scheme, ORDER,
        banning=tuple(it.finding for it in facts.findings) if standing.banned_until else (),
        blocking=tuple(it for it in facts.violations if it.id in standing.blocking),
        running=running, windows=windows, held=held,
    )  # fmt: skip
    return may_file(target, kind, day(on).year, situation, day(on), RULES, moment)


def judged(record: Record, on: date, scheme: tuple[Grade, ...]) -> tuple[PlantFacts, Standing]:
    findings: tuple[JudgedFinding, ...] = ()
    violations: tuple[Violation, ...] = ()
    if record.found:
        off = day(record.annulled) if record.annulled else None
        lowest = LowestGrade(scheme[-1], "shaoxing-2023", verified=True)
        findings = (JudgedFinding(Finding(1, day(record.found), "", withdrawn_on=off), lowest),)
    if record.decided:
        decided, off = day(record.decided), day(record.lifted) if record.lifted else None
        violations = (Violation(1, record.kind, decided, decided, "", withdrawn_on=off),)
    grades = tuple(
        GradeRecord(number, "shaoxing-2023", grade, day(since))
        for number, (since, grade) in enumerate(record.grades, start=1)
    )
    facts = PlantFacts(records=grades, violations=violations, findings=findings)
    return facts, standing_on(facts, on, STANDING_RULES)


@pytest.mark.parametrize(
    ("found", "annulled", "on", "may"),
    [
        # The last day is the corresponding day one year later (PLAN-FALSE, 民法典 201–202条).
        ("2025-03-10", "", "2025-03-09", True),
        ("2025-03-10", "", "2025-03-10", False),
        ("2025-03-10", "", "2025-12-31", False),
        ("2025-03-10", "", "2026-01-01", False),
        ("2025-03-10", "", "2026-03-10", False),
        ("2025-03-10", "", "2026-03-11", True),
        # 29 February has no corresponding day: the last of the month.
        ("2024-02-29", "", "2025-02-28", False),
        ("2024-02-29", "", "2025-03-01", True),
        ("2023-02-28", "", "2024-02-28", False),
        ("2023-02-28", "", "2024-02-29", True),
        ("2025-02-28", "", "2026-02-28", False),
        ("2023-03-01", "", "2024-02-29", False),
        ("2023-03-01", "", "2024-03-01", False),
        ("2023-03-01", "", "2024-03-02", True),
        ("2025-12-31", "", "2026-12-31", False),
        ("2025-12-31", "", "2027-01-01", True),
        ("2025-03-10", "2025-06-01", "2025-05-31", False),
        ("2025-03-10", "2025-06-01", "2025-06-01", True),
    ],
)
@pytest.mark.parametrize(
    ("target", "scheme"),
    [("A", PLAIN), ("C", PLAIN), ("D", PLAIN), ("C", SIMPLE), ("引领性", LEADING),
     ("非引领性", LEADING)],
)  # fmt: skip
def test_plan_false_bans_every_target(
    found: str, annulled: str, on: str, may: bool, target: Grade, scheme: tuple[Grade, ...]
) -> None:
    verdict = asked(Record(found=found, annulled=annulled), on, target, scheme=scheme)
    assert verdict.admitted is may


@pytest.mark.parametrize(
    ("decided", "lifted", "on", "blocked"),
    [
        ("2026-02-10", "", "2026-02-09", False),
        ("2026-02-10", "", "2026-02-10", True),
        ("2026-02-10", "", "2026-12-31", True),
        ("2026-02-10", "", "2027-01-01", False),
        ("2025-12-31", "", "2025-12-31", True),
        ("2025-12-31", "", "2026-01-01", False),
        ("2026-01-01", "", "2026-01-01", True),
        ("2026-02-10", "2026-05-04", "2026-05-03", True),
        ("2026-02-10", "2026-05-04", "2026-05-04", False),
        ("2024-02-29", "", "2024-12-31", True),
        ("2024-02-29", "", "2025-01-01", False),
    ],
)
@pytest.mark.parametrize(
    ("target", "scheme", "barred"),
    [
        ("A", WITH_SUBGRADE, True), ("B", WITH_SUBGRADE, True), ("B-", WITH_SUBGRADE, True),
        ("C", WITH_SUBGRADE, False), ("D", WITH_SUBGRADE, False),
        ("B", PLAIN, True), ("C", PLAIN, False), ("A", SIMPLE, True), ("B", SIMPLE, True),
        ("C", SIMPLE, False), ("引领性", LEADING, True), ("非引领性", LEADING, False),
    ],
)  # fmt: skip
def test_plan_block_bars_b_and_above_in_the_year_of_the_decision(
    decided: str, lifted: str, on: str, blocked: bool, target: Grade,
    scheme: tuple[Grade, ...], barred: bool,
) -> None:  # fmt: skip
    verdict = asked(Record(decided=decided, lifted=lifted), on, target, scheme=scheme)
    assert verdict.admitted is not (blocked and barred)


@pytest.mark.parametrize("kind", list(ViolationKind))
def test_plan_block_knows_five_kinds_and_no_other_by_itself(kind: ViolationKind) -> None:
    verdict = asked(Record(decided="2026-02-10", kind=kind), "2026-03-01", "B")
    assert verdict.admitted is (kind not in PLAN_BLOCK_KINDS)
    assert len(PLAN_BLOCK_KINDS) == 5


@pytest.mark.parametrize(
    ("target", "scheme", "may"),
    [
        ("B-", WITH_SUBGRADE, True), ("B-", PLAIN, False), ("D", SIMPLE, False),
        ("引领性", PLAIN, False), ("非引领性", PLAIN, False), ("A", LEADING, False),
        ("A+", WITH_SUBGRADE, False), ("A+", ("A+", *PLAIN), False), ("", PLAIN, False),
        ("E", PLAIN, False), ("a", PLAIN, False), ("绩效引领", LEADING, False),
        ("引领性", ("A", "引领性", "B", "C", "D", "非引领性"), True),
    ],
)  # fmt: skip
def test_plan_grades_only_a_grade_of_the_scheme_is_filed_for(
    target: Grade, scheme: tuple[Grade, ...], may: bool
) -> None:
    assert asked(Record(), "2026-03-01", target, scheme=scheme).admitted is may


B_SINCE_2025 = Record(grades=(("2025-06-01", "B"),))
LOWERED = Record(grades=(("2025-06-01", "B"), ("2026-02-01", "C")))
RAISED = Record(grades=(("2025-06-01", "B"), ("2026-02-01", "A")))
LEADS = Record(grades=(("2025-06-01", "引领性"),))


@pytest.mark.parametrize(
    ("record", "held", "kind", "target", "scheme", "may"),
    [
        # 年度更新: what was held last year and no more; a higher grade needs a new filing.
        (B_SINCE_2025, "B", Kind.RENEWAL, "B", WITH_SUBGRADE, True),
        (B_SINCE_2025, "B", Kind.RENEWAL, "B-", WITH_SUBGRADE, True),
        (B_SINCE_2025, "B", Kind.RENEWAL, "D", WITH_SUBGRADE, True),
        (B_SINCE_2025, "B", Kind.RENEWAL, "A", WITH_SUBGRADE, False),
        (B_SINCE_2025, None, Kind.RENEWAL, "B", WITH_SUBGRADE, False),
        (LOWERED, "B", Kind.RENEWAL, "B", WITH_SUBGRADE, False),
        (LOWERED, "B", Kind.RENEWAL, "C", WITH_SUBGRADE, True),
        (RAISED, "B", Kind.RENEWAL, "A", WITH_SUBGRADE, False),
        (RAISED, "B", Kind.RENEWAL, "B", WITH_SUBGRADE, True),
        (LEADS, "引领性", Kind.RENEWAL, "引领性", LEADING, True),
        (LEADS, "引领性", Kind.RENEWAL, "非引领性", LEADING, True),
        # 升级: above the present grade.
        (B_SINCE_2025, "B", Kind.UPGRADE, "A", WITH_SUBGRADE, True),
        (B_SINCE_2025, "B", Kind.UPGRADE, "B", WITH_SUBGRADE, False),
        (B_SINCE_2025, "B", Kind.UPGRADE, "B-", WITH_SUBGRADE, False),
        (LOWERED, "B", Kind.UPGRADE, "B", WITH_SUBGRADE, True),
        (LEADS, "引领性", Kind.UPGRADE, "引领性", LEADING, False),
        (Record(), None, Kind.UPGRADE, "B", WITH_SUBGRADE, False),
        # 复核: not above it; 首次: without a grade.
        (B_SINCE_2025, "B", Kind.RECHECK, "B", WITH_SUBGRADE, True),
        (B_SINCE_2025, "B", Kind.RECHECK, "A", WITH_SUBGRADE, False),
        (Record(), None, Kind.RECHECK, "B", WITH_SUBGRADE, False),
        (B_SINCE_2025, "B", Kind.FIRST, "B", WITH_SUBGRADE, False),
        (Record(), None, Kind.FIRST, "D", WITH_SUBGRADE, True),
    ],
)
def test_plan_renew_which_kind_of_filing_fits(
    record: Record, held: Grade | None, kind: Kind, target: Grade, scheme: tuple[Grade, ...],
    may: bool,
) -> None:  # fmt: skip
    verdict = asked(record, "2026-03-01", target, scheme=scheme, kind=kind, held=held)
    assert verdict.admitted is may


@pytest.mark.parametrize("state", [State.DRAFT, State.SUBMITTED, State.CORRECTING])
def test_a_running_filing_keeps_out_another(state: State) -> None:
    assert state.is_running
    running = Running(4, Kind.FIRST, 2026, state)
    assert not asked(Record(), "2026-03-01", "D", running=running).admitted


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.DISCARDED, State.CLOSED])
def test_a_finished_filing_keeps_out_nobody(state: State) -> None:
    assert not state.is_running


WINDOWS = (
    Window(1, 2024, Kind.FIRST, date(2024, 2, 29), date(2024, 2, 29)),
    Window(2, 2024, Kind.FIRST, date(2024, 9, 1), date(2024, 9, 30)),
)


@pytest.mark.parametrize(
    ("on", "may"),
    [
        ("2024-02-28", False), ("2024-02-29", True), ("2024-03-01", False),
        ("2024-08-31", False), ("2024-09-01", True), ("2024-09-30", True), ("2024-10-01", False),
    ],
)  # fmt: skip
def test_a_window_holds_on_its_first_and_its_last_day(on: str, may: bool) -> None:
    assert asked(Record(), on, "B", windows=WINDOWS).admitted is may
    assert asked(Record(), on, "B", windows=WINDOWS, moment=Moment.SUBMISSION).admitted is may
    assert asked(Record(), on, "B", windows=WINDOWS, moment=Moment.RESUBMISSION).admitted
