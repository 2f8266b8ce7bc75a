"""Who may file for what, when (能否申报): each rule the day before, on the day, the day after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

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
from app.kernel.verdicts import Reason, Verdict
from app.rulebook.domain import GradeOrder, LowestGrade
from app.supervision.domain import PLAN_BLOCK_KINDS, Finding, Violation, ViolationKind

ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))
ABCD = ("A", "B", "B-", "C", "D")
RULES = FilingRules(("A", "引领性", "B", "B-"))
STANDING_RULES = StandingRules(ORDER, PLAN_BLOCK_KINDS)
TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


def standing(on: date = TODAY, **facts: object) -> Standing:
    return standing_on(PlantFacts(**facts), on, STANDING_RULES)  # type: ignore[arg-type]


def situation(**changes: object) -> Situation:
    usual = Situation(standing(), "shaoxing-2023", ABCD, ORDER)
    return replace(usual, **changes)  # type: ignore[arg-type]


def asked(
    target: str = "B",
    kind: Kind = Kind.FIRST,
    *,
    on: date = TODAY,
    year: int = 2026,
    rules: FilingRules = RULES,
    moment: Moment = Moment.START,
    **changes: object,
) -> Verdict:
    return may_file(target, kind, year, situation(**changes), on, rules, moment)


def unmet(verdict: Verdict) -> list[Reason]:
    return [it for it in verdict.reasons if not it.met]


def record(grade: str, effective: date, rulebook: str = "shaoxing-2023") -> GradeRecord:
    return GradeRecord(7, rulebook, grade, effective)


def test_a_plant_with_nothing_against_it_may_file() -> None:
    verdict = asked()
    assert verdict.admitted
    assert {it.clause for it in verdict.reasons} == {"PLAN-FALSE", "PLAN-BLOCK", "PLAN-RENEW"}


# --- PLAN-FALSE -----------------------------------------------------------------------------

FINDING = Finding(3, date(2025, 3, 10), "虚认〔2025〕1号")


def banned_on(on: date, target: str = "B", **changes: object) -> Verdict:
    finding = replace(FINDING, **changes)  # type: ignore[arg-type]
    judged = JudgedFinding(finding, LowestGrade("D", "shaoxing-2023", verified=True))
    its = standing(on, findings=(judged,))
    return asked(target, on=on, standing=its, banning=(finding,) if its.banned_until else ())


@pytest.mark.parametrize(
    ("on", "may"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 3, 9), False),
        (date(2026, 3, 10), False),
        (date(2026, 3, 11), True),
    ],
)
@pytest.mark.parametrize("target", ["A", "B", "C", "D"])
def test_plan_false_bans_every_target_until_its_last_day_included(
    on: date, may: bool, target: str
) -> None:
    finding = JudgedFinding(FINDING, LowestGrade("D", "shaoxing-2023", verified=True))
    its = standing(on, findings=(finding,))
    verdict = asked(target, on=on, year=on.year, standing=its, banning=(FINDING,))
    assert verdict.admitted is may


def test_plan_false_says_until_when_by_which_document_and_what_lifts_it() -> None:
    (reason,) = unmet(banned_on(date(2026, 3, 10)))
    assert (reason.clause, reason.facts) == ("PLAN-FALSE", ("finding:3",))
    for words in ("2026-03-10（含）", "2026-03-11 起", "虚认〔2025〕1号", "撤销"):
        assert words in reason.text


def test_plan_false_a_finding_withdrawn_on_the_day_bans_no_more() -> None:
    assert not banned_on(date(2026, 1, 4), withdrawn_on=date(2026, 1, 5)).admitted
    assert banned_on(date(2026, 1, 5), withdrawn_on=date(2026, 1, 5)).admitted


# --- PLAN-BLOCK -----------------------------------------------------------------------------

VIOLATION = Violation(5, ViolationKind.NO_PERMIT, date(2025, 12, 1), date(2026, 2, 10), "环罚1号")


def with_violation(on: date, target: str = "B", *, basis: str = "decided") -> Verdict:
    rules = replace(STANDING_RULES, year_basis=basis)  # type: ignore[arg-type]
    its = standing_on(PlantFacts(violations=(VIOLATION,)), on, rules)
    blocking = (VIOLATION,) if its.blocked else ()
    return asked(target, on=on, year=on.year, standing=its, blocking=blocking)


@pytest.mark.parametrize(
    ("on", "may"),
    [
        (date(2026, 2, 9), True),
        (date(2026, 2, 10), False),
        (date(2026, 12, 31), False),
        (date(2027, 1, 1), True),
    ],
)
def test_plan_block_bars_from_the_decision_to_the_end_of_its_year(on: date, may: bool) -> None:
    assert with_violation(on).admitted is may


@pytest.mark.parametrize(
    ("target", "may"), [("A", False), ("B", False), ("B-", False), ("C", True), ("D", True)]
)
def test_plan_block_bars_b_and_above_and_leaves_c_and_below_open(target: str, may: bool) -> None:
    assert with_violation(TODAY, target).admitted is may


def test_plan_block_bars_the_leading_grade_too() -> None:
    verdict = asked("引领性", blocking=(VIOLATION,), scheme=("引领性", "非引领性"))
    assert [it.clause for it in unmet(verdict)] == ["PLAN-BLOCK"]


def test_plan_block_may_go_by_the_day_of_the_act() -> None:
    """violation_year_basis = acted: what was done in 2025 bars that year, not 2026."""
    assert with_violation(TODAY, basis="acted").admitted


def test_plan_block_what_is_barred_is_a_setting() -> None:
    verdict = asked("B", blocking=(VIOLATION,), rules=FilingRules(("A",)))
    assert verdict.admitted


def test_plan_block_names_the_violation_and_how_to_contest_it() -> None:
    (reason,) = unmet(with_violation(TODAY))
    assert reason.facts == ("violation:5",)
    for words in ("未取得排污许可证", "环罚1号", "2026-02-10", "复议", "2027 年 1 月 1 日"):
        assert words in reason.text


def test_plan_block_the_new_year_does_not_free_a_filing_that_was_submitted() -> None:
    verdict = asked(on=date(2027, 1, 4), blocking=(VIOLATION,), moment=Moment.RESUBMISSION)
    (reason,) = unmet(verdict)
    assert "新的年度也不解除" in reason.text


# --- The plant, its industry, its running filing --------------------------------------------


@pytest.mark.parametrize(("closed", "may"), [(TODAY + DAY, True), (TODAY, False)])
def test_plan_plant_a_closed_plant_does_not_file(closed: date, may: bool) -> None:
    assert asked(closed_on=closed).admitted is may


def test_plan_scope_without_a_main_industry_nothing_can_be_judged() -> None:
    (reason,) = unmet(asked(has_main_industry=False, scheme=()))
    assert reason.clause == "PLAN-SCOPE"
    assert "区县分局" in reason.text


def test_one_filing_of_a_plant_at_a_time() -> None:
    (reason,) = unmet(asked(running=Running(9, Kind.RENEWAL, 2026, State.SUBMITTED)))
    assert reason.facts == ("filing:9",)
    assert "撤回" in reason.text


# --- PLAN-GRADES ----------------------------------------------------------------------------


@pytest.mark.parametrize(("target", "may"), [("B-", True), ("引领性", False), ("非引领性", False)])
def test_plan_grades_the_target_is_of_the_scheme(target: str, may: bool) -> None:
    assert asked(target).admitted is may


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("target", ["", "b", "\u202e甲", "A++"])
def test_plan_grades_what_is_no_grade_at_all_is_refused_and_compared_with_nothing(
    target: str, kind: Kind
) -> None:
    violation = with_violation(TODAY, target)
    for verdict in (violation, asked(target, kind), asked(target, kind, scheme=())):
        assert not verdict.admitted
        assert "没有“" in "".join(it.text for it in unmet(verdict))


def test_plan_grades_an_unknown_scheme_admits_nothing() -> None:
    (reason,) = unmet(asked(scheme=()))
    assert (reason.clause, "未核实" in reason.text) == ("PLAN-GRADES", True)


def test_nat_top_nobody_files_for_a_plus() -> None:
    (reason,) = unmet(asked("A+", scheme=("A+", *ABCD)))
    assert reason.clause == "NAT-TOP"


# --- PLAN-RENEW -----------------------------------------------------------------------------

HELD_B = standing(records=(record("B", date(2025, 6, 1)),))


def test_plan_renew_needs_a_grade_held_last_year() -> None:
    (reason,) = unmet(asked(kind=Kind.RENEWAL, held=None, held_on=date(2025, 12, 31)))
    assert reason.clause == "PLAN-RENEW"
    assert "2025-12-31" in reason.text


@pytest.mark.parametrize(("target", "may"), [("A", False), ("B", True), ("B-", True), ("C", True)])
def test_plan_renew_a_higher_grade_needs_a_new_filing(target: str, may: bool) -> None:
    assert asked(target, Kind.RENEWAL, standing=HELD_B, held="B").admitted is may


def test_plan_renew_not_above_what_the_plant_was_lowered_to_since() -> None:
    lowered = standing(records=(record("C", date(2026, 2, 1)),))
    assert not asked("B", Kind.RENEWAL, standing=lowered, held="B").admitted
    assert asked("C", Kind.RENEWAL, standing=lowered, held="B").admitted


@pytest.mark.parametrize(("target", "may"), [("A", True), ("B", False), ("C", False)])
def test_an_upgrade_is_above_the_present_grade(target: str, may: bool) -> None:
    assert asked(target, Kind.UPGRADE, standing=HELD_B).admitted is may


@pytest.mark.parametrize("kind", [Kind.UPGRADE, Kind.RECHECK])
def test_without_a_grade_there_is_nothing_to_raise_or_recheck(kind: Kind) -> None:
    assert not asked("A", kind).admitted


@pytest.mark.parametrize(("target", "may"), [("A", False), ("B", True), ("C", True)])
def test_a_recheck_is_not_above_the_present_grade(target: str, may: bool) -> None:
    assert asked(target, Kind.RECHECK, standing=HELD_B).admitted is may


def test_a_first_filing_is_of_a_plant_without_a_grade_under_this_rulebook() -> None:
    assert not asked(standing=HELD_B).admitted
    assert asked(standing=HELD_B, rulebook="national-2026").admitted


# --- Windows --------------------------------------------------------------------------------

WINDOW = Window(1, 2026, Kind.FIRST, date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("on", "may"),
    [
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), True),
        (date(2026, 3, 31), True),
        (date(2026, 4, 1), False),
    ],
)
def test_a_window_is_open_on_its_first_and_last_day(on: date, may: bool) -> None:
    verdict = asked(on=on, windows=(WINDOW,))
    assert verdict.admitted is may
    assert "2026-03-01 至 2026-03-31" in verdict.reasons[-1].text


def test_without_a_window_the_setting_decides() -> None:
    assert asked().admitted
    assert not asked(rules=replace(RULES, open_without_window=False)).admitted


def test_without_a_window_only_the_present_year_is_filed_for() -> None:
    assert not asked(year=2025).admitted
    assert not asked(year=2027).admitted


def test_a_draft_of_last_year_may_still_be_submitted_where_no_window_is_set() -> None:
    assert asked(year=2025, moment=Moment.SUBMISSION).admitted
    assert not asked(on=date(2026, 4, 1), windows=(WINDOW,), moment=Moment.SUBMISSION).admitted


def test_a_corrected_filing_needs_no_window() -> None:
    assert asked(on=date(2026, 4, 9), windows=(WINDOW,), moment=Moment.RESUBMISSION).admitted
