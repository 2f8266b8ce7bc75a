"""What a change does to a plant is told with the right days (变动后果的说明)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.desk.domain import (
    Secured,
    application_sentences,
    differences,
    rank_sentence,
    standing_sentences,
)
from app.grades.domain import (
    GradeRecord,
    JudgedFinding,
    PlantFacts,
    StandingRules,
)
from app.grades.life import intervals
from app.rulebook.domain import GradeOrder, LowestGrade
from app.supervision.domain import PLAN_BLOCK_KINDS, Finding, Violation, ViolationKind

ORDER = GradeOrder.from_tiers(("A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"))
RULES = StandingRules(ORDER, PLAN_BLOCK_KINDS)
TODAY = date(2025, 6, 30)
B = GradeRecord(1, "shaoxing-2023", "B", date(2024, 1, 1))
LOWEST = LowestGrade("D", "shaoxing-2023", verified=True)


def told(before: PlantFacts, after: PlantFacts, on: date = TODAY) -> list[str]:
    return standing_sentences(intervals(before, RULES), intervals(after, RULES), on, ORDER)


def facts(*, records: tuple[GradeRecord, ...] = (B,), **more: Any) -> PlantFacts:
    return PlantFacts(records=records, **more)


def violation(decided: date, kind: ViolationKind = ViolationKind.EVASION) -> Violation:
    return Violation(9, kind, None, decided, "罚1")


def finding(found: date, withdrawn: date | None = None) -> JudgedFinding:
    return JudgedFinding(Finding(8, found, "认1", withdrawn), LOWEST)


def test_a_violation_bars_until_the_end_of_the_year() -> None:
    """PLAN-BLOCK."""
    sentences = told(facts(), facts(violations=(violation(date(2025, 3, 1)),)))
    assert sentences[:2] == [
        "2025 年当年不得申报 B 级（含引领性）及以上，至 2025-12-31（含）。",
        "近 36 个月计入排序的违法行为由 0 件变为 1 件。",
    ]
    assert "今天以前" in sentences[2]


@pytest.mark.parametrize(
    ("on", "barred"),
    [(date(2025, 12, 30), True), (date(2025, 12, 31), True), (date(2026, 1, 1), False)],
)
def test_a_violation_of_a_year_bars_to_its_last_day(on: date, barred: bool) -> None:
    """PLAN-BLOCK: told the day before, on the last day, and no more the day after."""
    sentences = told(facts(), facts(violations=(violation(date(2025, 3, 1)),)), on)
    assert any("不得申报 B 级" in it for it in sentences) is barred


def test_a_finding_holds_the_grade_down_until_a_later_record() -> None:
    """PLAN-FALSE."""
    sentences = told(facts(), facts(findings=(finding(TODAY),)))
    assert sentences == [
        (
            "自今天起，等级由 B 级降为 D 级，停在 D 级，"
            "直到有 2026-07-01（含）以后生效的等级记录为止。"
        ),
        "自 2025-06-30 起不得申报任何等级，至 2026-06-30（含）；2026-07-01 起可以再次申报。",
    ]


def test_a_grade_that_was_to_end_does_not_cut_the_lowest_grade_in_two() -> None:
    """PLAN-FALSE: it stays the lowest one, so one sentence says until when."""
    ending = (GradeRecord(1, "shaoxing-2023", "B", date(2024, 1, 1), date(2025, 9, 1)),)
    found = (finding(date(2025, 6, 20)),)
    sentences = told(facts(records=ending), facts(records=ending, findings=found))
    assert sentences[0] == (
        "自 2025-06-20 起，等级由 B 级降为 D 级，停在 D 级，"
        "直到有 2026-06-21（含）以后生效的等级记录为止（原本 2025-09-01 起未定级）。"
    )
    assert not any("自 2025-09-01 起，等级" in it for it in sentences)


def test_applications_of_one_reserve_are_told_together() -> None:
    """PLAN-RIGHTS."""
    nox, voc = "NOx 1.500 吨/年", "VOCs 2.000 吨/年，扩建"
    held = [Secured(2026, level, it) for level in ("市级", "省级") for it in (voc, nox)]
    assert application_sentences(held, held) == []
    assert application_sentences(held, ()) == [
        f"2026 年度市级、省级储备：2 项申请不再列入优先保障（{nox}；{voc}）。"
    ]
    assert application_sentences(held[:1], held[:2]) == [
        f"2026 年度市级储备：1 项申请列入优先保障（{nox}）。"
    ]


def test_a_finding_with_a_record_after_its_ban_says_until_when() -> None:
    """PLAN-FALSE."""
    after_ban = GradeRecord(2, "shaoxing-2023", "A", date(2026, 3, 16))
    records = (B, after_ban)
    sentences = told(
        facts(records=records), facts(records=records, findings=(finding(date(2025, 3, 10)),))
    )
    assert "等级由 B 级降为 D 级，停在 D 级至 2026-03-15（含）。" in sentences[0]


def test_a_withdrawal_lifts_ban_and_grade_from_its_day() -> None:
    """PLAN-FALSE: seen from the withdrawal, the finding has never been."""
    before = facts(findings=(finding(date(2025, 3, 10)),))
    after = facts(findings=(finding(date(2025, 3, 10), TODAY),))
    assert told(before, after) == [
        "自今天起，等级由 D 级变为 B 级。",
        "不再处于禁止申报期（原至 2026-03-10）。",
    ]


def test_nothing_changes_where_only_the_record_is_another() -> None:
    before = facts(violations=(violation(date(2025, 3, 1)),))
    again = Violation(10, ViolationKind.EVASION, None, date(2025, 3, 1), "罚〔2025〕1号")
    assert told(before, facts(violations=(again,))) == []
    assert told(facts(), facts(violations=(violation(TODAY, ViolationKind.OTHER),))) == []


def test_a_plant_that_is_not_there_before_or_after_is_told() -> None:
    course = intervals(facts(), RULES)
    assert "等级为 B 级" in standing_sentences((), course, TODAY, ORDER)[0]
    assert "不再有等级和状态" in standing_sentences(course, (), TODAY, ORDER)[0]


def test_neighbouring_stretches_of_one_kind_are_one() -> None:
    after = facts(violations=(violation(date(2025, 3, 1)), violation(date(2025, 9, 1))))
    found = differences(
        intervals(facts(), RULES), intervals(after, RULES), lambda standing: standing.blocked
    )
    assert [(it.from_on, it.last_day) for it in found] == [(date(2025, 3, 1), date(2025, 12, 31))]


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        (3, None, "退出“正面清单”（原位次 3）。"),
        (None, 2, "进入“正面清单”，位次 2。"),
        (3, 9, "“正面清单”的位次由 3 变为 9。"),
        (3, 3, None),
        (None, None, None),
    ],
)
def test_a_place_in_a_list(was: int | None, becomes: int | None, sentence: str | None) -> None:
    assert rank_sentence("正面清单", was, becomes) == sentence


def test_the_same_grade_under_another_rulebook_is_told() -> None:
    """NAT-SCHEME: a grade always names the rulebook that gave it."""
    national = GradeRecord(2, "national-2026", "B", TODAY)
    assert told(facts(), facts(records=(B, national))) == [
        "自今天起，等级不变，所依据的规则集改变。"
    ]
