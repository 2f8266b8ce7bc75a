"""Recorded facts in words (依据的事实), by the names that reasons cite them under."""

from __future__ import annotations

from app.grades.domain import GradeRecord, PlantFacts
from app.rulebook.domain import with_grade
from app.supervision.domain import Finding, Violation


def told_facts(facts: PlantFacts) -> dict[str, str]:
    """Each fact of a plant in words, under the names that reasons give it (kind:id)."""
    told: dict[str, str] = {}
    for record in facts.records:
        told[f"grade_record:{record.id}"] = _record(record)
    for violation in facts.violations:
        told[f"violation:{violation.id}"] = _violation(violation)
    for judged in facts.findings:
        told[f"finding:{judged.finding.id}"] = _finding(judged.finding)
    return told


def _record(record: GradeRecord) -> str:
    until = f"，{record.expires_on} 起失效" if record.expires_on else ""
    given = with_grade("等级记录：", record.grade)
    return _line(f"{given}，{record.effective_on} 起生效{until}", record.source, record.document)


def _violation(violation: Violation) -> str:
    acted = f"，{violation.acted_on} 发生" if violation.acted_on else ""
    text = f"违法行为：{violation.kind}{acted}，{violation.decided_on} 决定"
    return _line(text, violation.document, _reach(violation))


def _finding(finding: Finding) -> str:
    text = f"虚假材料认定：{finding.found_on}"
    return _line(text, finding.document, _reach(finding))


def _reach(fact: Violation | Finding) -> str:
    return "适用于企业全部厂区" if fact.enterprise_wide else ""


def _line(text: str, *further: str) -> str:
    return "，".join((text, *(part for part in further if part)))
