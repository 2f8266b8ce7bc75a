"""A standing told in sentences (等级与状态的说明), each with its clause and its facts."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from app.grades.domain import (
    GradeRecord,
    JudgedFinding,
    PlantFacts,
    StandingRules,
    is_barred,
    standing_on,
    starts_inside_ban,
)
from app.grades.domain import effects_seen_from as effects_of
from app.grades.explanation import explain
from app.kernel.verdicts import Reason
from app.rulebook.domain import GradeOrder, LowestGrade
from app.supervision.domain import PLAN_BLOCK_KINDS, Finding, Violation, ViolationKind

ORDER = GradeOrder.from_tiers(["A+", "A", "引领性", "B", "B-", "C", "D = 非引领性"])
RULES = StandingRules(ORDER, PLAN_BLOCK_KINDS)
TITLES = {"shaoxing-2023": "绍兴方案"}
FIRST = GradeRecord(
    1, "shaoxing-2023", "B", date(2023, 1, 1), source="核定", document="浙环函〔2023〕1号"
)
INSIDE = GradeRecord(2, "shaoxing-2023", "A", date(2024, 6, 1), source="核定")
FALSE = JudgedFinding(
    Finding(7, date(2024, 2, 29), "绍市环认〔2024〕1号", enterprise_wide=True),
    LowestGrade("D", "shaoxing-2023", verified=False),
)
EVASION = Violation(
    9, ViolationKind.EVASION, None, date(2024, 5, 1), "绍环罚〔2024〕3号", enterprise_wide=True
)
FACTS = PlantFacts((FIRST, INSIDE), (EVASION,), (FALSE,))


def told(facts: PlantFacts, on: date, rules: StandingRules = RULES) -> tuple[Reason, ...]:
    return explain(standing_on(facts, on, rules), facts, on, rules, TITLES)


def test_a_grade_by_record_names_rulebook_document_and_days() -> None:
    graded, held, *_ = told(FACTS, date(2024, 2, 28))
    assert graded == Reason(
        "PLAN-GRADES",
        "按绍兴方案核定为 B 级（浙环函〔2023〕1号），2023-01-01 起生效。",
        met=True,
        facts=("grade_record:1",),
    )
    assert held.text == "自 2023-01-01 起，等级不间断地不低于 B 级（等级高低次序为本局设定）。"


def test_a_finding_tells_what_it_lowers_what_it_voids_and_the_ban() -> None:
    lowered, void, banned, *_ = told(FACTS, date(2025, 2, 28))
    assert {it.clause for it in (lowered, void, banned)} == {"PLAN-FALSE"}
    assert "绍市环认〔2024〕1号，适用于企业全部厂区" in lowered.text
    assert "直接降为最低等级 D 级（该行业最低等级未核实）" in lowered.text
    assert "2025-03-01（含）以后生效的等级记录" in lowered.text
    assert void.facts == ("grade_record:2", "finding:7")
    assert "2024-06-01 生效的 A 级记录" in void.text
    assert "到 2025-02-28（含）为止不得再次申报，2025-03-01 起可以再次申报" in banned.text


def test_of_two_bans_that_run_only_the_later_end_is_told() -> None:
    later = JudgedFinding(Finding(8, date(2024, 9, 1), ""), FALSE.lowest)
    both = PlantFacts(findings=(FALSE, later))
    (ban,) = (it for it in told(both, date(2025, 2, 1)) if "可以再次申报" in it.text)
    assert "2025-09-02 起可以再次申报" in ban.text
    assert ban.facts == ("finding:7", "finding:8")


def test_after_the_ban_only_the_lowest_grade_is_told() -> None:
    texts = [reason.text for reason in told(FACTS, date(2025, 3, 1))]
    assert any("直接降为最低等级" in text for text in texts)
    assert not any("可以再次申报" in text for text in texts)


def test_a_violation_of_the_year_is_told_with_its_document_and_how_its_year_was_read() -> None:
    by_act = StandingRules(ORDER, PLAN_BLOCK_KINDS, year_basis="acted")
    text = told(FACTS, date(2024, 5, 1), by_act)[-2].text
    assert "绍环罚〔2024〕3号，适用于企业全部厂区" in text
    assert "未记载行为日期，按决定日期属于 2024 年" in text
    assert "当年不得申报 B 级（含引领性）及以上" in text
    assert told(FACTS, date(2025, 1, 1))[-2].met


def test_the_violations_of_36_months_are_told_with_the_first_day_that_counts() -> None:
    reason = told(FACTS, date(2024, 5, 1))[-1]
    assert "近 36 个月（2021-05-02 至 2024-05-01）" in reason.text
    assert reason.facts == ("violation:9",)


def test_an_ungraded_plant_is_told_why() -> None:
    ended = PlantFacts((GradeRecord(1, "x", "B", date(2023, 1, 1), date(2024, 1, 1)),))
    assert "没有已生效的等级记录，未定级" in told(ended, date(2022, 12, 31))[0].text
    assert "更早的记录不再恢复，未定级" in told(ended, date(2024, 1, 1))[0].text


def test_a_downgrade_and_a_grade_of_the_national_rulebook_cite_their_own_clauses() -> None:
    def clause(rulebook: str, source: str) -> str:
        record = GradeRecord(1, rulebook, "C", date(2023, 1, 1), source=source)
        return told(PlantFacts((record,)), date(2024, 1, 1))[0].clause

    assert clause("shaoxing-2023", "降级") == "PLAN-DOWNGRADE"
    assert clause("national-2026", "核定") == "NAT-SCHEME"
    assert clause("national-2026", "降级") == "NAT-DOWN"


def test_inside_a_ban_only_the_lowest_grade_may_be_recorded() -> None:
    (effect,) = effects_of(FACTS, date(2024, 6, 1), RULES)
    lowest = GradeRecord(3, "shaoxing-2023", "非引领性", date(2025, 2, 28))
    after = GradeRecord(4, "shaoxing-2023", "A", date(2025, 3, 1))
    assert is_barred(INSIDE, effect, ORDER)
    assert starts_inside_ban(lowest, effect)
    assert not is_barred(lowest, effect, ORDER)
    assert not is_barred(after, effect, ORDER)


@settings(max_examples=60)
@given(st.dates(date(2022, 1, 1), date(2028, 1, 1)))
def test_every_sentence_is_whole_and_what_is_told_agrees_with_the_standing(on: date) -> None:
    standing = standing_on(FACTS, on, RULES)
    reasons = told(FACTS, on)
    assert all(reason.text.endswith("。") and "None" not in reason.text for reason in reasons)
    blocked = [it for it in reasons if "不得申报 B 级" in it.text]
    assert len(blocked) == len(standing.blocking)
    banned = [it for it in reasons if "可以再次申报" in it.text]
    assert bool(banned) == (standing.banned_until is not None)
    lowered = [it for it in reasons if "直接降为最低等级" in it.text]
    assert bool(lowered) == (standing.basis == "finding")
