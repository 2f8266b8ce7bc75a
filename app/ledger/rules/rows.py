"""Rules that one row must keep by itself (行内规则), asked of the row as it would be recorded.

Each rule yields (field, sentence) for what must be mended; a value that is missing or could not be
read is not judged, because its own fault is already named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeAlias

from app.grades.rules import dates_fault
from app.ledger.matching import Matched, MatchedRow
from app.registry.plant_rules import likely_place, own_permit, possible_place
from app.supervision.rules import finding_faults, violation_faults

Found: TypeAlias = Iterator[tuple[str, str]]
Rule: TypeAlias = Callable[[MatchedRow], Found]


def _days(found: MatchedRow, *fields: str) -> tuple[date | None, ...]:
    return tuple(found.values.get(name) for name in fields)


def _grade_ends_after_it_starts(found: MatchedRow) -> Found:
    wrong = dates_fault(*_days(found, "effective_on", "expires_on"))
    if wrong is not None:
        yield "expires_on", wrong


def _violation_in_order(found: MatchedRow) -> Found:
    yield from violation_faults(*_days(found, "acted_on", "decided_on", "withdrawn_on"))


def _finding_in_order(found: MatchedRow) -> Found:
    yield from finding_faults(*_days(found, "found_on", "withdrawn_on"))


def _actual_grade_when_failed(found: MatchedRow) -> Found:
    if (
        found.values.get("conclusion") == "不符合"
        and found.values.get("actual_grade") is None
        and "actual_grade" not in found.row.failed
    ):
        yield "actual_grade", "结论为“不符合”时必须写明实际等级，请补填“实际等级”"


def _place_is_possible(found: MatchedRow) -> Found:
    if not {"longitude", "latitude"} & found.row.failed and found.alters("longitude", "latitude"):
        yield from possible_place(found.values)


def _place_is_likely(found: MatchedRow) -> Found:
    if found.alters("longitude", "latitude"):
        yield from likely_place(found.values)


def _permit_is_its_own(found: MatchedRow) -> Found:
    if found.alters("permit_number"):
        yield from own_permit(found.values, found.row.values.get("uscc"))


def _works_in_order(found: MatchedRow) -> Found:
    for start_field, end_field, name in (
        ("started_on", "completed_on", "项目"),
        ("upgrade_started_on", "upgrade_completed_on", "以新带老"),
    ):
        start, end = _days(found, start_field, end_field)
        if start is not None and end is not None and end < start:
            yield end_field, f"{name}完成日期 {end} 早于开工日期 {start}，请核对这两个日期"


_ALWAYS: Mapping[str, tuple[Rule, ...]] = {
    "等级": (_grade_ends_after_it_starts,),
    "违法行为": (_violation_in_order,),
    "虚假材料": (_finding_in_order,),
    "检查": (_actual_grade_when_failed,),
    "厂区": (_place_is_possible,),
}
_WHEN_FIRST_RECORDED: Mapping[str, tuple[Rule, ...]] = {"厂区": (_permit_is_its_own,)}
"""Judged when the row was first recorded: an unaltered export is not judged by them again."""
_WARNINGS: Mapping[str, tuple[Rule, ...]] = {
    "厂区": (_place_is_likely,),
    "建设项目": (_works_in_order,),
}


def check_rows(matched: Matched, *, judged_before: bool) -> None:
    """Hold every row that is new or changed against the rules of its sheet."""
    ledger = matched.ledger
    first_recorded = ledger.warn if judged_before else ledger.refuse
    for rules_by_sheet, note in (
        (_ALWAYS, ledger.refuse),
        (_WHEN_FIRST_RECORDED, first_recorded),
        (_WARNINGS, ledger.warn),
    ):
        for sheet, rules in rules_by_sheet.items():
            for found in matched.of(sheet):
                if found.is_same:
                    continue
                for rule in rules:
                    for field, sentence in rule(found):
                        note(found.row, field, sentence)
    _check_reserves(matched)


def _check_reserves(matched: Matched) -> None:
    """A reserve may not be given less than has gone out of it by entries booked by hand."""
    for found in matched.of("排污权储备"):
        if found.old is None or "tonnes" not in found.changed:
            continue
        least = matched.register.least_supplies.get(found.old.fact_id)
        wanted = found.values.get("tonnes")
        if least is not None and wanted is not None and wanted < least:
            matched.ledger.refuse(
                found.row,
                "tonnes",
                f"储备数量 {wanted} 吨少于已登记收支所需的 {least} 吨，结余将小于零，"
                "请核对数量，或先更正收支",
            )
