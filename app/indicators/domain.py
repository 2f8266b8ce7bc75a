"""指标表: what a plant must reach for each grade, row by row, and which grade its answers reach.

A table belongs to an industry (or sub-type) under a rulebook. Its columns are the grades of the
scheme, best first; a row is one indicator (指标) of a dimension (维度); a cell says what a grade
asks of that indicator, and may be merged across neighbouring grades (PLAN-INDICATORS). The rows
that hold the plant back decide its grade (短板原则, PLAN-SHORTBOARD).

Nothing here invents a limit: where a source is not known, the cell is :class:`Unverified` (未核实)
and nothing is computed from it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from app.rulebook.domain import Grade, GradeOrder

# --- What a grade asks for ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clause:
    """One requirement (条) of a list."""

    text: str

    @property
    def id(self) -> str:
        """By which an answer names it: that of its wording.

        The same words under two grades are ticked once; other words are another requirement, and
        what was said of the old ones is asked again.
        """
        folded = "".join(unicodedata.normalize("NFKC", self.text).split()).rstrip("。；;.")
        return hashlib.sha256(folded.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Clauses:
    """A list of requirements: all of them, or at least ``need``."""

    items: tuple[Clause, ...]
    need: int | None = None
    """None: all."""

    @property
    def needed(self) -> int:
        """How many must be met."""
        return len(self.items) if self.need is None else self.need


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is measured: a pollutant at an emission point, in a unit, as an average over a time."""

    pollutant: str
    point: str = ""
    """排放口或工序; empty: every one."""
    unit: str = "mg/m³"
    averaging: str = ""
    """小时均值, 日均值 …"""

    @property
    def id(self) -> str:
        """By which an answer names it."""
        return f"{self.pollutant}@{self.point}/{self.averaging}"

    @property
    def name(self) -> str:
        """As a sentence writes it: 颗粒物（窑头，小时均值）."""
        inside = "，".join(part for part in (self.point, self.averaging) if part)
        return f"{self.pollutant}（{inside}）" if inside else self.pollutant


@dataclass(frozen=True, slots=True)
class Limit:
    """An upper limit of a quantity.

    Some originals print a range (A 级 20～30) of which the local authority chooses; ``upper`` is
    then its end and ``lower`` its beginning. What lies between is open until the bureau has chosen.
    """

    quantity: Quantity
    upper: Decimal
    lower: Decimal | None = None
    reference_oxygen: Decimal | None = None
    """基准氧含量, in per cent; a measured value is converted to it first."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Every one of these limits is kept."""

    items: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A share (比例) of something, in per cent, is at least or at most so much."""

    subject: str
    percent: Decimal
    at_most: bool = False


@dataclass(frozen=True, slots=True)
class YesNo:
    """Something is there or done (是/否)."""

    subject: str


@dataclass(frozen=True, slots=True)
class SameAsAbove:
    """同上一级: the criterion of the next better grade."""


@dataclass(frozen=True, slots=True)
class Below:
    """未达到X级要求: the grade of whoever does not reach X; it asks for nothing itself."""

    grade: Grade


@dataclass(frozen=True, slots=True)
class Unverified:
    """未核实: what the document asks for here is not known; nothing is computed."""


Criterion: TypeAlias = Clauses | Limits | Share | YesNo | SameAsAbove | Below | Unverified


@dataclass(frozen=True, slots=True)
class Cell:
    """What one grade, or several neighbouring ones (合并单元格), ask for."""

    grades: tuple[Grade, ...]
    criterion: Criterion
    source: str = ""
    """Where it was read; empty: that of the row."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Material a row must be proved with (佐证材料) and the period that it covers."""

    kind: str
    period: str = ""
    """"上一自然年", "各季度"; empty: none asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """An indicator (指标): one line of the table."""

    key: str
    """Lasting name inside the table through all its versions."""
    dimension: str
    title: str
    cells: tuple[Cell, ...]
    may_not_apply: bool = False
    """Whether 不涉及 is an answer."""
    evidence: tuple[Evidence, ...] = ()
    source: str = ""

    def asked(self, grade: Grade) -> Criterion:
        """What the grade asks for, 同上一级 followed upwards."""
        found: Criterion = Unverified()
        for cell in self.cells:
            if not isinstance(cell.criterion, SameAsAbove):
                found = cell.criterion
            if grade in cell.grades:
                return found
        return Unverified()


@dataclass(frozen=True, slots=True)
class IndicatorTable:
    """One version of the table of an industry or sub-type under a rulebook."""

    industry: str
    subtype: str
    rulebook: str
    title: str
    grades: tuple[Grade, ...]
    """The columns, best first: grades of the industry's scheme."""
    rows: tuple[Row, ...]
    source: str = ""

    def row(self, key: str) -> Row | None:
        """The row of that lasting name."""
        return next((row for row in self.rows if row.key == key), None)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions (维度) in the order of the table."""
        return tuple(dict.fromkeys(row.dimension for row in self.rows))


# --- What was answered ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value, with the oxygen it was measured at where a limit refers to one."""

    value: Decimal
    oxygen: Decimal | None = None


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


AIR_OXYGEN = Decimal(21)
"""Per cent of oxygen in air, as the conversion to reference oxygen takes it."""


class OxygenOfAir(ValueError):
    """A value measured at the oxygen of air or more cannot be converted."""

    def __init__(self) -> None:
        super().__init__("实测氧含量应低于 21%，否则无法折算到基准氧含量。请核对监测报告。")


def at_reference(measured: Measured, reference: Decimal | None) -> Decimal | None:
    """The value converted to reference oxygen (折算浓度); None while the oxygen is not entered.

    value × (21 − reference) ÷ (21 − measured oxygen). Raises OxygenOfAir.
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
    if value > limit.upper:
        words = f"{quantity.name}由 {shown(value)} 降到 {shown(limit.upper)} {quantity.unit} 以下"
        return Check(met=False, lacking=(words,))
    if limit.lower is not None and value > limit.lower:
        span = f"{shown(limit.lower)}～{shown(limit.upper)} {quantity.unit}"
        return Check(None, (f"{quantity.name}的限值为范围 {span}，本局尚未从中确定",))
    return MET


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
    """A number as a person writes it: two decimals at most, none that say nothing."""
    text = format(value.quantize(Decimal("0.01")), "f")
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

    A grade that is open (something not entered, or 未核实) is not reached. Raises OxygenOfAir.
    """
    if answer.not_applicable and row.may_not_apply:
        return RowResult(row, None, "not-applicable")
    lacking: dict[Grade, tuple[str, ...]] = {}
    is_open = False
    for grade in grades:
        found = check(row.asked(grade), answer)
        if found.met and not (is_open and isinstance(row.asked(grade), Below)):
            return RowResult(row, grade, "computed", lacking)
        is_open = is_open or found.met is None
        lacking[grade] = found.lacking
    if answer.chosen in grades and is_open:
        better = {it: why for it, why in lacking.items() if _before(it, answer.chosen, grades)}
        return RowResult(row, answer.chosen, "chosen", better)
    if is_open:
        return RowResult(row, None, "open", lacking)
    return RowResult(row, grades[-1], "computed", lacking, below_lowest=True)


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
