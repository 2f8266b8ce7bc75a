"""A standing told in sentences (等级与状态的说明), each with the clause it rests on.

Nothing is decided here: every sentence repeats what `app.grades.domain` found. `met` says
whether the clause leaves the plant unhindered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from app.grades.domain import (
    Effect,
    GradeRecord,
    PlantFacts,
    Standing,
    StandingRules,
    effects_seen_from,
    in_order,
    latest_started,
    starts_inside_ban,
)
from app.kernel.periods import day_after, months_before
from app.kernel.verdicts import Reason
from app.rulebook.domain import with_grade
from app.supervision.domain import Finding, Violation, YearBasis, counts_in_window

_EVERY_PLANT = "适用于企业全部厂区"


def explain(
    standing: Standing,
    facts: PlantFacts,
    on: date,
    rules: StandingRules,
    titles: Mapping[str, str],
) -> tuple[Reason, ...]:
    """Why the plant stands as it does on the day; `standing` is that of the same facts and day.

    `titles` names the rulebooks by their ids.

    In order: findings and bans (PLAN-FALSE), the grade, since when it is held, violations
    (PLAN-BLOCK). `facts` of a reason are grade_record:id, finding:id or violation:id.
    """
    facts = in_order(facts)
    return (
        *_false_material(standing, facts, on, rules),
        *_grade(standing, facts, on, titles),
        *_held_since(standing),
        *_blocked(standing, facts, on, rules),
        _recent_violations(facts, on, rules),
    )


def _false_material(
    standing: Standing, facts: PlantFacts, on: date, rules: StandingRules
) -> Iterator[Reason]:
    findings = {judged.finding.id: judged.finding for judged in facts.findings}
    effects = sorted(effects_seen_from(facts, on, rules), key=lambda it: (it.found_on, it.id))
    for effect in effects:
        if effect.stands_on(on):
            text = _lowered(findings[effect.id], effect)
            yield Reason("PLAN-FALSE", text, met=False, facts=(f"finding:{effect.id}",))
            yield from _without_effect(facts, effect, on)
    if standing.banned_until is not None:
        banning = tuple(f"finding:{effect.id}" for effect in effects if effect.bans_on(on))
        text = _banned(standing.banned_until)
        yield Reason("PLAN-FALSE", text, met=False, facts=banning)


def _lowered(finding: Finding, effect: Effect) -> str:
    doubt = "" if effect.lowest.verified else "（该行业最低等级未核实）"
    return (
        f"{finding.found_on} 认定隐瞒情况或提供虚假材料{_source(finding)}，"
        f"{with_grade('直接降为最低等级', effect.lowest.grade)}{doubt}，"
        f"直到有 {day_after(effect.ban_last_day)}（含）以后生效的等级记录为止；"
        f"不得申报的期间届满，等级不自行恢复。"
    )


def _without_effect(facts: PlantFacts, effect: Effect, on: date) -> Iterator[Reason]:
    """The records that started inside the ban and so never take over."""
    for record in facts.records:
        if record.effective_on <= on and starts_inside_ban(record, effect):
            given = with_grade(f"{record.effective_on} 生效的", record.grade)
            text = f"{given}记录{_documented(record)}在不得申报的期间内开始，不取代上述最低等级。"
            facts_used = (f"grade_record:{record.id}", f"finding:{effect.id}")
            yield Reason("PLAN-FALSE", text, met=False, facts=facts_used)


def _banned(last_day: date) -> str:
    return (
        f"因上述认定，到 {last_day}（含）为止不得再次申报，{day_after(last_day)} 起可以再次申报。"
    )


def _grade(
    standing: Standing, facts: PlantFacts, on: date, titles: Mapping[str, str]
) -> Iterator[Reason]:
    """The record that decides, or why there is none; a finding has been told already."""
    if standing.basis == "finding":
        return
    record = latest_started(facts.records, on)
    if record is None:
        yield Reason("PLAN-GRADES", "到当日没有已生效的等级记录，未定级。", met=False)
    elif standing.grade is None:
        text = (
            f"最近的等级记录（{record.effective_on} 生效，{with_grade('等级为', record.grade)}）"
            f"已自 {record.expires_on} 起失效，更早的记录不再恢复，未定级。"
        )
        yield Reason("PLAN-GRADES", text, met=False, facts=(f"grade_record:{record.id}",))
    else:
        yield _by_record(record, titles.get(record.rulebook, record.rulebook))


def _by_record(record: GradeRecord, rulebook: str) -> Reason:
    given = record.source or "评定"
    until = f"，{record.expires_on} 起失效" if record.expires_on else ""
    text = (
        f"按{rulebook}{with_grade(f'{given}为', record.grade)}"
        f"{_documented(record)}，{record.effective_on} 起生效{until}。"
    )
    return Reason(_clause_of(record), text, met=True, facts=(f"grade_record:{record.id}",))


def _clause_of(record: GradeRecord) -> str:
    lowered = record.source == "降级"
    if record.rulebook == "national-2026":
        return "NAT-DOWN" if lowered else "NAT-SCHEME"
    return "PLAN-DOWNGRADE" if lowered else "PLAN-GRADES"


def _held_since(standing: Standing) -> Iterator[Reason]:
    if standing.grade is not None:
        text = (
            f"自 {standing.held_since} 起，{with_grade('等级不间断地不低于', standing.grade)}"
            f"（等级高低次序为本局设定）。"
        )
        yield Reason("PLAN-CROSS", text, met=True)


def _blocked(
    standing: Standing, facts: PlantFacts, on: date, rules: StandingRules
) -> Iterator[Reason]:
    if not standing.blocked:
        text = f"当年（{on.year} 年）没有所列环境违法行为。"
        yield Reason("PLAN-BLOCK", text, met=True)
    for violation in facts.violations:
        if violation.id in standing.blocking:
            text = (
                f"{violation.decided_on} 决定的环境违法行为“{violation.kind}”{_source(violation)}"
                f"{_year_words(violation, rules.year_basis)}属于 {on.year} 年，"
                f"{_marked_words(violation, rules)}当年不得申报 B 级（含引领性）及以上。"
            )
            yield Reason("PLAN-BLOCK", text, met=False, facts=(f"violation:{violation.id}",))


def _marked_words(violation: Violation, rules: StandingRules) -> str:
    """That it bars because the head says so, and why; the law's own kinds need no such words."""
    if violation.kind in rules.blocking_kinds:
        return ""
    return f"由负责人认定同样限制申报（本局设定，理由：{violation.barring_reason}），"


