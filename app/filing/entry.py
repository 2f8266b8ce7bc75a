"""The entry form of an indicator (填写项): which inputs its criteria call for, in what order.

A row asks different grades for different things; the filer is asked for each of them once. Names
of inputs come from what they ask for, never from a place in a list, so that an answer sent from an
older page never lands in another field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.indicators.domain import (
    Clauses,
    Criterion,
    Limits,
    Quantity,
    Row,
    Share,
    Unverified,
    YesNo,
    choosable,
)
from app.indicators.wording import written
from app.rulebook.domain import Grade


def slug(text: str) -> str:
    """A short lasting name for a page: of a row's key, a quantity, a subject."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def row_id(place: int, key: str) -> str:
    """The id of a row's element on its page, and the beginning of the names of its inputs."""
    return f"r{place}-{slug(key)}"


@dataclass(frozen=True, slots=True)
class ClauseInput:
    """A requirement to be ticked, with the grades that ask for it."""

    id: str
    text: str
    grades: tuple[Grade, ...]


@dataclass(frozen=True, slots=True)
class MeasureInput:
    """A measured value (实测值), with the oxygen content where a limit refers to one."""

    quantity: Quantity
    needs_oxygen: bool

    @property
    def name(self) -> str:
        """The name of the input inside its row."""
        return f"q{slug(self.quantity.id)}"

    @property
    def oxygen_name(self) -> str:
        """That of the oxygen content measured with it."""
        return f"o{slug(self.quantity.id)}"


@dataclass(frozen=True, slots=True)
class SubjectInput:
    """A share in per cent, or a question to be answered with yes or no."""

    subject: str
    letter: str

    @property
    def name(self) -> str:
        """The name of the input inside its row."""
        return f"{self.letter}{slug(self.subject)}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What one grade, or several neighbouring ones, ask for, as the printed table says it."""

    grades: tuple[Grade, ...]
    lines: tuple[str, ...]
    is_open: bool
    """Whether nobody has shown what it says (未核实)."""


@dataclass(slots=True)
class _Found:
    clauses: dict[str, tuple[str, list[Grade]]] = field(default_factory=dict)
    measures: dict[str, tuple[Quantity, bool]] = field(default_factory=dict)
    shares: dict[str, None] = field(default_factory=dict)
    questions: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntryForm:
    """Everything that is asked of a row."""

    row: Row
    clauses: tuple[ClauseInput, ...]
    measures: tuple[MeasureInput, ...]
    shares: tuple[SubjectInput, ...]
    questions: tuple[SubjectInput, ...]
    choosable: tuple[Grade, ...]
    """The grades that can be chosen with a reason, since not all of them can be computed."""
    grades: tuple[Grade, ...]
    asked: tuple[Asked, ...]

    @property
    def names(self) -> list[str]:
        """The inputs beside which an error may stand."""
        oxygen = [it.oxygen_name for it in self.measures if it.needs_oxygen]
        numbers = [it.name for it in self.measures] + [it.name for it in self.shares]
        none = ["none"] if self.clauses else []
        return [*numbers, *oxygen, *none, "why"]

    @property
    def may_choose(self) -> bool:
        """Whether any grade can be chosen."""
        return bool(self.choosable)

    @property
    def has_fields(self) -> bool:
        """Whether there is anything from which a grade is computed."""
        return bool(self.clauses or self.measures or self.shares or self.questions)


def entry_form(row: Row, grades: tuple[Grade, ...]) -> EntryForm:
    """The inputs of a row of a table with these columns, best first."""
    found = _Found()
    for grade in grades:
        _collect(row.asked(grade), grade, found)
    return EntryForm(
        row=row,
        clauses=tuple(ClauseInput(it, text, tuple(of)) for it, (text, of) in found.clauses.items()),
        measures=tuple(MeasureInput(*it) for it in found.measures.values()),
        shares=tuple(SubjectInput(it, "s") for it in found.shares),
        questions=tuple(SubjectInput(it, "y") for it in found.questions),
        choosable=choosable(row, grades),
        grades=grades,
        asked=tuple(_asked(row, grades)),
    )


def _collect(criterion: Criterion, grade: Grade, found: _Found) -> None:
    match criterion:
        case Clauses(items):
            for item in items:
                found.clauses.setdefault(item.id, (item.text, []))[1].append(grade)
        case Limits(items):
            for limit in items:
                quantity = limit.quantity
                needs = found.measures.get(quantity.id, (quantity, False))[1]
                wants = needs or limit.reference_oxygen is not None
                found.measures[quantity.id] = (quantity, wants)
        case Share(subject):
            found.shares.setdefault(subject)
        case YesNo(subject):
            found.questions.setdefault(subject)
        case _:
            pass


def _asked(row: Row, grades: tuple[Grade, ...]) -> Iterator[Asked]:
    """The cells of the row in the order of the columns; a column without one is 未核实."""
    told: set[Grade] = set()
    for grade in grades:
        if grade in told:
            continue
        cell = next((it for it in row.cells if grade in it.grades), None)
        of = (grade,) if cell is None else tuple(it for it in grades if it in cell.grades)
        told.update(of)
        criterion: Criterion = Unverified() if cell is None else cell.criterion
        lines = tuple(written(criterion).split("\n"))
        yield Asked(of, lines, isinstance(criterion, Unverified))
