"""One row of an indicator table as a form (指标的表单): what is typed, read into a `Row`, and back.

Nothing typed is ever lost: a form is its typed texts by the names of their fields, and the same
texts come back with what is wrong beside them. Of each grade ``g0-…`` the field ``g0-kind`` says
which way its requirement is written; the others of that kind are read and the rest left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.indicators.checking import row_faults
from app.indicators.criteria import (
    Below,
    Cell,
    Clause,
    Clauses,
    Criterion,
    Evidence,
    Limit,
    Limits,
    Quantity,
    Row,
    SameAsAbove,
    Share,
    Unverified,
    YesNo,
)
from app.indicators.domain import AIR_OXYGEN, shown
from app.indicators.sheets import head_of
from app.indicators.wording import (
    AVERAGING,
    UnreadableEvidence,
    evidence_written,
    read_evidence,
    read_number,
)
from app.kernel.spreadsheets import clean_text
from app.rulebook.domain import Grade

KINDS: Mapping[str, str] = {
    "unverified": "未核实",
    "all": "条款，全部满足",
    "any": "条款，满足其中几项",
    "limits": "数值限值",
    "share": "比例",
    "yes-no": "是或否",
    "same": "同上一级",
    "below": "未达到某级要求",
}
SIGNS = {"≤": "不高于", "≥": "不低于"}
_SHOWN: Mapping[str, tuple[str, ...]] = {
    "unverified": ("kind", "merge"),
    "all": ("kind", "merge", "source", "clauses"),
    "any": ("kind", "merge", "source", "clauses", "need"),
    "limits": ("kind", "merge", "source", *(f"l{number}" for number in range(10))),
    "share": ("kind", "merge", "source", "subject", "sign", "percent"),
    "yes-no": ("kind", "merge", "source", "subject"),
    "same": ("kind", "merge"),
    "below": ("kind", "merge", "below"),
}
"""The fields of a grade that are seen, by the beginnings of their names."""
MOST_LIMITS = 20
LIMIT_FIELDS = (
    "pollutant",
    "point",
    "averaging",
    "sign",
    "lower",
    "upper",
    "unit",
    "oxygen",
)
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowForm:
    """What is typed in the form of a row, and what is wrong with it by field."""

    values: Values
    grades: tuple[Grade, ...]
    errors: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What is typed in a field."""
        return self.values.get(name, "")

    def kind(self, place: int) -> str:
        """Which way the requirement of a grade is written."""
        kind = self.text(f"g{place}-kind")
        return kind if kind in KINDS else "unverified"

    def is_merged(self, place: int) -> bool:
        """Whether the cell of a grade is that of the one to its left."""
        return place > 0 and bool(self.text(f"g{place}-merge"))

    def put_aside(self, place: int) -> list[tuple[str, str]]:
        """What was typed for a grade in other ways than the chosen one: it goes along unseen."""
        start, kind = f"g{place}-", self.kind(place)
        shown = _SHOWN[kind] if not self.is_merged(place) else ("merge",)
        return [
            (name, text)
            for name, text in self.values.items()
            if text and name.startswith(start) and not name[len(start) :].startswith(shown)
        ]

    def limit_places(self, place: int) -> list[str]:
        """The names that the fields of a grade's limits begin with, one empty one at the end."""
        last = -1
        for number in range(MOST_LIMITS):
            start = f"g{place}-l{number}"
            if self.text(f"{start}-pollutant") or self.text(f"{start}-upper"):
                last = number
        return [f"g{place}-l{number}" for number in range(min(last + 2, MOST_LIMITS))]

    @property
    def faults(self) -> list[tuple[str, str]]:
        """For the summary on top: the field's id, and the sentence with the grade it is about."""
        found = []
        for name, text in self.errors.items():
            place = re.match("g([0-9]+)-", name)
            whose = f"{head_of(self.grades[int(place[1])])}：" if place else ""
            found.append((f"f-{name}" if name else "", f"{whose}{text}"))
        return found


# --- A row as a form ------------------------------------------------------------------------


