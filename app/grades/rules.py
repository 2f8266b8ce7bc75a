"""What a grade record must keep (等级登记的规则): the same on screen and on import.

Pure. Whoever takes a grade in, from a form or from a workbook, asks here; the sentences are those
that people read in both places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.grades.domain import Effect, GradeRecord, is_barred, starts_inside_ban
from app.rulebook.domain import GradeOrder, Industry, Rulebook

HISTORY = "历史"
"""来源 of a grade given before this register; any grade of its rulebook is kept, with a warning."""
SOURCES = ("核定", "复核", "降级", HISTORY)
"""来源 of a grade record, in the words of the ledger."""


@dataclass(frozen=True, slots=True)
class Ban:
    """A finding that stands, as it bears on one plant, with its document."""

    effect: Effect
    document: str


def dates_fault(start: date | None, end: date | None) -> str | None:
    """A grade does not end on or before its start; None when all is well or a day is missing."""
    if start is None or end is None or end > start:
        return None
    return (
        f"失效日期 {end} 不晚于生效日期 {start}（失效日期是等级不再有效的第一天），请核对这两个日期"
    )


# --- Schemes (PLAN-GRADES) -------------------------------------------------------------------


def scheme_faults(
    grade: str,
    rules: Rulebook,
    industries: Iterable[tuple[Industry, str | None]],
    *,
    source: str | None,
    is_complete: bool = True,
) -> Iterator[tuple[bool, str]]:
    """(is it a fault, sentence): a grade outside the rulebook or outside the plant's schemes.

    ``industries`` are the plant's with their sub-types, main and reference; not ``is_complete``:
    not all of them are known, so that nothing is concluded from what is missing.
    """
    if grade not in rules.grades:
        known = "、".join(rules.grades)
        yield (
            True,
            f"“{rules.info.short_title}”没有等级“{grade}”，请改为：{known}，或改用相应的规则集",
        )
        return
    fits, unknown, stated = _schemes(rules, industries, grade)
    if fits or not is_complete:
        return
    if unknown or not stated:
        title = rules.info.short_title
        why = f"{unknown[0]}在“{title}”下的等级方案未知" if unknown else "该厂区没有行业"
        yield False, f"{why}，等级“{grade}”无法核对是否适用，请人工核对"
    elif source == HISTORY:
        yield False, f"等级“{grade}”不在该厂区行业的等级方案内，因来源为“历史”予以保留，请核对"
    else:
        yield True, _outside(grade, rules.info.short_title, stated)


def _schemes(
    rules: Rulebook, industries: Iterable[tuple[Industry, str | None]], grade: str
) -> tuple[bool, list[str], list[tuple[str, str, bool]]]:
    """Whether a scheme admits the grade; industries without one; (industry, grades, verified)."""
    unknown: list[str] = []
    stated: list[tuple[str, str, bool]] = []
    fits = False
    for industry, subtype in industries:
        use = rules.scheme_of(industry, subtype)
        if use.scheme_id is None:
            unknown.append(industry.label(subtype))
            continue
        scheme = rules.schemes[use.scheme_id]
        fits = fits or scheme.admits(grade)
        verified = use.confidence == "已核实"
        stated.append((industry.label(subtype), "、".join(scheme.grades), verified))
    return fits, unknown, stated


def _outside(grade: str, title: str, stated: Sequence[tuple[str, str, bool]]) -> str:
    schemes = "；".join(
        f"{name}为 {grades}{'' if verified else '（方案未核实）'}"
        for name, grades, verified in stated
    )
    way_out = (
        "请核对等级、行业和子类"
        if all(verified for _, _, verified in stated)
        else "请核对等级、行业和子类；如确属历史上的等级，请把来源改为“历史”，"
        "如目录中的方案有误，请先更正行业目录"
    )
    return f"等级“{grade}”不在该厂区行业在“{title}”下的等级方案内（{schemes}），{way_out}"


# --- Bans (PLAN-FALSE) -----------------------------------------------------------------------


def ban_faults(record: GradeRecord, bans: Iterable[Ban], order: GradeOrder) -> Iterator[str]:
    """Why the grade may not start when it does: a sentence for each ban it falls into.

    Each sentence lacks its end: what to do when the finding was withdrawn depends on where it is.
    """
    for ban in bans:
        if is_barred(record, ban.effect, order):
            document = ban.document or "无文号"
            yield (
                f"生效日期 {record.effective_on} 在虚假材料认定（{document}）的禁止期内"
                f"（{ban.effect.found_on} 至 {ban.effect.ban_last_day}），"
                f"禁止期内只能登记最低等级（{ban.effect.lowest.grade}）"
            )


def voided_records(
    records: Sequence[GradeRecord], effect: Effect, order: GradeOrder
) -> Iterator[GradeRecord]:
    """The records that a finding voids, where they are better than its lowest grade.

    The one that holds when the finding is made, and those that start inside its ban.
    """
    ordered = sorted(records, key=lambda it: (it.effective_on, it.id))
    before = [it for it in ordered if it.effective_on < effect.found_on]
    running = [it for it in before[-1:] if it.expires_on is None or it.expires_on > effect.found_on]
    inside = [it for it in ordered if starts_inside_ban(it, effect)]
    for record in (*running, *inside):
        if not order.at_least(effect.lowest.grade, record.grade):
            yield record
