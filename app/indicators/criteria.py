"""What an indicator table (指标表) asks for: its rows, its cells, the kinds of criteria.

A table belongs to an industry (or sub-type) under a rulebook. Its columns are the grades of the
scheme, best first; a row is one indicator (指标) of a dimension (维度); a cell says what a grade
asks of that indicator, and may be merged across neighbouring grades (PLAN-INDICATORS).

Nothing here invents a limit: where a source is not known, the cell is :class:`Unverified` (未核实)
and nothing is computed from it.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from app.rulebook.domain import Grade


@lru_cache(maxsize=20_000)  # asked for each time a row is judged or shown
def _id_of(wording: str) -> str:
    folded = "".join(unicodedata.normalize("NFKC", wording).split()).rstrip("。；;.")
    return hashlib.sha256(folded.encode()).hexdigest()[:12]


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
        return _id_of(self.text)


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
    """An upper limit (≤) of a quantity, or with ``at_least`` a lower one (≥): 风速≥0.3m/s.

    Some originals print a range (A 级 20～30) of which the local authority chooses; ``upper`` is
    then its end and ``lower`` its beginning. What lies between is open until the bureau has chosen.
    """

    quantity: Quantity
    upper: Decimal
    lower: Decimal | None = None
    reference_oxygen: Decimal | None = None
    """基准氧含量, in per cent; a measured value is converted to it first."""
    at_least: bool = False
    """``upper`` is what must be reached; there is then neither a range nor a reference oxygen."""


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
    better: tuple[Grade, ...] = ()
    """Grades that the original names before X: 未达到B、C级要求."""


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


def is_undecided(criterion: Criterion) -> bool:
    """Whether what is entered may not be enough to tell: 未核实, a range, 未达到X级要求."""
    if isinstance(criterion, Limits):
        return any(it.lower is not None for it in criterion.items)
    return isinstance(criterion, Unverified | Below)


def choosable(row: Row, grades: Sequence[Grade]) -> tuple[Grade, ...]:
    """The grades that can be chosen with a reason; none where every one can be computed."""
    asked = {grade: row.asked(grade) for grade in grades}
    if all(isinstance(it, Below) or not is_undecided(it) for it in asked.values()):
        return ()
    return tuple(grade for grade, it in asked.items() if is_undecided(it))


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