def values_of(row: Row, grades: Sequence[Grade]) -> dict[str, str]:
    """What the form of a row begins with."""
    values = {
        "key": row.key,
        "dimension": row.dimension,
        "title": row.title,
        "may_not_apply": "1" if row.may_not_apply else "",
        "evidence": "\n".join(evidence_written(it) for it in row.evidence),
        "source": row.source,
    }
    for place, grade in enumerate(grades):
        cell = next(it for it in row.cells if grade in it.grades)
        start = f"g{place}"
        values[f"{start}-merge"] = "1" if cell.grades[0] != grade else ""
        values[f"{start}-source"] = cell.source
        for name, text in _criterion_values(cell.criterion):
            values[f"{start}-{name}"] = text
    return values


def _criterion_values(asked: Criterion) -> Iterator[tuple[str, str]]:
    match asked:
        case Clauses(items, need):
            yield "kind", "all" if need is None else "any"
            yield "clauses", "\n".join(it.text for it in items)
            yield "need", "" if need is None else str(need)
        case Limits(items):
            yield "kind", "limits"
            for number, limit in enumerate(items):
                for name, text in zip(LIMIT_FIELDS, _limit_texts(limit), strict=True):
                    yield f"l{number}-{name}", text
        case Share(subject, percent, at_most):
            yield "kind", "share"
            yield "subject", subject
            yield "sign", "≤" if at_most else "≥"
            yield "percent", shown(percent)
        case YesNo(subject):
            yield "kind", "yes-no"
            yield "subject", subject
        case Below(grade, better):
            yield "kind", "below"
            yield "below", "、".join((*better, grade))
        case SameAsAbove():
            yield "kind", "same"
        case Unverified():
            yield "kind", "unverified"


def _limit_texts(limit: Limit) -> tuple[str, ...]:
    quantity = limit.quantity
    numbers = (limit.lower, limit.upper, limit.reference_oxygen)
    lower, upper, oxygen = ("" if it is None else shown(it) for it in numbers)
    sign = "≥" if limit.at_least else "≤"
    return (
        quantity.pollutant, quantity.point, quantity.averaging, sign, lower, upper,
        quantity.unit, oxygen,
    )  # fmt: skip


# --- A form as a row ------------------------------------------------------------------------


def read_row(form: RowForm) -> tuple[Row | None, dict[str, str]]:
    """The row that was typed (None while something is wrong), and what is wrong by field."""
    reading = _Reading(form)
    row = reading.row()
    if not reading.errors:
        for fault in row_faults(row, form.grades):
            reading.say(_field_of(fault.part, form.grades), fault.text)
    return (None if reading.errors else row), reading.errors


def _field_of(part: str, grades: Sequence[Grade]) -> str:
    return f"g{grades.index(part)}-kind" if part in grades else part