def _year_words(violation: Violation, basis: YearBasis) -> str:
    if basis == "decided":
        return "按决定日期"
    if violation.acted_on is None:
        return "未记载行为日期，按决定日期"
    return f"按行为日期 {violation.acted_on} "


def _recent_violations(facts: PlantFacts, on: date, rules: StandingRules) -> Reason:
    counted = [
        violation
        for violation in facts.violations
        if counts_in_window(violation, on, rules.blocking_kinds, rules.window_months)
    ]
    first_day = day_after(months_before(on, rules.window_months))
    text = (
        f"近 {rules.window_months} 个月（{first_day} 至 {on}）决定的所列环境违法行为 "
        f"{len(counted)} 件。"
    )
    used = tuple(f"violation:{violation.id}" for violation in counted)
    return Reason("PLAN-BLOCK", text, met=not counted, facts=used)


def _source(fact: Violation | Finding) -> str:
    """（文号，适用于企业全部厂区）, as far as known."""
    known = [fact.document, _EVERY_PLANT if fact.enterprise_wide else ""]
    return _bracketed(*known)


def _documented(record: GradeRecord) -> str:
    return _bracketed(record.document)


def _bracketed(*parts: str) -> str:
    named = "，".join(part for part in parts if part)
    return f"（{named}）" if named else ""
