"""One row of an 指标表 against its answer: which grade it reaches, and what better ones lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

from app.indicators.answers import Answer, at_reference, shown
from app.indicators.criteria import (
    Below,
    Clauses,
    Criterion,
    Limit,
    Limits,
    Row,
    Share,
    Unverified,
    YesNo,
    choosable,
)
from app.rulebook.domain import Grade

# --- Whether a criterion is met -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """Whether an answer meets a criterion: yes, no, or open (None); and what is lacking."""

    met: bool | None
    lacking: tuple[str, ...] = ()
    """One sentence part for each thing that is missing or not entered yet."""


MET = Check(met=True)


def check(criterion: Criterion, answer: Answer) -> Check:
    """Hold an answer against what a grade asks for. Raises OxygenOfAir."""
    match criterion:
        case Clauses():
            return _check_clauses(criterion, answer)
        case Limits(items):
            return _all_of([_check_limit(limit, answer) for limit in items])
        case Share():
            return _check_share(criterion, answer)
        case YesNo(subject):
            said = answer.said.get(subject)
            if said is None:
                return Check(None, (f"未填写：{subject}",))
            return MET if said else Check(met=False, lacking=(subject,))
        case Below():
            return MET
        case _:
            return Check(None, ("指标要求未核实，须自行选择等级并写明理由",))


def _check_clauses(criterion: Clauses, answer: Answer) -> Check:
    missing = [item.text for item in criterion.items if item.id not in answer.ticked]
    if len(criterion.items) - len(missing) >= criterion.needed:
        return MET
    if criterion.need is None:
        return Check(met=False, lacking=tuple(missing))
    short = criterion.needed - (len(criterion.items) - len(missing))
    return Check(met=False, lacking=(f"还须满足下列要求中的 {short} 项：{'；'.join(missing)}",))


def _check_limit(limit: Limit, answer: Answer) -> Check:
    quantity = limit.quantity
    measured = answer.measured.get(quantity.id)
    if measured is None:
        return Check(None, (f"未填写：{quantity.name}",))
    value = at_reference(measured, limit.reference_oxygen)
    if value is None:
        return Check(None, (f"未填写：{quantity.name}的实测氧含量",))
    if limit.at_least:
        if value >= limit.upper:
            return MET
        words = f"{_from(quantity.name, value, limit.upper)}提高到 {shown(limit.upper)}"
        return Check(met=False, lacking=(f"{words} {quantity.unit} 以上",))
    if value > limit.upper:
        words = f"{_from(quantity.name, value, limit.upper)}降到 {shown(limit.upper)}"
        return Check(met=False, lacking=(f"{words} {quantity.unit} 以下",))
    if limit.lower is not None and value > limit.lower:
        span = f"{shown(limit.lower)}～{shown(limit.upper)} {quantity.unit}"
        return Check(None, (f"{quantity.name}的限值为范围 {span}，本局尚未从中确定",))
    return MET


def _from(name: str, value: Decimal, bound: Decimal) -> str:
    """颗粒物由 18: with so many digits that it cannot be taken for the bound itself."""
    for places in range(2, 28, 2):
        rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if rounded != bound:
            return f"{name}由 {shown(rounded)} "
    return f"{name}由 {shown(value)} "


def _check_share(criterion: Share, answer: Answer) -> Check:
    value = answer.shares.get(criterion.subject)
    if value is None:
        return Check(None, (f"未填写：{criterion.subject}",))
    if criterion.at_most:
        met, verb = value <= criterion.percent, "降到"
    else:
        met, verb = value >= criterion.percent, "提高到"
    if met:
        return MET
    words = f"{criterion.subject}由 {shown(value)}% {verb} {shown(criterion.percent)}%"
    return Check(met=False, lacking=(words,))


def _all_of(checks: Sequence[Check]) -> Check:
    lacking = tuple(part for it in checks for part in it.lacking)
    if any(it.met is False for it in checks):
        return Check(met=False, lacking=lacking)
    return Check(None, lacking) if lacking else MET


# --- The grade of a row ---------------------------------------------------------------------

State: TypeAlias = Literal["computed", "chosen", "not-applicable", "open"]


@dataclass(frozen=True, slots=True)
class RowResult:
    """The grade that one row reaches, and what each better grade would need."""

    row: Row
    grade: Grade | None
    """None: 不涉及, or nothing can be said yet."""
    state: State
    lacking: Mapping[Grade, tuple[str, ...]] = field(default_factory=dict)
    """For each grade that is not reached: what is missing."""
    below_lowest: bool = False
    """Not even what the lowest grade asks for is met."""


def judge_row(row: Row, answer: Answer, grades: Sequence[Grade]) -> RowResult:
    """The best grade whose criterion the answer meets, else the one chosen with a reason.

    A grade that is open (something not entered, or 未核实) is not reached. What no answer can show
    (未核实, inside a range) can be chosen, 未核实 also though a lower grade is met; never against a
    requirement that is failed, its own or that of a lower grade. Raises OxygenOfAir.
    """
    if answer.not_applicable and row.may_not_apply:
        return RowResult(row, None, "not-applicable")
    steps = [_step(grade, row.asked(grade), answer) for grade in grades]
    is_answered = any(it.is_answered for it in steps)
    place = next(
        (n for n, it in enumerate(steps) if _is_reached(it, steps[:n], is_answered)), len(steps)
    )
    better, reached = steps[:place], steps[place].grade if place < len(steps) else None
    if answer.chosen in _free_to_choose(better, reached, choosable(row, grades)):
        above = grades[: grades.index(answer.chosen)]
        return RowResult(row, answer.chosen, "chosen", _lacking(steps[: len(above)]))
    if reached is not None:
        return RowResult(row, reached, "computed", _lacking(better))
    if _waiting(better) or not is_answered:
        return RowResult(row, None, "open", _lacking(better))
    return RowResult(row, grades[-1], "computed", _lacking(better), below_lowest=True)


@dataclass(frozen=True, slots=True)
class _Step:
    """One grade of a row, held against the answer."""

    grade: Grade
    asked: Criterion
    found: Check
    is_answered: bool
    """Whether the answer says anything of it."""

    @property
    def is_failed(self) -> bool:
        """Whether the answer shows that it is not met; a blank shows nothing."""
        return self.found.met is False and self.is_answered


def _step(grade: Grade, asked: Criterion, answer: Answer) -> _Step:
    return _Step(grade, asked, check(asked, answer), _is_about(asked, answer))


def _is_reached(step: _Step, better: Sequence[_Step], is_answered: bool) -> bool:
    """Met; 未达到X级要求 only once every better grade has been looked at and settled."""
    if isinstance(step.asked, Below):
        return is_answered and not _waiting(better)
    return step.found.met is True


def _after_failed(steps: Sequence[_Step]) -> Sequence[_Step]:
    """The steps below the last one that is failed: who fails a grade has none above it either."""
    last = max((n for n, it in enumerate(steps) if it.is_failed), default=-1)
    return steps[last + 1 :]


def _waiting(steps: Sequence[_Step]) -> bool:
    """Whether an entry, or what a document asks for, could still make one of them reached."""
    below = _after_failed(steps)
    return any(
        it.found.met is None and (it in below or not isinstance(it.asked, Unverified))
        for it in steps
    )


def _free_to_choose(
    better: Sequence[_Step], reached: Grade | None, offered: Sequence[Grade]
) -> set[Grade]:
    """Grades that nothing entered speaks against; above a reached one only what is 未核实."""
    return {
        it.grade
        for it in _after_failed(better)
        if it.grade in offered and (reached is None or isinstance(it.asked, Unverified))
    }


def _lacking(steps: Iterable[_Step]) -> dict[Grade, tuple[str, ...]]:
    return {it.grade: it.found.lacking for it in steps}


def _is_about(criterion: Criterion, answer: Answer) -> bool:
    """Whether the answer says anything of a criterion; words of another version say nothing."""
    match criterion:
        case Clauses(items):
            return answer.nothing_met or any(it.id in answer.ticked for it in items)
        case Limits(items):
            return any(it.quantity.id in answer.measured for it in items)
        case Share(subject):
            return subject in answer.shares
        case YesNo(subject):
            return subject in answer.said
        case _:
            return False