class _Reading:
    """One pass over the fields; every mistake is said beside its field."""

    def __init__(self, form: RowForm) -> None:
        self._form = form
        self.errors: dict[str, str] = {}

    def say(self, name: str, sentence: str) -> None:
        """Something is wrong in a field."""
        self.errors[name] = f"{self.errors.get(name, '')}{sentence}"

    def _line(self, name: str) -> str:
        return clean_text(self._form.text(name))

    def row(self) -> Row:
        return Row(
            key=self._line("key"),
            dimension=self._line("dimension"),
            title=self._line("title"),
            cells=tuple(self._cells()),
            may_not_apply=bool(self._form.text("may_not_apply")),
            evidence=self._evidence(),
            source=self._line("source"),
        )

    def _evidence(self) -> tuple[Evidence, ...]:
        try:
            lines = self._form.text("evidence").splitlines()
            return tuple(read_evidence("\n".join(map(clean_text, lines))))
        except UnreadableEvidence as problem:
            self.say("evidence", str(problem))
            return ()

    def _cells(self) -> list[Cell]:
        cells: list[Cell] = []
        for place, grade in enumerate(self._form.grades):
            if self._form.is_merged(place) and cells:
                last = cells[-1]
                cells[-1] = Cell((*last.grades, grade), last.criterion, last.source)
            else:
                cells.append(Cell((grade,), self._criterion(place), self._line(f"g{place}-source")))
        return cells

    def _criterion(self, place: int) -> Criterion:
        start = f"g{place}"
        match self._form.kind(place):
            case "all" | "any" as kind:
                return self._clauses(start, any_of=kind == "any")
            case "limits":
                return self._limits(place)
            case "share":
                return self._share(start)
            case "yes-no":
                return YesNo(self._wanted(f"{start}-subject", "须做到的事项"))
            case "same":
                return SameAsAbove()
            case "below":
                return self._below(place)
            case _:
                return Unverified()

    def _wanted(self, name: str, what: str) -> str:
        text = self._line(name)
        if not text:
            self.say(name, f"没有填写{what}。请填写。")
        return text

    def _clauses(self, start: str, *, any_of: bool) -> Criterion:
        lines = map(clean_text, self._form.text(f"{start}-clauses").splitlines())
        items = tuple(Clause(line) for line in lines if line)
        if not items:
            self.say(f"{start}-clauses", "没有填写条款。请每行写一条，不必编号。")
        if not any_of:
            return Clauses(items)
        typed = self._line(f"{start}-need")
        need = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
        if items and not 1 <= need <= len(items):
            self.say(f"{start}-need", f"至少满足的项数应为 1 至 {len(items)} 的整数。请改正。")
        return Clauses(items, need)

    def _share(self, start: str) -> Criterion:
        subject = self._wanted(f"{start}-subject", "比例的名称")
        percent = self._number(f"{start}-percent", "比例")
        return Share(subject, percent, at_most=self._form.text(f"{start}-sign") == "≤")

    def _below(self, place: int) -> Criterion:
        texts = [it.strip() for it in self._form.text(f"g{place}-below").split("、") if it.strip()]
        if not texts or any(it not in self._form.grades[:place] for it in texts):
            self.say(f"g{place}-below", "请从本列左侧的等级中选择。")
            return Unverified()
        return Below(texts[-1], tuple(texts[:-1]))

    def _limits(self, place: int) -> Criterion:
        limits = [
            limit
            for start in self._form.limit_places(place)
            if any(self._form.text(f"{start}-{name}") for name in ("pollutant", "upper", "lower"))
            and (limit := self._limit(start)) is not None
        ]
        if not limits and not any(name.startswith(f"g{place}-l") for name in self.errors):
            self.say(f"g{place}-l0-pollutant", "没有填写限值。请至少填写一项污染物和限值。")
        return Limits(tuple(limits))

    def _limit(self, start: str) -> Limit | None:
        before = len(self.errors)
        pollutant = self._wanted(f"{start}-pollutant", "污染物")
        upper = self._number(f"{start}-upper", "限值")
        lower = (
            self._number(f"{start}-lower", "范围的下端") if self._line(f"{start}-lower") else None
        )
        oxygen = (
            self._number(f"{start}-oxygen", "基准氧含量") if self._line(f"{start}-oxygen") else None
        )
        at_least = self._form.text(f"{start}-sign") == "≥"
        if lower is not None and lower >= upper:
            self.say(
                f"{start}-lower", "范围的下端应小于限值。请把较小的数填在这里，没有范围的留空。"
            )
        if at_least and not (lower is None and oxygen is None):
            self.say(f"{start}-sign", "“不低于”不能带范围或基准氧含量。请清空这两栏。")
        if oxygen is not None and oxygen >= AIR_OXYGEN:
            words = f"基准氧含量应低于 {AIR_OXYGEN}%，否则无法折算。请核对原文。"
            self.say(f"{start}-oxygen", words)
        averaging = self._line(f"{start}-averaging")
        quantity = Quantity(
            pollutant, self._line(f"{start}-point"), self._line(f"{start}-unit") or "mg/m³",
            averaging if averaging in AVERAGING else "",
        )  # fmt: skip
        if len(self.errors) > before:
            return None
        return Limit(quantity, upper, lower, oxygen, at_least)

    def _number(self, name: str, what: str) -> Decimal:
        if not self._line(name):
            self.say(name, f"没有填写{what}。请填写数字。")
            return Decimal(0)
        try:
            return read_number(self._line(name))
        except ValueError as problem:
            self.say(name, str(problem))
            return Decimal(0)
