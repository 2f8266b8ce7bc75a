"""Which materials a filing needs (本次申报需要的材料), why, and what of them is still missing.

Pure. A, B (with B-) and 引领性 must prove every indicator that applies to the plant; whoever files
for another grade assesses itself and need attach nothing (PLAN-FILE). Which period a material must
cover is asked of `app.filing.periods`, as the checks before a submission do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.filing.domain import Evidence
from app.filing.periods import Requirement, Span, required, what_is_missing
from app.indicators.domain import Answer, IndicatorTable, Row
from app.kernel.periods import last_day_of
from app.rulebook.domain import Grade, with_grade

CLAUSE = "PLAN-FILE"
ANY = "佐证材料"
"""What a row needs for which its table names no material."""


class Progress(StrEnum):
    """How far a needed material is."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    UNCONFIRMED = "unconfirmed"
    DONE = "done"

    @property
    def words(self) -> str:
        """As the list says it."""
        return _PROGRESS_WORDS[self]


_PROGRESS_WORDS = {
    Progress.MISSING: "缺少",
    Progress.INCOMPLETE: "不完整",
    Progress.UNCONFIRMED: "待确认",
    Progress.DONE: "已有",
}


@dataclass(frozen=True, slots=True)
class Needed:
    """A material that the filing needs, and how far it is."""

    place: int
    row_key: str
    table: str
    """What the table is of: 水泥."""
    dimension: str
    title: str
    """The indicator that it proves."""
    kind: str
    """In the words of the table; `ANY` where it names none."""
    period: str
    """In the words of the table; empty: none asked for."""
    why: str
    files: tuple[Evidence, ...]
    missing: tuple[str, ...]
    """One sentence part for each thing that is missing; empty: nothing."""
    progress: Progress
    clause: str = CLAUSE


@dataclass(frozen=True, slots=True)
class TableAsked:
    """A table that the filing is judged by, as this list needs it."""

    place: int
    label: str
    table: IndicatorTable


def needed(
    tables: Sequence[TableAsked],
    target: Grade,
    answers: Mapping[tuple[int, str], Answer],
    evidence: Iterable[Evidence],
    year: int,
    on: date,
    proving: Collection[Grade],
) -> list[Needed]:
    """What must be attached, in the order of the tables; nothing for a grade that need not prove.

    ``proving`` are the grades that must (`filing.commitment_grades`); ``on`` is the day from which
    periods like 近三个月 are counted back.
    """
    if target not in proving:
        return []
    by_row: dict[tuple[int, str], list[Evidence]] = {}
    for it in evidence:
        by_row.setdefault((it.place, it.row_key), []).append(it)
    return [
        _needed(part, row, target, kind, period, by_row.get((part.place, row.key), ()),
                required(period, year, on))
        for part in tables
        for row in part.table.rows
        if not _does_not_apply(row, answers.get((part.place, row.key)))
        for kind, period in asked_of(row)
    ]  # fmt: skip


def asked_of(row: Row) -> tuple[tuple[str, str], ...]:
    """The materials of a row with their periods; at least one."""
    return tuple((it.kind, it.period) for it in row.evidence) or ((ANY, ""),)


def files_for(row: Row, kind: str, held: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The files that count as this material of the row.

    A file of no named kind counts where only one material is asked for.
    """
    only = len(asked_of(row)) == 1
    return tuple(it for it in held if it.kind == kind or (only and not it.kind))


def _does_not_apply(row: Row, answer: Answer | None) -> bool:
    return answer is not None and answer.not_applicable and row.may_not_apply


def _needed(
    part: TableAsked, row: Row, target: Grade, kind: str, period: str,
    held: Iterable[Evidence], requirement: Requirement | None,
) -> Needed:  # fmt: skip
    files = files_for(row, kind, held)
    missing = missing_of(files, requirement)
    if not files:
        progress = Progress.MISSING
    elif missing:
        progress = Progress.INCOMPLETE
    elif not all(it.confirmed for it in files):
        progress = Progress.UNCONFIRMED
    else:
        progress = Progress.DONE
    level = with_grade("申报", target)
    said = f"指标表要求附“{kind}”" if row.evidence else "须附佐证材料，指标表未指明种类"
    why = f"{level}须逐项证明，指标“{row.title}”适用于本厂，{said}"
    return Needed(part.place, row.key, part.label, row.dimension, row.title, kind, period, why,
                  files, missing, progress)  # fmt: skip


def missing_of(files: Sequence[Evidence], requirement: Requirement | None) -> tuple[str, ...]:
    """What these files leave open of a material, in words; empty: nothing."""
    if not files:
        return ("还没有文件",)
    if requirement is None:
        return ()
    spans = [span for it in files if (span := span_of(it)) is not None]
    left = what_is_missing(requirement, spans)
    without = sum(1 for it in files if span_of(it) is None)
    if left and without:
        return (*(f"缺 {it}" for it in left), f"{without} 份文件没有填所属时段")
    return tuple(f"缺 {it}" for it in left)


def span_of(it: Evidence) -> Span | None:
    """The days that a file is about; None while they are not entered. One day is a span too."""
    first, last = it.period_from or it.period_until, it.period_until or it.period_from
    return None if first is None or last is None else Span(first, last)


# --- What a name says about the period ------------------------------------------------------

_YEAR = r"(?P<year>20\d\d)\s*年?度?"
_QUARTER = re.compile(_YEAR + r"\s*[第-]?\s*(?P<quarter>[一二三四1-4])\s*季")
_MONTH = re.compile(_YEAR + r"\s*(?P<month>1[0-2]|0?[1-9])\s*月")
_WHOLE = re.compile(r"(?<![\dA-Za-z-])(?<![A-Za-z][_-])" + _YEAR + r"(?!\d)")
"""Not the number that a camera gives: IMG_2031.HEIC."""
_HALF = re.compile(_YEAR + r"\s*(?P<half>[上下])半年")


def period_in_name(name: str) -> Span | None:
    """The period that a file's name speaks of (2025年第三季度监测报告.pdf); only a suggestion."""
    if found := _QUARTER.search(name):
        quarter = "一二三四1234".index(found["quarter"]) % 4
        return _months(int(found["year"]), quarter * 3 + 1, 3)
    if found := _HALF.search(name):
        return _months(int(found["year"]), 1 if found["half"] == "上" else 7, 6)
    if found := _MONTH.search(name):
        return _months(int(found["year"]), int(found["month"]), 1)
    if found := _WHOLE.search(name):
        return _months(int(found["year"]), 1, 12)
    return None


def _months(year: int, month: int, count: int) -> Span:
    first = date(year, month, 1)
    return Span(first, last_day_of(first, months=count) - timedelta(days=1))
