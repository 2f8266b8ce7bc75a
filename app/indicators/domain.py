"""指标表 against answers: which grade a row reaches, a table, a plant; and what is lacking.

The rows that hold the plant back decide its grade (短板原则, PLAN-SHORTBOARD). What a table is made
of stands in :mod:`app.indicators.criteria`; its names are to be had here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeAlias

from app.indicators.criteria import (
    Below,
    Cell,
    Clause,
    Clauses,
    Criterion,
    Evidence,
    IndicatorTable,
    Limit,
    Limits,
    Quantity,
    Row,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
    choosable,
)
from app.rulebook.domain import Grade, GradeOrder

__all__ = [
    "AIR_OXYGEN",
    "Answer",
    "Below",
    "Cell",
    "Check",
    "Clause",
    "Clauses",
    "Criterion",
    "Evidence",
    "IndicatorTable",
    "Lift",
    "Limit",
    "Limits",
    "Measured",
    "Outcome",
    "OxygenOfAir",
    "Quantity",
    "Row",
    "RowResult",
    "SameAsAbove",
    "Share",
    "State",
    "Unverified",
    "YesNo",
    "at_reference",
    "check",
    "choosable",
    "crossing",
    "judge_row",
    "next_grade",
    "short_board",
    "shown",
    "way_to",
]

# --- What was answered ----------------------------------------------------------------------


BEYOND = Decimal(10) ** 9
"""No value that is measured or asked for is as large."""
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value, with the oxygen it was measured at where a limit refers to one.

    Raises ValueError for what no instrument shows: less than nothing, no number, beyond all bounds
    (:func:`app.indicators.wording.read_number` says it to a person).
    """

    value: Decimal
    oxygen: Decimal | None = None

    def __post_init__(self) -> None:
        for number in (self.value, self.oxygen):
            if number is not None and not (number.is_finite() and 0 <= number < BEYOND):
                raise ValueError(f"no measured value: {number}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the filer entered in one row (自评)."""

    ticked: frozenset[str] = frozenset()
    """Ids of the clauses that are met."""
    measured: Mapping[str, Measured] = field(default_factory=dict)
    """By `Quantity.id`."""
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    """Per cent by `Share.subject`."""
    said: Mapping[str, bool] = field(default_factory=dict)
    """By `YesNo.subject`."""
    not_applicable: bool = False
    chosen: Grade | None = None
    """A grade chosen where none can be computed, with a reason."""
    reason: str = ""
    nothing_met: bool = False
    """Said outright that none of the listed clauses is met."""

    def __post_init__(self) -> None:
        for share in self.shares.values():
            if not (share.is_finite() and 0 <= share <= HUNDRED):
                raise ValueError(f"no share in per cent: {share}")


AIR_OXYGEN = Decimal(21)
"""Per cent of oxygen in air, as the conversion to reference oxygen takes it."""


class OxygenOfAir(ValueError):
    """A value measured at the oxygen of air or more cannot be converted."""

    def __init__(self) -> None:
        super().__init__("实测氧含量应低于 21%，否则无法折算到基准氧含量。请核对监测报告。")


def at_reference(measured: Measured, reference: Decimal | None) -> Decimal | None:
    """The value converted to reference oxygen (折算浓度); None while the oxygen is not entered.

    value × (21 − reference) ÷ (21 − measured oxygen), with every digit: no clause says where it
    would be rounded (未规定), so what is over a limit by any amount is over. Raises OxygenOfAir.
    """
    if reference is None:
        return measured.value
    if measured.oxygen is None:
        return None
    if measured.oxygen >= AIR_OXYGEN:
        raise OxygenOfAir
    return measured.value * (AIR_OXYGEN - reference) / (AIR_OXYGEN - measured.oxygen)


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
            return Check(None, ("指标要求未核实",))


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
    for places in (2, 4, 6):
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


def shown(value: Decimal) -> str:
    """A number as a person writes it: every digit it has, no zeros that say nothing."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


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
    lacking: dict[Grade, tuple[str, ...]] = {}
    waiting: dict[Grade, Criterion] = {}
    undecided: dict[Grade, Criterion] = {}
    offered = choosable(row, grades)
    reached: Grade | None = None
    is_answered = any(_is_about(row.asked(grade), answer) for grade in grades)
    for grade in grades:
        asked = row.asked(grade)
        found = check(asked, answer)
        if found.met and (not isinstance(asked, Below) or (is_answered and not waiting)):
            reached = grade
            break
        if found.met is None:
            waiting[grade] = asked
        if found.met is False and _is_about(asked, answer):
            undecided.clear()
            waiting = {it: of for it, of in waiting.items() if not isinstance(of, Unverified)}
        elif grade in offered:
            undecided[grade] = asked
        lacking[grade] = found.lacking
    chosen = undecided.get(answer.chosen or "")
    if isinstance(chosen, Unverified) or (chosen is not None and reached is None):
        better = {it: why for it, why in lacking.items() if _before(it, answer.chosen, grades)}
        return RowResult(row, answer.chosen, "chosen", better)
    if reached is not None:
        return RowResult(row, reached, "computed", lacking)
    if waiting or not is_answered:
        return RowResult(row, None, "open", lacking)
    return RowResult(row, grades[-1], "computed", lacking, below_lowest=True)


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


def _before(grade: Grade, other: Grade | None, grades: Sequence[Grade]) -> bool:
    return other is not None and grades.index(grade) < grades.index(other)


# --- The grade of the table, and of the plant -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table's rows come to together (短板原则, PLAN-SHORTBOARD)."""

    grade: Grade | None
    """The lowest of the rows that apply; None: none can be said yet."""
    holding: tuple[RowResult, ...]
    """The rows at that grade: they hold the plant back."""
    open: tuple[RowResult, ...]
    """The rows still without an answer."""

    @property
    def at_best(self) -> Grade | None:
        """What can still be reached, as far as rows have been answered: that of the lowest."""
        return self.holding[0].grade if self.holding else None


def short_board(results: Iterable[RowResult], grades: Sequence[Grade]) -> Outcome:
    """The lowest grade of all rows that apply; rows marked 不涉及 do not count.

    While a row is open nothing is certain, so the outcome has no grade; with no row that applies
    there is none either.
    """
    found = [it for it in results if it.state != "not-applicable"]
    unanswered = tuple(it for it in found if it.grade is None)
    places = [grades.index(it.grade) for it in found if it.grade is not None]
    if not places:
        return Outcome(None, (), unanswered)
    lowest = grades[max(places)]
    holding = tuple(it for it in found if it.grade == lowest)
    return Outcome(None if unanswered else lowest, holding, unanswered)


@dataclass(frozen=True, slots=True)
class Lift:
    """One row that must rise to reach a grade, and what it lacks."""

    row: Row
    from_grade: Grade | None
    lacking: tuple[str, ...]


def way_to(
    target: Grade, results: Iterable[RowResult], grades: Sequence[Grade]
) -> tuple[Lift, ...]:
    """The smallest set of rows to lift for the table to reach a grade; empty: it does.

    Since every row must reach it, this set is the only smallest one.
    """
    reach = grades.index(target)
    return tuple(
        Lift(it.row, it.grade, it.lacking.get(target, ()))
        for it in results
        if it.state != "not-applicable" and (it.grade is None or grades.index(it.grade) > reach)
    )


def next_grade(grade: Grade | None, grades: Sequence[Grade]) -> Grade | None:
    """The next better grade of the scheme; None from the best one, the lowest from none."""
    if grade is None:
        return grades[-1]
    place = grades.index(grade)
    return grades[place - 1] if place else None


def crossing(grades: Iterable[Grade | None], order: GradeOrder) -> Grade | None:
    """交叉级别 of several industries: the lowest by the configured order (PLAN-CROSS)."""
    found = list(grades)
    return order.worst(found) if found and None not in found else None
